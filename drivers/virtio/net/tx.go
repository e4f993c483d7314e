package net

import (
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio/queue"
	"sync"
)

// reclaimAt is how many frames may be with the card before Alloc looks for those that are done: often enough that the same few
// buffers go round and stay in the cache, seldom enough that the card's index is not read for each.
const reclaimAt = 32

// A transmitter sends. Frame i is the i-th piece of mem: the header, then the frame.
type transmitter struct {
	mu        sync.Mutex
	queue     *queue.Queue
	mem       *dma.Memory
	size      int // of a piece
	frames    []device.Frame
	free      []uint32 // frames that nobody has, the last used at the end
	receiving bool     // the receive function runs, its goroutine will flush
}

func (t *transmitter) init(d *Device) error {
	segments := 1
	if d.split {
		segments = 2
	}
	t.size = d.frame()
	q, _, err := d.dev.Queue(transmitQueue, maxBuffers*segments, segments, false)
	if err != nil {
		return err
	}
	t.queue = q
	// With a chain for each frame, and descriptors for each chain, Add never fails.
	n := min(buffers(t.size), q.Size()/segments)
	if t.mem = dma.Alloc(n * t.size); t.mem == nil {
		return errMemory
	}
	t.frames = make([]device.Frame, n)
	t.free = make([]uint32, n)
	for i := range n {
		t.frames[i].Token = uint32(i)
		t.free[i] = uint32(n - 1 - i)
	}
	return nil
}

// Alloc implements device.NIC.
func (d *Device) Alloc(n int) *device.Frame {
	t := &d.tx
	t.mu.Lock()
	if len(t.free) == 0 || t.queue.InFlight() >= reclaimAt {
		t.reclaim(d)
	}
	if len(t.free) == 0 || uint(n) > uint(t.size-d.header) || d.broken.Load() {
		t.mu.Unlock()
		return nil
	}
	i := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	t.mu.Unlock()
	f := &t.frames[i]
	at := int(i)*t.size + d.header
	f.Bytes = t.mem.Bytes()[at : at+n : at+t.size-d.header]
	f.Checksum, f.Start, f.Offset = device.ChecksumNone, 0, 0
	return f
}

// reclaim takes back the frames that the card has sent.
func (t *transmitter) reclaim(d *Device) {
	for {
		i, _, ok := t.queue.Take()
		if !ok {
			break
		}
		t.free = append(t.free, i)
	}
	if err := t.queue.Err(); err != nil {
		d.fail(err)
	}
}

// Discard implements device.NIC.
func (d *Device) Discard(f *device.Frame) {
	t := &d.tx
	t.mu.Lock()
	t.free = append(t.free, f.Token)
	t.mu.Unlock()
}

// Transmit implements device.NIC.
func (d *Device) Transmit(f *device.Frame) {
	t := &d.tx
	at := int(f.Token) * t.size
	header := t.mem.Bytes()[at : at+d.header]
	clear(header)
	if f.Checksum == device.ChecksumPartial {
		// Section 5.1.6.2: the field holds the pseudo-header's sum already, as device.ChecksumPartial has it.
		header[headerFlags] = flagNeedsChecksum
		byteorder.LEPutUint16(header[headerStart:], f.Start)
		byteorder.LEPutUint16(header[headerOffset:], f.Offset)
	}
	var room [2]queue.Segment
	segments := d.segments(&room, t.mem.Addr()+uint64(at), d.header+len(f.Bytes))
	t.mu.Lock()
	if !t.queue.Add(segments, nil, f.Token) {
		t.free = append(t.free, f.Token) // the card is broken
	}
	t.mu.Unlock()
}

// segments are n bytes from addr on, a header and a frame, as the card wants them.
func (d *Device) segments(room *[2]queue.Segment, addr uint64, n int) []queue.Segment {
	if d.split {
		room[0] = queue.Segment{Addr: addr, Len: uint32(d.header)}
		room[1] = queue.Segment{Addr: addr + uint64(d.header), Len: uint32(n - d.header)}
		return room[:2]
	}
	room[0] = queue.Segment{Addr: addr, Len: uint32(n)}
	return room[:1]
}

// Flush implements device.NIC.
func (d *Device) Flush() {
	t := &d.tx
	t.mu.Lock()
	if !t.receiving && !d.broken.Load() {
		t.queue.Flush()
	}
	t.mu.Unlock()
}

// Idle implements device.NIC. A card that is broken sends nothing any more.
func (d *Device) Idle() bool {
	t := &d.tx
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reclaim(d)
	return t.queue.InFlight() == 0 || d.broken.Load()
}

// hold makes what is sent wait until release: a batch of received frames is answered with one notification.
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
