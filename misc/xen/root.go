package xen

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mirage.build/misc/cpio"
)

// An abi is where an architecture's distribution has its libraries.
type abi struct{ triplet, loader string }

var abis = map[string]abi{
	"amd64": {"x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2"},
	"arm64": {"aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1"},
}

// A Root writes a Linux machine's files into an archive that is to be its root, from trees of packages. A file is that of the first
// tree which has it.
type Root struct {
	*cpio.Writer
	abi
	trees []string
	has   map[string]bool // libraries and modules
	n     int             // modules
}

// NewRoot begins such an archive.
func NewRoot(out io.Writer, arch string, trees ...string) *Root {
	return &Root{Writer: cpio.NewWriter(out), abi: abis[arch], trees: trees, has: map[string]bool{}}
}

// Program adds a program, by its path without the first slash, and the libraries that it needs.
func (r *Root) Program(name string) error {
	path := r.find(name)
	return errors.Join(r.Add(name, path), r.libraries(path))
}

// find is where a file is.
func (r *Root) find(name string) string {
	for _, t := range r.trees {
		path := filepath.Join(t, name)
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	return filepath.Join(r.trees[0], name)
}

// add adds a file of the tree that may be named by symbolic links, which in there lead to paths of the packages' root.
func (r *Root) add(name, from string) error {
	path := r.find(from)
	for {
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if filepath.IsAbs(target) {
			path = r.find(target)
		} else {
			path = filepath.Join(filepath.Dir(path), target)
		}
	}
	return r.Add(name, path)
}

// Loader adds the loader of libraries.
func (r *Root) Loader() error { return r.add(r.loader, r.loader) }

// library adds a library, and those that it needs.
func (r *Root) library(name string) error {
	if r.has[name] || name == filepath.Base(r.loader) {
		return nil
	}
	r.has[name] = true
	for _, dir := range []string{"usr/lib/" + r.triplet + "/", "lib/" + r.triplet + "/"} {
		path := r.find(dir + name)
		if _, err := os.Stat(path); err == nil {
			return errors.Join(r.add("usr/lib/"+r.triplet+"/"+name, dir+name), r.libraries(path))
		}
	}
	return fmt.Errorf("no package has %s", name)
}

// libraries adds the libraries that a program or library needs.
func (r *Root) libraries(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	names, err := f.ImportedLibraries()
	for _, name := range names {
		err = errors.Join(err, r.library(name))
	}
	return err
}

// Module adds a module of the kernel, behind those that it needs. One that is built in has no file.
func (r *Root) Module(name string) error {
	name = strings.ReplaceAll(name, "_", "-")
	if name == "" || r.has[name] {
		return nil
	}
	r.has[name] = true
	var found string
	err := filepath.WalkDir(r.find("lib/modules"), func(p string, d fs.DirEntry, err error) error {
		if strings.ReplaceAll(filepath.Base(p), "_", "-") == name+".ko" {
			found = p
		}
		return err
	})
	if err != nil || found == "" {
		return err
	}
	f, err := elf.Open(found)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Section(".modinfo").Data()
	if err != nil {
		return err
	}
	for _, line := range strings.Split(string(info), "\x00") {
		if needs, ok := strings.CutPrefix(line, "depends="); ok {
			for _, n := range strings.Split(needs, ",") {
				err = errors.Join(err, r.Module(n))
			}
		}
	}
	r.n++
	return errors.Join(err, r.Add(fmt.Sprintf("modules/%02d-%s", r.n, filepath.Base(found)), found))
}
