package usb

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/strconv"
	"sync"
)

var (
	errDescriptor = errors.New("usb: malformed descriptor")
	errAddresses  = errors.New("usb: more than 127 devices")
	errTier       = errors.New("usb: more than five hubs in a row")
)

const (
	maxAddress = 127 // 8.3.2.1
	maxHubs    = 5   // in a row: 4.1.1
	attempts   = 3   // to make something of a device that has been plugged in
)

// A Driver looks at a configuration of a device and returns what starts it, nil if it is not for this driver. start is called
// once the configuration is in use, and returns; what it has begun ends when the device is unplugged.
type Driver func(d *Device, c *Configuration) (start func() error)

// A Bus is all that is plugged in at a controller.
type Bus struct {
	host    Host
	drivers []Driver
	looked  chan struct{} // closed when all that was plugged in at the start has been looked at
	first   sync.Once

	zero sync.Mutex // the default address is one device's at a time: 9.1.1.3

	mu   sync.Mutex
	used [maxAddress + 1]bool
}

// Start begins to look for devices.
func Start(host Host, drivers ...Driver) *Bus {
	b := &Bus{host: host, drivers: append([]Driver{hub}, drivers...), looked: make(chan struct{})}
	go b.watch()
	return b
}

// Settle waits until what was plugged in at the start has drivers, if it has any, but not for longer than ns nanoseconds.
func (b *Bus) Settle(ns int64) {
	t, over := clock.NewTimer(ns)
	defer t.Stop()
	select {
	case <-b.looked:
	case <-over:
	}
}

// watch looks after the controller's port.
func (b *Bus) watch() {
	var d *Device
	connected, ok := b.host.WaitPort()
	for ok {
		if d != nil {
			d.unplug()
			d = nil
		}
		if connected {
			d = b.attach(nil, 0, b.host.ResetPort, func() {})
		}
		b.first.Do(func() { close(b.looked) })
		connected, ok = b.host.WaitPort()
	}
	if d != nil {
		d.unplug()
	}
	b.first.Do(func() { close(b.looked) })
}

// attach makes a device of what was plugged into a port of hub up, which is nil at the controller's. reset resets the port, disable
// cuts it off. It returns nil when nothing can be made of it.
func (b *Bus) attach(up *Device, port uint8, reset func() (Speed, error), disable func()) *Device {
	clock.Sleep(100 * millisecond) // 7.1.7.3, TATTDB: contacts bounce
	var err error
	for range attempts {
		var d *Device
		if d, err = b.enumerate(up, port, reset, disable); err == nil {
			if err = b.start(d); err == nil {
				return d
			}
			device.Report(d.name(), err)
			return d // it keeps its place until it is unplugged
		}
		if err == ErrGone {
			return nil
		}
	}
	device.Report("usb device at port "+strconv.Itoa(int(port)), err)
	return nil
}

// enumerate gives the device an address and reads its descriptor: 9.1.2. One that has none is cut off, for it would answer to the
// default address beside the next.
func (b *Bus) enumerate(up *Device, port uint8, reset func() (Speed, error), disable func()) (*Device, error) {
	b.zero.Lock()
	defer b.zero.Unlock()
	speed, err := reset()
	if err != nil {
		return nil, err
	}
	clock.Sleep(10 * millisecond) // 7.1.7.5, TRSTRCY
	d, err := newDevice(b, speed, map[Speed]int{High: 64, Full: 64, Low: 8}[speed])
	if err == nil {
		if err = b.address(d, up, port); err != nil {
			d.unplug()
		}
	}
	if err != nil {
		disable()
		return nil, err
	}
	return d, nil
}

// address does it for a device that listens to the default address.
func (b *Bus) address(d, up *Device, port uint8) error {
	if up != nil {
		d.hubs = up.hubs + 1
		d.ttHub, d.ttPort = up.ttHub, up.ttPort
		if up.speed == High && d.speed != High {
			d.ttHub, d.ttPort = up.address, port
		}
	}
	if d.hubs > maxHubs {
		return errTier
	}
	// Its packets may be smaller than what it is asked for; 8 bytes come in one in any case (5.5.3).
	var first [8]byte
	got, err := d.GetDescriptor(TypeDevice, 0, 0, first[:])
	if err != nil {
		return err
	}
	if len(got) < len(first) || got[1] != TypeDevice || !validPacket0(d.speed, got[7]) {
		return errDescriptor
	}
	d.control.MaxPacket = int(got[7])
	address := b.take()
	if address == 0 {
		return errAddresses
	}
	if _, err := d.Control(0, setAddress, uint16(address), 0, nil); err != nil {
		b.release(address)
		return err
	}
	d.address = address
	clock.Sleep(10 * millisecond) // 9.2.6.3: 2 ms, of which some devices have not heard
	got, err = d.GetDescriptor(TypeDevice, 0, 0, make([]byte, deviceSize))
	if err != nil {
		return err
	}
	ok := false
	if d.Descriptor, ok = parseDevice(got); !ok {
		return errDescriptor
	}
	return nil
}

// validPacket0 reports whether endpoint 0 of a device may have packets of n bytes: 5.5.3.
func validPacket0(s Speed, n uint8) bool {
	switch s {
	case High:
		return n == 64
	case Low:
		return n == 8
	}
	return n == 8 || n == 16 || n == 32 || n == 64
}

// start finds a driver for the device. One that has none is left alone.
func (b *Bus) start(d *Device) error {
	for i := range d.Descriptor.Configurations {
		c, err := d.readConfiguration(uint8(i))
		if err != nil {
			return err
		}
		for _, driver := range b.drivers {
			start := driver(d, &c)
			if start == nil {
				continue
			}
			if err := d.Configure(&c); err != nil {
				return err
			}
			return start()
		}
	}
	return nil
}

// readConfiguration reads the i-th configuration: first how long it is, then all of it (9.4.3).
func (d *Device) readConfiguration(i uint8) (c Configuration, err error) {
	head, err := d.GetDescriptor(TypeConfiguration, i, 0, make([]byte, configurationSize))
	if err != nil {
		return c, err
	}
	if len(head) < configurationSize {
		return c, errDescriptor
	}
	total := min(max(int(le16(head[2:])), configurationSize), maxConfiguration)
	all, err := d.GetDescriptor(TypeConfiguration, i, 0, make([]byte, total))
	if err != nil {
		return c, err
	}
	c, ok := parseConfiguration(all)
	if !ok {
		return c, errDescriptor
	}
	return c, nil
}

// name is what messages call the device.
func (d *Device) name() string {
	return "usb device " + hex4(d.Descriptor.Vendor) + ":" + hex4(d.Descriptor.Product)
}

func hex4(v uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15]})
}

// take gives out an address, 0 if there is none.
func (b *Bus) take() uint8 {
	b.mu.Lock()
	defer b.mu.Unlock()
	for a := 1; a <= maxAddress; a++ {
		if !b.used[a] {
			b.used[a] = true
			return uint8(a)
		}
	}
	return 0
}

func (b *Bus) release(address uint8) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used[address] = false
}
