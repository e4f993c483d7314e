//go:build !mirage

package sd

import "testing"

// Whatever a card says of its size, nothing overflows: PL, 5.3.
func FuzzCapacity(f *testing.F) {
	f.Add(uint32(0), uint32(0), uint32(0), uint32(1<<22))
	f.Fuzz(func(t *testing.T, a, b, c, d uint32) {
		if n := capacity([4]uint32{a, b, c, d}); n < 0 || n%BlockSize != 0 || n > 1<<42 {
			t.Errorf("%d bytes", n)
		}
	})
}
