//go:build !mirage

package genet

import (
	"internal/mirage/dma"
	"internal/mirage/drivers/phy"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A chip is a model of the card with its transceiver and a cable that leads back to it. It checks what Linux and U-Boot take care
// of: see write. Its indices begin anywhere, as they do when firmware has used the card.
type chip struct {
	t     *testing.T
	input uint32

	mu        sync.Mutex
	regs      map[uintptr]uint32
	resetAt   time.Time // when the MAC's reset began
	wasReset  bool
	accesses  int // readings until the access to the transceiver is over
	phy       [32]uint16
	link      bool
	wasDown   bool
	partner   uint16
	fast      uint16
	lie       uint32 // added to the index of received frames
	spoil     uint32 // flags of the frames that come
	rxWritten uint16
	txRead    uint16
}

var inputs atomic.Uint32

func newChip(t *testing.T) *chip {
	c := &chip{t: t, input: 7000 + inputs.Add(1), regs: map[uintptr]uint32{}, link: true, wasDown: true, partner: phy.AbilityCSMA | phy.Ability100Full, fast: phy.GigabitFull << 2}
	c.regs[uintptr(sysRevision)] = version5 << 24
	c.regs[uintptr(rbufControl)] = rbufAlign | rbufStatus64 // the firmware's
	c.phy[phy.Identifier] = 0x600d
	for _, base := range []uintptr{rxDMA, txDMA} {
		c.regs[base+uintptr(dmaControl)] = dmaOn | dmaRingOn
	}
	c.rxWritten, c.txRead = 65500, 300
	return c
}

func (c *chip) space() *mmiotest.Model {
	return &mmiotest.Model{Length: size, Read: c.read, Write: c.write}
}

func (c *chip) dma(base uintptr, r mmio.Reg32) uint32 { return c.regs[base+uintptr(r)] }

func (c *chip) read(off uintptr, width int) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if width != 4 {
		c.t.Errorf("a read of %d bytes at %#x", width, off)
	}
	switch off {
	case uintptr(intClear), uintptr(intMaskSet), uintptr(intMaskClear):
		c.t.Errorf("a read of %#x, which can only be written", off)
	case uintptr(macMDIO):
		if c.accesses > 0 {
			if c.accesses--; c.accesses == 0 {
				c.regs[off] &^= mdioBusy
			}
		}
	case rxDMA + uintptr(dmaStatus), txDMA + uintptr(dmaStatus):
		return ^c.regs[off-uintptr(dmaStatus)+uintptr(dmaControl)] & 1
	case rxDMA + uintptr(rxProduced):
		return uint32(c.rxWritten) + c.lie | 7<<16 // and frames that were dropped
	case txDMA + uintptr(txConsumed):
		return uint32(c.txRead)
	}
	return c.regs[off]
}

// write: rings change while they stand still alone; the MAC is let go after a reset that lasted, with rings that run; an access to
// the transceiver is begun when none is under way; what can only be read is not written.
func (c *chip) write(off uintptr, width int, v uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.drive()
	inRing := func(base uintptr) bool {
		r := mmio.Reg32(off - base)
		return off >= base && off < base+dmaSize && r != dmaControl && r != rxConsumed
	}
	for _, base := range []uintptr{rxDMA, txDMA} {
		if inRing(base) && c.dma(base, dmaControl)&dmaOn != 0 {
			c.t.Errorf("%#x is written while the ring runs", off)
		}
	}
	switch off {
	case uintptr(sysRevision), uintptr(intStatus), rxDMA + uintptr(rxProduced), txDMA + uintptr(txConsumed), rxDMA + uintptr(dmaStatus), txDMA + uintptr(dmaStatus):
		c.t.Errorf("a write of %#x, which can only be read", off)
	case uintptr(intClear):
		c.regs[uintptr(intStatus)] &^= v
		return
	case uintptr(intMaskSet):
		c.regs[uintptr(intMaskClear)] &^= v
		return
	case uintptr(intMaskClear):
		v |= c.regs[off]
	case uintptr(macCommand):
		c.command(v)
	case uintptr(macMDIO):
		c.access(v)
		return
	case uintptr(extRGMII):
		const reserved = ^uint32(rgmiiLink | rgmiiOutBand | rgmiiOn | rgmiiNoDelay)
		if v&reserved != c.regs[off]&reserved {
			c.t.Errorf("reserved bits of %#x are changed", off)
		}
	case txDMA + uintptr(txProduced):
		c.regs[off] = v
		c.send()
		return
	case rxDMA + uintptr(dmaControl):
		if v&dmaOn != 0 {
			c.started()
		}
	}
	c.regs[off] = v
}

// started checks the rings' descriptions.
func (c *chip) started() {
	for _, base := range []uintptr{rxDMA, txDMA} {
		if n := c.dma(base, ringSize) >> 16; c.dma(base, ringStart) != 0 || c.dma(base, ringEnd) != n*descWords-1 || c.dma(base, dmaRings) != 1<<ringNumber || c.dma(base, ringEvery) != 1 {
			c.t.Errorf("the ring at %#x is not described: %d descriptors, words %d to %d", base, n, c.dma(base, ringStart), c.dma(base, ringEnd))
		}
	}
	if c.dma(rxDMA, rxConsumed) != uint32(c.rxWritten) || c.dma(rxDMA, rxWrite) != uint32(c.rxWritten%ring)*descWords || c.dma(txDMA, txProduced) != uint32(c.txRead) {
		c.t.Error("the rings' indices are not those of the card")
	}
}

func (c *chip) command(v uint32) {
	old := c.regs[uintptr(macCommand)]
	switch {
	case v&commandReset != 0:
		c.resetAt = time.Now()
	case old&commandReset != 0:
		c.wasReset = time.Since(c.resetAt) >= 2*time.Microsecond
	}
	if v&(commandTransmit|commandReceive) == 0 {
		return
	}
	if !c.wasReset || c.dma(rxDMA, dmaControl)&(dmaOn|dmaRingOn) != dmaOn|dmaRingOn || c.regs[uintptr(rbufControl)]&(rbufAlign|rbufStatus64) != 0 || c.regs[uintptr(extRGMII)]&(rgmiiOn|rgmiiLink|rgmiiNoDelay) != rgmiiOn|rgmiiLink|rgmiiNoDelay {
		c.t.Errorf("the MAC is let go before all is ready: reset %v, rings %#x", c.wasReset, c.dma(rxDMA, dmaControl))
	}
}

// access is one to the transceiver.
func (c *chip) access(v uint32) {
	if c.accesses > 0 {
		c.t.Error("an access to the transceiver while there is one")
	}
	c.regs[uintptr(macMDIO)] = v
	if v&mdioBusy == 0 {
		return
	}
	r := v >> mdioReg & 31
	if v>>mdioPHY&31 != address {
		c.t.Errorf("a transceiver with address %d", v>>mdioPHY&31)
	}
	c.accesses = 3
	if v&mdioWrite != 0 {
		c.phy[r] = uint16(v)
		if r == phy.Control {
			c.phy[r] &^= phy.ControlReset
		}
		return
	}
	value := c.phy[r]
	switch r {
	case phy.Status:
		value = 0
		if c.link && !c.wasDown {
			value = phy.StatusLink | phy.StatusNegotiated
		}
		c.wasDown = !c.link
	case phy.Partner:
		value = c.partner
	case phy.GigabitStatus:
		value = c.fast
	}
	c.regs[uintptr(macMDIO)] = v&^0xffff | uint32(value)
}

// send sends what is queued, and receives it.
func (c *chip) send() {
	produced := uint16(c.dma(txDMA, txProduced))
	if n := produced - c.txRead; n > ring {
		c.t.Errorf("%d frames are queued in a ring of %d", n, ring)
		return
	}
	for ; c.txRead != produced; c.txRead++ {
		at := uintptr(txDescriptors) + descSize*uintptr(c.txRead%ring)
		v := c.regs[at]
		n := int(v >> descBytes & descLongest)
		m, off := dma.At(uint64(c.regs[at+8])<<32|uint64(c.regs[at+4]), n)
		if m == nil || n < minFrame || n > maxFrame || v&(descStart|descEnd|descCRC) != descStart|descEnd|descCRC {
			c.t.Errorf("descriptor %#x at %d", v, c.txRead)
			continue
		}
		if c.regs[uintptr(macCommand)]&commandTransmit == 0 {
			c.t.Error("a frame is sent by a MAC that is off")
		}
		c.deliver(m.Bytes()[off : off+n])
	}
	c.regs[uintptr(intStatus)] |= 1 << 16
}

// deliver receives a frame, if there is a descriptor for it.
func (c *chip) deliver(frame []byte) {
	if c.rxWritten-uint16(c.dma(rxDMA, rxConsumed)) == ring {
		return
	}
	at := uintptr(rxDescriptors) + descSize*uintptr(c.rxWritten%ring)
	m, off := dma.At(uint64(c.regs[at+8])<<32|uint64(c.regs[at+4]), slot)
	if m == nil {
		c.t.Error("a descriptor without memory")
		return
	}
	copy(m.Bytes()[off:], frame)
	c.regs[at] = uint32(len(frame))<<descBytes | descStart | descEnd | c.spoil
	c.rxWritten++
	c.regs[uintptr(intStatus)] |= 1 << 13
}

func (c *chip) drive() {
	if c.regs[uintptr(intStatus)]&c.regs[uintptr(intMaskClear)] != 0 {
		irq.Fire(c.input)
	}
}
