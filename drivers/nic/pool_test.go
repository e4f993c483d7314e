//go:build !mirage

package nic

import "testing"

// device.NIC, Alloc: a frame is nobody else's, as long as was asked for, and to be sent as it is.
func TestPool(t *testing.T) {
	mem := make([]byte, 4*100)
	p := NewPool(mem, 100, 12, 7)
	if p.Room() != 88 || p.Take(89) != nil || p.Take(-1) != nil {
		t.Fatalf("room for %d", p.Room())
	}
	seen := map[uint32]bool{}
	for i := range 4 {
		f := p.Take(88)
		if f == nil || len(f.Bytes) != 88 || cap(f.Bytes) != 88 || seen[f.Token] || f.Token-7 >= 4 {
			t.Fatalf("frame %d: %+v", i, f)
		}
		seen[f.Token] = true
		if &f.Bytes[0] != &mem[p.Place(f.Token)+12] {
			t.Fatalf("frame %d does not lie in its place", i)
		}
		f.Segment, f.Checksum = 1448, 2
	}
	if !p.Empty() || p.Take(1) != nil {
		t.Fatal("a fifth frame")
	}
	p.Put(9)
	if f := p.Take(10); f.Token != 9 || len(f.Bytes) != 10 || f.Segment != 0 || f.Checksum != 0 {
		t.Fatalf("%+v", f)
	}
}
