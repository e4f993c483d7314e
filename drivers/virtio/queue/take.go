package queue

import "internal/mirage/dma"

// Take returns the token of the next chain that the device is done with, and how many bytes it wrote into its
// writable buffers, from the first on. It returns false when there is none now, or the queue is broken.
func (q *Queue) Take() (token, written uint32, ok bool) {
	if q.taken == q.seen && !q.look() {
		return 0, 0, false
	}
	entry := q.used + usedRing + usedSize*int(q.taken&(q.size-1))
	id := q.mem.Load32(entry)
	written = q.mem.Load32(entry + 4)
	if id >= uint32(q.size) || q.chains[id].count == 0 {
		return 0, 0, q.fail(ErrID)
	}
	c := &q.chains[id]
	if q.config.Legacy && c.writable == 0 {
		written = 0 // section 2.7.8.1: legacy devices may set it to anything, and nobody needs it
	}
	if written > c.writable {
		return 0, 0, q.fail(ErrLength)
	}
	q.taken++
	q.release(uint16(id))
	return c.token, written, true
}

// look reads the used index, and reports whether there are entries to take.
func (q *Queue) look() bool {
	if q.err != nil {
		return false
	}
	index := q.mem.Load16(q.used + usedIndex)
	if index == q.taken {
		return false
	}
	if index-q.taken > q.inFlight {
		return q.fail(ErrIndex)
	}
	q.seen = index
	// Section 2.7.14: the index is to be read before the entries that it covers, and before the buffers.
	dma.ReadBarrier()
	return true
}

// release puts the chain's descriptors back on the free list.
func (q *Queue) release(head uint16) {
	c := &q.chains[head]
	q.chains[c.last].next = q.free
	q.free = head
	q.nfree += c.count
	q.inFlight--
	c.count = 0
}

// fail marks the queue broken.
func (q *Queue) fail(err error) bool {
	if q.err == nil {
		q.err = err
	}
	q.seen = q.taken
	return false
}

// Arm asks for an interrupt when the device is done with the next chain, and reports whether one is done
// already: the device may not have seen the wish in time, so the caller takes that one instead of waiting.
func (q *Queue) Arm() (pending bool) {
	if q.err != nil {
		return false
	}
	if q.config.EventIndex {
		q.setUsedEvent(q.taken) // section 2.7.7.1
	} else {
		q.mem.Store16(q.avail+availFlags, 0)
	}
	// Section 2.7.14: the wish is to be seen before the index is read for the last time. Else the device may use a buffer
	// while it still sees the old wish, and the driver, which read the old index, would wait forever.
	dma.FullBarrier()
	return q.taken != q.seen || q.look()
}

// Disarm says that interrupts are not needed. Some may come all the same: section 2.7.7.
func (q *Queue) Disarm() {
	if !q.config.EventIndex {
		q.mem.Store16(q.avail+availFlags, noInterrupt)
	}
	// With the event index nothing is written: an index that was passed stays quiet for 65,535 entries.
}
