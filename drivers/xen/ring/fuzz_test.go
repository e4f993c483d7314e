//go:build !mirage

package ring_test

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/ring"
	"testing"
)

// FuzzHostileBack lets the input decide what the front end does and which words of the page the other side writes. Whatever
// it is, no more responses come than there were requests.
func FuzzHostileBack(f *testing.F) {
	f.Add([]byte{0, 0, 1, 4, 8, 1, 2})
	f.Add([]byte{0, 1, 4, 8, 200, 2, 2, 3})
	f.Fuzz(func(t *testing.T, in []byte) {
		r, _, m := open(t, 8)
		added, taken := 0, 0
		for len(in) >= 3 {
			op, a, b := in[0]%5, in[1], in[2]
			in = in[1:]
			switch op {
			case 0:
				if r.Add(uint32(a), uint32(b)) {
					added++
				}
			case 1:
				r.Flush()
			case 2:
				var words [2]uint32
				if r.Take(words[:]) {
					taken++
				}
			case 3:
				r.Arm()
			case 4:
				m.Store32(int(a)*4, uint32(int8(b)))
				in = in[2:]
			}
			if taken > added || r.InFlight() != added-taken || r.InFlight() > r.Size() {
				t.Fatalf("%d requests, %d responses, %d out", added, taken, r.InFlight())
			}
		}
	})
}

// FuzzBytes does the same with both ends of a ring of bytes.
func FuzzBytes(f *testing.F) {
	f.Add([]byte{0, 200, 1, 100, 2, 5, 0, 200})
	f.Fuzz(func(t *testing.T, in []byte) {
		mem := dma.Alloc(dma.PageSize)
		r := ring.Bytes{Mem: mem, Counts: mem, Data: 1024, Size: 1024, Taken: 2056, Put: 2060}
		for len(in) >= 2 {
			op, a := in[0]%4, int(in[1])
			in = in[2:]
			p := make([]byte, a*8)
			n := 0
			switch op {
			case 0:
				n = r.Write(p)
			case 1:
				n = r.Read(p)
			case 2:
				mem.Store32(2056, uint32(a*8))
			case 3:
				mem.Store32(2060, uint32(int8(a))*8)
			}
			if n < 0 || n > len(p) || n > 1024 {
				t.Fatalf("%d bytes of %d", n, len(p))
			}
		}
	})
}
