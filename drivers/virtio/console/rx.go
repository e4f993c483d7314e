package console

import (
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
)

// A receiver is a queue of buffers that the host fills.
type receiver struct {
	queue *queue.Queue
	line  irq.Line
	mem   buffers

	current uint32 // the buffer that is being read
	rest    []byte // what is left of it
}

func (r *receiver) init(d *Device, i, count int) (err error) {
	if r.mem, err = newBuffers(count); err != nil {
		return err
	}
	r.queue, r.line, err = d.dev.Queue(i, count, 1, true)
	return err
}

// giveAll lets the host fill all buffers.
func (r *receiver) giveAll() {
	for i := range uint32(r.queue.Size()) {
		r.give(i)
	}
	r.queue.Flush()
}

func (r *receiver) give(i uint32) {
	r.queue.Add(nil, []queue.Segment{r.mem.segment(i, r.mem.size)}, i)
}

// take copies what was received, 0 when there is nothing.
func (r *receiver) take(b []byte) (int, error) {
	for len(r.rest) == 0 {
		i, written, ok := r.queue.Take()
		if !ok {
			return 0, r.queue.Err()
		}
		r.current, r.rest = i, r.mem.bytes(i)[:written]
		if written == 0 {
			r.give(i)
			r.queue.Flush()
		}
	}
	n := copy(b, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) == 0 {
		r.give(r.current)
		r.queue.Flush()
	}
	return n, nil
}
