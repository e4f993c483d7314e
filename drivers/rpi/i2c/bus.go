package i2c

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/mmio"
	"sync"
)

var (
	errRegisters = errors.New("i2c: registers missing")
	errAddress   = errors.New("i2c: an address has seven bits")
	errLength    = errors.New("i2c: 65535 bytes at a time are the most, and one the least")
	errSpeed     = errors.New("i2c: no such speed")
	errStretch   = errors.New("i2c: the chip held the clock for longer than 35 ms")
	errTimeout   = errors.New("i2c: the bus does not move: is there a resistor that pulls both wires up?")
	errPartial   = errors.New("i2c: the transfer ended early")
)

const (
	standardHz = 100_000   // I2C-bus specification (UM10204), table 10
	fastestHz  = 1_000_000 // fast-mode plus

	// patience is how long a chip may hold the clock: SMBus 3.1, table 2, T_TIMEOUT, MAX.
	patience = 35 * clock.Millisecond
)

// A Config is what a bus is made of.
type Config struct {
	Number int
	Regs   mmio.Space
	Clock  func() (hz uint32, err error) // of the GPU's core
	Claim  func()                        // has the pins lead to the bus; called before it is used for the first time
}

// A Bus is one controller. It implements device.I2C.
type Bus struct {
	config Config
	regs   mmio.Space

	mu      sync.Mutex
	claimed bool
	hz      uint32 // that was asked for
}

// Open returns the bus, which is not touched until it is used.
func Open(c Config) (*Bus, error) {
	if c.Regs.Size() < size {
		return nil, errRegisters
	}
	return &Bus{config: c, regs: c.Regs, hz: standardHz}, nil
}

// Number implements device.I2C.
func (b *Bus) Number() int { return b.config.Number }

// SetSpeed implements device.I2C.
func (b *Bus) SetSpeed(hz uint32) error {
	if hz == 0 || hz > fastestHz {
		return errSpeed
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := b.hz
	b.hz = hz
	if !b.claimed {
		return nil
	}
	err := b.setClock()
	if err != nil {
		b.hz = old
	}
	return err
}

// setClock divides the core's clock: 3.2, DIV, DEL and CLKT. The bus is never faster than it was asked to be.
func (b *Bus) setClock() error {
	core, err := b.config.Clock()
	if err != nil {
		return err
	}
	d := (core + b.hz - 1) / b.hz
	d += d & 1
	if d < minDivider || d > maxDivider {
		return errSpeed
	}
	divider.Store(b.regs, d)
	// A quarter of a clock into its high half, and a sixteenth into its low one, both less than half of it.
	delay.Store(b.regs, max(d/16, 1)<<16|max(d/4, 1))
	stretch.Store(b.regs, uint32(min(int64(b.hz)*patience/clock.Second+1, 1<<16-1)))
	return nil
}

// claim makes the bus ready to be used.
func (b *Bus) claim() error {
	if b.claimed {
		return nil
	}
	b.config.Claim()
	if err := b.setClock(); err != nil {
		return err
	}
	b.claimed = true
	return nil
}

// Transfer implements device.I2C.
func (b *Bus) Transfer(addr uint16, w, r []byte) error {
	if addr > 0x7f {
		return errAddress
	}
	if len(w) > maxLength || len(r) > maxLength || len(w)+len(r) == 0 {
		return errLength
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.claim(); err != nil {
		return err
	}
	err := b.transfer(addr, w, r)
	// The controller forgets whatever is left: 3.2, CLEAR and S.
	control.Store(b.regs, empty)
	status.Store(b.regs, happened)
	return err
}

// transfer is Transfer with the bus ready: 3.3.
func (b *Bus) transfer(addr uint16, w, r []byte) error {
	status.Store(b.regs, happened)
	address.Store(b.regs, uint32(addr))
	control.Store(b.regs, enable|empty)
	if len(w) > 0 {
		// What the FIFO takes goes there before the start, so that the bus need not wait for it.
		n := min(len(w), fifoSize)
		length.Store(b.regs, uint32(len(w)))
		b.put(w[:n])
		control.Store(b.regs, enable|start)
		if err := b.send(w[n:], len(r) > 0); err != nil {
			return err
		}
	}
	if len(r) > 0 {
		length.Store(b.regs, uint32(len(r)))
		control.Store(b.regs, enable|start|read)
		return b.receive(r)
	}
	return nil
}

func (b *Bus) put(p []byte) {
	for _, c := range p {
		fifo.Store(b.regs, uint32(c))
	}
}

// send gives the FIFO the rest of a write, and waits until that is over, or, if more is to come, until it can be told of it: once the
// transfer is active and the FIFO has all of it.
func (b *Bus) send(p []byte, more bool) error {
	urgent := more && len(p) == 0 // the moment must not be missed
	return b.poll(urgent, func(s uint32) (moved int, over bool, err error) {
		for ; len(p) > moved && s&room != 0; s = status.Load(b.regs) {
			b.put(p[moved : moved+1])
			moved++
		}
		p = p[moved:]
		switch {
		case s&done == 0:
			return moved, more && len(p) == 0 && s&(active|needs) == active|needs, nil
		case len(p) > 0:
			return moved, true, errPartial
		}
		status.Store(b.regs, done) // of this part
		return moved, true, nil
	})
}

// receive takes what comes, and waits until that is all and the bus is free. The end that is told may be that of the write before, if
// the read was begun late: it is the read's once all has come.
func (b *Bus) receive(r []byte) error {
	return b.poll(false, func(s uint32) (moved int, over bool, err error) {
		for ; len(r) > moved && s&hasBytes != 0; s = status.Load(b.regs) {
			r[moved] = byte(fifo.Load(b.regs))
			moved++
		}
		r = r[moved:]
		return moved, len(r) == 0 && s&(done|active) == done, nil
	})
}

// poll asks for the status until step says that it is over, and sees to it that the controller's own complaints are heard. It ends
// when nothing has moved for longer than a chip may hold the bus.
func (b *Bus) poll(urgent bool, step func(s uint32) (moved int, over bool, err error)) error {
	const pause = 20e3 // a byte takes 90 microseconds at 100 kHz
	t, late := clock.NewTimer(2 * patience)
	defer t.Stop()
	for {
		s := status.Load(b.regs)
		switch {
		case s&refused != 0:
			return device.ErrNoChip
		case s&tooLong != 0:
			return errStretch
		}
		moved, over, err := step(s)
		if over || err != nil {
			return err
		}
		if moved > 0 {
			t.Reset(2 * patience)
		}
		select {
		case <-late:
			return errTimeout
		default:
		}
		if !urgent {
			clock.Sleep(pause)
		}
	}
}
