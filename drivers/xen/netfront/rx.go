package netfront

import (
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/ring"
	"sync"
)

// rxBatch is how many frames are handed on before buffers are given back and answers sent.
const rxBatch = 64

// A receiver receives. Buffer i is page i of mem.
type receiver struct {
	page  *grant.Memory // the ring
	mem   *grant.Memory
	ring  *ring.Front
	ids   ring.IDs
	frame device.Frame // the one being handed on
	more  bool         // the next buffer is of a frame that is not taken

	mu      sync.Mutex
	handler func(*device.Frame) // nil until Receive
	ended   chan struct{}       // of the goroutine that receives; nil: there is none
}

func (r *receiver) init(grants *grant.Table, to uint16) (err error) {
	r.more = false
	if r.page, err = grants.Alloc(to, dma.PageSize, true); err != nil {
		return err
	}
	r.ring = ring.New(r.page.Memory, rxSize)
	r.ids = ring.NewIDs(r.ring.Size())
	r.mem, err = grants.Alloc(to, r.ring.Size()*dma.PageSize, true)
	return err
}

// Receive implements device.NIC.
func (d *Device) Receive(f func(*device.Frame)) {
	r := &d.rx
	r.mu.Lock()
	r.handler = f
	r.mu.Unlock()
	r.start(d)
}

// start receives, once there are a back end and a handler.
func (r *receiver) start(d *Device) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.handler == nil || r.ended != nil || d.away.Load() {
		return
	}
	for i := range r.ring.Size() {
		r.give(uint16(i))
	}
	r.ended = make(chan struct{})
	go d.receive(r.ended)
}

// wait waits until nobody receives any more.
func (r *receiver) wait() {
	r.mu.Lock()
	ended := r.ended
	r.ended = nil
	r.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// give lets the back end fill buffer i.
func (r *receiver) give(i uint16) {
	r.ids.Give(i)
	r.ring.Add(uint32(i), r.mem.Ref(int(i)*dma.PageSize))
}

// flushBuffers gives the back end what give was called for.
func (d *Device) flushBuffers() {
	if d.rx.ring.Flush() {
		d.notify()
	}
}

// receive is the card's goroutine.
func (d *Device) receive(ended chan struct{}) {
	defer close(ended)
	r := d.rx.ring
	for !d.away.Load() {
		d.flushBuffers()
		if !r.Arm() && r.Err() == nil && !d.line.Wait() {
			return // the back end is gone
		}
		for d.drain() == rxBatch && !d.away.Load() {
			d.flushBuffers()
		}
		if err := r.Err(); err != nil {
			d.fail(err)
		}
	}
}

// drain hands on up to rxBatch frames, and sends what they brought about.
func (d *Device) drain() (n int) {
	d.tx.hold()
	var entry [rxSize / 4]uint32
	for n < rxBatch && d.rx.ring.Take(entry[:]) {
		n++
		d.input(entry)
	}
	d.release()
	return n
}

// input hands on the frame in the buffer that a response names, and gives the buffer back.
func (d *Device) input(entry [rxSize / 4]uint32) {
	r := &d.rx
	id, offset := uint16(entry[0]), int(entry[0]>>16)
	flags, status := entry[1]&0xffff, int(int16(entry[1]>>16))
	switch {
	case !r.ids.Return(id):
		r.ring.Fail(ring.ErrID)
		return
	case flags&rxExtra != 0, status > 0 && offset+status > dma.PageSize:
		r.ring.Fail(errFrame)
		return
	}
	defer r.give(id)
	whole := !r.more && flags&rxMore == 0
	r.more = flags&rxMore != 0
	if !whole || status < minFrame {
		d.dropped.Add(1)
		return
	}
	at := int(id)*dma.PageSize + offset
	f := &r.frame
	f.Bytes = r.mem.Bytes()[at : at+status : at+status]
	f.Checksum = device.ChecksumNone
	if flags&(rxValidated|rxBlank) != 0 {
		f.Checksum = device.ChecksumValid
	}
	r.handler(f)
}
