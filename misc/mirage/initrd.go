package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mirage.build/misc/cpio"
)

// initrd returns the initial RAM disk with what -initrd and -root give, made in dir, or "" if there is none. Archives
// follow each other; a later file takes an earlier one's place.
func (o *options) initrd(dir string) (string, error) {
	if o.root == "" && len(o.initrds) == 0 {
		return "", nil
	}
	out, err := os.CreateTemp(dir, "initrd-") // a name that no program has, whose image may be there
	if err != nil {
		return "", err
	}
	defer out.Close()
	for _, name := range o.initrds {
		if err := appendArchive(out, name); err != nil {
			return "", err
		}
	}
	if o.root != "" {
		info, err := os.Stat(o.root)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("-root %s is not a folder", o.root)
		}
		if err != nil {
			return "", err
		}
		// A link to a folder is the folder: WalkDir does not follow it.
		root, err := filepath.EvalSymlinks(o.root)
		if err != nil {
			return "", err
		}
		w := cpio.NewWriter(out)
		if err := errors.Join(w.Tree("/", root), w.Close()); err != nil {
			return "", err
		}
	}
	return out.Name(), out.Close()
}

// appendArchive copies an archive to out, which stands at a multiple of four bytes, and leaves it so.
func appendArchive(out io.Writer, name string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	magic := make([]byte, 6)
	_, err = io.ReadFull(in, magic)
	switch ended := err == io.EOF || err == io.ErrUnexpectedEOF; {
	case err != nil && !ended:
		return err
	case ended || !isArchive(string(magic)):
		return fmt.Errorf("%s is not a cpio archive in newc form, compressed with gzip or not: `cpio -o -H newc` makes one, and -root takes a folder as it is", name)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(out, in)
	if err != nil {
		return err
	}
	_, err = out.Write(make([]byte, -n&3))
	return err
}

// isArchive reports whether a file begins as an image reads them: newc form, with checksums or without, and gzip (RFC 1952, 2.3.1).
func isArchive(magic string) bool {
	return magic == "070701" || magic == "070702" || strings.HasPrefix(magic, "\x1f\x8b")
}
