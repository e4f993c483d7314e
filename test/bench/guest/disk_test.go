package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newDisk is a disk in a file.
func newDisk(t *testing.T) *disk {
	t.Helper()
	name := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(name, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	d, err := newDiskOf(f)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// All that a measure has written is what the next one reads.
func TestMeasures(t *testing.T) {
	d := newDisk(t)
	for _, name := range []string{"write", "read", "randomwrite", "randomread", "read"} {
		if n, err := d.measure(name); err != nil || n != int64(measures[name].passes)<<20 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	if _, err := d.measure("erase"); err == nil {
		t.Error("there is no such measure")
	}
}

// A write that was lost, and data in the wrong place, are seen.
func TestMeasureSeesOtherData(t *testing.T) {
	for name, harm := range map[string]func(d *disk, first []byte){
		"lost":  func(d *disk, first []byte) { d.version[0]++ },
		"moved": func(d *disk, first []byte) { d.WriteAt(first, page) },
		"bit":   func(d *disk, first []byte) { first[4095] ^= 1; d.WriteAt(first, 0) },
	} {
		d := newDisk(t)
		if _, err := d.measure("write"); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, page)
		if _, err := d.ReadAt(b, 0); err != nil {
			t.Fatal(err)
		}
		harm(d, b)
		if _, err := d.measure("randomread"); err == nil || !strings.Contains(err.Error(), "is not what was written last") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
