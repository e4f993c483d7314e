package ring

import (
	"errors"
	"internal/mirage/dma"
)

// The ways in which the other side breaks a ring.
var (
	ErrIndex = errors.New("xen: the back end says that it has answered more than it was asked")
	ErrID    = errors.New("xen: the back end answers what it was not asked")
)

// The page: struct sring, and behind it the entries, in which a response takes the place of a request.
const (
	requests      = 0  // RW, requests that we have made
	requestEvent  = 4  // RO, at which count of requests the back end wants an event
	responses     = 8  // RO, responses that the back end has made
	responseEvent = 12 // RW, at which count of responses we want an event
	header        = 64
)

// A Front is a ring.
type Front struct {
	mem   *dma.Memory
	entry int    // bytes of an entry
	size  uint32 // entries, a power of 2

	added   uint32 // requests
	flushed uint32 // of them, those that the back end can see
	taken   uint32 // responses
	seen    uint32 // responses known to be there
	err     error
}

// New makes a ring with entries of so many bytes, a multiple of 4, of a zeroed page or several in a row.
func New(mem *dma.Memory, entry int) *Front {
	r := &Front{mem: mem, entry: entry, size: 1}
	for int(r.size)*2*entry <= mem.Len()-header {
		r.size *= 2
	}
	mem.Store32(requestEvent, 1)
	mem.Store32(responseEvent, 1)
	return r
}

// Size is the number of entries.
func (r *Front) Size() int { return int(r.size) }

// InFlight is the number of requests without a response.
func (r *Front) InFlight() int { return int(r.added - r.taken) }

// Err says how the other side broke the ring, nil while it has not.
func (r *Front) Err() error { return r.err }

// Fail breaks the ring for a reason that only the driver sees.
func (r *Front) Fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.seen = r.taken
}

// place is where entry i lies.
func (r *Front) place(i uint32) int { return header + int(i&(r.size-1))*r.entry }

// Add makes a request of words, and returns false when the ring is full or broken.
func (r *Front) Add(words ...uint32) bool {
	if r.err != nil || r.added-r.taken == r.size {
		return false
	}
	at := r.place(r.added)
	for i, w := range words {
		r.mem.Store32(at+4*i, w)
	}
	r.added++
	return true
}

// Flush lets the back end see what was added, and reports whether it wants an event for that.
func (r *Front) Flush() (notify bool) {
	old := r.flushed
	if r.added == old || r.err != nil {
		return false
	}
	r.flushed = r.added
	// The requests are to be seen before the index that covers them.
	dma.WriteBarrier()
	r.mem.Store32(requests, r.added)
	// The index is to be seen before the wish is read. Else the back end, about to sleep, may not yet see the index while
	// we still read the old wish: both would wait.
	dma.FullBarrier()
	return r.added-r.mem.Load32(requestEvent) < r.added-old
}

// Take copies the beginning of the next response to words, and returns false when there is none now, or the ring is
// broken.
func (r *Front) Take(words []uint32) bool {
	if r.taken == r.seen && !r.look() {
		return false
	}
	at := r.place(r.taken)
	for i := range words {
		words[i] = r.mem.Load32(at + 4*i)
	}
	r.taken++
	return true
}

// look reads the back end's index, and reports whether there are responses to take.
func (r *Front) look() bool {
	if r.err != nil {
		return false
	}
	index := r.mem.Load32(responses)
	if index == r.taken {
		return false
	}
	if index-r.taken > r.flushed-r.taken {
		r.Fail(ErrIndex)
		return false
	}
	r.seen = index
	// The index is to be read before the responses that it covers, and before what the back end has written elsewhere.
	dma.ReadBarrier()
	return true
}

// Arm asks for an event at the next response, and reports whether one is there already: the back end may not have seen the
// wish in time, so the caller takes that one instead of waiting.
func (r *Front) Arm() (pending bool) {
	if r.err != nil {
		return false
	}
	r.mem.Store32(responseEvent, r.taken+1)
	// The wish is to be seen before the index is read for the last time. Else the back end may answer while it still sees
	// the old wish, and we, who read the old index, would wait forever.
	dma.FullBarrier()
	return r.taken != r.seen || r.look()
}
