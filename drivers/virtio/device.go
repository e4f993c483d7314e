package virtio

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio/queue"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/strconv"
	"sync"
)

var (
	errReset    = errors.New("virtio: the device does not reset")
	errOld      = errors.New("virtio: the device has modern registers and offers no VIRTIO_F_VERSION_1")
	errFeatures = errors.New("virtio: the device refuses the features it offered")
	errNoQueue  = errors.New("virtio: the device lacks a queue that it must have")
	errNeeds    = errors.New("virtio: the device says that it needs a reset")
)

// A Device is a device being set up, and then in use.
type Device struct {
	Transport
	features uint64
	config   irq.Line

	mu     sync.Mutex
	lines  []irq.Line
	failed bool
}

// Open takes a device over (virtio 1.2 section 3.1.1, up to step 6), accepting those of the features in allow that it
// offers, and those of the queues. The driver goes on with Connect, Queue and Start, or ends with GiveUp.
func Open(t Transport, allow uint64) (*Device, error) {
	return OpenWith(t, func(uint64) uint64 { return allow })
}

// OpenWith is Open where what is allowed depends on what is offered.
func OpenWith(t Transport, allow func(offered uint64) uint64) (*Device, error) {
	d := &Device{Transport: t}
	if err := d.negotiate(allow); err != nil {
		return nil, d.GiveUp(err)
	}
	return d, nil
}

// GiveUp tells the device that the driver cannot go on (section 2.1; no bit is cleared: section 2.1.1), and returns err.
func (d *Device) GiveUp(err error) error {
	d.SetStatus(d.Status() | StatusFailed)
	return err
}

// Connect makes ready for lines queues that will have an interrupt, and for that of the configuration.
func (d *Device) Connect(lines int) (err error) {
	if d.config, err = d.Transport.Connect(lines); err == nil {
		d.lines = append(d.lines, d.config)
		irq.Name(d.config, d.Name()+" config")
	}
	return err
}

func (d *Device) negotiate(choose func(offered uint64) uint64) error {
	// 1. Reset the device, and wait for it: section 2.4.2.
	if err := d.reset(); err != nil {
		return err
	}
	// 2. Say that it was seen, and 3. that there is a driver.
	d.SetStatus(StatusAcknowledge)
	d.SetStatus(StatusAcknowledge | StatusDriver)
	// 4. Accept what it offers and we know. A legacy device has no step 5: section 3.1.2.
	offered := d.Features()
	allow := choose(offered)
	if d.Legacy() {
		d.features = offered & (allow&0xffffffff | legacyFeatures)
		d.SetFeatures(d.features)
		return nil
	}
	if offered&FeatureVersion1 == 0 {
		return errOld // section 6.1
	}
	d.features = offered & (allow | features)
	d.SetFeatures(d.features)
	// 5. Say that this is all, and 6. see whether the device agrees.
	d.SetStatus(StatusAcknowledge | StatusDriver | StatusFeaturesOK)
	if d.Status()&StatusFeaturesOK == 0 {
		return errFeatures
	}
	return nil
}

// reset waits for up to a second: a device that is emulated is done at once, one in hardware takes its time.
func (d *Device) reset() error {
	d.SetStatus(0)
	for range 1000 {
		if d.Status() == 0 {
			return nil
		}
		clock.Sleep(clock.Millisecond)
	}
	return errReset
}

// Has reports whether the feature was accepted.
func (d *Device) Has(feature uint64) bool { return d.features&feature != 0 }

// Queue makes queue i (section 3.1.1 step 7) of at most size descriptors, for chains of up to segments buffers, with a
// line if interrupt is set.
func (d *Device) Queue(i, size, segments int, interrupt bool) (*queue.Queue, irq.Line, error) {
	most := d.QueueSize(i)
	if most == 0 {
		return nil, nil, errNoQueue
	}
	for size > most {
		size /= 2 // stays a power of 2, whatever the device says
	}
	notify, err := d.Notifier(i)
	if err != nil {
		return nil, nil, err
	}
	q, err := queue.New(queue.Config{
		Size:       size,
		Segments:   segments,
		Indirect:   d.Has(FeatureIndirect),
		EventIndex: d.Has(FeatureEventIndex),
		Legacy:     d.Legacy(),
		Notify:     func() { d.notify(notify) },
	})
	if err != nil {
		return nil, nil, err
	}
	line, err := d.EnableQueue(i, q, interrupt)
	if err != nil {
		return nil, nil, err
	}
	if line != nil {
		irq.Name(line, d.Name()+" queue "+strconv.Itoa(i))
		d.mu.Lock()
		d.lines = append(d.lines, line)
		d.mu.Unlock()
	}
	return q, line, nil
}

// notify tells the device of buffers, unless it has failed: one that was reset must not hear of any (section 3.1.1).
func (d *Device) notify(queue func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.failed {
		queue()
	}
}

// Start says that the driver is ready (section 3.1.1 step 8). From now on the device may be notified.
func (d *Device) Start() { d.SetStatus(d.Status() | StatusDriverOK) }

// ConfigLine is raised when the configuration changes.
func (d *Device) ConfigLine() irq.Line { return d.config }

// ReadConfig calls read with the configuration space until it did not change meanwhile: section 2.5.1. A device that
// changes it all the time gets what was read last.
func (d *Device) ReadConfig(read func(c mmio.Space)) {
	for range 16 {
		before := d.Generation()
		read(d.Config())
		if d.Generation() == before {
			return
		}
	}
}

// Check returns an error when the device says that it needs a reset: section 2.1.2. The driver then fails it.
func (d *Device) Check() error {
	if d.Status()&StatusNeedsReset != 0 {
		return errNeeds
	}
	return nil
}

// Fail ends the device for good: it is reset, all that wait for it wake, and the reason is reported. Only the first call does
// anything.
func (d *Device) Fail(err error) {
	d.mu.Lock()
	if d.failed {
		d.mu.Unlock()
		return
	}
	d.failed = true
	d.SetStatus(0)
	lines := d.lines
	d.mu.Unlock()
	for _, l := range lines {
		l.Close()
	}
	device.Report(d.Name(), err)
}

// Failed reports whether Fail was called.
func (d *Device) Failed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}
