//go:build !mirage

package queue_test

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/drivers/virtio/virtiotest"
	"math/rand"
	"sync"
	"testing"
)

// A checker drives a queue and holds it to what it promises whatever the device does: each token comes back at most once
// and only if it is out, never with more bytes than were posted, and no descriptor is lost or had twice.
type checker struct {
	t      testing.TB
	q      *queue.Queue
	posted map[uint32]uint32 // tokens that are out, and their writable bytes
	next   uint32
}

func (c *checker) add(out, in int) {
	var segs [4]queue.Segment
	writable := uint32(0)
	for i := range segs {
		segs[i] = queue.Segment{Addr: 0x1000 * uint64(i+1), Len: uint32(i + 1)}
		if i >= out && i < out+in {
			writable += uint32(i + 1)
		}
	}
	if c.q.Add(segs[:out], segs[out:out+in], c.next) {
		c.posted[c.next] = writable
		c.next++
	}
}

func (c *checker) take() bool {
	token, written, ok := c.q.Take()
	if !ok {
		return false
	}
	writable, out := c.posted[token]
	if !out || written > writable {
		c.t.Fatalf("token %d: out %v, wrote %d of %d", token, out, written, writable)
	}
	delete(c.posted, token)
	return true
}

func (c *checker) check() {
	if c.q.InFlight() != len(c.posted) {
		c.t.Fatalf("%d chains are out, the queue says %d", len(c.posted), c.q.InFlight())
	}
	if free := c.q.Free(); free < 0 || free+len(c.posted) > c.q.Size() || len(c.posted) == 0 && free != c.q.Size() {
		c.t.Fatalf("%d descriptors free of %d with %d chains out", free, c.q.Size(), len(c.posted))
	}
}

// FuzzHostileDevice lets the input decide, step by step, what the driver does and which word of the queue's memory,
// descriptors and both rings, the device overwrites with what, between any two steps; or that it behaves.
func FuzzHostileDevice(f *testing.F) {
	f.Add([]byte{0, 0, 0x11, 2, 0, 0, 3, 4})
	f.Add([]byte{3, 0, 0x11, 1, 0, 2, 2, 0, 3, 0, 3, 0, 5, 1, 2, 3, 4, 5, 6, 3, 0})
	f.Add([]byte{1, 0, 0x12, 0, 0x21, 2, 0, 2, 0, 3, 0, 3, 0, 4, 0, 0, 0x11, 1, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 {
			return
		}
		conf := queue.Config{Size: 8, Segments: 4, Indirect: in[0]&1 != 0, EventIndex: in[0]&2 != 0}
		q, r, _ := pair(t, conf)
		defer q.Close()
		mem, off := dma.At(q.Descriptors(), 2*dma.PageSize)
		if mem == nil || off != 0 {
			t.Fatal("the queue's memory is not one piece")
		}
		c := &checker{t: t, q: q, posted: map[uint32]uint32{}}
		next := func() (b byte) {
			if len(in) > 0 {
				b, in = in[0], in[1:]
			}
			return b
		}
		next()
		var heads []uint16 // a device that behaves
		for len(in) > 0 {
			switch op := next() % 8; op {
			case 0:
				shape := next()
				if out, in := int(shape&3), int(shape>>4&3); out+in > 0 && out+in <= 4 {
					c.add(out, in)
				}
			case 1:
				q.Flush()
			case 2: // the device takes a chain, if what it finds makes sense
				heads = append(heads, uint16(next()%8))
			case 3: // the device uses one
				if len(heads) > 0 {
					r.Push(heads[0], uint32(next()%16))
					heads = heads[1:]
				}
			case 4:
				c.take()
			case 5: // the device writes 16 bits anywhere
				at := (int(next())<<8 | int(next())) % (2 * dma.PageSize) &^ 1
				mem.Store16(at, uint16(next())|uint16(next())<<8)
			case 6: // the device writes where it hurts: the used ring
				_, used := dma.At(q.UsedRing(), 4)
				mem.Store16(used+int(next()%70)&^1, uint16(next()%16))
			case 7:
				if q.Arm() && !c.take() && q.Err() == nil {
					t.Fatal("Arm told of a chain that is not there")
				}
				q.Disarm()
			}
			c.check()
		}
	})
}

// A device that writes at random anywhere in the ring, at any time, on a thread of its own.
func TestHostileDeviceAtTheSameTime(t *testing.T) {
	for seed := range int64(20) {
		q, r, _ := pair(t, queue.Config{Size: 8, Segments: 2, Indirect: seed&1 != 0, EventIndex: seed&2 != 0})
		mem, used := dma.At(q.UsedRing(), 4)
		c := &checker{t: t, q: q, posted: map[uint32]uint32{}}
		var wg sync.WaitGroup
		stop := make(chan struct{})
		wg.Go(func() {
			rnd := rand.New(rand.NewSource(seed))
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch rnd.Intn(3) {
				case 0: // near enough to what is right to get far
					r.PushAll(virtiotest.Element{ID: uint32(rnd.Intn(8)), Written: uint32(rnd.Intn(3))})
				case 1:
					mem.Store16(used+rnd.Intn(35)*2, uint16(rnd.Intn(9)))
				case 2:
					mem.Store16(rnd.Intn(dma.PageSize)&^1, uint16(rnd.Int()))
				}
			}
		})
		for range 2000 {
			c.add(1, 1)
			q.Flush()
			for c.take() {
			}
			c.check()
			q.Arm()
		}
		close(stop)
		wg.Wait()
		q.Close()
	}
}
