//go:build !mirage

package linuxabi

import (
	"bytes"
	"encoding/binary"
	"internal/mirage/linuxabi/linux"
	"syscall"
	"testing"
)

// formatFAT makes a disk an empty FAT12 volume of clusters of one sector (FAT: General Overview of On-Disk Format, "Boot Sector and BPB").
func formatFAT(b []byte) {
	const sector, tableSectors, rootSlots = 512, 6, 64
	binary.LittleEndian.PutUint16(b[11:], sector)
	b[13], b[16], b[21] = 1, 2, 0xf8 // sectors of a cluster, tables, medium
	binary.LittleEndian.PutUint16(b[14:], 1)
	binary.LittleEndian.PutUint16(b[17:], rootSlots)
	binary.LittleEndian.PutUint16(b[19:], uint16(len(b)/sector))
	binary.LittleEndian.PutUint16(b[22:], tableSectors)
	b[510], b[511] = 0x55, 0xaa
	for i := range 2 {
		copy(b[(1+i*tableSectors)*sector:], "\xf8\xff\xff")
	}
}

// withVolume is a machine on whose disk a volume is mounted at /data.
func withVolume(t *testing.T, d *testDisk) (*world, *Process) {
	t.Helper()
	w, p := booted(t, "/bin/test")
	p.expectMounts([]mountWord{{path: "/data", device: d.name, kind: "fat"}})
	p.attachDisk(d)
	return w, p
}

// afterCut is what a machine finds in a file whose disk has lost its power now.
func afterCut(t *testing.T, d *testDisk, path string) string {
	t.Helper()
	d.mu.Lock()
	left := &testDisk{name: d.name, geometry: d.geometry, data: bytes.Clone(d.data)}
	d.mu.Unlock()
	w, _ := withVolume(t, left)
	fd, e := w.do(syscall.SYS_OPENAT, noFd, path, syscall.O_RDONLY, 0)
	if e != 0 {
		return e.Error()
	}
	b := make([]byte, 100)
	return string(b[:w.must(t, syscall.SYS_READ, fd, b, len(b))])
}

func newVolume() *testDisk {
	d := newTestDisk("vda", 1<<20)
	formatFAT(d.data)
	return d
}

// open(2): with O_DSYNC or O_SYNC a write is on the disk when it returns, by whichever call it was written.
func TestSynchronousWrites(t *testing.T) {
	for _, c := range []struct {
		what  string
		flags int
		write func(w *world, fd int)
		want  string
	}{
		{"write", syscall.O_DSYNC, func(w *world, fd int) { w.must(t, syscall.SYS_WRITE, fd, "one", 3) }, "one"},
		{"pwrite", syscall.O_SYNC, func(w *world, fd int) { w.must(t, syscall.SYS_PWRITE64, fd, "two", 3, 1) }, "\x00two"},
		{"append", syscall.O_SYNC | syscall.O_APPEND, func(w *world, fd int) { w.must(t, syscall.SYS_WRITE, fd, "three", 5) }, "three"},
		{"copy", syscall.O_DSYNC, func(w *world, fd int) {
			in := w.must(t, syscall.SYS_OPENAT, noFd, "/etc/hostname", syscall.O_RDONLY, 0)
			w.must(t, linux.SYS_COPY_FILE_RANGE, in, 0, fd, 0, 6, 0)
		}, "mirage"},
	} {
		d := newVolume()
		w, _ := withVolume(t, d)
		fd := w.must(t, syscall.SYS_OPENAT, noFd, "/data/f", syscall.O_CREAT|syscall.O_WRONLY|c.flags, 0o644)
		before := d.flushed
		c.write(w, fd)
		if got := afterCut(t, d, "/data/f"); got != c.want || d.flushed == before {
			t.Errorf("%s: %q is on the disk after %d flushes, want %q", c.what, got, d.flushed-before, c.want)
		}
	}
}

// What a program has written is not lost when somebody ends it by the keys of the terminal: on Linux it is the kernel's by then.
func TestKeysLoseNothing(t *testing.T) {
	for _, key := range []string{"\x03", "\x1c"} {
		signals := signalled(t)
		d := newVolume()
		w, p := withVolume(t, d)
		h := newHost("ttyS0")
		p.console.attach(h, "ttyS0", "")
		fd := w.must(t, syscall.SYS_OPENAT, noFd, "/data/f", syscall.O_CREAT|syscall.O_WRONLY, 0o644)
		w.must(t, syscall.SYS_WRITE, fd, "text", 4)
		h.in <- key
		<-signals
		if got := afterCut(t, d, "/data/f"); got != "text" {
			t.Errorf("key %q: %q is on the disk", key, got)
		}
	}
}
