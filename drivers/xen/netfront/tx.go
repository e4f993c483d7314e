package netfront

import (
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/ring"
	"sync"
)

const (
	// frameRoom is what a frame has of a page: it must not cross the end of one.
	frameRoom = dma.PageSize / 2

	// reclaimAt is how many frames may be with the back end before Alloc looks for those that are done.
	reclaimAt = 32
)

// A transmitter sends. Frame i is the i-th piece of mem.
type transmitter struct {
	mu        sync.Mutex
	page      *grant.Memory // the ring
	mem       *grant.Memory
	ring      *ring.Front
	ids       ring.IDs
	frames    []device.Frame
	free      []uint32  // frames that nobody has, the last used at the end
	receiving bool      // the receive function runs, its goroutine will flush
	out       int       // frames that Alloc gave, and that were not given back
	idle      sync.Cond // there are none
}

func (t *transmitter) init(grants *grant.Table, to uint16) (err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.receiving = false
	if t.page, err = grants.Alloc(to, dma.PageSize, true); err != nil {
		return err
	}
	t.ring = ring.New(t.page.Memory, txSize)
	n := t.ring.Size()
	t.ids = ring.NewIDs(n)
	if t.mem, err = grants.Alloc(to, n*frameRoom, false); err != nil {
		return err
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
	defer t.mu.Unlock()
	if d.away.Load() || uint(n) > frameRoom {
		return nil
	}
	if len(t.free) == 0 || t.ring.InFlight() >= reclaimAt {
		t.reclaim(d)
	}
	if len(t.free) == 0 {
		return nil
	}
	i := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	t.out++
	f := &t.frames[i]
	at := int(i) * frameRoom
	f.Bytes = t.mem.Bytes()[at : at+n : at+frameRoom]
	f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumNone, 0, 0, 0
	return f
}

// reclaim takes back the frames that the back end has sent, or could not: either way they are gone.
func (t *transmitter) reclaim(d *Device) {
	var entry [1]uint32
	for t.ring.Take(entry[:]) {
		id := uint16(entry[0])
		if !t.ids.Return(id) {
			t.ring.Fail(ring.ErrID)
			break
		}
		t.free = append(t.free, uint32(id))
	}
	if err := t.ring.Err(); err != nil && !d.failed.Load() {
		go d.fail(err) // it asks the store, and may have to wait
	}
}

// Discard implements device.NIC.
func (d *Device) Discard(f *device.Frame) {
	t := &d.tx
	t.mu.Lock()
	t.put(f.Token)
	t.returned()
	t.mu.Unlock()
}

// put makes a frame free.
func (t *transmitter) put(token uint32) { t.free = append(t.free, token) }

// returned counts a frame that the stack has given back.
func (t *transmitter) returned() {
	if t.out--; t.out == 0 {
		t.idle.Broadcast()
	}
}

// Transmit implements device.NIC.
func (d *Device) Transmit(f *device.Frame) {
	t := &d.tx
	flags := uint32(0)
	if f.Checksum == device.ChecksumPartial {
		if d.finishes(f.Bytes) {
			flags = txBlank | txValidated
		} else {
			finish(f)
		}
	}
	at := int(f.Token) * frameRoom
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.returned()
	offset := uint32(at % dma.PageSize)
	if d.away.Load() || !t.ring.Add(t.mem.Ref(at), offset|flags<<16, f.Token|uint32(len(f.Bytes))<<16) {
		t.put(f.Token) // it is lost
		return
	}
	t.ids.Give(uint16(f.Token))
}

// finishes reports whether the back end finishes a frame's checksum. It is told no place for that, so it looks for one, as
// Linux's does: in TCP and UDP, right behind an IPv4 header or, if it says so, an IPv6 header.
func (d *Device) finishes(b []byte) bool {
	const (
		tcp, udp  = 6, 17
		protocol4 = minFrame + 9
		protocol6 = minFrame + 6
	)
	if len(b) <= protocol4 {
		return false
	}
	protocol := byte(0)
	switch {
	case b[12] == 0x08 && b[13] == 0x00:
		protocol = b[protocol4]
	case b[12] == 0x86 && b[13] == 0xdd && d.checksum6:
		protocol = b[protocol6]
	}
	return protocol == tcp || protocol == udp
}

// finish finishes a frame's checksum: device.ChecksumPartial, with the sum of RFC 1071.
func finish(f *device.Frame) {
	b := f.Bytes[f.Start:]
	sum := uint32(0)
	for i, v := range b {
		sum += uint32(v) << (8 * uint(1-i&1))
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	if sum ^= 0xffff; sum == 0 {
		sum = 0xffff // the same number, and in UDP not "none": RFC 768
	}
	b[f.Offset], b[f.Offset+1] = byte(sum>>8), byte(sum)
	f.Checksum = device.ChecksumNone
}

// Flush implements device.NIC.
func (d *Device) Flush() {
	t := &d.tx
	t.mu.Lock()
	if !t.receiving && !d.away.Load() && t.ring.Flush() {
		d.notify()
	}
	t.mu.Unlock()
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
	return t.ring.InFlight() == 0
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
