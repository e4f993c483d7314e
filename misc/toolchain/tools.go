package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// tools are the commands that differ from the base's: what refuses a GOOS that it does not know, and what makes
// the image.
var tools = []string{"go", "compile", "asm", "link"}

// setVersion makes tree call itself version, in the two places where a release says it. The go command keys its
// build cache on this, so that two toolchains never mix.
func setVersion(tree, version string) error {
	err := edit(filepath.Join(tree, "VERSION"), regexp.MustCompile(`\A.*`), version)
	if err != nil {
		return err
	}
	boot := filepath.Join(tree, "src/internal/buildcfg/zbootstrap.go")
	return edit(boot, regexp.MustCompile("(?m)^const version = .*$"), "const version = `"+version+"`")
}

// edit replaces the one match of pattern in a file.
func edit(file string, pattern *regexp.Regexp, with string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if n := len(pattern.FindAllIndex(text, -1)); n != 1 {
		return fmt.Errorf("%s: %d places to set the version, want 1", file, n)
	}
	return os.WriteFile(file, pattern.ReplaceAllLiteral(text, []byte(with)), 0o666)
}

// buildTools compiles the changed tools of tree with the base's go command and puts them in place.
func (m *maker) buildTools(tree, version string) error {
	say("building %s (about two minutes the first time)", strings.Join(tools, ", "))
	out := filepath.Join(tree, "tools.new")
	args := []string{"build", "-trimpath", "-ldflags=-s -w -X runtime.buildVersion=" + version, "-o", out + string(filepath.Separator)}
	for _, t := range tools {
		args = append(args, "cmd/"+t)
	}
	if err := m.goCommand(filepath.Join(tree, "src"), tree, args...); err != nil {
		return err
	}
	places := map[string]string{"go": "bin"}
	for _, t := range tools {
		place, ok := places[t]
		if !ok {
			place = filepath.Join("pkg", "tool", runtime.GOOS+"_"+runtime.GOARCH)
		}
		if err := os.Rename(filepath.Join(out, t), filepath.Join(tree, place, t)); err != nil {
			return err
		}
	}
	return os.Remove(out)
}

// goCommand runs the base's go command in dir, with the packages of goroot.
func (m *maker) goCommand(dir, goroot string, args ...string) error {
	cmd := exec.Command(filepath.Join(m.base, "bin", "go"), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOROOT="+goroot, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "PWD="+dir)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", args[0], err, output.String())
	}
	return nil
}

// commands fills bin/: go and gofmt, and the repository's own commands, which are programs of the base release.
func (m *maker) commands() error {
	bin := filepath.Join(m.root, "bin")
	if err := os.MkdirAll(bin, 0o777); err != nil {
		return err
	}
	for name, pkg := range map[string]string{"mirage": "./misc/mirage", "go_mirage_amd64_exec": "./misc/exec"} {
		err := m.goCommand(m.root, m.base, "build", "-trimpath", "-o", filepath.Join(bin, name), pkg)
		if err != nil {
			return err
		}
	}
	return errors.Join(
		link("../build/go/bin/go", filepath.Join(bin, "go")),
		link("../build/go/bin/gofmt", filepath.Join(bin, "gofmt")),
		link("go_mirage_amd64_exec", filepath.Join(bin, "go_mirage_arm64_exec")))
}

// link makes name a symbolic link to target.
func link(target, name string) error {
	if have, err := os.Readlink(name); err == nil && have == target {
		return nil
	}
	if err := os.RemoveAll(name); err != nil {
		return err
	}
	return os.Symlink(target, name)
}
