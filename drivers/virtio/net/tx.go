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

// A transmitter sends. Frame i is the i-th piece of a pool: the header, then the frame.
type transmitter struct {
	mu        sync.Mutex
	queue     *queue.Queue
	frames    pool // that are sent as they are
	large     pool // that the card is to cut: their memory comes with the first
	receiving bool // the receive function runs, its goroutine will flush
}

// A pool has frames of one size. The tokens of its frames begin at first.
type pool struct {
	mem    *dma.Memory
	size   int // of a piece
	first  uint32
	frames []device.Frame
	free   []uint32 // tokens of frames that nobody has, the last used at the end
}

// largeFrames is how many frames for the card to cut there are, some hundred microseconds' worth of the fastest links.
const largeFrames = 16

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
	if d.offloads&(device.TxSegments4|device.TxSegments6) != 0 && chains >= 4*largeFrames {
		chains -= largeFrames
		t.large = pool{size: (headerSize + device.MaxSegmented + 63) &^ 63, first: maxBuffers, frames: make([]device.Frame, largeFrames)}
	} else {
		d.offloads &^= device.TxSegments4 | device.TxSegments6
	}
	t.frames = pool{size: d.frame(), frames: make([]device.Frame, min(buffers(d.frame()), chains))}
	return t.frames.fill()
}

// fill gets a pool its memory.
func (p *pool) fill() error {
	if p.mem = dma.Alloc(len(p.frames) * p.size); p.mem == nil {
		return errMemory
	}
	p.free = make([]uint32, len(p.frames))
	for i := range p.frames {
		p.frames[i].Token = p.first + uint32(i)
		p.free[len(p.free)-1-i] = p.first + uint32(i)
	}
	return nil
}

// of returns the pool that has a token.
func (t *transmitter) of(token uint32) *pool {
	if token >= maxBuffers {
		return &t.large
	}
	return &t.frames
}

// piece returns the memory of a frame with its header, and where the card finds it.
func (p *pool) piece(token uint32) ([]byte, uint64) {
	at := int(token-p.first) * p.size
	return p.mem.Bytes()[at : at+p.size], p.mem.Addr() + uint64(at)
}

// put takes a frame back.
func (t *transmitter) put(token uint32) {
	p := t.of(token)
	p.free = append(p.free, token)
}

// Alloc implements device.NIC.
func (d *Device) Alloc(n int) *device.Frame {
	t := &d.tx
	t.mu.Lock()
	p := &t.frames
	if n > p.size-d.header && len(t.large.frames) > 0 {
		if p = &t.large; p.mem == nil {
			p.fill() // nil, and tried again, until there is memory
		}
	}
	if len(p.free) == 0 || t.queue.InFlight() >= reclaimAt {
		t.reclaim(d)
	}
	if len(p.free) == 0 || uint(n) > uint(p.size-d.header) || d.broken.Load() {
		t.mu.Unlock()
		return nil
	}
	i := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	t.mu.Unlock()
	f := &p.frames[i-p.first]
	b, _ := p.piece(i)
	f.Bytes = b[d.header : d.header+n]
	f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumNone, 0, 0, 0
	return f
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
	b, addr := t.of(f.Token).piece(f.Token)
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
