package cpio

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

const (
	magic      = "070701"
	headerSize = 110
	trailer    = "TRAILER!!!"

	// The contents of a large file begin a page, so that the machine can map them where they lie.
	pageSize = 4096
	large    = 64 << 10
	maxName  = 4096 // that a reader takes: PATH_MAX

	// File types of a mode word, as in Linux's stat(2).
	typeDir     = 0o040000
	typeRegular = 0o100000
	typeSymlink = 0o120000
)

// A Writer writes one archive. Names are paths with slashes; whether they begin with one makes no difference.
type Writer struct {
	w       *bufio.Writer
	offset  int64 // from the archive's first byte
	inode   uint32
	folders map[string]bool // already in the archive
}

// NewWriter returns a Writer of an archive that begins where w stands.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, 1<<16), folders: map[string]bool{".": true}}
}

// Folder adds a folder, and those above it that are missing. One that is there is left as it is.
func (w *Writer) Folder(name string, perm fs.FileMode, mtime time.Time) error {
	name = clean(name)
	if w.folders[name] {
		return nil
	}
	if err := w.Folder(path.Dir(name), 0o755, mtime); err != nil {
		return err
	}
	w.folders[name] = true
	return w.header(name, typeDir, perm, mtime, 0)
}

// File adds a regular file of exactly size bytes, which come from r.
func (w *Writer) File(name string, perm fs.FileMode, mtime time.Time, size int64, r io.Reader) error {
	if size < 0 || size > math.MaxUint32 {
		return fmt.Errorf("%s is larger than an archive's 4 GiB a file", name)
	}
	if err := w.entry(name, typeRegular, perm, mtime, size); err != nil {
		return err
	}
	n, err := io.CopyN(w.w, r, size)
	w.offset += n
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s became shorter while it was read", name)
	}
	if err != nil {
		return err
	}
	return w.pad()
}

// Symlink adds a symbolic link to target.
func (w *Writer) Symlink(name, target string, mtime time.Time) error {
	if err := w.entry(name, typeSymlink, 0o777, mtime, int64(len(target))); err != nil {
		return err
	}
	if err := w.write(target); err != nil {
		return err
	}
	return w.pad()
}

// Add adds what is at the path from of the host, under name: a regular file, a folder without what is in it, or a
// symbolic link as it is. Anything else (a socket, a device) is left out.
func (w *Writer) Add(name, from string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return w.Folder(name, mode, info.ModTime())
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return w.Symlink(name, target, info.ModTime())
	case mode.IsRegular():
		f, err := os.Open(from)
		if err != nil {
			return err
		}
		defer f.Close()
		return w.File(name, mode, info.ModTime(), info.Size(), f)
	}
	return nil
}

// Tree adds everything below the folder dir of the host, as seen below name.
func (w *Writer) Tree(name, dir string) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		return w.Add(path.Join(name, filepath.ToSlash(rel)), p)
	})
}

// Close ends the archive. It does not close the underlying writer.
func (w *Writer) Close() error {
	if err := w.header(trailer, 0, 0, time.Unix(0, 0), 0); err != nil {
		return err
	}
	return w.w.Flush()
}

// entry writes the header of something that is not a folder, and the folders that it is in.
func (w *Writer) entry(name string, kind uint32, perm fs.FileMode, mtime time.Time, size int64) error {
	name = clean(name)
	if err := w.Folder(path.Dir(name), 0o755, mtime); err != nil {
		return err
	}
	return w.header(name, kind, perm, mtime, size)
}

func (w *Writer) header(name string, kind uint32, perm fs.FileMode, mtime time.Time, size int64) error {
	if strings.Contains(name, "\x00") {
		return fmt.Errorf("%q has a NUL in its name", name)
	}
	w.inode++
	links := 1
	if kind == typeDir {
		links = 2
	}
	nameSize := len(name) + 1
	if kind == typeRegular && size >= large {
		// NULs behind a name are part of it and mean nothing.
		if n := nameSize + int(-(w.offset+headerSize+int64(nameSize))&(pageSize-1)); n <= maxName {
			nameSize = n
		}
	}
	seconds := min(max(mtime.Unix(), 0), math.MaxUint32)
	head := fmt.Sprintf("%s%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", magic,
		w.inode, kind|unixPerm(perm), 0, 0, links, seconds, size, 0, 0, 0, 0, nameSize, 0)
	if err := w.write(head + name + strings.Repeat("\x00", nameSize-len(name))); err != nil {
		return err
	}
	return w.pad()
}

// unixPerm is the lower twelve bits of a mode word.
func unixPerm(m fs.FileMode) uint32 {
	perm := uint32(m.Perm())
	if m&fs.ModeSetuid != 0 {
		perm |= 0o4000
	}
	if m&fs.ModeSetgid != 0 {
		perm |= 0o2000
	}
	if m&fs.ModeSticky != 0 {
		perm |= 0o1000
	}
	return perm
}

func (w *Writer) write(s string) error {
	n, err := w.w.WriteString(s)
	w.offset += int64(n)
	return err
}

// pad goes to the next multiple of four bytes, where every header and every content begins.
func (w *Writer) pad() error { return w.write("\x00\x00\x00"[:-w.offset&3]) }

// clean returns name without a slash in front, "." for the root.
func clean(name string) string {
	if name = strings.TrimPrefix(path.Clean("/"+name), "/"); name == "" {
		return "."
	}
	return name
}
