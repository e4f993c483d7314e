//go:build !mirage

package disktest

import (
	"bytes"
	"errors"
	"internal/mirage/device"
	"internal/mirage/drivers/disk"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// A Model opens a driver on a device that keeps its data on m, has a cache, and can discard and zero.
type Model func(t *testing.T, m *Medium) device.Block

// Run runs the tests.
func Run(t *testing.T, open Model) {
	for _, test := range []struct {
		name string
		f    func(*testing.T, Model)
	}{
		{"Lengths", testLengths}, {"Many", testMany}, {"Range", testRange}, {"ReadOnly", testReadOnly}, {"Flush", testFlush},
		{"Clear", testClear}, {"Errors", testErrors}, {"Sectors", testSectors},
	} {
		t.Run(test.name, func(t *testing.T) { test.f(t, open) })
	}
}

func noise(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := 0; i < n; i += 8 {
		v := r.Uint64()
		for k := i; k < min(i+8, n); k++ {
			b[k] = byte(v >> (8 * (k - i)))
		}
	}
	return b
}

// Reads and writes of every length give and take what they should, from one sector to more than many requests hold.
func testLengths(t *testing.T, open Model) {
	m := NewMedium(2048, 512)
	d := open(t, m)
	if g := d.Geometry(); g.Size != m.Size() || g.Sector != 512 || g.ReadOnly || !g.Volatile {
		t.Errorf("geometry %+v", g)
	}
	want := m.Bytes()
	for i, n := range []int{512, 1024, 4096, 4608, 32 << 10, 44 << 10, 64 << 10, 64<<10 + 512, 600<<10 + 512, 0} {
		off := int64(512 * (3*i + 1))
		got := make([]byte, n)
		if err := d.ReadAt(got, off); err != nil || !bytes.Equal(got, want[off:off+int64(n)]) {
			t.Errorf("%d bytes read: %v, not what is there", n, err)
		}
		b := noise(n, uint64(i))
		copy(want[off:], b)
		if err := d.WriteAt(b, off); err != nil || !bytes.Equal(m.Bytes(), want) {
			t.Errorf("%d bytes written: %v, or not there, or somewhere else", n, err)
		}
	}
	if err := d.ReadAt(make([]byte, 512), m.Size()-512); err != nil {
		t.Error("the last sector:", err)
	}
}

// Many goroutines read and write pieces of their own.
func testMany(t *testing.T, open Model) {
	const workers, region, turns = 80, 32 << 10, 12
	m := NewMedium(workers*region/512, 512)
	d := open(t, m)
	want := m.Bytes()
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 2))
			mine := want[w*region : (w+1)*region]
			for turn := range turns {
				n := 512 * (1 + r.IntN(region/512))
				at := 512 * r.IntN((region-n)/512+1)
				off := int64(w*region + at)
				if r.IntN(2) == 0 {
					b := noise(n, uint64(w*turns+turn))
					copy(mine[at:], b)
					if err := d.WriteAt(b, off); err != nil {
						t.Error(err)
					}
					continue
				}
				b := make([]byte, n)
				if err := d.ReadAt(b, off); err != nil || !bytes.Equal(b, mine[at:at+n]) {
					t.Errorf("read: %v, or somebody else's data", err)
				}
			}
		})
	}
	all.Wait()
	if !bytes.Equal(m.Bytes(), want) {
		t.Error("the disk has other data than was written")
	}
}

// What is no whole sectors of the disk is an error and reaches no device.
func testRange(t *testing.T, open Model) {
	m := NewMedium(64, 512)
	d := open(t, m)
	size := m.Size()
	for _, r := range [][2]int64{{1, 512}, {0, 511}, {-512, 512}, {size, 512}, {size - 512, 1024}, {1<<63 - 512, 512}, {0, size + 512}} {
		b := make([]byte, r[1])
		for what, err := range map[string]error{
			"read": d.ReadAt(b, r[0]), "write": d.WriteAt(b, r[0]), "discard": d.Discard(r[0], r[1]), "zero": d.Zero(r[0], r[1], true),
		} {
			if err != device.ErrRange {
				t.Errorf("%s of %d bytes at %d: %v", what, r[1], r[0], err)
			}
		}
	}
	if m.Asked(disk.Read)+m.Asked(disk.Write)+m.Asked(disk.Discard)+m.Asked(disk.ZeroFree) != 0 {
		t.Error("the device was asked for what it does not have")
	}
}

func testReadOnly(t *testing.T, open Model) {
	m := NewMedium(64, 512)
	m.ReadOnly = true
	d := open(t, m)
	if !d.Geometry().ReadOnly {
		t.Error("a read-only disk does not say so")
	}
	for what, err := range map[string]error{
		"write": d.WriteAt(make([]byte, 512), 0), "discard": d.Discard(0, 512), "zero": d.Zero(0, 512, false),
	} {
		if err != device.ErrReadOnly {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := d.ReadAt(make([]byte, 512), 0); err != nil {
		t.Error(err)
	}
}

// What was written before a flush survives a crash.
func testFlush(t *testing.T, open Model) {
	m := NewMedium(64, 512)
	var failing atomic.Bool
	m.Fault = func(op disk.Op, _, _ int64) error {
		if op == disk.Flush && failing.Load() {
			return device.ErrIO
		}
		return nil
	}
	d := open(t, m)
	b := noise(1024, 3)
	if err := d.WriteAt(b, 512); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(m.Durable()[512:1536], b) {
		t.Error("the model has no cache")
	}
	if err := d.Flush(); err != nil || !bytes.Equal(m.Durable()[512:1536], b) {
		t.Errorf("flush: %v, or what was written is not durable", err)
	}
	failing.Store(true)
	if err := d.Flush(); err == nil {
		t.Error("a flush that fails is none")
	}
}

func testClear(t *testing.T, open Model) {
	m := NewMedium(4096, 512)
	d := open(t, m)
	g := d.Geometry()
	const off, n = 1024, 1 << 20
	before := m.Bytes()
	if g.MaxDiscard > 0 {
		if err := d.Discard(off, n); err != nil || m.Asked(disk.Discard) == 0 {
			t.Errorf("discard: %v, asked %d times", err, m.Asked(disk.Discard))
		}
	} else if err := d.Discard(off, n); err != device.ErrUnsupported {
		t.Errorf("discard where it is not offered: %v", err)
	}
	if !g.CanZero {
		if err := d.Zero(off, n, false); err != device.ErrUnsupported {
			t.Errorf("zero where it is not offered: %v", err)
		}
		return
	}
	for _, free := range []bool{false, true} {
		if err := d.Zero(off, n, free); err != nil {
			t.Error(err)
		}
	}
	copy(before[off:], make([]byte, n))
	if !bytes.Equal(m.Bytes(), before) {
		t.Error("zeroing has left something, or taken too much")
	}
}

// An error of the device is one of the request, and of no other.
func testErrors(t *testing.T, open Model) {
	m := NewMedium(4096, 512)
	bad := int64(300 << 10)
	m.Fault = func(op disk.Op, off, n int64) error {
		if op != disk.Flush && off <= bad && bad < off+n {
			return device.ErrIO
		}
		return nil
	}
	d := open(t, m)
	b := make([]byte, 1<<20)
	if err := d.ReadAt(b, 0); !errors.Is(err, device.ErrIO) {
		t.Error("a read over a bad place:", err)
	}
	if err := d.WriteAt(b, 0); !errors.Is(err, device.ErrIO) {
		t.Error("a write over a bad place:", err)
	}
	if err := d.ReadAt(b, 512<<10); err != nil {
		t.Error("a read elsewhere:", err)
	}
	if err := d.WriteAt(b[:4096], 512<<10); err != nil {
		t.Error("a write elsewhere:", err)
	}
}

// The unit of reading and writing is the disk's sector.
func testSectors(t *testing.T, open Model) {
	m := NewMedium(64, 4096)
	d := open(t, m)
	if g := d.Geometry(); g.Sector != 4096 || g.Size != m.Size() {
		t.Fatalf("%+v", g)
	}
	if err := d.ReadAt(make([]byte, 512), 0); err != device.ErrRange {
		t.Error("512 bytes of a sector of 4096:", err)
	}
	b, want := noise(8192, 4), m.Bytes()
	copy(want[4096:], b)
	if err := d.WriteAt(b, 4096); err != nil || !bytes.Equal(m.Bytes(), want) {
		t.Errorf("%v, or other data", err)
	}
}
