//go:build !mirage

package smsc95xx

import (
	"internal/byteorder"
	"internal/mirage/drivers/phy"
	"internal/mirage/drivers/usb"
	"internal/mirage/drivers/usb/usbtest"
	"sync"
	"testing"
)

// A chip is a model of a LAN9514's network card with its PHY, which checks what the data sheet wants of a driver: see write and
// mii. Frames that are sent come back.
type chip struct {
	*usbtest.Device
	t *testing.T

	mu       sync.Mutex
	regs     map[register]uint32
	phy      [32]uint16
	busy     int // readings until what is under way is over
	reset    bool
	wasDown  bool // the link, and nobody has read it
	link     bool
	partner  uint16
	deaf     bool // resets do not end
	queue    [][]byte
	transfer []byte
}

// newChip makes one whose memory has an address, or none if it is empty.
func newChip(t *testing.T, product uint16, memory []byte) *chip {
	c := &chip{t: t, regs: map[register]uint32{}, wasDown: true, link: true, partner: phy.AbilityCSMA | phy.Ability100Full | 1<<14}
	c.regs[idRev] = uint32(product)<<16 | 2
	c.regs[addressLow], c.regs[addressHigh] = 0xffffffff, 0xffff
	if memory != nil {
		c.regs[addressLow], c.regs[addressHigh] = byteorder.LEUint32(memory), uint32(byteorder.LEUint16(memory[4:]))
	}
	c.regs[hwConfig] = hwOffset
	c.Device = &usbtest.Device{
		Speed:      usb.High,
		Descriptor: []byte{18, 1, 0, 2, 0xff, 0, 1, 64, 0x24, 0x04, byte(product), byte(product >> 8), 0, 2, 0, 0, 0, 1},
		Configs: [][]byte{{
			9, 2, 39, 0, 1, 1, 0, 0xe0, 1,
			9, 4, 0, 0, 3, 0xff, 0, 0xff, 0,
			7, 5, 0x81, 2, 0, 2, 0,
			7, 5, 0x02, 2, 0, 2, 0,
			7, 5, 0x83, 3, 16, 0, 4,
		}},
	}
	c.Class, c.In, c.Out = c.vendor, c.in, c.out
	return c
}

func (c *chip) vendor(s [8]byte, out []byte) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := register(s[4]) | register(s[5])<<8
	if s[2] != 0 || s[3] != 0 || s[6] != 4 || s[7] != 0 || r%4 != 0 {
		c.t.Errorf("vendor request % x", s)
		return nil, usb.ErrStall
	}
	switch {
	case s[0] == 0xc0 && s[1] == vendorRead:
		var b [4]byte
		byteorder.LEPutUint32(b[:], c.read(r))
		return b[:], nil
	case s[0] == 0x40 && s[1] == vendorWrite:
		c.write(r, byteorder.LEUint32(out))
		return nil, nil
	}
	return nil, usb.ErrStall
}

func (c *chip) read(r register) uint32 {
	v := c.regs[r]
	if c.busy > 0 {
		c.busy--
		return v
	}
	switch r { // what was under way is over
	case hwConfig:
		if v&hwReset != 0 && !c.deaf {
			c.reset = true
			c.regs[r] &^= hwReset
		}
	case power:
		c.regs[r] &^= powerPHYReset
	case miiAccess:
		c.regs[r] &^= miiBusy
	}
	return c.regs[r]
}

// write: reserved bits stay clear, nothing is configured before the reset, and neither MII register changes while an access is
// under way (DS, 5.3.5 and 5.4.6).
func (c *chip) write(r register, v uint32) {
	if !c.reset && r != hwConfig {
		c.t.Errorf("register %#x is written before the reset", uint16(r))
	}
	reserved := map[register]uint32{hwConfig: hwReserved, txConfig: ^uint32(7), burstCap: ^uint32(0xff), bulkDelay: ^uint32(0xffff), addressHigh: ^uint32(0xffff),
		miiData: ^uint32(0xffff), miiAccess: ^uint32(0xffc3), power: ^uint32(0x3ff), macControl: 0x7f000010 | 1<<22 | 3}[r]
	if v&reserved != 0 {
		c.t.Errorf("%#x is written to register %#x: reserved bits", v, uint16(r))
	}
	switch r {
	case idRev:
		c.t.Error("the chip's number is written")
	case intStatus:
		c.regs[r] &^= v
		return
	case hwConfig:
		if v&hwReset != 0 {
			c.busy = 2
		}
	case power:
		if v&powerPHYReset != 0 {
			c.busy, c.phy = 2, [32]uint16{}
		}
	case txConfig:
		if v&txOn != 0 && c.regs[macControl]&macTransmit == 0 {
			c.t.Error("the way to the transmitter is open before it")
		}
	case miiAccess, miiData:
		if c.regs[miiAccess]&miiBusy != 0 {
			c.t.Errorf("register %#x is written while an access to the PHY is under way", uint16(r))
		}
		if r == miiAccess && v&miiBusy != 0 {
			c.mii(v)
			c.busy = 2
		}
	}
	c.regs[r] = v
}

// mii is an access to the PHY: IEEE 802.3, 22.2.4.
func (c *chip) mii(v uint32) {
	if v>>11&31 != 1 {
		c.t.Errorf("a PHY with address %d", v>>11&31)
	}
	r := v >> miiRegisterShift & 31
	if v&miiWrite != 0 {
		c.phy[r] = uint16(c.regs[miiData]) &^ phy.ControlReset
		return
	}
	c.regs[miiData] = uint32(c.phy[r])
	switch {
	case r == phy.Identifier:
		c.regs[miiData] = 7
	case r == phy.Status && c.link && !c.wasDown:
		c.regs[miiData] = phy.StatusLink | phy.StatusNegotiated
	case r == phy.Status:
		c.regs[miiData], c.wasDown = 0, !c.link
	case r == phy.Partner:
		c.regs[miiData] = uint32(c.partner)
	}
}

// setLink plugs the cable in or out.
func (c *chip) setLink(up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.wasDown = up, true
}

func (c *chip) in(e uint8) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e != 1 || len(c.queue) == 0 {
		return nil, usb.ErrNothing
	}
	b := c.queue[0]
	c.queue = c.queue[1:]
	return b, nil
}

// out takes packets. A transfer ends with a short one.
func (c *chip) out(_ uint8, packet []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transfer = append(c.transfer, packet...)
	if len(packet) == 512 {
		return nil
	}
	b := c.transfer
	c.transfer = nil
	if c.regs[txConfig]&txOn == 0 || c.regs[macControl]&macReceive == 0 || c.regs[hwConfig]&(hwMany|hwBurstCap|hwEmptyNAK) != hwMany|hwBurstCap|hwEmptyNAK {
		c.t.Error("a frame before the card is ready")
	}
	if len(b) < txRoom || byteorder.LEUint32(b) != txFirst|txLast|uint32(len(b)-txRoom) || byteorder.LEUint32(b[4:]) != uint32(len(b)-txRoom) {
		c.t.Errorf("words % x before %d bytes", b[:min(len(b), txRoom)], len(b))
		return nil
	}
	c.deliver(b[txRoom:])
	return nil
}

// deliver sends a frame to the host, behind one with an error, in packets.
func (c *chip) deliver(frame []byte) {
	n := uint32(len(frame) + rxChecksum)
	b := byteorder.LEAppendUint32(nil, 64<<16|rxError)
	b = append(b, make([]byte, 64)...)
	b = byteorder.LEAppendUint32(b, n<<16)
	b = append(append(b, frame...), 1, 2, 3, 4)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	for ; len(b) >= 512; b = b[512:] {
		c.queue = append(c.queue, b[:512])
	}
	c.queue = append(c.queue, b)
}
