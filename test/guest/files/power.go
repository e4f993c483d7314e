package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// record is how much write adds between two syncs, bytes.
const record = 64 << 10

// fill makes the contents of record n.
func fill(b []byte, n int) {
	x := uint32(n)*2654435761 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
}

// perFile is how many records a file of write's has: 4 MiB.
const perFile = 64

// write goes on where the last one that had power was. After each record it says how many are on the disk; the same number is in
// a file that is replaced as a whole each time.
func write(dir string) error {
	n, err := count(dir)
	if err != nil {
		return err
	}
	if err := check(dir); err != nil {
		return err
	}
	b := make([]byte, record)
	for ; ; n++ {
		f, err := os.OpenFile(dataFile(dir, n), os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return err
		}
		fill(b, n)
		if _, err := f.WriteAt(b, int64(n%perFile)*record); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		f.Close()
		if err := replace(filepath.Join(dir, "how many records there are"), strconv.Itoa(n+1)+"\n"); err != nil {
			return err
		}
		fmt.Printf("synced %d\n", n+1)
	}
}

func dataFile(dir string, n int) string {
	return filepath.Join(dir, fmt.Sprintf("records from number %d on", n/perFile*perFile))
}

// replace writes a file beside the one that is there, and moves it over that.
func replace(name, text string) error {
	f, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// count is how many records the directory says that there are.
func count(dir string) (int, error) {
	b, err := os.ReadFile(filepath.Join(dir, "how many records there are"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

// check reads all records that there have to be.
func check(dir string) error {
	n, err := count(dir)
	if err != nil {
		return err
	}
	want, got := make([]byte, record), make([]byte, record)
	for i := range n {
		f, err := os.Open(dataFile(dir, i))
		if err != nil {
			return err
		}
		_, err = io.ReadFull(io.NewSectionReader(f, int64(i%perFile)*record, record), got)
		f.Close()
		if fill(want, i); err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("record %d of %d is lost: %v", i, n, err)
		}
	}
	fmt.Printf("checked %d\n", n)
	return nil
}
