package netfront

import (
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/nic"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/ring"
	"sync"
)

const (
	// frameRoom is what a frame that is sent as it is has of a page: it must not cross the end of one.
	frameRoom = dma.PageSize / 2

	// Long frames, for the back end to cut, begin at a page's start and take longPages: together with extra information
	// fewer entries than any back end must take (netif.h, XEN_NETIF_NR_SLOTS_MIN).
	longPages   = (device.MaxSegmented + dma.PageSize - 1) / dma.PageSize
	mostEntries = longPages + 1
	longFrames  = 13
	shortFrames = 160 // that there are beside long ones

	// txRing is how many entries there may be in all: with all frames in one queue's ring there is room for them. The name of an
	// entry is the frame's, and with long frames the page's.
	txRing    = 256
	firstLong = uint32(txRing) // token of the first long frame
	names     = txRing + longFrames*longPages

	// reclaimAt is how many entries may be with the back end before Alloc looks for those that are done.
	reclaimAt = 32
)

// A transmitter sends.
type transmitter struct {
	mu         sync.Mutex
	mem        *grant.Memory
	frames     *nic.Pool
	cut        bool          // there may be long frames
	longMem    *grant.Memory // nil until the first is asked for
	long       *nic.Pool
	unanswered [longFrames]int // pages of each long frame
	receiving  bool            // the receive function runs, its goroutine will flush
	out        int             // frames that Alloc gave, and that were not given back
	reserved   int             // entries that those may take
	idle       sync.Cond       // there are none
}

func (t *transmitter) init(d *Device, cut bool) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.receiving, t.cut, t.long = false, cut, nil
	n := txRing
	if cut {
		n = shortFrames
	}
	if t.mem, err = d.grants.Alloc(d.front.BackendID, n*frameRoom, false); err != nil {
		return err
	}
	t.frames = nic.NewPool(t.mem.Bytes(), frameRoom, 0, 0)
	return nil
}

// pool returns the pool for frames of n bytes.
func (t *transmitter) pool(d *Device, n int) *nic.Pool {
	if n <= frameRoom || !t.cut {
		return t.frames
	}
	if t.long == nil {
		const size = longPages * dma.PageSize
		mem, err := d.grants.Alloc(d.front.BackendID, longFrames*size, false)
		if err != nil {
			return t.frames // which has none, and it is tried again
		}
		t.longMem, t.long = mem, nic.NewPool(mem.Bytes(), size, 0, firstLong)
	}
	return t.long
}

// Alloc implements device.NIC.
func (d *Device) Alloc(n int) *device.Frame {
	t := &d.tx
	t.mu.Lock()
	defer t.mu.Unlock()
	if d.away.Load() || n > device.MaxSegmented {
		return nil
	}
	p := t.pool(d, n)
	inFlight := t.inFlight(d)
	if p.Empty() || inFlight >= reclaimAt {
		t.reclaim(d)
		inFlight = t.inFlight(d)
	}
	most := 1
	if p == t.long {
		most = mostEntries
	}
	if inFlight+t.reserved+most > txRing {
		return nil
	}
	f := p.Take(n)
	if f != nil {
		t.out++
		t.reserved += most
	}
	return f
}

// inFlight is how many entries are with the back end.
func (t *transmitter) inFlight(d *Device) (n int) {
	for _, q := range d.queues {
		n += q.tx.InFlight()
	}
	return n
}

// reclaim takes back the frames that the back end has sent, or could not: either way they are gone.
func (t *transmitter) reclaim(d *Device) {
	for _, q := range d.queues {
		var entry [1]uint32
		for q.tx.Take(entry[:]) {
			name, status := uint16(entry[0]), entry[0]>>16
			switch {
			case status == txNull && q.extras > 0: // without a name
				q.extras--
			case q.names.Return(name):
				t.answered(name)
			default:
				q.tx.Fail(ring.ErrID)
			}
		}
		if err := q.tx.Err(); err != nil && !d.failed.Load() {
			go d.fail(err) // it asks the store, and may have to wait
		}
	}
}

// answered makes the frame of an entry free, if it was its last.
func (t *transmitter) answered(name uint16) {
	if name < txRing {
		t.frames.Put(uint32(name))
		return
	}
	i := (uint32(name) - firstLong) / longPages
	if t.unanswered[i]--; t.unanswered[i] == 0 {
		t.long.Put(firstLong + i)
	}
}

// Discard implements device.NIC.
func (d *Device) Discard(f *device.Frame) {
	t := &d.tx
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(f.Token)
	t.returned(f.Token)
}

// put makes a frame free that was not sent.
func (t *transmitter) put(token uint32) {
	if token >= firstLong {
		t.long.Put(token)
	} else {
		t.frames.Put(token)
	}
}

// returned counts a frame that the stack has given back.
func (t *transmitter) returned(token uint32) {
	t.reserved--
	if token >= firstLong {
		t.reserved -= mostEntries - 1
	}
	if t.out--; t.out == 0 {
		t.idle.Broadcast()
	}
}

// Transmit implements device.NIC.
func (d *Device) Transmit(f *device.Frame) {
	t := &d.tx
	flags := uint32(0)
	if f.Checksum == device.ChecksumPartial {
		if f.Segment != 0 || d.finishes(f.Bytes) {
			flags = txBlank | txValidated
		} else {
			finish(f)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if d.away.Load() || !d.queueOf(f.Bytes).send(f, flags) {
		t.put(f.Token) // it is lost
	}
	t.returned(f.Token)
}

// send makes the entries of a frame, and returns false when the ring is full or broken.
func (q *queue) send(f *device.Frame, flags uint32) bool {
	t := &q.device.tx
	mem, at, name := t.mem, 0, f.Token
	entries := (len(f.Bytes) + dma.PageSize - 1) / dma.PageSize
	needed := entries
	if f.Segment != 0 {
		flags |= txExtra
		needed++
	}
	if entries == 0 || q.tx.Err() != nil || q.tx.Size()-q.tx.InFlight() < needed {
		return false
	}
	if i := f.Token - firstLong; f.Token >= firstLong {
		mem, at, name = t.longMem, t.long.Place(f.Token), firstLong+i*longPages
		t.unanswered[i] = entries
	} else {
		at = t.frames.Place(f.Token)
	}
	said := uint32(len(f.Bytes)) // by the first entry: the size of the whole
	for left := len(f.Bytes); left > 0; {
		size := min(left, dma.PageSize)
		if left > size {
			flags |= txMore
		}
		q.tx.Add(mem.Ref(at), uint32(at%dma.PageSize)|flags<<16, name|said<<16)
		q.names.Give(uint16(name))
		if flags&txExtra != 0 {
			q.tx.Add(extraSegments|uint32(f.Segment)<<16, kind(f.Bytes), 0)
			q.extras++
		}
		flags, name, at, left = 0, name+1, at+size, left-size
		said = uint32(min(left, dma.PageSize))
	}
	return true
}

// kind is what segments a frame is made of.
func kind(b []byte) uint32 {
	if isIPv6(b) {
		return segments6
	}
	return segments4
}

// Flush implements device.NIC.
func (d *Device) Flush() {
	t := &d.tx
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.receiving || d.away.Load() {
		return
	}
	for _, q := range d.queues {
		if q.tx.Flush() {
			d.hypervisor.Notify(q.txPort)
		}
	}
}

// Idle implements device.NIC. A card without a back end sends nothing.
func (d *Device) Idle() bool {
	t := &d.tx
	t.mu.Lock()
	defer t.mu.Unlock()
	if d.away.Load() {
		return true
	}
	t.reclaim(d)
	return t.inFlight(d) == 0
}

// hold makes what is sent wait until release: a batch of received frames is answered with one event.
func (t *transmitter) hold() {
	t.mu.Lock()
	t.receiving = true
	t.mu.Unlock()
}

// release ends hold, and flushes.
func (d *Device) release() {
	d.tx.mu.Lock()
	d.tx.receiving = false
	d.tx.mu.Unlock()
	d.Flush()
}
