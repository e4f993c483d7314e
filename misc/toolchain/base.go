package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// baseParts is what a toolchain needs of a release.
var baseParts = []string{"VERSION", "go.env", "bin", "lib", "pkg", "src"}

// checkBase reports an error unless base is the GOROOT of the base release.
func checkBase(base string) error {
	version, err := os.ReadFile(filepath.Join(base, "VERSION"))
	if err != nil {
		return fmt.Errorf("%s is not a Go release: %w", base, err)
	}
	first, _, _ := strings.Cut(string(version), "\n")
	if first != baseVersion {
		return fmt.Errorf("%s is %s, not %s", base, first, baseVersion)
	}
	for _, part := range baseParts {
		if _, err := os.Stat(filepath.Join(base, part)); err != nil {
			return fmt.Errorf("%s is not a whole Go release: %w", base, err)
		}
	}
	return nil
}

// copyBase copies the base release to dst.
func copyBase(dst, base string) error {
	if err := os.MkdirAll(dst, 0o777); err != nil {
		return err
	}
	for _, part := range baseParts {
		if err := copyTree(filepath.Join(dst, part), filepath.Join(base, part)); err != nil {
			return err
		}
	}
	return errors.Join(linkTests(dst, base), setToolchainLocal(dst))
}

// linkTests makes tree's test/ a link to the base's: the tests that `go test cmd/internal/testdir` runs. Nothing is built of
// them, and the toolchain module lacks them.
func linkTests(tree, base string) error {
	tests := filepath.Join(base, "test")
	if _, err := os.Stat(tests); err != nil {
		return nil
	}
	return os.Symlink(tests, filepath.Join(tree, "test"))
}

// copyTree copies the file or folder src to dst. Links are followed (distributions put a release's src elsewhere
// and link to it), what is copied is writable (the module cache is not), and go.mod files get their names back:
// a module's zip cannot hold another module, so the toolchain module calls them _go.mod. Where the go command has
// put a go.mod beside one by itself, that is the same file.
func copyTree(dst, src string) error {
	info, err := os.Stat(src)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return copyFile(dst, src, info)
	}
	if err := os.MkdirAll(dst, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(src)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if name == "_go.mod" {
			name = "go.mod"
			if _, err := os.Lstat(filepath.Join(src, name)); err == nil {
				continue
			}
		}
		if err := copyTree(filepath.Join(dst, name), filepath.Join(src, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(dst, src string, info fs.FileInfo) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm()|0o200)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// setToolchainLocal makes the go command of tree refuse to hand over to another Go, which would not know mirage.
func setToolchainLocal(tree string) error {
	file := filepath.Join(tree, "go.env")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "GOTOOLCHAIN=") {
			lines[i] = "GOTOOLCHAIN=local"
		}
	}
	return os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o666)
}
