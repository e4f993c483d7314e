package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// baseVersion is the release that mirage is made for; make.bash asks the go command for the same.
const baseVersion = "go1.26.8"

func main() {
	if len(os.Args) != 2 {
		fatal(errors.New("usage: toolchain BASE"))
	}
	root, err := os.Getwd()
	if err != nil {
		fatal(err)
	}
	m := &maker{root: root, base: os.Args[1], tree: filepath.Join(root, "build", "go")}
	if err := m.make(); err != nil {
		fatal(err)
	}
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "make.bash: "+format+"\n", args...)
}

// fatal ends with err as one line. A full disk is said as such, whatever else was said with it.
func fatal(err error) {
	text := strings.TrimSpace(err.Error())
	if full := syscall.ENOSPC.Error(); strings.Contains(text, full) {
		text = full + ": make room and run it again"
	}
	say("%s", text)
	os.Exit(1)
}

// A maker makes the toolchain in tree out of the repository in root and the base release in base, all of them
// absolute paths.
type maker struct {
	root string
	base string
	tree string
}

func (m *maker) make() error {
	if err := checkBase(m.base); err != nil {
		return err
	}
	lock, err := m.lock()
	if err != nil {
		return err
	}
	defer lock.Close()

	files, err := overlayFiles(m.root, m.base)
	if err != nil {
		return err
	}
	id, err := m.toolsID()
	if err != nil {
		return err
	}
	if readID(m.tree) != id {
		if err := m.fresh(id, files); err != nil {
			os.RemoveAll(m.tree + ".new") // gives a full disk its room back; err says what went wrong
			return err
		}
	} else if err := layOver(m.tree, m.base, files); err != nil {
		return err
	}
	return m.commands()
}

// lock waits until no other make.bash is at work in this repository. Closing the file gives the lock back.
func (m *maker) lock() (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(m.root, "build"), 0o777); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(m.root, "build", "lock"))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return f, nil
}

// fresh makes a new tree and puts it in the old one's place. The old tree stays whole until then, and the new
// one is under its final name only when everything in it is done.
func (m *maker) fresh(id string, files []overlayFile) error {
	fresh, old := m.tree+".new", m.tree+".old"
	if err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(old)); err != nil {
		return err
	}
	say("laying mirage over %s in %s", baseVersion, m.base)
	if err := copyBase(fresh, m.base); err != nil {
		return err
	}
	if err := applyPatches(fresh, m.root); err != nil {
		return err
	}
	if err := layOver(fresh, m.base, files); err != nil {
		return err
	}
	version := baseVersion + "-mirage." + id
	if err := setVersion(fresh, version); err != nil {
		return err
	}
	if err := m.buildTools(fresh, version); err != nil {
		return err
	}
	if err := writeID(fresh, id); err != nil {
		return err
	}
	if err := os.Rename(m.tree, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, m.tree); err != nil {
		return err
	}
	return os.RemoveAll(old)
}
