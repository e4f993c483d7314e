package smsc95xx

import (
	"errors"
	"internal/byteorder"
	"internal/mirage/clock"
	"internal/mirage/drivers/phy"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/ether"
)

var (
	errEndpoints = errors.New("smsc95xx: no bulk endpoint in each direction")
	errChip      = errors.New("smsc95xx: no chip that is known")
	errRegister  = errors.New("smsc95xx: a register is not answered with four bytes")
	errReset     = errors.New("smsc95xx: the card does not come out of its reset")
	errPHY       = errors.New("smsc95xx: the PHY does not answer")
	errAddress   = errors.New("smsc95xx: neither the board nor the card has a hardware address")
)

// Devices that are such cards: vendor 0x0424 and these products, which are the numbers of the chips too.
const (
	vendor  = 0x0424
	lan9514 = 0xec00 // and LAN9512
)

var products = [...]uint16{0x9500, 0x9e00, lan9514, 0x9530, 0x9730, 0x9e08}

func isProduct(p uint16) bool {
	for _, known := range products {
		if p == known {
			return true
		}
	}
	return false
}

// A card is a device that is plugged in.
type card struct {
	dev     *usb.Device
	ether   *ether.Card
	control uint32 // what macControl has
}

// Driver makes the driver for such cards. The one that is on a Raspberry Pi has no memory for an address: the board says it, if it
// can.
func Driver(board func() (mac [6]byte, ok bool)) usb.Driver {
	return func(d *usb.Device, conf *usb.Configuration) func() error {
		if d.Descriptor.Vendor != vendor || !isProduct(d.Descriptor.Product) || len(conf.Interfaces) == 0 {
			return nil
		}
		return func() error { return start(d, &conf.Interfaces[0], board) }
	}
}

func start(d *usb.Device, data *usb.Interface, board func() ([6]byte, bool)) error {
	in, ok1 := data.Find(usb.Bulk, true)
	out, ok2 := data.Find(usb.Bulk, false)
	if !ok1 || !ok2 {
		return errEndpoints
	}
	c := &card{dev: d}
	if err := c.reset(); err != nil {
		return err
	}
	mac, err := c.address(board)
	if err != nil {
		return err
	}
	if err := c.configure(in.MaxPacket); err != nil {
		return err
	}
	if err := phy.Start(c, false); err != nil {
		return err
	}
	if c.ether, err = ether.Attach(d, d.Open(in), d.Open(out), framing{}, mac); err != nil {
		return err
	}
	if err := c.enable(); err != nil {
		return err
	}
	go phy.Watch(c, false, patience, d.Gone(), c.linkChanged)
	return nil
}

// reset resets chip and PHY: DS, 5.3.5, LRST, and 5.3.8, PHY_RST.
func (c *card) reset() error {
	id, err := c.load(idRev)
	if err != nil {
		return err
	}
	if !isProduct(uint16(id >> 16)) {
		return errChip
	}
	if err := c.store(hwConfig, hwReset); err != nil {
		return err
	}
	if err := c.wait(hwConfig, hwReset, errReset); err != nil {
		return err
	}
	if err := c.store(power, powerPHYReset); err != nil {
		return err
	}
	return c.wait(power, powerPHYReset, errReset)
}

// address finds the card's hardware address and tells it to the card, which has it from a memory of its own if it has one: DS,
// 5.4.2.
func (c *card) address(board func() ([6]byte, bool)) (mac [6]byte, err error) {
	high, err := c.load(addressHigh)
	if err != nil {
		return mac, err
	}
	low, err := c.load(addressLow)
	if err != nil {
		return mac, err
	}
	byteorder.LEPutUint32(mac[:], low)
	byteorder.LEPutUint16(mac[4:], uint16(high))
	if c.dev.Descriptor.Product == lan9514 {
		if told, ok := board(); ok {
			mac = told
		}
	}
	if mac[0]&1 != 0 || mac == [6]byte{} { // without memory it has ones alone
		return mac, errAddress
	}
	if err := c.store(addressLow, byteorder.LEUint32(mac[:])); err != nil {
		return mac, err
	}
	return mac, c.store(addressHigh, uint32(byteorder.LEUint16(mac[4:])))
}

// configure says how frames are packed: DS, 5.3.
func (c *card) configure(packet int) error {
	config, err := c.load(hwConfig)
	if err != nil {
		return err
	}
	config = config&^(hwOffset|hwReserved) | hwEmptyNAK | hwMany | hwBurstCap | hwDropBad
	for _, w := range []struct {
		r register
		v uint32
	}{
		{burstCap, uint32(ether.MaxIn/packet - 1)}, // a transfer to the host ends before its memory does
		{bulkDelay, 0x800},                         // 34 microseconds, its default
		{hwConfig, config},
		{intStatus, 0xffffffff},
		{interrupt, 0}, // nobody asks that pipe
		{leds, ledAll},
		{flow, 0},
		{flowAuto, flowLevels},
	} {
		if err := c.store(w.r, w.v); err != nil {
			return err
		}
	}
	return nil
}

// enable lets frames pass: the MAC first, and then the way to it (DS, 5.3.4, TX_ON). Multicast is the stack's to filter.
func (c *card) enable() error {
	c.control |= macTransmit | macReceive | macAllMulticast
	if err := c.store(macControl, c.control); err != nil {
		return err
	}
	return c.store(txConfig, txOn)
}

// load reads a register.
func (c *card) load(r register) (uint32, error) {
	var b [4]byte
	n, err := c.dev.Control(usb.RequestIn|usb.RequestVendor, vendorRead, 0, uint16(r), b[:])
	if err == nil && n < len(b) {
		err = errRegister
	}
	return byteorder.LEUint32(b[:]), err
}

// store writes a register.
func (c *card) store(r register, v uint32) error {
	var b [4]byte
	byteorder.LEPutUint32(b[:], v)
	_, err := c.dev.Control(usb.RequestVendor, vendorWrite, 0, uint16(r), b[:])
	return err
}

// wait waits until bits of a register are clear: a second at most.
func (c *card) wait(r register, bits uint32, late error) error {
	for range 100 {
		v, err := c.load(r)
		if err != nil || v&bits == 0 {
			return err
		}
		clock.Sleep(10 * clock.Millisecond)
	}
	return late
}
