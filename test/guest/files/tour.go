package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// tour does with files what programs do.
func tour(dir string) error {
	for _, part := range []struct {
		name string
		do   func(dir string) error
	}{{"files", tourFiles}, {"folders", tourFolders}, {"mapping", tourMapping}, {"locks", tourLocks}, {"space", tourSpace}, {"times", tourTimes}} {
		if err := part.do(dir); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		fmt.Println(part.name, "ok")
	}
	fmt.Println("tour ok")
	return nil
}

func tourFiles(dir string) error {
	name := filepath.Join(dir, "A file of the tour.txt")
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = byte(i * 13)
	}
	if err := os.WriteFile(name, big, 0o666); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString("the end"); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	got, err := os.ReadFile(filepath.Join(dir, "a FILE of the tour.TXT"))
	if err != nil || !bytes.Equal(got, append(big, "the end"...)) {
		return fmt.Errorf("%d bytes are not those that were written: %v", len(got), err)
	}
	before, err := f.Stat()
	if err != nil {
		return err
	}
	if err := os.Rename(name, filepath.Join(dir, "renamed")); err != nil {
		return err
	}
	if after, err := os.Stat(filepath.Join(dir, "renamed")); err != nil || !os.SameFile(before, after) {
		return fmt.Errorf("it is another file: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "renamed")); err != nil {
		return err
	}
	if n, err := f.ReadAt(got[:4], 1<<20); n != 4 || string(got[:4]) != "the " {
		return fmt.Errorf("what was removed cannot be read: %d bytes, %v", n, err)
	}
	return nil
}

func tourFolders(dir string) error {
	deep := filepath.Join(dir, "one", "two", "three")
	if err := os.MkdirAll(deep, 0o777); err != nil {
		return err
	}
	for i := range 100 {
		if err := os.WriteFile(filepath.Join(deep, fmt.Sprintf("file number %d", i)), nil, 0o666); err != nil {
			return err
		}
	}
	if all, err := os.ReadDir(deep); err != nil || len(all) != 100 {
		return fmt.Errorf("%d names: %v", len(all), err)
	}
	if err := os.Chdir(deep); err != nil {
		return err
	}
	if wd, err := os.Getwd(); err != nil || wd != deep {
		return fmt.Errorf("the working directory is %s: %v", wd, err)
	}
	if _, err := os.Stat("../../two/three/file number 7"); err != nil {
		return err
	}
	if err := os.Chdir("../../.."); err != nil {
		return err
	}
	if err := os.Rename(deep, "/tmp/three"); !errors.Is(err, syscall.EXDEV) {
		return fmt.Errorf("a move to another file system: %v", err)
	}
	if err := os.Symlink(deep, "/tmp/link"); err != nil {
		return err
	}
	if _, err := os.Stat("/tmp/link/file number 8"); err != nil {
		return err
	}
	if err := os.Remove("/tmp/link"); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(dir, "one")); err != nil {
		return err
	}
	_, err := os.Stat(deep)
	if !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("it is there still: %v", err)
	}
	return os.Chdir("/")
}

func tourMapping(dir string) error {
	name := filepath.Join(dir, "mapped")
	if err := os.WriteFile(name, bytes.Repeat([]byte("0123456789"), 2000), 0o666); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	m, err := syscall.Mmap(int(f.Fd()), 0, 20000, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	if string(m[10000:10005]) != "01234" {
		return errors.New("the mapping does not show the file")
	}
	copy(m[5000:], "mapped")
	if _, err := f.WriteAt([]byte("written"), 15000); err != nil {
		return err
	}
	if string(m[15000:15007]) != "written" {
		return errors.New("the mapping does not show what was written")
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := syscall.Munmap(m); err != nil {
		return err
	}
	f.Close()
	if b, err := os.ReadFile(name); err != nil || string(b[5000:5006]) != "mapped" || string(b[15000:15007]) != "written" {
		return fmt.Errorf("what the mapping has written is not in the file: %v", err)
	}
	return os.Remove(name)
}

func tourLocks(dir string) error {
	name := filepath.Join(dir, "locked")
	a, err := os.Create(name)
	if err != nil {
		return err
	}
	b, err := os.Open(filepath.Join(dir, "LOCKED"))
	if err != nil {
		return err
	}
	defer b.Close()
	if err := syscall.Flock(int(a.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if err := syscall.Flock(int(b.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != syscall.EWOULDBLOCK {
		return fmt.Errorf("a second lock: %v", err)
	}
	a.Close()
	if err := syscall.Flock(int(b.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return err
	}
	return os.Remove(name)
}

func tourSpace(dir string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return err
	}
	if s.Type != 0x4d44 || s.Bfree == 0 || s.Bfree > s.Blocks {
		return fmt.Errorf("%+v", s)
	}
	name := filepath.Join(dir, "fills the disk")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(1 << 32); !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("4 GiB: %v", err)
	}
	if int64(s.Bfree)*s.Bsize < 256<<20 {
		n, err := io.Copy(f, endless{})
		if !errors.Is(err, syscall.ENOSPC) || n != int64(s.Bfree-1)*s.Bsize && n != int64(s.Bfree)*s.Bsize {
			return fmt.Errorf("%d bytes in %d clusters of %d: %v", n, s.Bfree, s.Bsize, err)
		}
	}
	return os.Remove(name)
}

// endless is bytes without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func tourTimes(dir string) error {
	name := filepath.Join(dir, "dated")
	if err := os.WriteFile(name, nil, 0o666); err != nil {
		return err
	}
	at := time.Date(2019, 7, 1, 12, 34, 57, 500, time.UTC)
	if err := os.Chtimes(name, at, at); err != nil {
		return err
	}
	if i, err := os.Stat(name); err != nil || !i.ModTime().Equal(at.Truncate(2*time.Second)) {
		return fmt.Errorf("%v: %v", i, err)
	}
	return os.Remove(name)
}
