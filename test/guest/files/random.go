package main

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// names are what files are called: such that are one to FAT, that are none, short and long ones.
var names = []string{
	"a", "B", "A", "README.TXT", "readme.txt", "Mixed Case.text", "a file with quite a long name.and extension", "x.y.z", ".hidden", "trailing.",
	"ümläut", "日本語.txt", "😀", "a+b", "bad:name", "bad?", "ends with blank ", "...", "LONGFI~1.TXT", "no.ext.", "12345678.123", "123456789.1234",
	strings.Repeat("n", 255), strings.Repeat("ä", 200), strings.Repeat("x", 256), strings.Repeat("ö", 256), "bad\x01", "bad\xff", "a*", "~", "con", "nul.txt",
}

// A player does things in a directory.
type player struct {
	r    *rand.Rand
	root string
	out  *bufio.Writer
	open *os.File // one file that stays open for a while
}

func random(root string, seed uint64, count int) error {
	p := &player{r: rand.New(rand.NewPCG(seed, 1)), root: root, out: bufio.NewWriter(os.Stdout)}
	for i := range count {
		what, err := p.step()
		fmt.Fprintf(p.out, "%d %s: %s\n", i, what, plain(err))
		if i%1000 == 999 {
			if err := tree(p.out, root); err != nil {
				return err
			}
		}
	}
	if p.open != nil {
		p.open.Close()
	}
	if err := tree(p.out, root); err != nil {
		return err
	}
	fmt.Fprintln(p.out, "done")
	return p.out.Flush()
}

// plain is an error without the path.
func plain(err error) string {
	var number syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &number):
		return number.Error()
	}
	return err.Error()
}

// path is a name somewhere.
func (p *player) path() string {
	dir := p.root
	for range p.r.IntN(3) {
		dir = filepath.Join(dir, fmt.Sprintf("folder %d", p.r.IntN(3)))
	}
	if p.r.IntN(6) == 0 {
		return filepath.Join(dir, fmt.Sprintf("folder %d", p.r.IntN(3)))
	}
	if p.r.IntN(2) == 0 {
		return filepath.Join(dir, fmt.Sprintf("file number %d", p.r.IntN(8)))
	}
	return dir + "/" + names[p.r.IntN(len(names))]
}

// step does one thing.
func (p *player) step() (what string, err error) {
	path := p.path()
	shown := strings.TrimPrefix(path, p.root)
	switch p.r.IntN(16) {
	case 0, 1:
		return fmt.Sprintf("mkdir %q", shown), os.Mkdir(path, 0o777)
	case 2, 3:
		b := make([]byte, p.r.IntN(20000))
		p.fill(b)
		return fmt.Sprintf("write %q %d", shown, len(b)), os.WriteFile(path, b, 0o666)
	case 4:
		return fmt.Sprintf("remove %q", shown), os.Remove(path)
	case 5, 6:
		to := p.path()
		return fmt.Sprintf("rename %q %q", shown, strings.TrimPrefix(to, p.root)), syscall.Rename(path, to)
	case 7:
		size := p.r.Int64N(40000)
		return fmt.Sprintf("truncate %q %d", shown, size), os.Truncate(path, size)
	case 8:
		b, err := os.ReadFile(path)
		return fmt.Sprintf("read %q: %d %x", shown, len(b), crc32.ChecksumIEEE(b)), err
	case 9:
		return p.stat(shown, path)
	case 10:
		return fmt.Sprintf("unlink %q", shown), syscall.Unlink(path)
	case 11:
		return fmt.Sprintf("rmdir %q", shown), syscall.Rmdir(path)
	case 12:
		return p.reopen(shown, path)
	case 13:
		return p.refused(shown, path)
	}
	return p.use()
}

func (p *player) fill(b []byte) {
	for i := range b {
		b[i] = byte(p.r.Uint32())
	}
}

func (p *player) stat(shown, path string) (string, error) {
	i, err := os.Stat(path)
	if err != nil {
		return fmt.Sprintf("stat %q", shown), err
	}
	size := i.Size()
	if i.IsDir() {
		size = 0 // it may have been larger once
	}
	return fmt.Sprintf("stat %q: %v %d", shown, i.Mode(), size), nil
}

// reopen has another file open.
func (p *player) reopen(shown, path string) (string, error) {
	if p.open != nil {
		p.open.Close()
	}
	flags := []int{os.O_RDWR, os.O_RDWR | os.O_CREATE, os.O_RDWR | os.O_CREATE | os.O_EXCL, os.O_RDWR | os.O_APPEND, os.O_WRONLY | os.O_TRUNC}[p.r.IntN(5)]
	var err error
	p.open, err = os.OpenFile(path, flags, 0o666)
	if err != nil {
		p.open = nil
	}
	return fmt.Sprintf("open %q %#x", shown, flags), err
}

// use does something with the file that is open; its name may be gone.
func (p *player) use() (what string, err error) {
	if p.open == nil {
		return "nothing is open", nil
	}
	off := p.r.Int64N(50000)
	b := make([]byte, p.r.IntN(9000))
	switch p.r.IntN(6) {
	case 0:
		p.fill(b)
		n, err := p.open.WriteAt(b, off)
		if err != nil && errors.Is(err, os.ErrInvalid) || err != nil && strings.Contains(err.Error(), "O_APPEND") {
			return "writeat", errors.New("appending")
		}
		return fmt.Sprintf("writeat %d %d: %d", len(b), off, n), err
	case 1:
		p.fill(b)
		n, err := p.open.Write(b)
		return fmt.Sprintf("write %d: %d", len(b), n), err
	case 2:
		n, err := p.open.ReadAt(b, off)
		if err == io.EOF {
			err = nil
		}
		return fmt.Sprintf("readat %d %d: %d %x", len(b), off, n, crc32.ChecksumIEEE(b[:n])), err
	case 3:
		return fmt.Sprintf("ftruncate %d", off), p.open.Truncate(off)
	case 4:
		at, err := p.open.Seek(off-20000, p.r.IntN(3))
		return fmt.Sprintf("seek: %d", at), err
	}
	return "sync", p.open.Sync()
}

// refused asks for what FAT has not got.
func (p *player) refused(shown, path string) (string, error) {
	switch p.r.IntN(4) {
	case 0:
		return fmt.Sprintf("link %q", shown), os.Link(path, p.path())
	case 1:
		return fmt.Sprintf("symlink %q", shown), os.Symlink("target", path)
	case 2:
		modes := []os.FileMode{0o600, 0o755, 0o555, 0o777, 0o444, os.ModeSetuid | 0o755}
		mode := modes[p.r.IntN(len(modes))]
		return fmt.Sprintf("chmod %q %v", shown, mode), os.Chmod(path, mode)
	}
	return fmt.Sprintf("chown %q", shown), os.Chown(path, p.r.IntN(2), 0)
}

// tree says what is in a directory, and below it.
func tree(w io.Writer, root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		shown := strings.TrimPrefix(path, root)
		if d.IsDir() {
			fmt.Fprintf(w, "folder %q\n", shown)
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		i, err := d.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "file %q %v %d %x\n", shown, i.Mode(), len(b), crc32.ChecksumIEEE(b))
		return nil
	})
}
