package spi

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/mmio"
	"sync"
)

var (
	errRegisters = errors.New("spi: registers missing")
	errChip      = errors.New("spi: there are chips 0 and 1")
	errSpeed     = errors.New("spi: no such speed")
	errPart      = errors.New("spi: what is sent and what is received are not of one length")
	errStuck     = errors.New("spi: the controller does not move")
)

// A Config is what a bus is made of.
type Config struct {
	Number int
	Regs   mmio.Space
	Clock  func() (hz uint32, err error) // of the GPU's core
	Claim  func()                        // has the pins lead to the bus; called before it is used for the first time
}

// A Bus is the controller. It implements device.SPI.
type Bus struct {
	config Config
	regs   mmio.Space

	mu      sync.Mutex
	claimed bool
	core    uint32 // Hz, once claimed
}

// Open returns the bus, which is not touched until it is used.
func Open(c Config) (*Bus, error) {
	if c.Regs.Size() < size {
		return nil, errRegisters
	}
	return &Bus{config: c, regs: c.Regs}, nil
}

// Number implements device.SPI.
func (b *Bus) Number() int { return b.config.Number }

// Chips implements device.SPI.
func (b *Bus) Chips() int { return chips }

// Transfer implements device.SPI: 10.6.1.
func (b *Bus) Transfer(c device.SPIChip, parts []device.SPIPart) error {
	if c.Select != device.NoSelect && (c.Select < 0 || c.Select >= chips) {
		return errChip
	}
	for _, p := range parts {
		if len(p.W) > 0 && len(p.R) > 0 && len(p.W) != len(p.R) {
			return errPart
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.claim(); err != nil {
		return err
	}
	d, err := divide(b.core, c.ClockHz)
	if err != nil {
		return err
	}
	// 1. Which chip, and how. The clock is at its idle level before the chip is selected.
	how := uint32(noChip)
	if c.Select != device.NoSelect {
		how = uint32(c.Select) & chipMask
	}
	if c.Trailing {
		how |= trailing
	}
	if c.IdleHigh {
		how |= idleHigh
	}
	control.Store(b.regs, how|clearTx|clearRx)
	divider.Store(b.regs, d&(maxDivider-1))
	defer control.Store(b.regs, how|clearTx|clearRx)
	// 2. The chip is selected as long as the transfer is active.
	for _, p := range parts {
		control.Store(b.regs, how|active)
		if err := b.move(p.W, p.R); err != nil {
			return err
		}
		if !p.Keep {
			control.Store(b.regs, how)
		}
	}
	return nil
}

// claim makes the bus ready to be used.
func (b *Bus) claim() (err error) {
	if b.claimed {
		return nil
	}
	if b.core, err = b.config.Clock(); err != nil {
		return err
	}
	b.config.Claim()
	b.claimed = true
	return nil
}

// divide is what the core's clock is divided by for a clock of hz or a little less: 10.5, CDIV. What the manual says of powers of two
// is wrong (elinux.org, "BCM2835 datasheet errata", p156); odd numbers are rounded down, which would be too fast.
func divide(core, hz uint32) (uint32, error) {
	if hz == 0 || hz > core {
		return 0, errSpeed
	}
	d := (uint64(core) + uint64(hz) - 1) / uint64(hz)
	d += d & 1
	if d > maxDivider {
		return 0, errSpeed
	}
	return uint32(d), nil
}

// move moves a part. What is sent is never more ahead of what is received than the FIFO holds.
func (b *Bus) move(w, r []byte) error {
	n := max(len(w), len(r))
	for sent, received := 0, 0; received < n; {
		before := received
		if !b.poll(hasBytes | room) {
			return errStuck
		}
		for sent < n && sent-received < fifoSize && control.Load(b.regs)&room != 0 {
			v := uint32(0)
			if len(w) > 0 {
				v = uint32(w[sent])
			}
			fifo.Store(b.regs, v)
			sent++
		}
		for received < sent && control.Load(b.regs)&hasBytes != 0 {
			v := byte(fifo.Load(b.regs))
			if len(r) > 0 {
				r[received] = v
			}
			received++
		}
		if received == before && !b.poll(hasBytes) {
			return errStuck
		}
	}
	if !b.poll(done) {
		return errStuck
	}
	return nil
}

// poll waits for one of some bits, and reports whether it came: at once some times, for most waits are short, and then with pauses.
// The slowest byte takes 3 ms.
func (b *Bus) poll(bits uint32) bool {
	for range 100 {
		if control.Load(b.regs)&bits != 0 {
			return true
		}
	}
	t, over := clock.NewTimer(100 * clock.Millisecond)
	defer t.Stop()
	for {
		if control.Load(b.regs)&bits != 0 {
			return true
		}
		select {
		case <-over:
			return false
		default:
			clock.Sleep(20e3)
		}
	}
}
