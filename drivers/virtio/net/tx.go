package net

import (
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/nic"
	"internal/mirage/drivers/virtio/queue"
	"sync"
)

// reclaimAt is how many frames may be with the card before Alloc looks for those that are done: often enough that the same few
// buffers go round and stay in the cache, seldom enough that the card's index is not read for each.
const reclaimAt = 32

// A transmitter sends. A frame's memory is the header, then the frame.
type transmitter struct {
	mu        sync.Mutex
	queue     *queue.Queue
	mem       *dma.Memory
	frames    *nic.Pool   // that are sent as they are
	cut       bool        // there may be long frames
	longMem   *dma.Memory // nil until the first is asked for
	long      *nic.Pool   // that the card is to cut
	receiving bool        // the receive function runs, its goroutine will flush
}

const (
	// longFrames is how many frames for the card to cut there are, some hundred microseconds' worth of the fastest links.
	longFrames = 16
	firstLong  = maxBuffers // token of the first
	longSize   = (headerSize + device.MaxSegmented + 63) &^ 63
)

func (t *transmitter) init(d *Device) error {
	segments := 1
	if d.split {
		segments = 2
	}
	q, _, err := d.dev.Queue(transmitQueue, maxBuffers*segments, segments, false)
	if err != nil {
		return err
	}
	t.queue = q
	// With a chain for each frame, and descriptors for each chain, Add never fails.
	chains := q.Size() / segments
	if d.offloads&(device.TxSegments4|device.TxSegments6) != 0 && chains >= 4*longFrames {
		chains -= longFrames
		t.cut = true
	} else {
		d.offloads &^= device.TxSegments4 | device.TxSegments6
	}
	n := min(buffers(d.frame()), chains) * d.frame()
	if t.mem = dma.Alloc(n); t.mem == nil {
		return errMemory
	}
	t.frames = nic.NewPool(t.mem.Bytes()[:n], d.frame(), d.header, 0)
	return nil
}

// pool returns the pool for frames of n bytes.
func (t *transmitter) pool(d *Device, n int) *nic.Pool {
	if n <= t.frames.Room() || !t.cut {
		return t.frames
	}
	if t.long == nil {
		if t.longMem = dma.Alloc(longFrames * longSize); t.longMem == nil {
			return t.frames // which has none, and it is tried again
		}
		t.long = nic.NewPool(t.longMem.Bytes()[:longFrames*longSize], longSize, d.header, firstLong)
	}
	return t.long
}

// piece returns the memory of a frame with its header, and where the card finds it.
func (t *transmitter) piece(token uint32) ([]byte, uint64) {
	mem, p := t.mem, t.frames
	if token >= firstLong {
		mem, p = t.longMem, t.long
	}
	at := p.Place(token)
	return mem.Bytes()[at:], mem.Addr() + uint64(at)
}

// put takes a frame back.
func (t *transmitter) put(token uint32) {
	if token >= firstLong {
		t.long.Put(token)
	} else {
		t.frames.Put(token)
	}
}

// Alloc implements device.NIC.
func (d *Device) Alloc(n int) *device.Frame {
	t := &d.tx
	t.mu.Lock()
	defer t.mu.Unlock()
	if d.broken.Load() {
		return nil
	}
	p := t.pool(d, n)
	if p.Empty() || t.queue.InFlight() >= reclaimAt {
		t.reclaim(d)
	}
	return p.Take(n)
}

// reclaim takes back the frames that the card has sent.
func (t *transmitter) reclaim(d *Device) {
	for {
		i, _, ok := t.queue.Take()
		if !ok {
			break
		}
		t.put(i)
	}
	if err := t.queue.Err(); err != nil {
		d.fail(err)
	}
}

// Discard implements device.NIC.
func (d *Device) Discard(f *device.Frame) {
	t := &d.tx
	t.mu.Lock()
	t.put(f.Token)
	t.mu.Unlock()
}

// Transmit implements device.NIC.
func (d *Device) Transmit(f *device.Frame) {
	t := &d.tx
	b, addr := t.piece(f.Token)
	header := b[:d.header]
	clear(header)
	if f.Checksum == device.ChecksumPartial {
		// Section 5.1.6.2: the field holds the pseudo-header's sum already, as device.ChecksumPartial has it.
		header[headerFlags] = flagNeedsChecksum
		byteorder.LEPutUint16(header[headerStart:], f.Start)
		byteorder.LEPutUint16(header[headerOffset:], f.Offset)
	}
	if f.Segment != 0 {
		describeSegments(header, f)
	}
	var room [2]queue.Segment
	segments := d.segments(&room, addr, d.header+len(f.Bytes))
	t.mu.Lock()
	if !t.queue.Add(segments, nil, f.Token) {
		t.put(f.Token) // the card is broken
	}
	t.mu.Unlock()
}

// describeSegments tells the card how to cut a frame: section 5.1.6.2.
func describeSegments(header []byte, f *device.Frame) {
	const (
		etherType  = 12
		ipv6       = 0x86dd
		dataOffset = 12 // of TCP's header, its upper half in words of 4 octets: RFC 9293 section 3.1
	)
	header[headerType] = typeTCP4
	if byteorder.BEUint16(f.Bytes[etherType:]) == ipv6 {
		header[headerType] = typeTCP6
	}
	length := f.Start + uint16(f.Bytes[f.Start+dataOffset]>>4)*4
	byteorder.LEPutUint16(header[headerLength:], length)
	byteorder.LEPutUint16(header[headerSegment:], f.Segment)
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
