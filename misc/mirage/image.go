package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"mirage.build/misc/vm"
)

// guestArch is the architecture to build for.
func (o *options) guestArch() string {
	if o.arch != "" {
		return o.arch
	}
	if isImage(o.program) {
		if image, err := vm.Inspect(o.program); err == nil {
			return image.Arch
		}
	}
	for _, arch := range []string{os.Getenv("GOARCH"), runtime.GOARCH} {
		if arch == "amd64" || arch == "arm64" {
			return arch
		}
	}
	return "amd64"
}

// checkArch refuses architectures that there are no images for. The environment's counts if there is something to build.
func (o *options) checkArch() error {
	isKnown := func(arch string) bool { return arch == "" || arch == "amd64" || arch == "arm64" }
	switch env := os.Getenv("GOARCH"); {
	case !isKnown(o.arch):
		return fmt.Errorf("-arch %s: there are images for amd64 and arm64", o.arch)
	case o.arch == "" && !isKnown(env) && !isImage(o.program):
		return fmt.Errorf("GOARCH=%s: there are images for amd64 and arm64, and -arch says which to build", env)
	}
	return nil
}

// isImage reports whether name is a program's file and not a package.
func isImage(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, 4)
	_, err = io.ReadFull(f, magic)
	return err == nil && bytes.Equal(magic, []byte("\x7fELF"))
}

// isVersioned reports whether program is PATH@VERSION, and not a folder or file whose name is so.
func isVersioned(program string) bool {
	_, err := os.Stat(program)
	return err != nil && strings.Contains(program, "@")
}

// A buildError says that the go command failed, and has said why itself.
type buildError struct{ error }

// image returns the image to boot: the program if it is one, else what the package builds to, in dir.
func (o *options) image(dir string) (string, error) {
	if isImage(o.program) {
		image, err := vm.Inspect(o.program)
		if err == nil && o.arch != "" && image.Arch != o.arch {
			err = fmt.Errorf("%s is for %s, not for %s", o.program, image.Arch, o.arch)
		}
		return o.program, err
	}
	gocmd, err := goCommand()
	if err != nil {
		return "", err
	}
	if isVersioned(o.program) {
		return o.install(gocmd, dir)
	}
	path, err := filepath.Abs(o.program)
	if err != nil {
		return "", err
	}
	image := filepath.Join(dir, strings.TrimSuffix(filepath.Base(path), ".go"))
	cmd := exec.Command(gocmd, "build", "-o", image, o.program)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		// A folder is built where it is: it may belong to another module than the one that we are in.
		cmd = exec.Command(gocmd, "build", "-o", image, ".")
		cmd.Dir = path
	}
	cmd.Env = append(os.Environ(), "GOOS=mirage", "GOARCH="+o.guestArch(), "CGO_ENABLED=0", "GOROOT=")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", &buildError{err}
	}
	if !isImage(image) {
		return "", fmt.Errorf("%s is not a program: no package main", o.program)
	}
	return image, nil
}

// install gets a package by PATH@VERSION, as `go install` does, and returns its image, in dir.
func (o *options) install(gocmd, dir string) (string, error) {
	modules, err := exec.Command(gocmd, "env", "GOMODCACHE").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMODCACHE: %w", err)
	}
	cmd := exec.Command(gocmd, "install", o.program)
	cmd.Env = append(os.Environ(), "GOOS=mirage", "GOARCH="+o.guestArch(), "CGO_ENABLED=0", "GOROOT=", "GOBIN=", "GOPATH="+dir,
		"GOMODCACHE="+strings.TrimSpace(string(modules)))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", &buildError{err}
	}
	images, err := filepath.Glob(filepath.Join(dir, "bin", "mirage_"+o.guestArch(), "*"))
	if err != nil || len(images) != 1 {
		return "", fmt.Errorf("go install %s made no program", o.program)
	}
	return images[0], nil
}

// goCommand returns the go command of the toolchain that this command belongs to: it lies beside it.
func goCommand() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	gocmd := filepath.Join(filepath.Dir(self), "go")
	if _, err := os.Stat(gocmd); err != nil {
		return "", fmt.Errorf("%s is not there: run make.bash", gocmd)
	}
	return gocmd, nil
}
