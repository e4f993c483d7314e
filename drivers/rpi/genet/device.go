package genet

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/dma"
	"internal/mirage/drivers/phy"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"sync"
	"sync/atomic"
)

var (
	errNone    = errors.New("genet: registers missing")
	errVersion = errors.New("genet: not version 5 of the card")
	errAddress = errors.New("genet: the board has no valid hardware address")
	errMemory  = errors.New("genet: no memory for frames")
	errStop    = errors.New("genet: the card does not stop")
	errMDIO    = errors.New("genet: the transceiver does not answer")
	errIndex   = errors.New("genet: the card says that it has done more than there was to do; it is not used any more")
)

const (
	mtu      = 1500
	minFrame = 60
	maxFrame = 14 + 4 + mtu
	longest  = 1536 // with what the MAC counts

	ring = 128  // descriptors in use of each direction: a power of 2, for indices go on at 65536
	slot = 2048 // memory of a frame

	microsecond = clock.Millisecond / 1000

	// address is that of the transceiver on the board: Linux, bcm2711-rpi-4-b.dts.
	address = 1
)

// A Card is the card. It implements device.NIC and phy.PHY.
type Card struct {
	regs     mmio.Space
	rx, tx   mmio.Space // each direction's block
	mac      [6]byte
	linkUp   atomic.Bool
	failed   atomic.Bool
	receive  func(*device.Frame)
	received *irq.Event

	rxMemory *dma.Memory
	consumed uint16 // frames that were handed on

	txMemory *dma.Memory
	mu       sync.Mutex
	free     []uint32     // slots
	queued   [ring]uint32 // slot of a descriptor
	produced uint16       // frames that were queued
	told     uint16       // as the card knows it
	done     uint16       // frames whose slots are free again

	mdio sync.Mutex
}

// Open starts the card at regs, whose interrupt is input, with an address.
func Open(regs mmio.Space, input irq.Input, mac [6]byte) (*Card, error) {
	if regs.Size() < size {
		return nil, errNone
	}
	if sysRevision.Load(regs)>>24&15 != version5 {
		return nil, errVersion
	}
	if mac[0]&1 != 0 || mac == [6]byte{} {
		return nil, errAddress
	}
	c := &Card{regs: regs, mac: mac, received: irq.NewEvent(), rxMemory: dma.AllocUncached(ring * slot), txMemory: dma.AllocUncached(ring * slot)}
	if c.rxMemory == nil || c.txMemory == nil {
		return nil, errMemory
	}
	c.rx, _ = mmio.Sub(regs, rxDMA, dmaSize) // size is larger
	c.tx, _ = mmio.Sub(regs, txDMA, dmaSize)
	for i := range uint32(ring) {
		c.free = append(c.free, i)
	}
	if err := c.start(); err != nil {
		return nil, err
	}
	if err := irq.Attach(input, c.interrupt); err != nil {
		return nil, err
	}
	intMaskClear.Store(regs, intReceived|intSent)
	go phy.Watch(c, true, patience, nil, c.linkChanged)
	return c, nil
}

// patience is how long the carrier is believed: a variable for tests, which have less.
var patience int64 = clock.Second

// start resets the card and makes it ready: U-Boot, bcmgenet_gmac_eth_start.
func (c *Card) start() error {
	r := c.regs
	// 1. Nothing interrupts, and the firmware's rings, if it has used the card, stop before memory is given to others.
	intMaskSet.Store(r, ^uint32(0))
	intClear.Store(r, ^uint32(0))
	macCommand.Store(r, macCommand.Load(r)&^(commandTransmit|commandReceive))
	if err := c.stop(); err != nil {
		return err
	}
	// 2. Reset the MAC, by its gate and by itself.
	sysPort.Store(r, portExternal)
	flush := sysFlush.Load(r)
	sysFlush.Store(r, flush|flushReset)
	clock.Sleep(10 * microsecond)
	sysFlush.Store(r, flush&^flushReset)
	clock.Sleep(10 * microsecond)
	macCommand.Store(r, 0)
	macCommand.Store(r, commandReset|commandLoop)
	clock.Sleep(2 * microsecond)
	macCommand.Store(r, 0)
	macCounters.Store(r, countersAll)
	macCounters.Store(r, 0)
	// 3. Frames as they are, of lengths that there is memory for.
	macLongest.Store(r, longest)
	rbufControl.Store(r, rbufControl.Load(r)&^(rbufAlign|rbufStatus64))
	rbufTxSize.Store(r, 1)
	m := c.mac
	macAddress0.Store(r, uint32(m[0])<<24|uint32(m[1])<<16|uint32(m[2])<<8|uint32(m[3]))
	macAddress1.Store(r, uint32(m[4])<<8|uint32(m[5]))
	// 4. Rings, while they stand still.
	c.initReceive()
	c.initTransmit()
	for _, d := range []mmio.Space{c.tx, c.rx} {
		dmaRings.Store(d, 1<<ringNumber)
		dmaControl.Store(d, dmaOn|dmaRingOn)
	}
	// 5. The transceiver. The MAC is let go once there is a carrier.
	rgmii := extRGMII.Load(r) &^ (rgmiiOutBand | rgmiiLink)
	extRGMII.Store(r, rgmii|rgmiiOn|rgmiiNoDelay)
	return phy.Start(c, true)
}

// stop stops the rings, a tenth of a second at most, and empties what waits to be sent.
func (c *Card) stop() error {
	for _, d := range []mmio.Space{c.tx, c.rx} {
		dmaControl.Store(d, dmaControl.Load(d)&^dmaOn)
		for tries := 0; dmaStatus.Load(d)&dmaOff == 0; tries++ {
			if tries == 100 {
				return errStop
			}
			clock.Sleep(clock.Millisecond)
		}
	}
	macTxFlush.Store(c.regs, 1)
	clock.Sleep(10 * microsecond)
	macTxFlush.Store(c.regs, 0)
	return nil
}

// initRing describes a direction's ring: the first descriptors, an interrupt for each frame.
func initRing(d mmio.Space) {
	dmaBurst.Store(d, burstLength)
	ringStart.Store(d, 0)
	ringEnd.Store(d, ring*descWords-1)
	ringSize.Store(d, ring<<16|slot)
	ringEvery.Store(d, 1)
}

// interrupt is the handler of the card's interrupt.
func (c *Card) interrupt() {
	why := intStatus.Load(c.regs) & (intReceived | intSent)
	intClear.Store(c.regs, why)
	if why&intReceived != 0 {
		c.received.Raise()
	}
	if why&intSent != 0 {
		c.mu.Lock()
		c.reclaim()
		c.mu.Unlock()
	}
}

// fail gives the card up.
func (c *Card) fail(err error) {
	if c.failed.CompareAndSwap(false, true) {
		c.linkUp.Store(false)
		intMaskSet.Store(c.regs, ^uint32(0))
		macCommand.Store(c.regs, 0)
		device.Report("eth", err)
	}
}

// linkChanged makes the MAC what has been agreed upon.
func (c *Card) linkChanged(m phy.Mode, up bool) error {
	if c.failed.Load() {
		return nil
	}
	wires := extRGMII.Load(c.regs) &^ rgmiiLink
	command := uint32(0)
	if up {
		wires |= rgmiiLink
		command = map[int]uint32{10: 0, 100: 1, 1000: 2}[m.Mbits]<<commandSpeed | commandTransmit | commandReceive
		if !m.Full {
			command |= commandHalf
		}
		if !m.Pause {
			command |= commandNoPause | commandNoTxPause
		}
	}
	extRGMII.Store(c.regs, wires)
	macCommand.Store(c.regs, command)
	c.linkUp.Store(up)
	return nil
}

// ReadPHY implements phy.PHY.
func (c *Card) ReadPHY(r uint8) (uint16, error) {
	v, err := c.access(mdioRead | uint32(r)<<mdioReg)
	if err == nil && v&mdioFailed != 0 {
		err = errMDIO
	}
	return uint16(v), err
}

// WritePHY implements phy.PHY.
func (c *Card) WritePHY(r uint8, v uint16) error {
	_, err := c.access(mdioWrite | uint32(r)<<mdioReg | uint32(v))
	return err
}

// access does an access to the transceiver: what is to be done, then that it is, and then wait: some 30 microseconds.
func (c *Card) access(what uint32) (uint32, error) {
	c.mdio.Lock()
	defer c.mdio.Unlock()
	what |= address << mdioPHY
	macMDIO.Store(c.regs, what)
	macMDIO.Store(c.regs, what|mdioBusy)
	for range 100 {
		if v := macMDIO.Load(c.regs); v&mdioBusy == 0 {
			return v, nil
		}
		clock.Sleep(20 * microsecond)
	}
	return 0, errMDIO
}

// MAC implements device.NIC.
func (c *Card) MAC() [6]byte { return c.mac }

// MTU implements device.NIC.
func (c *Card) MTU() int { return mtu }

// Offloads implements device.NIC.
func (c *Card) Offloads() device.Offloads { return 0 }

// LinkUp implements device.NIC.
func (c *Card) LinkUp() bool { return c.linkUp.Load() }

// A descriptor is where one is in the card's registers.
type descriptor uintptr

// descriptorOf is a direction's for the frame of an index.
func descriptorOf(base uintptr, index uint16) descriptor {
	return descriptor(base + descSize*uintptr(index%ring))
}

// fill gives a descriptor memory, and says how long it is, with flags.
func (d descriptor) fill(regs mmio.Space, addr uint64, length uint32) {
	(descLow + mmio.Reg32(d)).Store(regs, uint32(addr))
	(descHigh + mmio.Reg32(d)).Store(regs, uint32(addr>>32))
	(descLength + mmio.Reg32(d)).Store(regs, length)
}
