//go:build !mirage

package dgram

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// What goes in comes out, in order, whatever the sizes, while the rings grow and wrap around.
func TestQueue(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var q queue
	var want [][]byte
	octets := 0
	check := func() {
		t.Helper()
		if q.count != len(want) || q.used != octets || q.cost() != octets+len(want)*recordCost {
			t.Fatalf("%d datagrams of %d octets, cost %d; want %d of %d", q.count, q.used, q.cost(), len(want), octets)
		}
	}
	pop := func() {
		b := make([]byte, q.front().Size)
		if n := q.peek(b); n != len(want[0]) || !bytes.Equal(b[:n], want[0]) {
			t.Fatalf("% x, want % x", b[:n], want[0])
		}
		octets -= len(want[0])
		want = want[1:]
		q.pop()
	}
	for step := range 20000 {
		if r.IntN(100) < 50+20*(step/500%2)-10 {
			b := make([]byte, r.IntN(1+r.IntN(3000)))
			for i := range b {
				b[i] = byte(r.Uint32())
			}
			size := q.grown(len(b))
			q.push(&Datagram{Size: len(b)}, b)
			if q.size() != size {
				t.Fatalf("grown said %d, it takes %d", size, q.size())
			}
			want, octets = append(want, b), octets+len(b)
		} else if len(want) > 0 {
			pop()
		}
		check()
	}
	for len(want) > 0 {
		pop()
	}
	check()
	if q.size() > keepSize {
		t.Errorf("empty, it takes %d octets", q.size())
	}
}

// A busy socket allocates nothing.
func TestQueueDoesNotAllocate(t *testing.T) {
	var q queue
	b := make([]byte, 512)
	use := func() {
		for range 10 {
			q.push(&Datagram{Size: len(b)}, b)
		}
		for range 10 {
			q.peek(b)
			q.pop()
		}
	}
	use()
	if n := testing.AllocsPerRun(100, use); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
