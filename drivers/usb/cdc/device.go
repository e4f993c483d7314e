package cdc

import (
	"errors"
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/ether"
)

var (
	errEndpoints = errors.New("cdc: no bulk endpoint in each direction")
	errAddress   = errors.New("cdc: the device has no valid hardware address")
	errBlocks    = errors.New("cdc: the device wants blocks that no frame fits into")
)

// Subclasses of the class of communications devices: ECM 1.2, 4; NCM 1.0, 4.
const (
	classCommunication = 0x02
	subclassECM        = 0x06
	subclassNCM        = 0x0d
)

// Functional descriptors: ECM 1.2, 5.4; NCM 1.0, 5.2.
const (
	functionalEthernet = 0x0f // string index of the address: 3
	ethernetSize       = 13
	functionalNCM      = 0x1a // capabilities: 5
	ncmSize            = 6
)

// Requests, to the control interface: ECM 1.2, 6.2; NCM 1.0, 6.2.
const (
	setPacketFilter  = 0x43
	getNTBParameters = 0x80
	setNTBFormat     = 0x84
	setNTBInputSize  = 0x86
	setCRCMode       = 0x8a

	filterAllMulticast, filterDirected, filterBroadcast = 1 << 1, 1 << 2, 1 << 3
)

// What the device says of its own accord: CDC 1.2, 6.3.
const (
	networkConnection = 0x00
	notificationSize  = 8
)

// A card is a device that is plugged in.
type card struct {
	dev     *usb.Device
	control *usb.Interface
	ether   *ether.Card
}

// Driver is the driver for such devices.
func Driver(d *usb.Device, c *usb.Configuration) func() error {
	for i := range c.Interfaces {
		control := &c.Interfaces[i]
		if control.Class == classCommunication && (control.SubClass == subclassECM || control.SubClass == subclassNCM) {
			return func() error { return start(d, c, control) }
		}
	}
	return nil
}

// start brings the card up: ECM 1.2, 3.3; NCM 1.0, 7.2.
func start(d *usb.Device, conf *usb.Configuration, control *usb.Interface) error {
	data, in, out := conf.DataOf(control)
	if data == nil {
		return errEndpoints
	}
	c := &card{dev: d, control: control}
	mac, err := c.address()
	if err != nil {
		return err
	}
	isNCM := control.SubClass == subclassNCM
	var f ether.Framing = single{}
	if isNCM {
		// The first setting makes the function forget what it was told: NCM 1.0, 7.2.
		if err := d.SetInterface(&usb.Interface{Number: data.Number}); err != nil {
			return err
		}
		if f, err = c.negotiate(); err != nil {
			return err
		}
	}
	if err := d.SetInterface(data); err != nil {
		return err
	}
	if c.ether, err = ether.Attach(d, d.Open(in), d.Open(out), f, mac); err != nil {
		return err
	}
	// Who cannot filter stalls this, and has every frame pass: ECM 1.2, 6.2.4.
	const filter = filterAllMulticast | filterDirected | filterBroadcast
	if err := c.tell(setPacketFilter, filter, nil); err != nil && err != usb.ErrStall {
		return err
	}
	// An NCM device says when it is connected (NCM 1.0, 7.1); of others many never do.
	e, talks := control.Find(usb.Interrupt, true)
	c.ether.SetLink(!isNCM || !talks)
	if talks {
		go c.watch(d.Open(e))
	}
	return nil
}

// tell makes a request that data goes with.
func (c *card) tell(request uint8, value uint16, data []byte) error {
	_, err := c.dev.Control(usb.ToInterface, request, value, uint16(c.control.Number), data)
	return err
}

// address reads the card's hardware address, twelve digits in a string: ECM 1.2, 5.4, iMACAddress.
func (c *card) address() (mac [6]byte, err error) {
	e := c.control.Functional(functionalEthernet, ethernetSize)
	if e == nil {
		return mac, errAddress
	}
	mac, ok := parseAddress(c.dev.String(e[3]))
	if !ok {
		return mac, errAddress
	}
	return mac, nil
}

func parseAddress(s string) (mac [6]byte, ok bool) {
	if len(s) != 2*len(mac) {
		return mac, false
	}
	for i := range len(s) {
		d := s[i]
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d|0x20 >= 'a' && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return mac, false
		}
		mac[i/2] = mac[i/2]<<4 | d
	}
	return mac, mac[0]&1 == 0 && mac != [6]byte{}
}

// watch waits for what the device says of its connection.
func (c *card) watch(p *usb.Pipe) {
	m := dma.AllocUncached(max(p.MaxPacket, notificationSize))
	if m == nil {
		return
	}
	defer m.Free()
	for failures := 0; failures < 3; {
		n, err := p.WaitInterrupt(m, min(notificationSize, p.MaxPacket))
		switch err {
		case usb.ErrGone:
			return
		case nil:
			failures = 0
			c.told(m.Bytes()[:n])
		default:
			failures++
		}
	}
}

// told obeys a notification: CDC 1.2, 6.3.1. Others, such as the speed, are of no use here.
func (c *card) told(b []byte) {
	if len(b) >= notificationSize && b[0] == usb.FromInterface && b[1] == networkConnection {
		c.ether.SetLink(b[2] != 0)
	}
}

// single is the framing of ECM: a transfer is a frame (ECM 1.2, 3.3.1).
type single struct{}

func (single) Room() int                             { return 0 }
func (single) Terminated() bool                      { return true }
func (single) Wrap(b []byte, n int) int              { return n }
func (single) Unwrap(b []byte, f func(frame []byte)) { f(b) }
