package sd

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"sync"
)

// ErrNone says that there is no card.
var ErrNone = errors.New("sd: no card")

var errVoltage = errors.New("sd: the card does not run at 3.3 V")

// Commands: PL, 4.7.4. Those for an application follow appCommand.
var (
	goIdle      = Command{Index: 0}
	allSendCID  = Command{Index: 2, Answer: R2}
	sendAddress = Command{Index: 3, Answer: R1}
	selectCard  = Command{Index: 7, Answer: R1b}
	sendIfCond  = Command{Index: 8, Answer: R1}
	sendCSD     = Command{Index: 9, Answer: R2}
	sendStatus  = Command{Index: 13, Answer: R1}
	setBlockLen = Command{Index: 16, Answer: R1}
	readBlocks  = Command{Index: 18, Answer: R1, HasData: true, FromCard: true}
	writeBlocks = Command{Index: 25, Answer: R1, HasData: true}
	appCommand  = Command{Index: 55, Answer: R1}
	appBusWidth = Command{Index: 6, Answer: R1}
	appOpCond   = Command{Index: 41, Answer: R3}
)

const (
	voltage33    = 0x1aa    // of sendIfCond: 2.7-3.6 V, and a pattern: 4.3.13
	highCapacity = 1 << 30  // of appOpCond: 4.2.3.1
	voltages     = 0xff8000 // 2.7-3.6 V
	ready        = 1 << 31

	stateShift, stateTransfer = 9, 4 // of a status: 4.10.1
	readyForData              = 1 << 8
	statusErrors              = 0xfdf98008 // those of R1 that say that a command failed
)

// A Card is one behind a controller. It implements device.Block.
type Card struct {
	host Host

	mu       sync.Mutex
	address  uint32 // RCA, in the upper half
	byBlocks bool   // data is addressed by blocks, not by bytes
	bytes    int64
	failed   bool
}

// Open finds the card behind a controller.
func Open(host Host) (*Card, error) {
	c := &Card{host: host}
	if err := host.Reset(); err != nil {
		return nil, err
	}
	clock.Sleep(2 * clock.Millisecond) // PL, 6.4.1: 74 clocks before the first command
	if err := c.identify(); err != nil {
		return nil, err
	}
	return c, nil
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
			return ErrTimeout
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
		return ErrCard
	}
	// 4. Select it, with four bits, at full speed.
	if _, err := c.send(selectCard, c.address); err != nil {
		return err
	}
	if _, err := c.send(setBlockLen, BlockSize); err != nil {
		return err
	}
	if _, err := c.application(appBusWidth, 2); err != nil {
		return err
	}
	c.host.Widen()
	return c.host.SetClock(fastHz)
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
		return (bits(73, 62) + 1) << min(shift, 32) / BlockSize * BlockSize
	case 1:
		return (bits(69, 48) + 1) * 512 << 10
	}
	return 0
}

// Name implements device.Block.
func (c *Card) Name() string { return "mmcblk0" }

// Geometry implements device.Block.
func (c *Card) Geometry() device.Geometry {
	return device.Geometry{Size: c.bytes, Sector: BlockSize, Physical: BlockSize, Optimal: MaxBlocks * BlockSize}
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
