package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// toolsFrom are the files and folders that the rebuilt tools, or the way they are built, depend on.
var toolsFrom = []string{"runtime-patches", "src/cmd", "src/internal/goos", "misc/toolchain"}

// toolsID is a short hash over all that the rebuilt tools depend on.
func (m *maker) toolsID() (string, error) {
	h := sha256.New()
	release, err := os.ReadFile(filepath.Join(m.base, "VERSION"))
	if err != nil {
		return "", err
	}
	fmt.Fprintf(h, "%s %s %s\n", runtime.GOOS, runtime.GOARCH, release)
	for _, from := range toolsFrom {
		err := filepath.WalkDir(filepath.Join(m.root, from), func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) || err == nil && (d.IsDir() || strings.HasSuffix(p, "_test.go")) {
				return nil
			}
			if err != nil {
				return err
			}
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(m.root, p)
			fmt.Fprintf(h, "%s %d\n%s", filepath.ToSlash(rel), len(text), text)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:12], nil
}

// idFile is below the tree and written last: a tree without it is not to be trusted.
const idFile = "mirage.id"

// readID returns the toolsID that tree was made for, or "" if it is not there or was not finished.
func readID(tree string) string {
	id, err := os.ReadFile(filepath.Join(tree, idFile))
	if err != nil {
		return ""
	}
	return string(id)
}

func writeID(tree, id string) error {
	return os.WriteFile(filepath.Join(tree, idFile), []byte(id), 0o666)
}
