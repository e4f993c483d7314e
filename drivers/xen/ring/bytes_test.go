//go:build !mirage

package ring_test

import (
	"bytes"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/ring"
	"math/rand"
	"testing"
)

// both are the two ends of a ring of bytes.
func both() (w, r *ring.Bytes) {
	mem := dma.Alloc(dma.PageSize)
	b := ring.Bytes{Mem: mem, Counts: mem, Data: 1024, Size: 1024, Taken: 2056, Put: 2060}
	c := b
	return &b, &c
}

func TestBytes(t *testing.T) {
	w, r := both()
	// The counts wrap at 2^32.
	w.Mem.Store32(2056, ^uint32(0)-5000)
	w.Mem.Store32(2060, ^uint32(0)-5000)
	random := rand.New(rand.NewSource(1))
	var in, out []byte
	for len(in) < 20000 {
		p := make([]byte, random.Intn(1500))
		random.Read(p)
		in = append(in, p[:w.Write(p)]...)
		q := make([]byte, random.Intn(1500))
		out = append(out, q[:r.Read(q)]...)
	}
	for !w.Empty() {
		var q [100]byte
		out = append(out, q[:r.Read(q[:])]...)
	}
	if !bytes.Equal(in, out) || w.Err() != nil || r.Err() != nil {
		t.Errorf("%d bytes in, %d out, %v %v", len(in), len(out), w.Err(), r.Err())
	}
	if n := w.Write(make([]byte, 2000)); n != 1024 || w.Write([]byte{1}) != 0 {
		t.Errorf("%d bytes in a ring of 1024", n)
	}
	if !bytes.Equal(w.Mem.Bytes()[:1024], make([]byte, 1024)) || !bytes.Equal(w.Mem.Bytes()[2064:], make([]byte, 4096-2064)) {
		t.Error("written outside of the ring")
	}
}

// Counts are the other side's: more bytes than the ring holds are none, and the end of it.
func TestHostileCounts(t *testing.T) {
	w, r := both()
	w.Mem.Store32(2060, 1025)
	if w.Write([]byte{1}) != 0 || r.Read(make([]byte, 10)) != 0 || w.Err() != ring.ErrIndex || r.Err() != ring.ErrIndex {
		t.Errorf("%v %v", w.Err(), r.Err())
	}
	if !w.Empty() {
		t.Error("waits for what will never be taken")
	}
}
