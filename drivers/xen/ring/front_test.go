//go:build !mirage

package ring_test

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/xen"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/ring"
	"internal/mirage/drivers/xen/xentest"
	"testing"
)

// open makes a ring and its other side.
func open(t testing.TB, entry int) (*ring.Front, *xentest.Back, *dma.Memory) {
	t.Helper()
	var h xen.Hypervisor = xentest.New()
	m, err := grant.New(h).Alloc(xentest.Peer, dma.PageSize, true)
	if err != nil {
		t.Fatal(err)
	}
	return ring.New(m.Memory, entry), h.(*xentest.Domain).NewBack(entry, m.Ref(0)), m.Memory
}

// ring.h, __CONST_RING_SIZE: the largest power of 2 of entries that fit behind the header.
func TestSize(t *testing.T) {
	for entry, want := range map[int]int{12: 256, 8: 256, 112: 32, 64: 32, 4: 512} {
		if r, _, _ := open(t, entry); r.Size() != want {
			t.Errorf("%d entries of %d bytes, want %d", r.Size(), entry, want)
		}
	}
}

// Requests arrive in order and whole, responses come back so, round the ring many times and with any number out.
func TestRoundTheRing(t *testing.T) {
	r, b, _ := open(t, 12)
	next, want := uint32(0), uint32(0)
	for round := range 1000 {
		for range round % 257 {
			if !r.Add(next, ^next, next*3) {
				break
			}
			next++
		}
		r.Flush()
		for {
			w, ok := b.Take()
			if !ok {
				break
			}
			if w[1] != ^w[0] || w[2] != w[0]*3 {
				t.Fatalf("request %x", w)
			}
			b.Put(w[0])
		}
		b.Push()
		var got [1]uint32
		for r.Take(got[:]) {
			if got[0] != want {
				t.Fatalf("response %d, want %d", got[0], want)
			}
			want++
		}
	}
	if want != next || r.InFlight() != 0 || next < 50000 {
		t.Errorf("%d requests, %d responses, %d out", next, want, r.InFlight())
	}
}

func TestFull(t *testing.T) {
	r, b, _ := open(t, 8)
	for i := range uint32(256) {
		if !r.Add(i, 0) {
			t.Fatalf("full at %d", i)
		}
	}
	if r.Add(0, 0) {
		t.Error("more requests than entries")
	}
	r.Flush()
	w, _ := b.Take()
	b.Put(w[0])
	b.Push()
	var got [1]uint32
	if !r.Take(got[:]) || !r.Add(0, 0) || r.Add(0, 0) {
		t.Error("a response makes room for one request")
	}
}

// ring.h, RING_PUSH_REQUESTS_AND_CHECK_NOTIFY and RING_FINAL_CHECK_FOR_RESPONSES: events only where the other side waits.
func TestEvents(t *testing.T) {
	r, b, _ := open(t, 8)
	r.Add(0, 0)
	if !r.Flush() {
		t.Error("the back end waits for the first request and is not told")
	}
	if r.Flush() {
		t.Error("an event without a request")
	}
	r.Add(1, 0)
	if r.Flush() {
		t.Error("an event for a back end that is awake")
	}
	b.Take()
	b.Take()
	if !b.Sleep() {
		t.Fatal("more requests than were made")
	}
	r.Add(2, 0)
	r.Add(3, 0)
	if !r.Flush() {
		t.Error("the back end sleeps and is not told")
	}
	if r.Arm() {
		t.Error("a response that nobody made")
	}
	b.Put(0)
	if !b.Push() {
		t.Error("armed, and no event")
	}
	b.Put(1)
	if b.Push() {
		t.Error("an event that was not asked for")
	}
	if !r.Arm() {
		t.Error("armed with a response waiting, and not told so")
	}
}

// A response that is not covered by a request ends the ring: the index is the other side's and may be anything.
func TestHostileIndex(t *testing.T) {
	for _, index := range []uint32{3, 257, 1 << 31, ^uint32(0)} {
		r, _, m := open(t, 8)
		r.Add(0, 0)
		r.Add(1, 0)
		r.Flush()
		r.Add(2, 0) // not flushed: it cannot have been answered
		m.Store32(8, index)
		var got [2]uint32
		if r.Take(got[:]) || r.Err() != ring.ErrIndex {
			t.Errorf("index %d: %v", index, r.Err())
		}
		m.Store32(8, 1)
		if r.Take(got[:]) || r.Add(0, 0) || r.Flush() || r.Arm() {
			t.Errorf("index %d: a broken ring goes on", index)
		}
	}
}

func TestIDs(t *testing.T) {
	ids := ring.NewIDs(4)
	ids.Give(3)
	if ids.Return(2) || ids.Return(4) || ids.Return(65535) || !ids.Return(3) || ids.Return(3) {
		t.Error("a name is out once, and only when it was given")
	}
}
