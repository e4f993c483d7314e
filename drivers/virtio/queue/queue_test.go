//go:build !mirage

package queue_test

import (
	"bytes"
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/drivers/virtio/virtiotest"
	"testing"
)

// pair makes a queue and the device's side of it. notified counts the notifications.
func pair(t testing.TB, c queue.Config) (q *queue.Queue, r *virtiotest.Ring, notified *int) {
	notified = new(int)
	c.Notify = func() { *notified++ }
	q, err := queue.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return q, &virtiotest.Ring{Size: c.Size, Desc: q.Descriptors(), Avail: q.Available(), Used: q.UsedRing(), EventIndex: c.EventIndex}, notified
}

// forms are the four forms of a queue: with and without indirect descriptors and event index.
func forms(t *testing.T, size, segments int, f func(t *testing.T, c queue.Config)) {
	for _, c := range []queue.Config{
		{Size: size, Segments: segments},
		{Size: size, Segments: segments, Indirect: true},
		{Size: size, Segments: segments, EventIndex: true},
		{Size: size, Segments: segments, Indirect: true, EventIndex: true},
	} {
		name := "plain"
		if c.Indirect {
			name += "+indirect"
		}
		if c.EventIndex {
			name += "+event"
		}
		t.Run(name, func(t *testing.T) { f(t, c) })
	}
}

// Section 2.7: alignment of the three parts, and section 2.7.2 for legacy devices.
func TestLayout(t *testing.T) {
	for size := 1; size <= queue.MaxSize; size *= 2 {
		q, _, _ := pair(t, queue.Config{Size: size})
		if q.Descriptors()%16 != 0 || q.Available() != q.Descriptors()+16*uint64(size) || q.UsedRing()%queue.Alignment != 0 ||
			q.UsedRing() < q.Available()+6+2*uint64(size) {
			t.Errorf("size %d: %#x %#x %#x", size, q.Descriptors(), q.Available(), q.UsedRing())
		}
		q.Close()
	}
	for _, size := range []int{-1, 0, 3, 65536} {
		if _, err := queue.New(queue.Config{Size: size}); err == nil {
			t.Errorf("size %d allowed", size)
		}
	}
	if _, err := queue.New(queue.Config{Size: 2, Segments: 3}); err == nil {
		t.Error("chains longer than the queue allowed")
	}
}

// What the driver adds arrives as it was, in order, many times round the ring; tokens come back with the length.
func TestChainsArrive(t *testing.T) {
	forms(t, 8, 3, func(t *testing.T, c queue.Config) {
		q, r, _ := pair(t, c)
		mem := dma.Alloc(dma.PageSize)
		defer mem.Free()
		for round := range 70000 { // past the wrap of the indices
			token := uint32(round) * 7
			copy(mem.Bytes(), []byte{byte(round), byte(round >> 8)})
			out := []queue.Segment{{mem.Addr(), 1}, {mem.Addr() + 1, 1}}
			in := []queue.Segment{{mem.Addr() + 16, 5}}
			if !q.Add(out, in, token) {
				t.Fatal("no room in an empty queue")
			}
			q.Flush()
			chain, ok := r.Pop()
			if !ok || len(chain.Out) != 2 || len(chain.In) != 1 || (chain.Tables == 1) != c.Indirect {
				t.Fatalf("round %d: %v %+v", round, ok, chain)
			}
			if !bytes.Equal(chain.Out[0].Bytes(), []byte{byte(round)}) || !bytes.Equal(chain.Out[1].Bytes(), []byte{byte(round >> 8)}) ||
				chain.In[0] != (virtiotest.Buffer{Addr: mem.Addr() + 16, Len: 5}) {
				t.Fatalf("round %d: %+v", round, chain)
			}
			r.Push(chain.Head, 4)
			if tok, n, ok := q.Take(); !ok || tok != token || n != 4 {
				t.Fatalf("round %d: took %d, %d, %v", round, tok, n, ok)
			}
			if _, _, ok := q.Take(); ok || q.Err() != nil {
				t.Fatalf("round %d: took what nobody used: %v", round, q.Err())
			}
		}
	})
}

// The device may use chains in any order (section 2.7.8); all descriptors come back.
func TestOutOfOrderAndFull(t *testing.T) {
	forms(t, 8, 2, func(t *testing.T, c queue.Config) {
		q, r, _ := pair(t, c)
		room := 4 // chains of two descriptors
		if c.Indirect {
			room = 8
		}
		for round := range 100 {
			for i := range room {
				if !q.Add([]queue.Segment{{0x1000, 1}}, []queue.Segment{{0x2000, 1}}, uint32(i)) {
					t.Fatalf("round %d: only %d chains fit", round, i)
				}
			}
			if q.Add([]queue.Segment{{0x1000, 1}}, nil, 99) {
				t.Fatal("a full queue took a chain")
			}
			q.Flush()
			var heads []uint16
			for ch, ok := r.Pop(); ok; ch, ok = r.Pop() {
				heads = append(heads, ch.Head)
			}
			for i := range heads {
				r.Push(heads[(i*3+round)%len(heads)], 1) // 3 is prime to both
			}
			seen := 0
			for token, _, ok := q.Take(); ok; token, _, ok = q.Take() {
				seen |= 1 << token
			}
			if seen != 1<<room-1 || q.Free() != 8 || q.InFlight() != 0 || q.Err() != nil {
				t.Fatalf("round %d: tokens %b, free %d, %v", round, seen, q.Free(), q.Err())
			}
		}
	})
}

// Section 2.7.10: the device is notified only when it wants to be.
func TestNotification(t *testing.T) {
	forms(t, 8, 1, func(t *testing.T, c queue.Config) {
		q, r, notified := pair(t, c)
		add := func() {
			q.Add(nil, []queue.Segment{{0x1000, 1}}, 0)
		}
		r.Sleep()
		q.Flush()
		if *notified != 0 {
			t.Fatal("notified of nothing")
		}
		add()
		add()
		if r.Pending() {
			t.Fatal("the device sees chains before Flush")
		}
		q.Flush()
		if *notified != 1 || !r.Pending() {
			t.Fatalf("two chains, %d notifications", *notified)
		}
		r.Pop()
		r.Pop()
		r.Busy()
		add()
		q.Flush()
		if *notified != 1 {
			t.Fatal("a busy device was notified")
		}
		r.Pop()
		r.Sleep()
		add()
		q.Flush()
		if *notified != 2 {
			t.Fatal("a sleeping device was not notified")
		}
	})
}

// Sections 2.7.7 and 2.7.14: an armed queue interrupts once, and Arm tells of what came before it.
func TestArm(t *testing.T) {
	forms(t, 8, 1, func(t *testing.T, c queue.Config) {
		q, r, _ := pair(t, c)
		give := func() bool {
			q.Add(nil, []queue.Segment{{0x1000, 1}}, 0)
			q.Flush()
			ch, _ := r.Pop()
			return r.Push(ch.Head, 0)
		}
		if give() {
			t.Fatal("interrupt before Arm")
		}
		if !q.Arm() {
			t.Fatal("Arm did not tell of the chain that was used before it")
		}
		q.Disarm()
		q.Take()
		if q.Arm() {
			t.Fatal("Arm tells of a chain that is not there")
		}
		if !give() {
			t.Fatal("no interrupt after Arm")
		}
		q.Disarm()
		if give() {
			t.Fatal("interrupt after Disarm")
		}
		q.Take()
		q.Take()
		if q.Arm() || !give() {
			t.Fatal("no interrupt after the second Arm")
		}
	})
}

// Whatever a device says that it cannot mean breaks the queue, once and for good, and nothing is handed on.
func TestViolations(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(r *virtiotest.Ring, heads []uint16)
		want error
	}{
		"index ahead of what was given": {func(r *virtiotest.Ring, heads []uint16) {
			for range 4 {
				r.PushAll(virtiotest.Element{ID: uint32(heads[0]), Written: 0})
			}
		}, queue.ErrIndex},
		"id outside of the table": {func(r *virtiotest.Ring, heads []uint16) { r.PushAll(virtiotest.Element{ID: 8, Written: 0}) }, queue.ErrID},
		"id beyond 16 bits": {func(r *virtiotest.Ring, heads []uint16) {
			r.PushAll(virtiotest.Element{ID: 1<<16 | uint32(heads[0]), Written: 0})
		}, queue.ErrID},
		"id that is free": {func(r *virtiotest.Ring, heads []uint16) { r.PushAll(virtiotest.Element{ID: 7, Written: 0}) }, queue.ErrID},
		"id in the middle of a chain": {func(r *virtiotest.Ring, heads []uint16) {
			r.PushAll(virtiotest.Element{ID: uint32(heads[0]) + 1, Written: 0})
		}, queue.ErrID},
		"more bytes than are writable": {func(r *virtiotest.Ring, heads []uint16) {
			r.PushAll(virtiotest.Element{ID: uint32(heads[0]), Written: 101})
		}, queue.ErrLength},
		"bytes written where none may be": {func(r *virtiotest.Ring, heads []uint16) {
			r.PushAll(virtiotest.Element{ID: uint32(heads[2]), Written: 1})
		}, queue.ErrLength},
	} {
		t.Run(name, func(t *testing.T) {
			q, r, notified := pair(t, queue.Config{Size: 8, Segments: 2})
			q.Add([]queue.Segment{{0x1000, 50}}, []queue.Segment{{0x2000, 100}}, 1)
			q.Add([]queue.Segment{{0x1000, 50}}, []queue.Segment{{0x2000, 100}}, 2)
			q.Add([]queue.Segment{{0x1000, 50}}, nil, 3)
			q.Flush()
			var heads []uint16
			for ch, ok := r.Pop(); ok; ch, ok = r.Pop() {
				heads = append(heads, ch.Head)
			}
			c.do(r, heads)
			if tok, n, ok := q.Take(); ok || !errors.Is(q.Err(), c.want) {
				t.Fatalf("took %d, %d, %v; error %v, want %v", tok, n, ok, q.Err(), c.want)
			}
			before := *notified
			q.Flush()
			if q.Add([]queue.Segment{{0x1000, 50}}, nil, 3) || q.Arm() || *notified != before {
				t.Fatal("a broken queue goes on")
			}
			if _, _, ok := q.Take(); ok || !errors.Is(q.Err(), c.want) {
				t.Fatal("a broken queue gives chains, or changed its mind")
			}
		})
	}
}

// Section 2.7.8.1: what a legacy device says that it wrote where it may not is ignored, and nothing else.
func TestLegacyLength(t *testing.T) {
	q, r, _ := pair(t, queue.Config{Size: 8, Legacy: true})
	q.Add([]queue.Segment{{0x1000, 50}}, nil, 3)
	q.Add(nil, []queue.Segment{{0x1000, 50}}, 4)
	q.Flush()
	for range 2 {
		ch, _ := r.Pop()
		r.Push(ch.Head, 51)
	}
	if tok, n, ok := q.Take(); !ok || tok != 3 || n != 0 {
		t.Errorf("%d, %d, %v", tok, n, ok)
	}
	if _, _, ok := q.Take(); ok || q.Err() != queue.ErrLength {
		t.Errorf("51 bytes of 50: %v", q.Err())
	}
}

// The same head twice: once is right, twice is not.
func TestUsedTwice(t *testing.T) {
	q, r, _ := pair(t, queue.Config{Size: 8})
	q.Add(nil, []queue.Segment{{0x1000, 10}}, 5)
	q.Add(nil, []queue.Segment{{0x1000, 10}}, 6)
	q.Flush()
	ch, _ := r.Pop()
	r.PushAll(virtiotest.Element{ID: uint32(ch.Head), Written: 10})
	r.PushAll(virtiotest.Element{ID: uint32(ch.Head), Written: 10})
	if tok, _, ok := q.Take(); !ok || tok != 5 {
		t.Fatal("the first use is right")
	}
	if _, _, ok := q.Take(); ok || q.Err() != queue.ErrID {
		t.Fatalf("the second use was taken: %v", q.Err())
	}
}

func TestNothingAllocated(t *testing.T) {
	q, r, _ := pair(t, queue.Config{Size: 8, Segments: 2, Indirect: true, EventIndex: true})
	out, in := []queue.Segment{{0x1000, 1}}, []queue.Segment{{0x2000, 1}}
	head := uint16(0)
	if n := testing.AllocsPerRun(100, func() {
		q.Add(out, in, 1)
		q.Flush()
		r.Push(head, 1) // the one free head is always the same
		q.Take()
		q.Arm()
	}); n != 0 || q.Err() != nil {
		t.Fatalf("%v allocations a round, %v", n, q.Err())
	}
}
