package queue

import "internal/mirage/dma"

// Add makes a chain of the buffers in out, which the device reads, and in, which it writes, ready for the device, and
// returns false when there is no room or the queue is broken. The device has them once Flush is called, until Take
// returns the token. Together they are at least 1 and at most Segments.
func (q *Queue) Add(out, in []Segment, token uint32) bool {
	n := len(out) + len(in)
	if n == 0 || n > q.config.Segments {
		panic("virtio: a chain of more buffers than the queue was made for")
	}
	if q.err != nil {
		return false
	}
	head := q.free
	last := head
	if n > 1 && q.config.Indirect {
		if q.nfree == 0 {
			return false
		}
		q.indirect(head, out, in)
		n = 1
	} else {
		if n > int(q.nfree) {
			return false
		}
		last = q.direct(out, in)
	}
	q.free = q.chains[last].next
	q.nfree -= uint16(n)
	q.inFlight++
	c := &q.chains[head]
	c.token, c.count, c.last, c.writable = token, uint16(n), last, length(in)
	// Section 2.7.13.2: the head goes into the available ring; the device looks there only once Flush has moved the index.
	q.mem.Store16(q.avail+availRing+2*int(q.added&(q.size-1)), head)
	q.added++
	return true
}

// direct fills descriptors of the free list, in its order, and returns the last.
func (q *Queue) direct(out, in []Segment) (last uint16) {
	next := q.free
	for k := range len(out) + len(in) {
		last = next
		next = q.chains[last].next
		s, flags := element(out, in, k)
		describe(q.mem, int(last)*descSize, s, flags, next)
	}
	return last
}

// indirect fills the head's own table and points the head at it: section 2.7.5.3.
func (q *Queue) indirect(head uint16, out, in []Segment) {
	table := int(head) * q.config.Segments * descSize
	n := len(out) + len(in)
	for k := range n {
		s, flags := element(out, in, k)
		describe(q.tables, table+k*descSize, s, flags, uint16(k+1))
	}
	// Section 2.7.5.3.1: INDIRECT never goes with NEXT; the device ignores WRITE beside it.
	s := Segment{q.tables.Addr() + uint64(table), uint32(n * descSize)}
	describe(q.mem, int(head)*descSize, s, flagIndirect, 0)
}

// element is buffer k of a chain and its flags. Section 2.7.4.2: what the device writes comes after all that it reads.
func element(out, in []Segment, k int) (s Segment, flags uint16) {
	if k < len(out)+len(in)-1 {
		flags = flagNext
	}
	if k < len(out) {
		return out[k], flags
	}
	return in[k-len(out)], flags | flagWrite
}

// describe writes one descriptor at off.
func describe(m *dma.Memory, off int, s Segment, flags, next uint16) {
	m.Store64(off, s.Addr)
	// Length, flags and next share an aligned word: one store.
	m.Store64(off+descLen, uint64(s.Len)|uint64(flags)<<(8*(descFlag-descLen))|uint64(next)<<(8*(descNext-descLen)))
}

func length(segments []Segment) (n uint32) {
	for _, s := range segments {
		n += s.Len
	}
	return n
}

// Flush gives the device all that was added, and notifies it if it wants that.
func (q *Queue) Flush() {
	if q.added == q.flushed || q.err != nil {
		return
	}
	old := q.flushed
	q.flushed = q.added
	// Section 2.7.13.3.1: the descriptors and the ring's entries are to be seen before the index that covers them.
	dma.WriteBarrier()
	q.mem.Store16(q.avail+availIndex, q.added)
	// Section 2.7.13.4.1: the index is to be seen before the device's wish is read. Else the device, about to
	// sleep, may not yet see the index while the driver still reads the old wish: both would wait.
	dma.FullBarrier()
	if q.wanted(old) {
		q.notified++
		q.config.Notify()
	}
}

// wanted reports whether the device wants to be notified of the entries from old up to the flushed index.
func (q *Queue) wanted(old uint16) bool {
	if q.config.EventIndex {
		// Section 2.7.10: it wants so when the entry with the index avail_event is among them. All modulo 65536.
		return q.flushed-q.availEvent()-1 < q.flushed-old
	}
	return q.mem.Load16(q.used+usedFlags)&noNotify == 0
}
