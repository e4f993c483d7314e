package usb

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/dma"
	"sync"
)

// Hubs: USB 2.0, 11.

// Requests of the hub class go to the hub or to one of its ports: table 11-15.
const (
	toHub  = RequestClass
	toPort = RequestClass | RequestOther

	portIsOn  = 1 // PORT_ENABLE; features: table 11-17
	portReset = 4
	portPower = 8
	clearBase = 16 // the first of those that clear a change
)

// Bits of a port's status and of what has changed: 11.24.2.7.
const (
	portConnection = 1 << 0
	portEnable     = 1 << 1
	portResetting  = 1 << 4
	portLowSpeed   = 1 << 9
	portHighSpeed  = 1 << 10

	portChanges = 5 // kinds of changes, from bit 0 on
)

const (
	classHub = 9

	maxPorts = 31 // a hub with more has those alone; real ones have 7 at most

	resetPolls = 50 // of 10 ms: 11.5.1.5 wants 10 to 20 ms
)

var (
	errHub   = errors.New("usb hub: malformed descriptor, or no status endpoint")
	errReset = errors.New("usb hub: a port does not come out of its reset")
)

// children are the devices at a hub's ports.
type children struct {
	mu      sync.Mutex
	closed  bool
	devices [maxPorts + 1]*Device
}

// unplug unplugs all of them, and those that are still to come.
func (c *children) unplug() {
	c.mu.Lock()
	c.closed = true
	all := c.devices
	c.devices = [maxPorts + 1]*Device{}
	c.mu.Unlock()
	for _, d := range all {
		if d != nil {
			d.unplug()
		}
	}
}

// set puts d, which may be nil, at a port, and unplugs what was there.
func (c *children) set(port int, d *Device) {
	c.mu.Lock()
	old := c.devices[port]
	closed := c.closed
	if !closed {
		c.devices[port] = d
	}
	c.mu.Unlock()
	if old != nil {
		old.unplug()
	}
	if closed && d != nil {
		d.unplug()
	}
}

func (c *children) get(port int) *Device {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.devices[port]
}

// hub is the driver for hubs.
func hub(d *Device, c *Configuration) func() error {
	if d.Descriptor.Class != classHub || len(c.Interfaces) == 0 {
		return nil
	}
	status, ok := c.Interfaces[0].Find(Interrupt, true)
	return func() error {
		if !ok {
			return errHub
		}
		return d.startHub(status)
	}
}

// startHub turns the ports' power on, looks at each once, and then waits for changes.
func (d *Device) startHub(status Endpoint) error {
	got, err := d.hubDescriptor()
	if err != nil {
		return err
	}
	h, ok := parseHub(got)
	if !ok {
		return errHub
	}
	h.ports = min(h.ports, maxPorts)
	m := dma.AllocUncached(roundUp(maxPorts/8+1, status.MaxPacket))
	if m == nil {
		return errMemory
	}
	for port := 1; port <= h.ports; port++ {
		if err := d.setPort(port, portPower); err != nil {
			m.Free()
			return err
		}
	}
	clock.Sleep(h.powerTime)
	for port := 1; port <= h.ports; port++ {
		d.look(port)
	}
	go d.watchHub(d.Open(status), m, h.ports)
	return nil
}

func (d *Device) hubDescriptor() ([]byte, error) {
	b := make([]byte, hubSize+2+2*((maxPorts+7)/8))
	n, err := d.Control(RequestIn|toHub, getDescriptor, TypeHub<<8, 0, b)
	return b[:n], err
}

// watchHub waits for changes, which a bitmap tells: 11.12.4.
func (d *Device) watchHub(status *Pipe, m *dma.Memory, ports int) {
	defer m.Free()
	failures := 0
	for failures < attempts {
		n, err := status.WaitInterrupt(m, ports/8+1)
		if err == ErrGone {
			return
		}
		if err != nil {
			failures++
			continue
		}
		failures = 0
		bits := m.Bytes()[:n]
		for port := 1; port <= ports && port/8 < len(bits); port++ {
			if bits[port/8]&(1<<(port%8)) != 0 {
				d.look(port)
			}
		}
	}
	d.below.unplug() // the hub does not tell any more what becomes of them
}

// look sees what has become of a port.
func (d *Device) look(port int) {
	status, change, err := d.portStatus(port)
	if err != nil {
		return
	}
	for bit := range portChanges {
		if change&(1<<bit) != 0 {
			d.Control(toPort, clearFeature, clearBase+uint16(bit), uint16(port), nil)
		}
	}
	here := d.below.get(port)
	enabled := status&(portConnection|portEnable) == portConnection|portEnable
	if here != nil && (change&portConnection != 0 || !enabled) {
		d.below.set(port, nil) // gone, or another one, or the hub has cut it off: 11.24.2.7.1.2
		here = nil
	}
	if here == nil && status&portConnection != 0 {
		reset := func() (Speed, error) { return d.resetPort(port) }
		disable := func() { d.Control(toPort, clearFeature, portIsOn, uint16(port), nil) }
		d.below.set(port, d.bus.attach(d, uint8(port), reset, disable))
	}
}

// resetPort resets a port and returns the speed of what is plugged in: 11.24.2.13.
func (d *Device) resetPort(port int) (Speed, error) {
	if err := d.setPort(port, portReset); err != nil {
		return 0, err
	}
	for range resetPolls {
		if !d.Sleep(10 * millisecond) {
			return 0, ErrGone
		}
		status, change, err := d.portStatus(port)
		switch {
		case err != nil:
			return 0, err
		case status&portConnection == 0:
			return 0, ErrGone
		case status&portResetting != 0 || change&portResetting == 0:
			continue
		}
		d.Control(toPort, clearFeature, clearBase+portReset, uint16(port), nil)
		switch {
		case status&portEnable == 0:
			return 0, errReset
		case status&portLowSpeed != 0:
			return Low, nil
		case status&portHighSpeed != 0:
			return High, nil
		}
		return Full, nil
	}
	return 0, errReset
}

func (d *Device) setPort(port int, feature uint16) error {
	_, err := d.Control(toPort, setFeature, feature, uint16(port), nil)
	return err
}

func (d *Device) portStatus(port int) (status, change uint16, err error) {
	var b [4]byte
	n, err := d.Control(RequestIn|toPort, getStatus, 0, uint16(port), b[:])
	if err == nil && n < len(b) {
		err = errHub
	}
	return le16(b[:]), le16(b[2:]), err
}
