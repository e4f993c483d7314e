package emmc

import (
	goerrors "errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/mmio"
	"sync"
)

// ErrNone says that there is no card.
var ErrNone = goerrors.New("emmc: no card")

var (
	errRegisters = goerrors.New("emmc: registers missing")
	errReset     = goerrors.New("emmc: the controller does not come out of its reset")
	errClock     = goerrors.New("emmc: the controller's clock does not start")
	errTimeout   = goerrors.New("emmc: the card does not answer in time")
	errCard      = goerrors.New("emmc: the card reports an error")
	errVoltage   = goerrors.New("emmc: the card does not run at 3.3 V")
)

// A Card is the card. It implements device.Block.
type Card struct {
	regs   mmio.Space
	baseHz uint32

	mu       sync.Mutex
	address  uint32 // RCA, in the upper half
	byBlocks bool   // data is addressed by blocks, not by bytes
	bytes    int64
	failed   bool
}

// Open finds the card behind the controller at regs, whose clock is baseHz.
func Open(regs mmio.Space, baseHz uint32) (*Card, error) {
	if regs.Size() < size || baseHz == 0 {
		return nil, errRegisters
	}
	c := &Card{regs: regs, baseHz: baseHz}
	if err := c.reset(); err != nil {
		return nil, err
	}
	if err := c.identify(); err != nil {
		return nil, err
	}
	return c, nil
}

// reset resets the controller: 5.2, CONTROL1.
func (c *Card) reset() error {
	control1.Store(c.regs, resetAll)
	if !c.poll(func() bool { return control1.Load(c.regs)&resetAll == 0 }) {
		return errReset
	}
	control0.Store(c.regs, power)
	raised.Store(c.regs, 0)
	wanted.Store(c.regs, errors|commandDone|dataDone|writeReady|readReady)
	happened.Store(c.regs, ^uint32(0))
	return c.setClock(slowHz)
}

// setClock gives the card a clock of hz or a little less: the base, divided by twice a number of ten bits.
func (c *Card) setClock(hz uint32) error {
	divisor := min((c.baseHz+2*hz-1)/(2*hz), 1023)
	control1.Store(c.regs, longestWait)
	v := longestWait | clockInternal | divisor&0xff<<8 | divisor>>8<<6
	control1.Store(c.regs, v)
	if !c.poll(func() bool { return control1.Load(c.regs)&clockStable != 0 }) {
		return errClock
	}
	control1.Store(c.regs, v|clockCard)
	clock.Sleep(2 * clock.Millisecond) // PL, 6.4.1: 74 clocks before the first command
	return nil
}

// identify makes the card ready: PL, 4.2 and figure 4-2.
func (c *Card) identify() error {
	// 1. Who is there, and at which voltage. A card of before 2.00 does not know the question.
	c.send(goIdle, 0)
	got, err := c.send(sendIfCond, voltage33)
	if err == nil && got[0]&0xfff != voltage33 {
		return errVoltage
	}
	host := uint32(voltages)
	if err == nil {
		host |= highCapacity
	}
	// 2. Wait until it has powered up: a second at most.
	var condition uint32
	for tries := 0; ; tries++ {
		got, err := c.application(appOpCond, host)
		if err != nil {
			return ErrNone
		}
		if condition = got[0]; condition&ready != 0 {
			break
		}
		if tries == 100 {
			return errTimeout
		}
		clock.Sleep(10 * clock.Millisecond)
	}
	c.byBlocks = condition&highCapacity != 0
	// 3. Its address, and how large it is.
	if _, err := c.send(allSendCID, 0); err != nil {
		return err
	}
	if got, err = c.send(sendAddress, 0); err != nil {
		return err
	}
	c.address = got[0] & 0xffff0000
	if got, err = c.send(sendCSD, c.address); err != nil {
		return err
	}
	if c.bytes = capacity(got); c.bytes == 0 {
		return errCard
	}
	// 4. Select it, with four bits, at full speed.
	if _, err := c.send(selectCard, c.address); err != nil {
		return err
	}
	if _, err := c.send(setBlockLen, blockSize); err != nil {
		return err
	}
	if _, err := c.application(appBusWidth, 2); err != nil {
		return err
	}
	control0.Store(c.regs, control0.Load(c.regs)|wide)
	return c.setClock(fastHz)
}

// capacity is how many bytes a card's CSD says, 0 if it says nothing that makes sense: PL, 5.3. The controller leaves out the last
// eight bits.
func capacity(csd [4]uint32) int64 {
	bits := func(high, low uint) (v int64) {
		for n := high - 8; ; n-- {
			v = v<<1 | int64(csd[n/32]>>(n%32)&1)
			if n == low-8 {
				return v
			}
		}
	}
	switch bits(127, 126) {
	case 0:
		shift := bits(83, 80) + bits(49, 47) + 2
		return (bits(73, 62) + 1) << min(shift, 32) / blockSize * blockSize
	case 1:
		return (bits(69, 48) + 1) * 512 << 10
	}
	return 0
}

// Name implements device.Block.
func (c *Card) Name() string { return "mmcblk0" }

// Geometry implements device.Block.
func (c *Card) Geometry() device.Geometry {
	return device.Geometry{Size: c.bytes, Sector: blockSize, Physical: blockSize, Optimal: maxBlocks * blockSize}
}

// ReadAt implements device.Block.
func (c *Card) ReadAt(p []byte, off int64) error { return c.move(p, off, readBlocks) }

// WriteAt implements device.Block. What it has written is on the card when it returns.
func (c *Card) WriteAt(p []byte, off int64) error { return c.move(p, off, writeBlocks) }

// Flush implements device.Block. There is nothing that WriteAt does not wait for.
func (c *Card) Flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed {
		return device.ErrGone
	}
	return nil
}

// Discard implements device.Block.
func (c *Card) Discard(off, n int64) error { return device.ErrUnsupported }

// Zero implements device.Block.
func (c *Card) Zero(off, n int64, free bool) error { return device.ErrUnsupported }
