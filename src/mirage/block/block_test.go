package block

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// newFile makes a disk of a file.
func newFile(t *testing.T, size int) (string, *Disk) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(name, bytes.Repeat([]byte{7}, size), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return name, d
}

func TestFile(t *testing.T) {
	_, d := newFile(t, 1<<20)
	if d.Size() != 1<<20 || d.SectorSize() != 512 || d.PhysicalSize() != 4096 || d.ReadOnly() {
		t.Errorf("%d, %d, %d, %v", d.Size(), d.SectorSize(), d.PhysicalSize(), d.ReadOnly())
	}
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			b := bytes.Repeat([]byte{byte(i)}, 4096)
			if _, err := d.WriteAt(b, int64(i)*4096+1); err != nil {
				t.Error(err)
			}
			got := make([]byte, 4096)
			if _, err := d.ReadAt(got, int64(i)*4096+1); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%v, or others", err)
			}
		})
	}
	all.Wait()
	if err := d.Flush(); err != nil {
		t.Error(err)
	}
	if err := d.Zero(4096, 8192); err != nil {
		t.Error(err)
	}
	got := make([]byte, 8192)
	if _, err := d.ReadAt(got, 4096); err != nil || !bytes.Equal(got, make([]byte, 8192)) {
		t.Errorf("%v, or not zero", err)
	}
	if err := d.Discard(0, 4096); err != nil && !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if n, err := d.ReadAt(got, 1<<20-100); n != 100 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
	if d.Size() != 1<<20 {
		t.Error("the disk has another size now")
	}
}

func TestOutside(t *testing.T) {
	_, d := newFile(t, 4096)
	for _, r := range [][2]int64{{4096, 1}, {4000, 200}, {-1, 10}, {1 << 62, 512}} {
		if _, err := d.WriteAt(make([]byte, r[1]), r[0]); !errors.Is(err, ErrRange) {
			t.Errorf("write of %d at %d: %v", r[1], r[0], err)
		}
		if err := d.Discard(r[0], r[1]); !errors.Is(err, ErrRange) {
			t.Errorf("discard of %d at %d: %v", r[1], r[0], err)
		}
	}
	if err := d.Zero(100, 512); err == nil || !strings.Contains(err.Error(), "whole sectors") {
		t.Error(err)
	}
	if d.Size() != 4096 {
		t.Error("the disk grew")
	}
}

func TestReadOnly(t *testing.T) {
	name, _ := newFile(t, 4096)
	d, err := OpenReadOnly(name)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.WriteAt([]byte{1}, 0); !errors.Is(err, ErrReadOnly) || !d.ReadOnly() {
		t.Error(err)
	}
}

func TestNoDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := Open("nosuchdisk"); err == nil || !strings.Contains(err.Error(), "no disk nosuchdisk: ") {
		t.Error(err)
	}
	if _, err := Open("/dev/null"); err == nil || !strings.Contains(err.Error(), "neither a disk nor a file") {
		t.Error(err)
	}
	if _, err := Open("./nosuchfile"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	// A file of the working directory is a disk by its name.
	if err := os.WriteFile("here.img", make([]byte, 512), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Open("here.img")
	if err != nil || d.Name() != "here.img" || d.Size() != 512 {
		t.Error(err)
	}
	d.Close()
}

// What List says of a disk is what the disk says.
func TestList(t *testing.T) {
	all, err := List()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Name == "" || i.Size < 0 || (i.Partition > 0) != (i.Disk != "") {
			t.Errorf("%+v", i)
		}
		d, err := OpenReadOnly(i.Name)
		if err != nil {
			continue // another system's, which lets only its owner open it
		}
		if d.Size() != i.Size || i.Size > 0 && d.SectorSize() != i.Sector {
			t.Errorf("%+v: %d bytes in sectors of %d", i, d.Size(), d.SectorSize())
		}
		d.Close()
	}
}
