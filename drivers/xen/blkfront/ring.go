package blkfront

import (
	"errors"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/xen/grant"
	xenring "internal/mirage/drivers/xen/ring"
	"internal/mirage/irq"
	"sync"
)

var errStatus = errors.New("blkfront: the back end answers with a status that there is not")

// A ring is one of the device's. It implements disk.Ring.
type ring struct {
	dev   *Device
	slots []slot

	// What follows changes when the back end comes and goes; Prepare and Finish hold mu for reading.
	mu         sync.RWMutex
	page       *grant.Memory
	front      *xenring.Front
	ids        xenring.IDs
	port       uint32
	line       irq.Line
	generation int           // of connections
	changed    chan struct{} // closed when there is another line, or none will be
	closed     bool
}

// A slot is what is known of a request. Its memory is a page for each segment, shared when it is needed first.
type slot struct {
	pages      []*grant.Memory
	indirect   *grant.Memory
	generation int // for whom they are shared
	request    *disk.Request
	words      [entryWords]uint32
	count      int // of them
}

// newRing makes a ring's place; open connects it.
func (d *Device) newRing(slots int) *ring {
	return &ring{dev: d, slots: make([]slot, slots), changed: make(chan struct{})}
}

// ringSlots is how many requests a ring of so many pages holds.
func ringSlots(pages int) int {
	n := 1
	for n*2*entrySize <= pages*dma.PageSize-64 {
		n *= 2
	}
	return n
}

// open makes the ring's memory and channel anew.
func (r *ring) open(pages int) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return device.ErrGone
	}
	page, err := r.dev.grants.Alloc(r.dev.front.BackendID, pages*dma.PageSize, true)
	if err != nil {
		return err
	}
	r.page, r.front = page, xenring.New(page.Memory, entrySize)
	if r.front.Size() < len(r.slots) {
		return errRing
	}
	r.ids = xenring.NewIDs(len(r.slots))
	if r.port, err = r.dev.hypervisor.Listen(r.dev.front.BackendID); err != nil {
		return err
	}
	if r.line, err = r.dev.hypervisor.Line(r.port); err != nil {
		return err
	}
	r.generation++
	close(r.changed)
	r.changed = make(chan struct{})
	return nil
}

// disconnect gives the ring's memory and channel back. Slots keep theirs until their next request, or close.
func (r *ring) disconnect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release()
}

func (r *ring) release() {
	if r.line != nil {
		r.line.Close()
	}
	if r.port != 0 {
		r.dev.hypervisor.Close(r.port)
	}
	if r.page != nil {
		r.front.Fail(device.ErrGone) // it does not look at the page any more
		r.page.Close()
	}
	r.port, r.page = 0, nil
}

// close gives all back.
func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.closed = true
	r.release()
	close(r.changed)
	for i := range r.slots {
		r.slots[i].drop()
	}
}

// drop ends the sharing of a slot's memory.
func (s *slot) drop() {
	for _, m := range append(s.pages, s.indirect) {
		if m != nil {
			m.Close()
		}
	}
	s.pages, s.indirect = nil, nil
}

// Slots implements disk.Ring.
func (r *ring) Slots() int { return len(r.slots) }

// Prepare implements disk.Ring.
func (r *ring) Prepare(i int, q *disk.Request) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.prepare(i, q)
}

func (r *ring) prepare(i int, q *disk.Request) error {
	if r.closed {
		return device.ErrGone
	}
	s := &r.slots[i]
	if s.generation != r.generation {
		s.drop()
		s.generation = r.generation
	}
	s.request = q
	s.words, s.count = [entryWords]uint32{}, wordSegment
	s.words[wordName] = uint32(i)
	handle := r.dev.handle << 16
	switch q.Op {
	case disk.Read, disk.Write:
		return r.transfer(s, q)
	case disk.Flush:
		s.words[0] = r.dev.flush.Load() | handle
	case disk.Discard:
		s.words[0] = opDiscard | handle
		s.sector(q.Off)
		s.words[wordSegment], s.words[wordSegment+1] = uint32(q.Len/unit), uint32(uint64(q.Len/unit)>>32)
		s.count += 2
	default:
		return device.ErrUnsupported
	}
	return nil
}

func (s *slot) sector(off int64) {
	n := uint64(off / unit)
	s.words[wordSector], s.words[wordSector+1] = uint32(n), uint32(n>>32)
}

// transfer makes a request to read or write.
func (r *ring) transfer(s *slot, q *disk.Request) (err error) {
	grants, to := r.dev.grants, r.dev.front.BackendID
	segments := (len(q.Data) + dma.PageSize - 1) / dma.PageSize
	for len(s.pages) < segments {
		// Writable in either case: the back end may keep it, for requests of the other kind.
		m, err := grants.Alloc(to, dma.PageSize, true)
		if err != nil {
			return err
		}
		s.pages = append(s.pages, m)
	}
	op := uint32(opRead)
	if q.Op == disk.Write {
		op = opWrite
	}
	s.sector(q.Off)
	put := func(k int, reference, sectors uint32) {
		s.words[wordSegment+2*k], s.words[wordSegment+2*k+1] = reference, sectors
	}
	if segments <= directSegments {
		s.words[0] = op | uint32(segments)<<8 | r.dev.handle<<16
		s.count += 2 * segments
	} else {
		if s.indirect == nil {
			if s.indirect, err = grants.Alloc(to, dma.PageSize, true); err != nil {
				return err
			}
		}
		s.words[0] = opIndirect | op<<8 | uint32(segments)<<16
		s.words[wordSegment], s.words[wordPages] = r.dev.handle, s.indirect.Ref(0)
		s.count = wordPages + 1
		put = func(k int, reference, sectors uint32) {
			s.indirect.Store32(k*segmentSize, reference)
			s.indirect.Store32(k*segmentSize+4, sectors)
		}
	}
	for k, rest := 0, q.Data; len(rest) > 0; k++ {
		n := min(len(rest), dma.PageSize)
		if q.Op == disk.Write {
			copy(s.pages[k].Bytes(), rest[:n])
		}
		put(k, s.pages[k].Ref(0), uint32(n/unit-1)<<8)
		rest = rest[n:]
	}
	return nil
}

// Finish implements disk.Ring.
func (r *ring) Finish(i int, q *disk.Request) error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return device.ErrGone
	}
	if q.Op == disk.Read {
		for k, rest := 0, q.Data; len(rest) > 0; k++ {
			rest = rest[copy(rest, r.slots[i].pages[k].Bytes()):]
		}
	}
	return nil
}

// Add implements disk.Ring. A request that was made for another back end is made anew.
func (r *ring) Add(i int) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s := &r.slots[i]
	if s.generation != r.generation {
		if err := r.prepare(i, s.request); err != nil {
			r.front.Fail(err)
			return false
		}
	}
	if !r.front.Add(s.words[:s.count]...) {
		return false
	}
	r.ids.Give(uint16(i))
	return true
}

// Flush implements disk.Ring.
func (r *ring) Flush() {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.front.Flush() {
		r.dev.hypervisor.Notify(r.port)
	}
}

// Take implements disk.Ring.
func (r *ring) Take() (i int, err error, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var words [responseWords]uint32
	if !r.front.Take(words[:]) {
		return 0, nil, false
	}
	if words[0]>>16|words[1] != 0 || !r.ids.Return(uint16(words[0])) {
		r.front.Fail(xenring.ErrID)
		return 0, nil, false
	}
	switch int16(words[2] >> 16) {
	case statusOK:
	case statusError:
		err = device.ErrIO
	case statusUnsupported:
		err = device.ErrUnsupported
	default:
		err = errStatus
	}
	return int(words[0]), err, true
}

// Arm implements disk.Ring.
func (r *ring) Arm() bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.front.Arm()
}

// Err implements disk.Ring.
func (r *ring) Err() error {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.front.Err()
}

// Wait implements disk.Ring. When the back end goes it waits for the next one.
func (r *ring) Wait() bool {
	r.mu.RLock()
	line, changed, closed := r.line, r.changed, r.closed
	r.mu.RUnlock()
	if closed {
		return false
	}
	if line.Wait() {
		return true
	}
	<-changed
	r.mu.RLock()
	defer r.mu.RUnlock()
	return !r.closed
}
