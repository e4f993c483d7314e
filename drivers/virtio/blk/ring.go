package blk

import (
	"errors"
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/disk"
	"internal/mirage/drivers/virtio"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
)

var (
	errShort  = errors.New("virtio-blk: the disk says that it has read, and that it wrote less than was asked for")
	errStatus = errors.New("virtio-blk: the disk answers with a status that there is not")
)

// A slot's piece of the control memory: the header, the range of a discard, and the status in a cache line of its own.
const (
	rangeAt    = headerSize
	statusAt   = 64
	controlOf  = 128
	dataAtOnce = 4096 // bytes of data memory at least
)

// A ring is a queue of the device. It implements disk.Ring.
type ring struct {
	limits
	*queue.Queue
	line    irq.Line
	control *dma.Memory
	slots   []slot
}

// A slot is what is known of a request.
type slot struct {
	data     *dma.Memory // made when it is needed, and kept
	out, in  []queue.Segment
	read     int // bytes that the device is to give
	segments []queue.Segment
}

func (d *Device) newRing(i int, l limits) (*ring, error) {
	segments := l.segments + 2 // header and status
	q, line, err := d.dev.Queue(i, maxSize, segments, true)
	if err != nil {
		return nil, err
	}
	// With descriptors for each slot Add never fails.
	n := q.Size() / segments
	if d.dev.Has(virtio.FeatureIndirect) {
		n = q.Size()
	}
	r := &ring{limits: l, Queue: q, line: line, slots: make([]slot, min(n, maxSlots))}
	if r.control = dma.Alloc(len(r.slots) * controlOf); r.control == nil {
		return nil, errMemory
	}
	for i := range r.slots {
		r.slots[i].segments = make([]queue.Segment, 0, segments)
	}
	return r, nil
}

// Slots implements disk.Ring.
func (r *ring) Slots() int { return len(r.slots) }

// Prepare implements disk.Ring.
func (r *ring) Prepare(i int, q *disk.Request) error {
	s := &r.slots[i]
	at := i * controlOf
	control := r.control.Bytes()[at : at+controlOf]
	clear(control)
	control[statusAt] = statusNone
	addr := r.control.Addr() + uint64(at)
	all := append(s.segments[:0], queue.Segment{Addr: addr, Len: headerSize})
	kind, sector := uint32(typeFlush), uint64(0)
	written := 1 // of the segments, those that the device writes: the status at least
	s.read = 0
	switch q.Op {
	case disk.Read, disk.Write, disk.Identify:
		if !s.room(len(q.Data)) {
			return errMemory
		}
		n := len(all)
		all = r.cut(all, s.data.Addr(), len(q.Data))
		kind, sector = typeWrite, uint64(q.Off/unit)
		if q.Op == disk.Write {
			copy(s.data.Bytes(), q.Data)
			break
		}
		s.read, written = len(q.Data), written+len(all)-n
		if kind = typeRead; q.Op == disk.Identify {
			kind = typeIdentify
		}
	case disk.Discard, disk.Zero, disk.ZeroFree:
		// Section 5.2.6: the header's sector is not used.
		kind = describeRange(control[rangeAt:], q)
		all = append(all, queue.Segment{Addr: addr + rangeAt, Len: rangeSize})
	}
	byteorder.LEPutUint32(control[headerType:], kind)
	byteorder.LEPutUint64(control[headerAt:], sector)
	all = append(all, queue.Segment{Addr: addr + statusAt, Len: 1})
	s.out, s.in = all[:len(all)-written], all[len(all)-written:]
	return nil
}

// room makes the slot's memory hold n bytes.
func (s *slot) room(n int) bool {
	if s.data != nil && s.data.Len() >= n {
		return true
	}
	size := dataAtOnce
	for size < n {
		size *= 2
	}
	old := s.data
	if s.data = dma.Alloc(size); old != nil {
		old.Free() // no request is out that names it
	}
	return s.data != nil
}

// cut appends n bytes at addr in segments that the device takes.
func (r *ring) cut(all []queue.Segment, addr uint64, n int) []queue.Segment {
	for n > 0 {
		k := min(n, r.segment)
		all = append(all, queue.Segment{Addr: addr, Len: uint32(k)})
		addr, n = addr+uint64(k), n-k
	}
	return all
}

// describeRange writes the range of a request to discard or zero, and returns the request's type.
func describeRange(b []byte, q *disk.Request) (kind uint32) {
	byteorder.LEPutUint64(b, uint64(q.Off/unit))
	byteorder.LEPutUint32(b[rangeCount:], uint32(q.Len/unit))
	switch q.Op {
	case disk.Discard:
		return typeDiscard
	case disk.ZeroFree:
		byteorder.LEPutUint32(b[rangeFlags:], rangeFree)
	}
	return typeZero
}

// Finish implements disk.Ring.
func (r *ring) Finish(i int, q *disk.Request) error {
	if n := r.slots[i].read; n > 0 {
		copy(q.Data, r.slots[i].data.Bytes()[:n])
	}
	return nil
}

// Add implements disk.Ring.
func (r *ring) Add(i int) bool { return r.Queue.Add(r.slots[i].out, r.slots[i].in, uint32(i)) }

// Take implements disk.Ring.
func (r *ring) Take() (i int, err error, ok bool) {
	token, written, ok := r.Queue.Take()
	if !ok {
		return 0, nil, false
	}
	i = int(token)
	// The status is read once: the device may go on writing.
	switch status := r.control.Bytes()[i*controlOf+statusAt]; {
	case status == statusError:
		err = device.ErrIO
	case status == statusUnsupported:
		err = device.ErrUnsupported
	case status != statusOK:
		err = errStatus
	case int(written) < r.slots[i].read:
		err = errShort // section 2.7.8.2: it says at least what it has written
	}
	return i, err, true
}

// Wait implements disk.Ring.
func (r *ring) Wait() bool { return r.line.Wait() }
