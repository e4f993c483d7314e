package balloon

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/virtio"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
)

// A request is a queue on which one chain at a time is with the device, and a page of memory for what it says.
type request struct {
	queue *queue.Queue
	line  irq.Line
	mem   *dma.Memory
}

// newRequest makes queue i, for chains of at most so many buffers.
func newRequest(dev *virtio.Device, i, segments int) (r *request, err error) {
	r = &request{mem: dma.Alloc(dma.PageSize)}
	if r.mem == nil {
		return nil, errMemory
	}
	size := 1
	for size < segments {
		size *= 2
	}
	r.queue, r.line, err = dev.Queue(i, size, segments, true)
	return r, err
}

// do gives the device a chain, and waits until it is used.
func (r *request) do(out, in []queue.Segment) error {
	if r.queue.Add(out, in, 0) {
		r.queue.Flush()
	}
	for {
		if _, _, ok := r.queue.Take(); ok {
			return nil
		}
		if err := r.queue.Err(); err != nil {
			return err
		}
		if !r.queue.Arm() && r.queue.Err() == nil && !r.line.Wait() {
			return errClosed
		}
	}
}

// say gives the device the first n bytes of the page.
func (r *request) say(n int) error {
	return r.do([]queue.Segment{{Addr: r.mem.Addr(), Len: uint32(n)}}, nil)
}

// name gives the device the numbers of contiguous pages: section 5.5.6.1.
func (r *request) name(addr uint64, pages int) error {
	for i := range pages {
		r.mem.Store32(4*i, uint32(addr>>pageShift)+uint32(i))
	}
	return r.say(4 * pages)
}
