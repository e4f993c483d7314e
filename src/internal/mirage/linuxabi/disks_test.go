//go:build !mirage

package linuxabi

import (
	"bytes"
	"encoding/binary"
	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// testDisk is a disk in memory.
type testDisk struct {
	name     string
	geometry device.Geometry

	mu      sync.Mutex
	data    []byte
	flushed int
	fail    error
}

func newTestDisk(name string, size int) *testDisk {
	return &testDisk{name: name, data: make([]byte, size), geometry: device.Geometry{
		Size: int64(size), Sector: 512, Physical: 4096, Volatile: true, MaxDiscard: 1 << 20, DiscardUnit: 4096, CanZero: true, Serial: "s1",
	}}
}

func (d *testDisk) Name() string { return d.name }

func (d *testDisk) Geometry() device.Geometry { return d.geometry }

func (d *testDisk) do(off, n int64, f func(p []byte)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if (off|n)&511 != 0 || off+n > int64(len(d.data)) {
		return device.ErrRange
	}
	if d.fail == nil {
		f(d.data[off : off+n])
	}
	return d.fail
}

func (d *testDisk) ReadAt(p []byte, off int64) error {
	return d.do(off, int64(len(p)), func(at []byte) { copy(p, at) })
}

func (d *testDisk) WriteAt(p []byte, off int64) error {
	if d.geometry.ReadOnly {
		return device.ErrReadOnly
	}
	return d.do(off, int64(len(p)), func(at []byte) { copy(at, p) })
}

func (d *testDisk) Flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flushed++
	return d.fail
}

func (d *testDisk) Discard(off, n int64) error {
	return d.do(off, n, func(at []byte) { copy(at, bytes.Repeat([]byte{0xdd}, len(at))) })
}

func (d *testDisk) Zero(off, n int64, free bool) error {
	return d.do(off, n, func(at []byte) { clear(at) })
}

// putTable writes a PC's partition table: the first sector and the number of sectors of each.
func putTable(disk []byte, entries ...[2]uint32) {
	clear(disk[440:512])
	for i, e := range entries {
		b := disk[446+16*i:]
		b[4] = 0x83
		binary.LittleEndian.PutUint32(b[8:], e[0])
		binary.LittleEndian.PutUint32(b[12:], e[1])
	}
	disk[510], disk[511] = 0x55, 0xaa
}

// withDisk is a world with a disk of 1 MiB that has two partitions.
func withDisk(t *testing.T, name string) (*world, *Process, *testDisk) {
	w, p := ourWorld(t)
	if e := p.plant("/bin/test"); e != 0 {
		t.Fatal(e)
	}
	d := newTestDisk(name, 1<<20)
	putTable(d.data, [2]uint32{8, 100}, [2]uint32{200, 300})
	copy(d.data[8*512:], "first partition")
	p.attachDisk(d)
	return w, p, d
}

func (w *world) openDisk(t *testing.T, path string, flags int) int {
	t.Helper()
	return w.must(t, syscall.SYS_OPENAT, noFd, path, flags, 0)
}

func TestDiskIsAFile(t *testing.T) {
	w, _, d := withDisk(t, "vda")
	fd := w.openDisk(t, "/dev/vda", syscall.O_RDWR)
	part := w.openDisk(t, "/dev/vda1", syscall.O_RDWR)
	b := make([]byte, 15)
	if n := w.must(t, syscall.SYS_READ, part, b, len(b)); n != 15 || string(b) != "first partition" {
		t.Errorf("%q", b)
	}
	if n := w.must(t, syscall.SYS_LSEEK, part, 0, 2); n != 100*512 {
		t.Errorf("the partition ends at %d", n)
	}
	if n := w.must(t, syscall.SYS_READ, part, b, len(b)); n != 0 {
		t.Errorf("%d bytes behind the end", n)
	}
	// A piece of a sector, and one that crosses the end of the partition.
	if n := w.must(t, syscall.SYS_PWRITE64, part, "FIRST", 5, 0); n != 5 || !strings.HasPrefix(string(d.data[8*512:]), "FIRST partition") {
		t.Errorf("%d, %q", n, d.data[8*512:8*512+15])
	}
	if n := w.must(t, syscall.SYS_PWRITE64, part, "beyond", 6, 100*512-3); n != 3 || string(d.data[108*512-3:108*512+1]) != "bey\x00" {
		t.Errorf("%d bytes over the end", n)
	}
	if _, e := w.do(syscall.SYS_PWRITE64, part, "beyond", 6, 100*512); e != syscall.ENOSPC {
		t.Error("behind the end:", e)
	}
	if n := w.must(t, syscall.SYS_PREAD64, fd, b, 5, 8*512); n != 5 || string(b[:5]) != "FIRST" {
		t.Errorf("%q", b[:5])
	}
	var st syscall.Stat_t
	w.must(t, syscall.SYS_FSTAT, part, addressOf(&st))
	if st.Mode != syscall.S_IFBLK|0o660 || st.Rdev != 254<<8|1 {
		t.Errorf("mode %o, device %#x", st.Mode, st.Rdev)
	}
	w.must(t, syscall.SYS_FSYNC, part)
	w.must(t, syscall.SYS_FDATASYNC, fd)
	w.must(t, syscall.SYS_SYNC)
	if d.flushed != 3 {
		t.Errorf("flushed %d times", d.flushed)
	}
	synced := w.openDisk(t, "/dev/vda", syscall.O_WRONLY|syscall.O_DSYNC)
	w.must(t, syscall.SYS_WRITE, synced, "x", 1)
	if d.flushed != 4 {
		t.Error("O_DSYNC does not flush")
	}
	d.fail = device.ErrIO
	if _, e := w.do(syscall.SYS_FSYNC, fd); e != syscall.EIO {
		t.Error("a flush that fails:", e)
	}
	d.fail = device.ErrGone
	if _, e := w.do(syscall.SYS_PREAD64, fd, b, 5, 0); e != syscall.ENXIO {
		t.Error("a disk that is gone:", e)
	}
}

// open(2): O_DIRECT moves whole sectors.
func TestDirectDisk(t *testing.T) {
	w, _, _ := withDisk(t, "vda")
	fd := w.openDisk(t, "/dev/vda", syscall.O_RDWR|syscall.O_DIRECT)
	b := make([]byte, 1024)
	for _, test := range []struct {
		n, off int
		want   syscall.Errno
	}{{512, 0, 0}, {1024, 512, 0}, {100, 0, syscall.EINVAL}, {512, 1, syscall.EINVAL}} {
		if _, e := w.do(syscall.SYS_PWRITE64, fd, b, test.n, test.off); e != test.want {
			t.Errorf("%d bytes at %d: %v", test.n, test.off, e)
		}
	}
}

func TestReadOnlyDisk(t *testing.T) {
	w, _, d := withDisk(t, "vda")
	d.geometry.ReadOnly = true
	fd := w.openDisk(t, "/dev/vda", syscall.O_RDWR)
	if _, e := w.do(syscall.SYS_WRITE, fd, "x", 1); e != syscall.EPERM {
		t.Error(e)
	}
	if got := w.readFile(t, "/sys/block/vda/ro"); got != "1\n" {
		t.Errorf("%q", got)
	}
}

// include/uapi/linux/fs.h.
func TestDiskControl(t *testing.T) {
	w, _, d := withDisk(t, "vda")
	fd := w.openDisk(t, "/dev/vda2", syscall.O_RDWR)
	for _, test := range []struct {
		request int
		want    uint64
	}{
		{linux.BLKGETSIZE64, 300 * 512}, {linux.BLKGETSIZE, 300}, {linux.BLKSSZGET, 512}, {linux.BLKPBSZGET, 4096}, {linux.BLKROGET, 0},
		{linux.BLKBSZGET, 4096}, {linux.BLKROTATIONAL, 0}, {linux.BLKIOMIN, 4096},
	} {
		var v uint64
		w.must(t, syscall.SYS_IOCTL, fd, test.request, addressOf(&v))
		if v != test.want {
			t.Errorf("%#x: %d, want %d", test.request, v, test.want)
		}
	}
	if _, e := w.do(syscall.SYS_IOCTL, fd, syscall.TCGETS, addressOf(new([64]byte))); e != syscall.ENOTTY {
		t.Error("a disk is a terminal:", e)
	}
	r := [2]uint64{512, 1024}
	w.must(t, syscall.SYS_IOCTL, fd, linux.BLKDISCARD, addressOf(&r))
	if d.data[201*512] != 0xdd || d.data[203*512-1] != 0xdd || d.data[203*512] != 0 {
		t.Error("discarded elsewhere")
	}
	w.must(t, syscall.SYS_IOCTL, fd, linux.BLKZEROOUT, addressOf(&r))
	if d.data[201*512] != 0 || d.data[203*512-1] != 0 {
		t.Error("not zero")
	}
	for _, bad := range [][2]uint64{{1, 512}, {0, 300*512 + 512}, {1 << 63, 512}, {512, 100}} {
		if _, e := w.do(syscall.SYS_IOCTL, fd, linux.BLKDISCARD, addressOf(&bad)); e != syscall.EINVAL {
			t.Errorf("%d: %v", bad, e)
		}
	}
	reading := w.openDisk(t, "/dev/vda2", syscall.O_RDONLY)
	if _, e := w.do(syscall.SYS_IOCTL, reading, linux.BLKDISCARD, addressOf(&r)); e != syscall.EBADF {
		t.Error("discarded by a reader:", e)
	}
	const punch = linux.FALLOC_FL_PUNCH_HOLE | linux.FALLOC_FL_KEEP_SIZE
	d.data[200*512] = 1
	w.must(t, syscall.SYS_FALLOCATE, fd, punch, 0, 512)
	if d.data[200*512] != 0 {
		t.Error("a hole was punched elsewhere")
	}
	if _, e := w.do(syscall.SYS_FALLOCATE, fd, 0, 0, 512); e != syscall.EOPNOTSUPP {
		t.Error("a disk grows:", e)
	}
}

// A table that was written anew is read on demand: what changed goes, what is the same stays.
func TestPartitionsReadAgain(t *testing.T) {
	w, p, d := withDisk(t, "vda")
	fd := w.openDisk(t, "/dev/vda", syscall.O_RDWR)
	old := w.openDisk(t, "/dev/vda2", syscall.O_RDWR)
	putTable(d.data, [2]uint32{8, 100}, [2]uint32{300, 50}, [2]uint32{400, 10})
	w.must(t, syscall.SYS_IOCTL, fd, linux.BLKRRPART, 0)
	if got := w.readFile(t, "/sys/class/block/vda2/start") + w.readFile(t, "/sys/block/vda/vda3/size"); got != "300\n10\n" {
		t.Errorf("%q", got)
	}
	if n := w.must(t, syscall.SYS_LSEEK, old, 0, 2); n != 300*512 {
		t.Error("who has a partition open sees another:", n)
	}
	clear(d.data[:512])
	w.must(t, syscall.SYS_IOCTL, fd, linux.BLKRRPART, 0)
	for _, path := range []string{"/dev/vda1", "/sys/class/block/vda1/size", "/sys/block/vda/vda1"} {
		if _, e := w.do(syscall.SYS_OPENAT, noFd, path, 0, 0); e != syscall.ENOENT {
			t.Errorf("%s: %v", path, e)
		}
	}
	if got := partitionsText(p); strings.Contains(got, "vda1") {
		t.Errorf("%q", got)
	}
}

// A disk that goes leaves nothing, and another one may have its name.
func TestDiskGoes(t *testing.T) {
	w, p, d := withDisk(t, "xvda")
	fd := w.openDisk(t, "/dev/xvda1", syscall.O_RDONLY)
	d.fail = device.ErrGone
	p.detachDisk(d)
	for _, path := range []string{"/dev/xvda", "/dev/xvda1", "/sys/block/xvda", "/sys/class/block/xvda1", "/sys/devices/platform/xvda/block/xvda"} {
		if _, e := w.do(syscall.SYS_OPENAT, noFd, path, 0, 0); e != syscall.ENOENT {
			t.Errorf("%s: %v", path, e)
		}
	}
	if _, e := w.do(syscall.SYS_READ, fd, make([]byte, 512), 512); e != syscall.ENXIO {
		t.Error("a disk that is gone is read:", e)
	}
	p.attachDisk(newTestDisk("xvda", 4096))
	if got := w.readFile(t, "/sys/block/xvda/size"); got != "8\n" || len(p.disks.all) != 1 {
		t.Errorf("%q, %d disks", got, len(p.disks.all))
	}
}

func TestWhatIsSaidOfDisks(t *testing.T) {
	w, p, _ := withDisk(t, "vda")
	p.attachDisk(newTestDisk("xvdb", 2<<20))
	p.attachDisk(newTestDisk("nvme0n1", 3<<20))
	fd := w.openDisk(t, "/dev/vda1", syscall.O_RDONLY)
	w.must(t, syscall.SYS_READ, fd, make([]byte, 1024), 1024)
	want := "major minor  #blocks  name\n\n 254        0       1024 vda\n 254        1         50 vda1\n 254        2        150 vda2\n" +
		" 202       16       2048 xvdb\n 259        0       3072 nvme0n1\n"
	if got := w.readFile(t, "/proc/partitions"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := w.readFile(t, "/proc/diskstats"); !strings.Contains(got, " 254       1 vda1 1 0 2 ") || !strings.Contains(got, " 202      16 xvdb 0 ") {
		t.Error(got)
	}
	for path, want := range map[string]string{
		"/sys/block/vda/size": "2048\n", "/sys/block/vda/queue/logical_block_size": "512\n", "/sys/block/vda/dev": "254:0\n",
		"/sys/block/vda/queue/write_cache": "write back\n", "/sys/block/vda/queue/discard_granularity": "4096\n",
		"/sys/class/block/vda1/partition": "1\n", "/sys/dev/block/254:1/start": "8\n", "/sys/block/vda/serial": "s1\n",
		"/sys/class/block/vda1/uevent": "MAJOR=254\nMINOR=1\nDEVNAME=vda1\nDEVTYPE=partition\nPARTN=1\n",
	} {
		if got := w.readFile(t, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestLetterNumber(t *testing.T) {
	for s, want := range map[string]uint32{"a": 0, "z": 25, "aa": 26, "zz": 701} {
		if n, ok := letterNumber(s); !ok || n != want {
			t.Errorf("%s: %d, %v", s, n, ok)
		}
	}
	for _, s := range []string{"", "A", "a1", "aaaa"} {
		if n, ok := letterNumber(s); ok {
			t.Errorf("%s: %d", s, n)
		}
	}
}
