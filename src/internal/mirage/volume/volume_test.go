//go:build !mirage

package volume

import (
	"bytes"
	"errors"
	"internal/mirage/device"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// memory is a disk whose requests must be whole sectors.
type memory struct {
	mu       sync.Mutex
	data     []byte
	sector   int
	noZero   bool
	zeroed   int
	fail     error
	requests int
}

func (m *memory) Name() string { return "vda" }
func (m *memory) Geometry() device.Geometry {
	return device.Geometry{Size: int64(len(m.data)), Sector: m.sector, Physical: 4096, CanZero: !m.noZero, MaxDiscard: 1 << 20}
}

func (m *memory) do(off, n int64, f func(b []byte)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	if (off|n)&int64(m.sector-1) != 0 || off < 0 || n < 0 || off > int64(len(m.data))-n {
		return device.ErrRange
	}
	if m.fail == nil {
		f(m.data[off : off+n])
	}
	return m.fail
}

func (m *memory) ReadAt(p []byte, off int64) error {
	return m.do(off, int64(len(p)), func(b []byte) { copy(p, b) })
}
func (m *memory) WriteAt(p []byte, off int64) error {
	return m.do(off, int64(len(p)), func(b []byte) { copy(b, p) })
}
func (m *memory) Flush() error               { return m.fail }
func (m *memory) Discard(off, n int64) error { return m.do(off, n, func(b []byte) { clear(b) }) }
func (m *memory) Zero(off, n int64, free bool) error {
	if m.noZero {
		return device.ErrUnsupported
	}
	m.zeroed++
	return m.do(off, n, func(b []byte) { clear(b) })
}

func newMemory(size, sector int) *memory {
	m := &memory{data: make([]byte, size), sector: sector}
	for i := range m.data {
		m.data[i] = byte(i * 7)
	}
	return m
}

func newDisk(m *memory) *Disk { return New(m, func() int64 { return time.Now().UnixNano() }) }

// Every piece of the disk can be read and written, wherever it begins and ends, and nothing else changes.
func TestAnyPiece(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		m := newMemory(1<<20, sector)
		v := &newDisk(m).Whole
		want := bytes.Clone(m.data)
		r := rand.New(rand.NewPCG(1, uint64(sector)))
		for range 2000 {
			off := r.IntN(len(want))
			n := r.IntN(min(len(want)-off, []int{10, 3000, 200000}[r.IntN(3)]) + 1)
			if r.IntN(3) == 0 {
				off &^= sector - 1
				n = min(n, len(want)-off)
			}
			b := make([]byte, n)
			if got, err := v.ReadAt(b, int64(off)); got != n || err != nil || !bytes.Equal(b, want[off:off+n]) {
				t.Fatalf("%d bytes read at %d of sectors of %d: %d, %v, or others", n, off, sector, got, err)
			}
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			copy(want[off:], b)
			if got, err := v.WriteAt(b, int64(off)); got != n || err != nil || !bytes.Equal(m.data, want) {
				t.Fatalf("%d bytes written at %d of sectors of %d: %d, %v, or others changed", n, off, sector, got, err)
			}
		}
	}
}

// What lies beyond the end is cut off.
func TestEnd(t *testing.T) {
	m := newMemory(8192, 512)
	d := newDisk(m)
	v := d.Volume(Partition{Number: 1, Start: 1024, Size: 2048})
	before := bytes.Clone(m.data)
	b := bytes.Repeat([]byte{1}, 100)
	for _, test := range []struct {
		off  int64
		want int
	}{{2000, 48}, {2048, 0}, {5000, 0}, {1 << 62, 0}, {-1, 0}} {
		if n, err := v.WriteAt(b, test.off); n != test.want || err != nil {
			t.Errorf("%d: wrote %d, %v", test.off, n, err)
		}
		if n, err := v.ReadAt(b, test.off); n != test.want || err != nil {
			t.Errorf("%d: read %d, %v", test.off, n, err)
		}
	}
	copy(before[1024+2000:], b[:48])
	if !bytes.Equal(m.data, before) {
		t.Error("something else was written")
	}
	if v.Discard(0, 2560) != device.ErrRange || v.Zero(-512, 512, false, true) != device.ErrRange || v.Discard(1<<62, 1<<62) != device.ErrRange {
		t.Error("another partition is cleared")
	}
}

// Two who write different bytes of a sector do not undo each other's.
func TestWritersOfOneSector(t *testing.T) {
	m := newMemory(4096, 512)
	v := &newDisk(m).Whole
	var all sync.WaitGroup
	for w := range 64 {
		all.Go(func() {
			for i := range 50 {
				v.WriteAt([]byte{byte(w), byte(i)}, int64(500+2*w))
			}
		})
	}
	all.Go(func() { // whole sectors beside them
		for range 50 {
			v.WriteAt(make([]byte, 512), 2048)
		}
	})
	all.Wait()
	for w := range 64 {
		if b := m.data[500+2*w:]; b[0] != byte(w) || b[1] != 49 {
			t.Fatalf("the bytes of writer %d are %d", w, b[:2])
		}
	}
}

func TestZeroWithoutHelp(t *testing.T) {
	m := newMemory(4<<20, 512)
	m.noZero = true
	v := &newDisk(m).Whole
	if err := v.Zero(512, 3<<20, false, false); err != device.ErrUnsupported {
		t.Error(err)
	}
	want := bytes.Clone(m.data)
	clear(want[512 : 512+3<<20])
	if err := v.Zero(512, 3<<20, false, true); err != nil || !bytes.Equal(m.data, want) {
		t.Errorf("%v, or not zero", err)
	}
}

func TestCounts(t *testing.T) {
	m := newMemory(8192, 512)
	d := newDisk(m)
	v := d.Volume(Partition{Number: 1, Start: 1024, Size: 2048})
	v.ReadAt(make([]byte, 512), 0)
	d.Whole.ReadAt(make([]byte, 1024), 0)
	v.WriteAt(make([]byte, 2048), 0)
	m.fail = errors.New("bad")
	if _, err := v.WriteAt(make([]byte, 2048), 0); err != m.fail {
		t.Error(err)
	}
	r, w := d.Whole.Counts.Reads(), d.Whole.Counts.Writes()
	if r.Done != 2 || r.Bytes != 1536 || w.Done != 2 || w.Bytes != 2048 || v.Counts.Reads().Done != 1 || v.Counts.UnderWay() != 0 {
		t.Errorf("%+v %+v %+v", r, w, v.Counts.Reads())
	}
}
