//go:build !mirage

package tcp

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// bulkLines are lines of 100 Mbit/s and a round trip of 10 ms, which reorder and double a few segments and lose what they say;
// with how much goes over them each way unless the environment has MIRAGE_BULK, and how fast at least, octets a second.
var bulkLines = []struct {
	loss  int // thousandths
	size  int
	least float64
}{
	{0, 4 << 20, 6e6},
	{10, 4 << 20, 800e3},
	{50, 2 << 20, 300e3},
	{200, 256 << 10, 3e3},
}

// TestBulk: two stacks move data over bad lines, one way and then the other, and it comes out as it went in. With
// MIRAGE_BULK=1073741824 that is 1 GiB each way at each loss, in some minutes.
func TestBulk(t *testing.T) {
	for seed, b := range bulkLines {
		size := b.size
		if s := os.Getenv("MIRAGE_BULK"); s != "" {
			size, _ = strconv.Atoi(s)
		}
		l := line{loss: b.loss, reorder: 10, duplicate: 5, delay: 5e6, rate: 12_500_000, room: 1_500_000}
		for _, up := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d%%/%v", b.loss/10, up), func(t *testing.T) {
				t.Parallel()
				p := newPair(l, uint64(seed))
				out, back := size, 0
				if !up {
					out, back = 0, size
				}
				took := float64(exchange(t, p, out, back, func(*Options) {})) / 1e9
				rate := float64(size) / took
				t.Logf("%d octets in %.1f s, %.2f Mbit/s; %d of %d segments were lost", size, took, rate*8e-6, p.lost, p.sent)
				if rate < b.least {
					t.Errorf("that is less than %.2f Mbit/s", b.least*8e-6)
				}
			})
		}
	}
}
