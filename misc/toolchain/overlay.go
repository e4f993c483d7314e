package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// An overlayFile is one file that is laid over the base release.
type overlayFile struct {
	from string // absolute
	to   string // below GOROOT/src, with slashes
}

// overlays says which folder of the repository goes where below GOROOT/src.
var overlays = []struct{ from, to string }{
	{"src", "."},
	{"boot", "internal/mirage/boot"},
	{"drivers", "internal/mirage/drivers"},
}

// overlayFiles lists what is to be laid over base. A file that would replace one of the base's or another's is
// an error: what changes in the base is a patch's to say. Names that begin with a dot are an editor's.
func overlayFiles(root, base string) ([]overlayFile, error) {
	var files []overlayFile
	seen := make(map[string]string)
	for _, o := range overlays {
		dir := filepath.Join(root, o.from)
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) { // a folder that is not there, or a file just removed
				return nil
			}
			if err != nil {
				return err
			}
			if p != dir && strings.HasPrefix(d.Name(), ".") {
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if d.IsDir() {
				return nil
			}
			rel, err := filepath.Rel(dir, p)
			if err != nil {
				return err
			}
			name := path.Join(o.from, filepath.ToSlash(rel))
			to := path.Join(o.to, filepath.ToSlash(rel))
			switch {
			case !d.Type().IsRegular():
				return fmt.Errorf("%s is not a regular file", name)
			case inBase(base, to):
				return fmt.Errorf("%s would replace a file of %s: a change to it is a patch in runtime-patches/", name, baseVersion)
			case seen[to] != "":
				return fmt.Errorf("%s and %s are for the same place", seen[to], name)
			}
			seen[to] = name
			files = append(files, overlayFile{p, to})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// inBase reports whether the base release has a file or folder of that name below its src.
func inBase(base, name string) bool {
	dir, file := path.Split(name)
	if file == "go.mod" {
		if _, err := os.Lstat(filepath.Join(base, "src", dir, "_go.mod")); err == nil {
			return true
		}
	}
	_, err := os.Lstat(filepath.Join(base, "src", name))
	return err == nil
}

// layOver makes tree's src the base's (as patched) with files laid over it and nothing else: what an earlier run
// put there and is gone goes. Files are compared by content and left alone where it is the same, so that nothing
// is built again because of a time stamp alone, and nothing changed is missed because of one.
func layOver(tree, base string, files []overlayFile) error {
	folder := make(map[string]bool, len(files)) // of each name that is to be there
	for _, f := range files {
		folder[f.to] = false
		for dir := path.Dir(f.to); dir != "."; dir = path.Dir(dir) {
			folder[dir] = true
		}
	}
	if err := removeStrays(tree, base, ".", folder); err != nil {
		return err
	}
	for _, f := range files {
		if err := update(filepath.Join(tree, "src", f.to), f.from); err != nil {
			return err
		}
	}
	return nil
}

// removeStrays removes what is in dir of tree's src, at any depth, and neither in the base nor wanted: folder says
// of each wanted name whether it is a folder's.
func removeStrays(tree, base, dir string, folder map[string]bool) error {
	entries, err := os.ReadDir(filepath.Join(tree, "src", dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		full := filepath.Join(tree, "src", name)
		isFolder, wanted := folder[name]
		switch {
		case (!wanted || isFolder != e.IsDir()) && !inBase(base, name):
			err = os.RemoveAll(full)
		case e.IsDir():
			err = removeStrays(tree, base, name, folder)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// update makes dst's content that of src.
func update(dst, src string) error {
	want, err := os.ReadFile(src)
	if err != nil {
		return err
	}
	have, err := os.ReadFile(dst)
	if err == nil && bytes.Equal(have, want) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o777); err != nil {
		return err
	}
	return os.WriteFile(dst, want, 0o666)
}
