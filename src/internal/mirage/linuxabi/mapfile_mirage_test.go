//go:build mirage

package linuxabi_test

import (
	"bytes"
	"internal/mirage/machine"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

const mremapMayMove = 1

// fileOf makes a file that holds data.
func fileOf(t *testing.T, data []byte) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "file"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return f
}

func mappedFile(t *testing.T, f *os.File, n, prot, flags int) []byte {
	t.Helper()
	b, err := syscall.Mmap(int(f.Fd()), 0, n, prot, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	return b
}

func content(t *testing.T, f *os.File, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	m, _ := f.ReadAt(b, 0)
	return b[:m]
}

// What write(2) and a mapping write is seen by the other at once, and by every other mapping (mmap(2), MAP_SHARED).
func TestSharedMappingIsTheFile(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 3*page/16)
	f := fileOf(t, data)
	a := mappedFile(t, f, len(data), readWrite, syscall.MAP_SHARED)
	b := mappedFile(t, f, len(data), syscall.PROT_READ, syscall.MAP_SHARED)
	if !bytes.Equal(a, data) || !bytes.Equal(b, data) {
		t.Fatal("the mappings do not hold what the file does")
	}
	f.WriteAt([]byte("written"), page-3)
	if string(a[page-3:page+4]) != "written" || string(b[page-3:page+4]) != "written" {
		t.Errorf("the mappings hold %q and %q after a write", a[page-3:page+4], b[page-3:page+4])
	}
	copy(a[2*page-2:], "mapped")
	if got := content(t, f, len(data)); string(got[2*page-2:2*page+4]) != "mapped" || string(b[2*page-2:2*page+4]) != "mapped" {
		t.Errorf("the file holds %q after a store", got[2*page-2:2*page+4])
	}
	wantFault(t, "write to a read-only mapping", b, 5, func() { b[5] = 0 })
}

// A private mapping keeps what it writes to itself, and sees the file where it has not written (mmap(2), MAP_PRIVATE).
func TestPrivateMapping(t *testing.T) {
	f := fileOf(t, bytes.Repeat([]byte{1}, 3*page))
	b := mappedFile(t, f, 3*page, readWrite, syscall.MAP_PRIVATE)
	sink = b[page]
	b[page+1], b[2*page+1] = 2, 2
	f.WriteAt([]byte{3}, 5)
	if b[5] != 3 || b[page] != 1 || b[page+1] != 2 || b[2*page] != 1 {
		t.Errorf("the mapping holds %d %d %d %d", b[5], b[page], b[page+1], b[2*page])
	}
	if got := content(t, f, 3*page); got[page+1] != 1 || got[2*page+1] != 1 {
		t.Error("the file has changed")
	}
	if err := syscall.Madvise(b[page:2*page], syscall.MADV_DONTNEED); err != nil || b[page+1] != 1 {
		t.Errorf("the mapping holds %d after MADV_DONTNEED (%v), and the file 1", b[page+1], err)
	}
}

// bbolt maps more than the file, and lets it grow below the mapping.
func TestFileGrowsAndShrinksUnderMapping(t *testing.T) {
	f := fileOf(t, bytes.Repeat([]byte{1}, page+100))
	b := mappedFile(t, f, 8*page, readWrite, syscall.MAP_SHARED)
	if b[page+99] != 1 || b[page+100] != 0 || b[2*page-1] != 0 {
		t.Error("the rest of the last page is not zero")
	}
	wantFault(t, "behind the end", b, 2*page, func() { sink = b[2*page] })
	wantFault(t, "behind the end", b, 5*page+7, func() { b[5*page+7] = 1 })
	f.WriteAt([]byte{4}, 3*page)
	if b[2*page] != 0 || b[3*page] != 4 {
		t.Errorf("after growing it holds %d, %d", b[2*page], b[3*page])
	}
	b[2*page+7] = 5 // a hole
	if got := content(t, f, 4*page); got[2*page+7] != 5 {
		t.Error("what was written to a hole is not in the file")
	}
	f.Truncate(page + 10)
	wantFault(t, "behind the new end", b, 3*page, func() { sink = b[3*page] })
	if b[page+9] != 1 || b[page+10] != 0 {
		t.Errorf("around the new end are %d, %d", b[page+9], b[page+10])
	}
	f.Truncate(8 * page)
	if b[page+99] != 0 || b[3*page] != 0 {
		t.Error("what was cut off is there again")
	}
}

// An access behind the end of the file is SIGBUS, with the address (mmap(2), "SIGBUS").
func TestBehindTheEndIsSIGBUS(t *testing.T) {
	f := fileOf(t, []byte("x"))
	b := mappedFile(t, f, 2*page, syscall.PROT_READ, syscall.MAP_SHARED)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		e, ok := recover().(error)
		if !ok || !strings.Contains(e.Error(), "invalid memory address") {
			t.Errorf("got %v", e)
		}
	}()
	sink = b[page]
}

// A system call that is given such memory answers EFAULT.
func TestBehindTheEndIsEFAULT(t *testing.T) {
	f := fileOf(t, []byte("x"))
	b := mappedFile(t, f, 2*page, readWrite, syscall.MAP_SHARED)
	if _, err := f.ReadAt(b[page:], 0); err == nil || !strings.Contains(err.Error(), "bad address") {
		t.Errorf("got %v", err)
	}
	if n, err := f.WriteAt(b[:page], 0); n != page || err != nil { // a file onto itself
		t.Errorf("wrote %d: %v", n, err)
	}
}

// mprotect of a mapping of what is open for reading only cannot make it writable (mprotect(2), EACCES); a private one can
// be written.
func TestReadOnlyFile(t *testing.T) {
	f, err := os.Open(fileOf(t, make([]byte, 2*page)).Name())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd := int(f.Fd())
	want(t, "writable and shared", mmapErrno(0, page, readWrite, syscall.MAP_SHARED, fd, 0), syscall.EACCES)
	b := mappedFile(t, f, page, syscall.PROT_READ, syscall.MAP_SHARED)
	want(t, "mprotect", errnoOf(syscall.SYS_MPROTECT, addressOf(b), page, readWrite), syscall.EACCES)
	c := mappedFile(t, f, 2*page, syscall.PROT_READ, syscall.MAP_PRIVATE)
	sink = c[0]
	want(t, "mprotect", errnoOf(syscall.SYS_MPROTECT, addressOf(c), 2*page, readWrite), 0)
	c[0], c[page] = 1, 1
	if b[0] != 0 {
		t.Error("a private page is shared")
	}
}

// A mapping outlives its descriptor and its name; then all is given back.
func TestMappingHoldsTheFile(t *testing.T) {
	debug.FreeOSMemory()
	const n = 4 << 20
	_, before := machine.Memory()
	f := fileOf(t, nil)
	f.Truncate(n)
	b, err := syscall.Mmap(int(f.Fd()), 0, n, readWrite, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	os.Remove(f.Name())
	for i := 0; i < n; i += page {
		b[i] = 7
	}
	_, during := machine.Memory()
	if before-min(before, during) < n {
		t.Errorf("%d MiB of a file take %d KiB", n>>20, (before-during)>>10)
	}
	syscall.Munmap(b)
	if _, after := machine.Memory(); after+n/2 < before {
		t.Errorf("%d KiB were free before and %d after", before>>10, after>>10)
	}
}

// The file's time is that of the first write by a mapping, or later (mmap(2), "st_ctime and st_mtime").
func TestMappedWriteSetsTime(t *testing.T) {
	f := fileOf(t, make([]byte, page))
	b := mappedFile(t, f, page, readWrite, syscall.MAP_SHARED)
	old := time.Unix(1000, 0)
	os.Chtimes(f.Name(), old, old)
	sink = b[0]
	if info, _ := f.Stat(); !info.ModTime().Equal(old) {
		t.Errorf("reading made it %v", info.ModTime())
	}
	b[0] = 1
	if info, _ := f.Stat(); info.ModTime().Equal(old) {
		t.Error("writing left the time as it was")
	}
}

func mremap(b []byte, n int, flags uintptr) ([]byte, syscall.Errno) {
	at, _, e := syscall.Syscall6(syscall.SYS_MREMAP, addressOf(b), uintptr(len(b)), uintptr(n), flags, 0, 0)
	if e != 0 {
		return nil, e
	}
	return bytesAt(at, n), 0
}

func TestMremap(t *testing.T) {
	for _, n := range []int{3 * page, 3 * large} {
		b := mapped(t, n, readWrite, anonymous)
		for i := range b {
			b[i] = byte(i >> 12)
		}
		mapped(t, page, readWrite, anonymous)
		if e := mmapErrno(addressOf(b)+uintptr(n), page, readWrite, anonymous|mapFixedNoReplace, -1, 0); e != 0 && e != syscall.EEXIST {
			t.Fatal(e)
		}
		_, e := mremap(b, 4*n, 0)
		want(t, "in place", e, syscall.ENOMEM)
		c, e := mremap(b, 4*n, mremapMayMove)
		want(t, "moved", e, 0)
		for i := range c {
			if w := byte(i >> 12); i < n && c[i] != w || i >= n && c[i] != 0 {
				t.Fatalf("byte %d is %d", i, c[i])
			}
		}
		wantFault(t, "the old address", b, page, func() { sink = b[page] })
		if c, e = mremap(c, page, 0); e != 0 || c[page-1] != 0 {
			t.Errorf("made smaller: %v", e)
		}
		want(t, "munmap", errnoOf(syscall.SYS_MUNMAP, addressOf(c), page, 0), 0)
	}
	f := fileOf(t, bytes.Repeat([]byte{1}, page))
	b := mappedFile(t, f, page, readWrite, syscall.MAP_SHARED)
	f.Truncate(3 * page)
	c, e := mremap(b, 3*page, mremapMayMove)
	want(t, "of a file", e, 0)
	c[2*page] = 9
	if got := content(t, f, 3*page); got[2*page] != 9 || c[0] != 1 {
		t.Error("the moved mapping does not show the file")
	}
	want(t, "munmap", errnoOf(syscall.SYS_MUNMAP, addressOf(c), 3*page, 0), 0)
}

// Shared anonymous memory keeps what it holds, is doubled by mremap, and has holes made by MADV_REMOVE (madvise(2)).
func TestSharedAnonymous(t *testing.T) {
	b := mapped(t, 4*page, readWrite, syscall.MAP_ANON|syscall.MAP_SHARED)
	b[page], b[2*page] = 1, 2
	at, _, e := syscall.Syscall6(syscall.SYS_MREMAP, addressOf(b), 0, 4*page, mremapMayMove, 0, 0)
	want(t, "doubling", e, 0)
	c := bytesAt(at, 4*page)
	if c[page] != 1 {
		t.Errorf("the double holds %d", c[page])
	}
	want(t, "MADV_REMOVE", errnoOf(syscall.SYS_MADVISE, addressOf(b)+page, page, 9), 0)
	if c[page] != 0 || c[2*page] != 2 {
		t.Errorf("after a hole is made it holds %d, %d", c[page], c[2*page])
	}
	want(t, "munmap", errnoOf(syscall.SYS_MUNMAP, at, 4*page, 0), 0)
}
