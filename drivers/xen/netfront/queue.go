package netfront

import (
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/xen/bus"
	"internal/mirage/drivers/xen/grant"
	"internal/mirage/drivers/xen/ring"
	"internal/mirage/irq"
	"internal/strconv"
)

// A queue is a ring of frames to send and one of frames received, with their event channels, which are one unless the back
// end has them split.
type queue struct {
	device         *Device
	txPage, rxPage *grant.Memory
	txPort, rxPort uint32
	line           irq.Line // of rxPort: sending has none

	// Of sending, under the transmitter's lock.
	tx     *ring.Front
	names  ring.IDs // of the pages of frames
	extras int      // entries of extra information that were not answered

	// Of receiving, the goroutine's alone. Entry i of the ring has buffer i, always: the back end answers in order, and
	// extra information takes an entry without naming its buffer.
	rx       *ring.Front
	buffers  *grant.Memory // buffer i is page i
	next     int           // the buffer of the next answer
	frame    device.Frame  // the one being handed on
	assembly assembly
	ended    chan struct{} // of the goroutine; nil: there is none; under the receiver's lock
}

// open makes the rings and event channels.
func (q *queue) open(split bool) (err error) {
	d := q.device
	to := d.front.BackendID
	if q.rxPage, err = d.grants.Alloc(to, dma.PageSize, true); err != nil {
		return err
	}
	q.rx = ring.New(q.rxPage.Memory, rxSize)
	if q.buffers, err = d.grants.Alloc(to, q.rx.Size()*dma.PageSize, true); err != nil {
		return err
	}
	if q.txPage, err = d.grants.Alloc(to, dma.PageSize, true); err != nil {
		return err
	}
	q.tx = ring.New(q.txPage.Memory, txSize)
	q.names = ring.NewIDs(names)
	if q.rxPort, err = d.hypervisor.Listen(to); err != nil {
		return err
	}
	q.txPort = q.rxPort
	if split {
		if q.txPort, err = d.hypervisor.Listen(to); err != nil {
			return err
		}
	}
	q.line, err = d.hypervisor.Line(q.rxPort)
	return err
}

// settings appends what the back end has to know of the queue, in a folder.
func (q *queue) settings(all []bus.Setting, folder string) []bus.Setting {
	number := func(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
	all = append(all,
		bus.Setting{folder + "tx-ring-ref", number(q.txPage.Ref(0))},
		bus.Setting{folder + "rx-ring-ref", number(q.rxPage.Ref(0))})
	if q.txPort == q.rxPort {
		return append(all, bus.Setting{folder + "event-channel", number(q.rxPort)})
	}
	return append(all,
		bus.Setting{folder + "event-channel-tx", number(q.txPort)},
		bus.Setting{folder + "event-channel-rx", number(q.rxPort)})
}

// close gives back what the queue has. Memory that the back end holds stays its for as long.
func (q *queue) close() {
	h := q.device.hypervisor
	if q.line != nil {
		q.line.Close()
	}
	if q.txPort != q.rxPort && q.txPort != 0 {
		h.Close(q.txPort)
	}
	if q.rxPort != 0 {
		h.Close(q.rxPort)
	}
	for _, m := range []*grant.Memory{q.rxPage, q.buffers, q.txPage} {
		if m != nil {
			m.Close()
		}
	}
}
