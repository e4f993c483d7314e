package netfront

import (
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/ring"
	"sync"
)

// rxBatch is how many entries are taken before buffers are given back and answers sent.
const rxBatch = 64

// A receiver is what the queues have in common to receive.
type receiver struct {
	mu      sync.Mutex
	handler func(*device.Frame) // nil until Receive
	turn    sync.Mutex          // of the queue that hands frames on
}

// An assembly is a frame that comes in several entries, of which at least one was taken.
type assembly struct {
	begun bool
	flags uint32 // of the first entry
	extra bool   // the next entry is extra information
	more  bool   // there are other entries behind that
	lost  bool   // it is not to be handed on
	bytes []byte // the memory comes with the first such frame; pieces that fill pages lie in it as in theirs, which copies fast
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
	if r.handler == nil || d.away.Load() {
		return
	}
	for _, q := range d.queues {
		if q.ended != nil {
			continue
		}
		for i := range q.rx.Size() {
			q.give(i)
		}
		q.ended = make(chan struct{})
		go q.receive(q.ended)
	}
}

// wait waits until nobody receives any more.
func (r *receiver) wait(d *Device) {
	for _, q := range d.queues {
		r.mu.Lock()
		ended := q.ended
		r.mu.Unlock()
		if ended != nil {
			<-ended
		}
	}
}

// give lets the back end fill buffer i.
func (q *queue) give(i int) { q.rx.Add(uint32(i), q.buffers.Ref(i*dma.PageSize)) }

// flushBuffers gives the back end what give was called for.
func (q *queue) flushBuffers() {
	if q.rx.Flush() {
		q.device.hypervisor.Notify(q.rxPort)
	}
}

// receive is the queue's goroutine.
func (q *queue) receive(ended chan struct{}) {
	defer close(ended)
	d, r := q.device, q.rx
	for !d.away.Load() {
		q.flushBuffers()
		if !r.Arm() && r.Err() == nil && !q.line.Wait() {
			return // the back end is gone
		}
		for q.drain() == rxBatch && !d.away.Load() {
			q.flushBuffers()
		}
		if err := r.Err(); err != nil {
			d.fail(err)
		}
	}
}

// drain takes up to rxBatch entries, hands the frames on, and sends what they brought about.
func (q *queue) drain() (n int) {
	d := q.device
	d.rx.turn.Lock()
	defer d.rx.turn.Unlock()
	d.tx.hold()
	var entry [rxSize / 4]uint32
	for n < rxBatch && q.rx.Take(entry[:]) {
		n++
		i := q.next
		q.next = (i + 1) % q.rx.Size()
		if q.assembly.extra {
			q.inform(entry)
		} else {
			q.input(i, entry)
		}
		q.give(i)
	}
	d.release()
	return n
}

// input takes an entry that says what there is in buffer i.
func (q *queue) input(i int, entry [rxSize / 4]uint32) {
	id, offset := int(entry[0]&0xffff), int(entry[0]>>16)
	flags, status := entry[1]&0xffff, int(int16(entry[1]>>16))
	switch {
	case id != i:
		q.rx.Fail(ring.ErrID)
		return
	case status > 0 && offset+status > dma.PageSize:
		q.rx.Fail(errFrame)
		return
	}
	var piece []byte // none if the back end could not fill the buffer
	if status > 0 {
		at := i*dma.PageSize + offset
		piece = q.buffers.Bytes()[at : at+status : at+status]
	}
	a := &q.assembly
	if !a.begun && flags&(rxMore|rxExtra) == 0 { // nearly all
		q.hand(piece, flags)
		return
	}
	if !a.begun {
		if a.bytes == nil {
			a.bytes = make([]byte, 0, device.MaxMerged)
		}
		*a = assembly{begun: true, flags: flags, extra: flags&rxExtra != 0, bytes: a.bytes[:0]}
	}
	a.more = flags&rxMore != 0
	if a.lost = a.lost || piece == nil || len(a.bytes)+len(piece) > cap(a.bytes); !a.lost {
		a.bytes = append(a.bytes, piece...)
	}
	q.complete()
}

// inform takes extra information: that the frame was put together of segments. What kind these are the stack sees.
func (q *queue) inform(entry [rxSize / 4]uint32) {
	a := &q.assembly
	if kind := entry[1] & 0xff; entry[0]&0xff != extraSegments || kind != segments4 && kind != segments6 {
		q.rx.Fail(errFrame) // netif.h: no other extra information comes to who has not asked for it
		return
	}
	a.extra = entry[0]&extraMore != 0
	q.complete()
}

// complete hands the assembly on if all of it is there.
func (q *queue) complete() {
	if a := &q.assembly; !a.extra && !a.more {
		a.begun = false
		if a.lost {
			q.device.dropped.Add(1)
			return
		}
		q.hand(a.bytes, a.flags)
	}
}

// hand hands a frame on.
func (q *queue) hand(b []byte, flags uint32) {
	d := q.device
	if len(b) < minFrame {
		d.dropped.Add(1)
		return
	}
	f := &q.frame
	f.Bytes, f.Checksum = b, device.ChecksumNone
	if flags&(rxValidated|rxBlank) != 0 {
		f.Checksum = device.ChecksumValid
	}
	d.rx.handler(f)
}
