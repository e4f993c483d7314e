//go:build !mirage

package fat

import (
	"internal/byteorder"
	"internal/mirage/linuxabi/linux"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A memory is a disk of bytes.
type memory struct {
	b       []byte
	flushes int
	fails   error // what writing answers
}

func (d *memory) ReadAt(p []byte, off int64) error {
	if off < 0 || off+int64(len(p)) > int64(len(d.b)) || off%512 != 0 || len(p)%512 != 0 {
		panic("the volume reads where there is no disk")
	}
	copy(p, d.b[off:])
	return nil
}

func (d *memory) WriteAt(p []byte, off int64) error {
	if off < 0 || off+int64(len(p)) > int64(len(d.b)) || off%512 != 0 || len(p)%512 != 0 {
		panic("the volume writes where there is no disk")
	}
	if d.fails != nil {
		return d.fails
	}
	copy(d.b[off:], p)
	return nil
}

func (d *memory) Flush() error { d.flushes++; return d.fails }
func (d *memory) Size() int64  { return int64(len(d.b)) }

// A kind is what a volume of the tests is.
type kind struct {
	name    string
	bits    int
	size    int64
	cluster int
}

var kinds = []kind{
	{"FAT12", 12, 2 << 20, 1024},
	{"FAT16", 16, 16 << 20, 2048},
	{"FAT32", 32, 36 << 20, 512},
}

// format makes an empty volume: "Boot Sector and BPB", "FAT32 FSInfo".
func (k kind) format() *memory {
	const sector = 512
	d := &memory{b: make([]byte, k.size)}
	b := d.b
	reserved, rootSlots := 1, 512
	if k.bits == 32 {
		reserved, rootSlots = 32, 0
	}
	sectors, perCluster := int(k.size/sector), k.cluster/sector
	tableSectors := 1
	for {
		clusters := (sectors - reserved - 2*tableSectors - rootSlots/16) / perCluster
		if tableSectors*sector*8/k.bits >= clusters+2 {
			break
		}
		tableSectors++
	}
	copy(b, "\xeb\x58\x90mirage  ")
	byteorder.LEPutUint16(b[bpbSectorSize:], sector)
	b[bpbPerCluster] = byte(perCluster)
	byteorder.LEPutUint16(b[bpbReserved:], uint16(reserved))
	b[bpbTables], b[bpbMedia] = 2, 0xf8
	byteorder.LEPutUint16(b[bpbRootSlots:], uint16(rootSlots))
	byteorder.LEPutUint16(b[24:], 32)
	byteorder.LEPutUint16(b[26:], 64)
	byteorder.LEPutUint32(b[bpbSectors32:], uint32(sectors))
	kindText, at := "FAT16   ", 36
	switch k.bits {
	case 12:
		kindText = "FAT12   "
		fallthrough
	case 16:
		byteorder.LEPutUint16(b[bpbTable16:], uint16(tableSectors))
	case 32:
		byteorder.LEPutUint32(b[bpbTable32:], uint32(tableSectors))
		byteorder.LEPutUint32(b[bpbRoot32:], 2)
		byteorder.LEPutUint16(b[bpbInfo32:], 1)
		byteorder.LEPutUint16(b[50:], 6)
		kindText, at = "FAT32   ", 64
	}
	b[at], b[at+2] = 0x80, 0x29
	copy(b[at+7:], "NO NAME    "+kindText)
	b[510], b[511] = 0x55, 0xaa
	if k.bits == 32 {
		info := b[sector:]
		byteorder.LEPutUint32(info[infoLead:], infoLeadMark)
		byteorder.LEPutUint32(info[infoStruct:], infoStructMark)
		byteorder.LEPutUint32(info[infoFree:], ^uint32(0))
		byteorder.LEPutUint32(info[infoNext:], ^uint32(0))
		byteorder.LEPutUint32(info[infoTrail:], infoTrailMark)
		copy(b[6*sector:], b[:2*sector])
	}
	for i := range 2 {
		t := b[(reserved+i*tableSectors)*sector:]
		switch k.bits {
		case 12:
			copy(t, "\xf8\xff\xff")
		case 16:
			copy(t, "\xf8\xff\xff\xff")
		case 32:
			copy(t, "\xf8\xff\xff\x0f\xff\xff\xff\x0f\xff\xff\xff\x0f")
		}
	}
	return d
}

// now is the tests' clock: it stands still.
func now() int64 { return 1_764_000_000 * second }

func mount(t testing.TB, d Disk) *Volume {
	t.Helper()
	v, err := Mount(d, now, false)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// sound fails unless the disk is a volume that fsck.vfat finds nothing to say of. Without that program only our own check looks.
func sound(t testing.TB, b []byte) {
	t.Helper()
	again := &memory{b: append([]byte(nil), b...)}
	again.b[bpbState32] |= stateInUse
	if byteorder.LEUint16(b[bpbTable16:]) != 0 {
		again.b[bpbState32] = b[bpbState32]
		again.b[bpbState16] |= stateInUse
	}
	v := mount(t, again)
	if r := v.Found(); r != (Report{Checked: true}) {
		t.Errorf("our check finds %+v", r)
	}
	fsck, err := exec.LookPath("/usr/sbin/fsck.vfat")
	if err != nil {
		return
	}
	name := filepath.Join(t.TempDir(), "volume")
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(fsck, "-n", name).CombinedOutput(); err != nil {
		t.Errorf("fsck.vfat: %v\n%s", err, out)
	}
	os.Remove(name)
}

func ok(t testing.TB, e linux.Errno) {
	t.Helper()
	if e != 0 {
		t.Fatalf("error %d", e)
	}
}

// at returns the file at a path.
func at(t testing.TB, v *Volume, path ...string) *File {
	t.Helper()
	f := v.Root()
	for _, name := range path {
		g, e := f.Lookup(name)
		ok(t, e)
		if g == nil {
			t.Fatalf("there is no %q", name)
		}
		f = g
	}
	return f
}

func list(t testing.TB, f *File) (names []string) {
	t.Helper()
	ok(t, f.List(0, func(d Dirent) bool {
		names = append(names, d.Name)
		return true
	}))
	return names
}
