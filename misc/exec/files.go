package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// A collection is the files that go into the machine.
type collection struct {
	names []string
	seen  map[string]bool
	size  int64
	limit int64
}

var errTooMuch = errors.New("the files are more than the limit")

// collect returns the files for a program that runs in the folder here, absolute paths in an order in which they can
// be made; what is asked for besides are files and folders. More than limit bytes are errTooMuch.
func collect(here, goroot string, besides []string, limit int64) ([]string, error) {
	c := &collection{seen: make(map[string]bool), limit: limit}
	wanted := append([]string{here}, besides...)
	if root := moduleRoot(here); root != "" {
		wanted = append(wanted, around(here, root)...)
	}
	if goroot != "" {
		wanted = append(wanted, filepath.Join(goroot, "lib/time/zoneinfo.zip"))
	}
	for _, name := range wanted {
		if err := c.tree(name); err != nil {
			return nil, err
		}
	}
	return c.names, nil
}

// around lists what tests in here, a folder of the module in root, open outside of it: testdata of each folder above
// and of the folders beside, and go.mod. Not all of it is there.
func around(here, root string) []string {
	wanted := []string{filepath.Join(root, "go.mod")}
	for dir := here; dir != root; {
		dir = filepath.Dir(dir)
		wanted = append(wanted, filepath.Join(dir, "testdata"))
	}
	if here != root {
		above := filepath.Dir(here)
		siblings, _ := os.ReadDir(above)
		for _, s := range siblings {
			wanted = append(wanted, filepath.Join(above, s.Name(), "testdata"))
		}
	}
	return wanted
}

// moduleRoot is the folder at or above dir that has a go.mod, or "".
func moduleRoot(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return ""
		}
		dir = above
	}
}

// tree adds the file or folder name with all that is in it, but for what cannot be read and for .git. That nothing
// is there is no error.
func (c *collection) tree(name string) error {
	return filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
		if err != nil || c.seen[p] || !readable(p, d) {
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return nil // removed in the meantime
		}
		c.seen[p] = true
		c.names = append(c.names, p)
		if c.size += info.Size(); c.size > c.limit {
			return errTooMuch
		}
		return nil
	})
}

// readable reports whether the program could be given p.
func readable(p string, d fs.DirEntry) bool {
	if !d.Type().IsRegular() {
		return d.IsDir() || d.Type()&fs.ModeSymlink != 0
	}
	f, err := os.Open(p)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
