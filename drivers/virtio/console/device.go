package console

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/drivers/virtio"
	"internal/mirage/mmio"
)

const (
	maxPorts = 8
	maxName  = 64

	// patience is how long Settle waits for the host to say which port is a console.
	patience = 100 * clock.Millisecond // nanoseconds
)

var (
	errMemory = errors.New("virtio-console: no memory")
	errPorts  = errors.New("virtio-console: a device of several ports has none")
	errGone   = errors.New("virtio-console: the device has failed")
)

// A Device is a console device.
type Device struct {
	dev     *virtio.Device
	name    string // of the console, "hvc0" for the first
	ports   []*port
	control *control      // nil for a device with one port
	console chan struct{} // closed when a port is known to be a console
}

// Open makes a device ready. Its first console calls itself name.
func Open(t virtio.Transport, name string) (*Device, error) {
	// 1. Agree on features.
	dev, err := virtio.Open(t, features)
	if err != nil {
		return nil, err
	}
	d := &Device{dev: dev, name: name, console: make(chan struct{})}
	// 2. Read how many ports there may be, 3. and make the queues.
	if err := d.init(); err != nil {
		return nil, dev.GiveUp(err)
	}
	// 4. Start, and give the device buffers to fill.
	dev.Start()
	for _, p := range d.ports {
		p.start()
	}
	go d.watch()
	if d.control == nil {
		// One port, which is a console, and always open: section 5.3.5.
		d.found(d.ports[0])
		return d, nil
	}
	d.control.start()
	return d, nil
}

func (d *Device) init() (err error) {
	count, lines := 1, 2
	if d.dev.Has(featureMultiport) {
		d.dev.ReadConfig(func(c mmio.Space) { count = int(min(configPorts.Load(c), maxPorts)) })
		lines = 2*count + 2
	}
	if count == 0 {
		return errPorts
	}
	if err := d.dev.Connect(lines); err != nil {
		return err
	}
	for i := range count {
		p, err := newPort(d, i)
		if err != nil {
			return err
		}
		d.ports = append(d.ports, p)
	}
	if d.dev.Has(featureMultiport) {
		d.control, err = newControl(d)
	}
	return err
}

// watch waits for changes of the configuration, of which only the end of the device is of interest.
func (d *Device) watch() {
	for d.dev.ConfigLine().Wait() {
		if err := d.dev.Check(); err != nil {
			d.fail(err)
		}
	}
}

func (d *Device) fail(err error) { d.dev.Fail(err) }

// found makes a port that is a console known.
func (d *Device) found(p *port) {
	if p.known {
		return
	}
	p.known = true
	select {
	case <-d.console:
		// Another one is the console already.
		device.AddConsole(p)
	default:
		p.name = d.name
		device.AddConsole(p)
		close(d.console)
	}
}

// Settle waits until a console of the device is known, or long enough to believe that it has none: the host says which ports
// are, but not when it has said so of all.
func (d *Device) Settle() {
	deadline, over := clock.NewTimer(patience)
	defer deadline.Stop()
	select {
	case <-d.console:
	case <-over:
	}
}
