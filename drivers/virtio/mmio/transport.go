package mmio

import (
	"errors"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
	"internal/mirage/mmio"
)

var (
	// ErrNone says that there is no device at these registers.
	ErrNone = errors.New("virtio-mmio: no device")

	errVersion = errors.New("virtio-mmio: a version other than 1 and 2")
	errInUse   = errors.New("virtio-mmio: the queue is in use")
	errLines   = errors.New("virtio-mmio: more interrupts than were announced")
	errHigh    = errors.New("virtio-mmio: a queue above what version 1 can address")
)

// A Transport is one device's registers. It implements virtio.Transport.
type Transport struct {
	name   string
	regs   mmio.Space
	config mmio.Space
	input  irq.Input
	id     uint32
	legacy bool

	events  []*irq.Event // one for each queue with an interrupt
	given   int          // of them
	changed *irq.Event
}

// Open looks for a device at regs, which drives the input. It returns ErrNone when there is none.
func Open(name string, regs mmio.Space, input irq.Input) (*Transport, error) {
	config, ok := mmio.Sub(regs, configuration, regs.Size()-configuration)
	if !ok || magicValue.Load(regs) != magic {
		return nil, ErrNone
	}
	t := &Transport{name: name, regs: regs, config: config, input: input}
	switch version.Load(regs) {
	case 1:
		t.legacy = true
	case 2:
	default:
		return nil, errVersion
	}
	// Section 4.2.2.2: ID 0 is a place where there is no device.
	if t.id = deviceID.Load(regs); t.id == 0 {
		return nil, ErrNone
	}
	return t, nil
}

// Name implements virtio.Transport.
func (t *Transport) Name() string { return t.name }

// DeviceID implements virtio.Transport.
func (t *Transport) DeviceID() uint32 { return t.id }

// Legacy implements virtio.Transport.
func (t *Transport) Legacy() bool { return t.legacy }

// Status implements virtio.Transport.
func (t *Transport) Status() uint8 { return uint8(status.Load(t.regs)) }

// SetStatus implements virtio.Transport.
func (t *Transport) SetStatus(s uint8) { status.Store(t.regs, uint32(s)) }

// Features implements virtio.Transport.
func (t *Transport) Features() uint64 {
	deviceFeaturesSel.Store(t.regs, 0)
	f := uint64(deviceFeatures.Load(t.regs))
	if !t.legacy {
		deviceFeaturesSel.Store(t.regs, 1)
		f |= uint64(deviceFeatures.Load(t.regs)) << 32
	}
	return f
}

// SetFeatures implements virtio.Transport.
func (t *Transport) SetFeatures(f uint64) {
	driverFeaturesSel.Store(t.regs, 0)
	driverFeatures.Store(t.regs, uint32(f))
	if !t.legacy {
		driverFeaturesSel.Store(t.regs, 1)
		driverFeatures.Store(t.regs, uint32(f>>32))
	}
}

// Connect implements virtio.Transport.
func (t *Transport) Connect(lines int) (irq.Line, error) {
	t.changed = irq.NewEvent()
	for range lines {
		t.events = append(t.events, irq.NewEvent())
	}
	in := t.input
	in.Name = t.Name()
	return t.changed, irq.Attach(in, t.interrupt)
}

// interrupt is the input's handler. It goes on until the device has no reason left: where the input is triggered by the edge,
// a reason that came up between reading and acknowledging would never be told of again. A device that always has one is
// left alone after a while.
func (t *Transport) interrupt() {
	for range 16 {
		reasons := interruptStatus.Load(t.regs) & (reasonQueue | reasonConfig)
		if reasons == 0 {
			return
		}
		// Acknowledged before those concerned look: what happens after their look is a new reason.
		interruptACK.Store(t.regs, reasons)
		if reasons&reasonQueue != 0 {
			for _, e := range t.events {
				e.Raise()
			}
		}
		if reasons&reasonConfig != 0 {
			t.changed.Raise()
		}
	}
}

// QueueSize implements virtio.Transport.
func (t *Transport) QueueSize(i int) int {
	queueSel.Store(t.regs, uint32(i))
	return int(min(queueNumMax.Load(t.regs), queue.MaxSize))
}

// Notifier implements virtio.Transport.
func (t *Transport) Notifier(i int) (func(), error) {
	return func() { queueNotify.Store(t.regs, uint32(i)) }, nil // section 4.2.3.3
}

// EnableQueue implements virtio.Transport.
func (t *Transport) EnableQueue(i int, q *queue.Queue, interrupt bool) (line irq.Line, err error) {
	if interrupt {
		if t.given == len(t.events) {
			return nil, errLines
		}
		line = t.events[t.given]
		t.given++
	}
	queueSel.Store(t.regs, uint32(i))
	if t.legacy {
		err = t.placeLegacy(q)
	} else {
		err = t.place(q)
	}
	return line, err
}

// place is section 4.2.3.2.
func (t *Transport) place(q *queue.Queue) error {
	if queueReady.Load(t.regs) != 0 {
		return errInUse
	}
	queueNum.Store(t.regs, uint32(q.Size()))
	queueDesc.Store(t.regs, q.Descriptors())
	queueDriver.Store(t.regs, q.Available())
	queueDevice.Store(t.regs, q.UsedRing())
	queueReady.Store(t.regs, 1)
	return nil
}

// placeLegacy is section 4.2.4, which has the parts of a queue in one piece of memory, named by its page.
func (t *Transport) placeLegacy(q *queue.Queue) error {
	if queuePFN.Load(t.regs) != 0 {
		return errInUse
	}
	pfn := q.Descriptors() / pageSize
	if pfn != uint64(uint32(pfn)) {
		return errHigh
	}
	// Section 4.2.4 wants the page size once before any queue; a reset, which comes first, has made the device forget it.
	guestPageSize.Store(t.regs, pageSize)
	queueNum.Store(t.regs, uint32(q.Size()))
	queueAlign.Store(t.regs, queue.Alignment)
	queuePFN.Store(t.regs, uint32(pfn))
	return nil
}

// Config implements virtio.Transport.
func (t *Transport) Config() mmio.Space { return t.config }

// Generation implements virtio.Transport. A legacy device has none: section 2.5.4.
func (t *Transport) Generation() uint32 {
	if t.legacy {
		return 0
	}
	return configGeneration.Load(t.regs)
}
