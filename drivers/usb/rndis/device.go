package rndis

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/dma"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/ether"
)

var (
	errEndpoints = errors.New("rndis: no bulk endpoint in each direction")
	errAnswer    = errors.New("rndis: the device does not answer as it must")
)

// Interfaces that are RNDIS's: [MS-RNDIS] 1.3; USB-IF, Defined Class Codes.
var kinds = [][3]uint8{{0x02, 0x02, 0xff}, {0xe0, 0x01, 0x03}, {0xef, 0x04, 0x01}}

const (
	sendCommand = 0x00 // SEND_ENCAPSULATED_COMMAND: CDC 1.2, 6.2
	getResponse = 0x01 // GET_ENCAPSULATED_RESPONSE

	maxResponse = 1025
	polls       = 100 // of 10 ms each, until there is an answer
)

// A card is a device that is plugged in.
type card struct {
	dev     *usb.Device
	control uint16 // number of the interface that messages go to
	request uint32
	ether   *ether.Card
}

// Driver is the driver for such devices.
func Driver(d *usb.Device, c *usb.Configuration) func() error {
	for i := range c.Interfaces {
		control := &c.Interfaces[i]
		for _, k := range kinds {
			if k == [3]uint8{control.Class, control.SubClass, control.Protocol} {
				return func() error { return start(d, c, control) }
			}
		}
	}
	return nil
}

// start brings the card up: [MS-RNDIS] 1.3.2: initialize, ask for the address, and say which frames are wanted.
func start(d *usb.Device, conf *usb.Configuration, control *usb.Interface) error {
	data, in, out := conf.DataOf(control)
	if data == nil {
		return errEndpoints
	}
	c := &card{dev: d, control: uint16(control.Number)}
	f := &framing{}
	if err := c.initialize(f); err != nil {
		return err
	}
	pipeIn, pipeOut := d.Open(in), d.Open(out)
	if d.String(d.Descriptor.Manufacturer) == "QEMU" {
		f.suitQEMU(pipeIn)
	}
	mac, err := c.address()
	if err != nil {
		return err
	}
	if c.ether, err = ether.Attach(d, pipeIn, pipeOut, f, mac); err != nil {
		return err
	}
	if _, err := c.set(oidPacketFilter, filterDirected|filterMulticast|filterAllMulticast|filterBroadcast); err != nil {
		return err
	}
	c.ether.SetLink(true)
	if e, ok := control.Find(usb.Interrupt, true); ok {
		go c.watch(d.Open(e))
	}
	return nil
}

// suitQEMU does two things for QEMU's device. Its controller does transfers of up to 1536 bytes packet by packet, a quarter of a
// millisecond each, and longer ones at once (hw/usb/hcd-dwc2.c): the frames that we send are padded. And a message that fills its
// packets is not followed by a short one (hw/usb/dev-network.c, usb_net_handle_datain): we do not wait for one.
func (f *framing) suitQEMU(in *usb.Pipe) {
	const whole = 1536 + 1
	if f.maxSize > whole {
		f.least = whole
	}
	in.Quiet = 2 * clock.Millisecond
}

func (c *card) initialize(f *framing) error {
	c.request++
	const major, minor, most = 1, 0, ether.MaxIn
	a, err := c.call(message(msgInitialize, c.request, major, minor, most), initSize)
	if err != nil {
		return err
	}
	f.maxSize = int(min(le32(a[initMaxTransfer:]), 2048))
	return nil
}

// address asks for the card's hardware address.
func (c *card) address() (mac [6]byte, err error) {
	c.request++
	// With room for the answer, 8 bytes, though nothing is in it: QEMU and others refuse a query that ends before it.
	a, err := c.call(message(msgQuery, c.request, oidPermanentAddress, 8, 20, 0, 0, 0), querySize)
	if err != nil {
		return mac, err
	}
	if copy(mac[:], a.information()) < len(mac) || mac[0]&1 != 0 || mac == [6]byte{} {
		return mac, errAnswer
	}
	return mac, nil
}

func (c *card) set(oid, value uint32) (answer, error) {
	c.request++
	return c.call(message(msgSet, c.request, oid, 4, 20, 0, value), 0)
}

// call sends a request and waits for its completion: [MS-RNDIS] 3.1. What else the device has to say meanwhile is passed over.
func (c *card) call(request []byte, size int) (answer, error) {
	if _, err := c.dev.Control(usb.ToInterface, sendCommand, 0, c.control, request); err != nil {
		return nil, err
	}
	for range polls {
		b, err := c.response()
		if err != nil {
			return nil, err
		}
		if isAnswer(b, le32(request), le32(request[fieldRequest:]), size) {
			if le32(b[fieldStatus:]) != statusSuccess {
				return nil, errAnswer
			}
			return b, nil
		}
		if len(b) < minMessage {
			clock.Sleep(10 * clock.Millisecond) // nothing yet
		}
	}
	return nil, errAnswer
}

func (c *card) response() ([]byte, error) {
	b := make([]byte, maxResponse)
	n, err := c.dev.Control(usb.FromInterface, getResponse, 0, c.control, b)
	return b[:n], err
}

// watch waits for what the device says of itself: CDC 1.2, 6.3, RESPONSE_AVAILABLE.
func (c *card) watch(p *usb.Pipe) {
	m := dma.AllocUncached(p.MaxPacket)
	if m == nil {
		return
	}
	defer m.Free()
	for failures := 0; failures < 3; {
		_, err := p.WaitInterrupt(m, min(8, p.MaxPacket))
		switch err {
		case usb.ErrGone:
			return
		case nil:
			failures = 0
			if b, err := c.response(); err == nil {
				c.told(b)
			}
		default:
			failures++
		}
	}
}

// told obeys a message that the device has sent of its own accord.
func (c *card) told(b []byte) {
	if len(b) < fieldRequest+4 {
		return
	}
	switch le32(b) {
	case msgIndicate: // its status stands where others have a number
		switch le32(b[fieldRequest:]) {
		case statusConnect:
			c.ether.SetLink(true)
		case statusDisconnect:
			c.ether.SetLink(false)
		}
	case msgKeepalive:
		answer := message(msgKeepalive|completion, le32(b[fieldRequest:]), statusSuccess)
		c.dev.Control(usb.ToInterface, sendCommand, 0, c.control, answer)
	}
}
