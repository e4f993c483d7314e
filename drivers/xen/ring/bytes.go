package ring

import "internal/mirage/dma"

// A Bytes is a ring of bytes in one direction, as the console and the xenstore have it: data, and two counts that wrap, of
// bytes put in and of bytes taken out.
type Bytes struct {
	Mem        *dma.Memory
	Data, Size int // offset and size of the data, a power of 2
	Counts     *dma.Memory
	Taken, Put int // offsets of the counts

	err error
}

// Err says how the other side broke the ring, nil while it has not.
func (r *Bytes) Err() error { return r.err }

// counts reads both counts. There are never more bytes in the ring than it holds.
func (r *Bytes) counts() (taken, put uint32, ok bool) {
	taken, put = r.Counts.Load32(r.Taken), r.Counts.Load32(r.Put)
	if put-taken > uint32(r.Size) {
		r.err = ErrIndex
	}
	return taken, put, r.err == nil
}

// Empty reports whether all bytes have been taken, or nobody will take them any more.
func (r *Bytes) Empty() bool {
	taken, put, ok := r.counts()
	return taken == put || !ok
}

// Room is how many bytes there is room for, 0 in a ring that is broken.
func (r *Bytes) Room() int {
	taken, put, ok := r.counts()
	if !ok {
		return 0
	}
	return r.Size - int(put-taken)
}

// Write puts bytes into the ring, as many as there is room for, and returns how many. The runtime may write to the console
// at the same time: then the bytes go behind its.
func (r *Bytes) Write(p []byte) int {
	for {
		taken, put, ok := r.counts()
		if !ok {
			return 0
		}
		n := min(len(p), r.Size-int(put-taken))
		// The count of what was taken is to be read before the room is used again.
		dma.FullBarrier()
		at := int(put) & (r.Size - 1)
		data := r.Mem.Bytes()[r.Data : r.Data+r.Size]
		copy(data, p[copy(data[at:], p[:n]):n])
		// The bytes are to be seen before the count that covers them.
		dma.WriteBarrier()
		if r.Counts.CompareAndSwap32(r.Put, put, put+uint32(n)) {
			return n
		}
	}
}

// Read takes bytes out of the ring, as many as there are and p holds, and returns how many.
func (r *Bytes) Read(p []byte) int {
	taken, put, ok := r.counts()
	if !ok {
		return 0
	}
	n := min(len(p), int(put-taken))
	// The count is to be read before the bytes that it covers.
	dma.ReadBarrier()
	at := int(taken) & (r.Size - 1)
	data := r.Mem.Bytes()[r.Data : r.Data+r.Size]
	copy(p[copy(p[:n], data[at:]):n], data)
	// The bytes are to be read before the other side may write over them.
	dma.FullBarrier()
	r.Counts.Store32(r.Taken, taken+uint32(n))
	return n
}
