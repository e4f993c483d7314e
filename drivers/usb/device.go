package usb

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/dma"
	"sync"
)

const (
	millisecond = clock.Millisecond

	// controlLimit is how long a request may take: 9.2.6.4 gives a device 5 s for the slowest.
	controlLimit = 5000 * millisecond

	// maxControl is the most data of a request.
	maxControl = 4096
)

var (
	errMemory = errors.New("usb: no memory that the controller reaches")
	errLength = errors.New("usb: a request of more than 4096 bytes")
)

// A Device is one that has an address.
type Device struct {
	bus           *Bus
	address       uint8
	speed         Speed
	hubs          int // above it
	ttHub, ttPort uint8
	Descriptor    Descriptor

	gone chan struct{}
	once sync.Once

	mu      sync.Mutex // one request at a time
	control Pipe
	memory  *dma.Memory // a setup packet, and behind it data
	below   children    // what is plugged in, if it is a hub
}

// setupSize is the size of a setup packet: table 9-2.
const setupSize = 8

// dataAt is where the data of requests lies in a device's memory.
const dataAt = 64

// newDevice makes a device that has the default address still.
func newDevice(b *Bus, speed Speed, maxPacket int) (*Device, error) {
	d := &Device{bus: b, speed: speed, gone: make(chan struct{})}
	d.control = Pipe{device: d, Kind: Control, MaxPacket: maxPacket}
	if d.memory = dma.AllocUncached(dataAt + maxControl); d.memory == nil {
		return nil, errMemory
	}
	return d, nil
}

// Gone is closed when the device is unplugged.
func (d *Device) Gone() <-chan struct{} { return d.gone }

// unplug ends all transfers with the device and with those behind it.
func (d *Device) unplug() {
	d.once.Do(func() {
		close(d.gone)
		d.below.unplug()
		d.bus.release(d.address)
		d.mu.Lock() // the last request has ended
		d.memory.Free()
		d.memory = nil
		d.mu.Unlock()
	})
}

// Parts of bmRequestType: table 9-2.
const (
	RequestIn        = 0x80
	RequestClass     = 0x20
	RequestVendor    = 0x40
	RequestInterface = 0x01
	RequestEndpoint  = 0x02
	RequestOther     = 0x03
)

// Standard requests: table 9-4.
const (
	getStatus        = 0
	clearFeature     = 1
	setFeature       = 3
	setAddress       = 5
	getDescriptor    = 6
	setConfiguration = 9
	setInterface     = 11
)

// Control makes a request: kind is bmRequestType, in whose direction data goes. It returns how many bytes of data were moved.
func (d *Device) Control(kind, request uint8, value, index uint16, data []byte) (int, error) {
	if len(data) > maxControl {
		return 0, errLength
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isGone() {
		return 0, ErrGone
	}
	n, err := d.request(kind, request, value, index, data)
	switch {
	case err == nil || err == ErrStall:
		return n, err // a stall of endpoint 0 ends with the next setup: 8.5.3.4
	case d.isGone():
		return 0, ErrGone
	}
	return 0, err
}

// isGone reports whether the device is unplugged.
func (d *Device) isGone() bool {
	select {
	case <-d.gone:
		return true
	default:
		return false
	}
}

// request is Control with the lock held: 8.5.3.
func (d *Device) request(kind, request uint8, value, index uint16, data []byte) (int, error) {
	b := d.memory.Bytes()
	copy(b, []byte{kind, request, byte(value), byte(value >> 8), byte(index), byte(index >> 8), byte(len(data)), byte(len(data) >> 8)})
	out := d.control
	out.In = false
	if _, err := d.bus.host.Transfer(&out, &Request{Memory: d.memory, N: setupSize, PID: Setup, Limit: controlLimit}); err != nil {
		return 0, err
	}
	pipe, n := out, 0
	pipe.In = kind&RequestIn != 0
	if len(data) > 0 {
		r := Request{Memory: d.memory, Off: dataAt, N: len(data), PID: Data1, Limit: controlLimit}
		if pipe.In {
			r.N = roundUp(len(data), pipe.MaxPacket)
		} else {
			copy(b[dataAt:], data)
		}
		var err error
		if n, err = d.bus.host.Transfer(&pipe, &r); err != nil {
			return 0, err
		}
		if n > len(data) {
			return 0, ErrBabble
		}
		if pipe.In {
			copy(data, b[dataAt:dataAt+n])
		}
	}
	// The status goes the other way: 8.5.3.1.
	pipe.In = !pipe.In || len(data) == 0
	r := Request{Memory: d.memory, Off: dataAt, PID: Data1, Limit: controlLimit}
	if pipe.In {
		r.N = pipe.MaxPacket
	}
	_, err := d.bus.host.Transfer(&pipe, &r)
	return n, err
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// GetDescriptor reads a descriptor of a type into b and returns what came.
func (d *Device) GetDescriptor(kind, index uint8, language uint16, b []byte) ([]byte, error) {
	n, err := d.Control(RequestIn, getDescriptor, uint16(kind)<<8|uint16(index), language, b)
	return b[:n], err
}

// String reads a string in English: 9.6.7. Index 0 is none.
func (d *Device) String(index uint8) string {
	const english = 0x0409
	if index == 0 {
		return ""
	}
	b, err := d.GetDescriptor(TypeString, index, english, make([]byte, 255))
	if err != nil {
		return ""
	}
	s, _ := parseString(b)
	return s
}

// Configure chooses a configuration.
func (d *Device) Configure(c *Configuration) error {
	_, err := d.Control(0, setConfiguration, uint16(c.Value), 0, nil)
	return err
}

// SetInterface chooses an alternate setting.
func (d *Device) SetInterface(i *Interface) error {
	_, err := d.Control(RequestInterface, setInterface, uint16(i.Alternate), uint16(i.Number), nil)
	return err
}

// Open makes a pipe to an endpoint of a setting that is in use.
func (d *Device) Open(e Endpoint) *Pipe {
	p := &Pipe{device: d, Endpoint: e.Number, In: e.In, Kind: e.Kind, MaxPacket: e.MaxPacket, Interval: max(int(e.Interval), 1)}
	if d.speed == High && e.Kind == Interrupt {
		p.Interval = max(1<<(min(max(e.Interval, 1), 16)-1)/8, 1) // microframes, as a power of two: table 9-13
	}
	return p
}

// Transfer moves n bytes at offset off of m, which an IN pipe writes. n is a multiple of MaxPacket then. It blocks for as long as
// the device lets it wait, or until Limit. A pipe that the device has stalled works again with the next transfer: 9.4.5.
func (p *Pipe) Transfer(m *dma.Memory, off, n int) (int, error) {
	p.request = Request{Memory: m, Off: off, N: n, PID: p.Toggle, Limit: p.Limit}
	moved, err := p.device.bus.host.Transfer(p, &p.request)
	p.Toggle = p.request.PID
	switch {
	case err == ErrStall:
		p.ClearHalt()
	case err != nil && p.device.isGone():
		err = ErrGone
	}
	return moved, err
}

// ClearHalt ends a stall, if there is one: the data toggles of both sides begin anew.
func (p *Pipe) ClearHalt() error {
	const endpointHalt = 0
	at := uint16(p.Endpoint)
	if p.In {
		at |= 0x80
	}
	_, err := p.device.Control(RequestEndpoint, clearFeature, endpointHalt, at, nil)
	if err == nil {
		p.Toggle = Data0
	}
	return err
}

// WaitInterrupt reads what an interrupt pipe has to say, asking again each interval. Asking allocates nothing: a program that counts
// allocations would count them as its own.
func (p *Pipe) WaitInterrupt(m *dma.Memory, n int) (int, error) {
	interval := int64(p.Interval) * millisecond
	t, due := clock.NewTimer(interval)
	defer t.Stop()
	for {
		moved, err := p.Transfer(m, 0, roundUp(n, p.MaxPacket))
		if err != ErrNothing {
			return moved, err
		}
		select {
		case <-due:
			t.Reset(interval)
		case <-p.device.gone:
			return 0, ErrGone
		}
	}
}

// Sleep waits, unless the device is unplugged meanwhile: it reports false then.
func (d *Device) Sleep(ns int64) bool {
	t, fired := clock.NewTimer(ns)
	defer t.Stop()
	select {
	case <-fired:
		return true
	case <-d.gone:
		return false
	}
}
