package gpio

import (
	"errors"
	"internal/mirage/clock"
	"internal/mirage/device"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"sync"
)

var (
	errNone  = errors.New("gpio: registers missing")
	errPWM   = errors.New("gpio: only pins 12, 13, 18 and 19 have a pulse width modulator")
	errPulse = errors.New("gpio: a period is 200 ns to 100 s, and the pulse no longer")
	errClock = errors.New("gpio: the modulators' clock does not stop")
)

// Pins are the controller's. It implements device.Pins.
type Pins struct {
	regs  mmio.Space
	chip  Chip
	pwm   mmio.Space
	clock mmio.Space

	mu       sync.Mutex
	watchers [58]func()
	ticking  bool // the modulators' clock runs
}

// A Chip is what differs between a BCM2835, which stands for BCM2837, and a BCM2711.
type Chip struct {
	Pins        int    // 54, 58
	PullsByPin  bool   // each pin's pull is in a register
	Oscillator  uint32 // Hz
	Bank0, Rest irq.Input
}

// Open makes the pins at regs known, with the modulators and their clock.
func Open(regs, pwm, clocks mmio.Space, chip Chip) (*Pins, error) {
	if regs.Size() < size || pwm.Size() < pwmSize || clocks.Size() < clockSize || chip.Pins > 58 {
		return nil, errNone
	}
	p := &Pins{regs: regs, chip: chip, pwm: pwm, clock: clocks}
	for bank := range 2 {
		for _, r := range []mmio.Reg32{rising, falling} {
			at(r, bank).Store(regs, 0)
		}
		at(events, bank).Store(regs, ^uint32(0))
	}
	for bank, in := range []irq.Input{chip.Bank0, chip.Rest} {
		if err := irq.Attach(in, func() { p.interrupt(bank) }); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// at is the bank's register of a pair.
func at(r mmio.Reg32, bank int) mmio.Reg32 { return r + mmio.Reg32(4*bank) }

// of is the register of a pair, and the bit in it, of a pin.
func of(r mmio.Reg32, pin int) (mmio.Reg32, uint32) { return at(r, pin/32), 1 << (pin % 32) }

// Count implements device.Pins.
func (p *Pins) Count() int { return p.chip.Pins }

// Function implements device.Pins.
func (p *Pins) Function(pin int) uint8 {
	return uint8(at(selects, pin/10).Load(p.regs) >> (pin % 10 * 3) & 7)
}

// SetFunction implements device.Pins.
func (p *Pins) SetFunction(pin int, f uint8) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, shift := at(selects, pin/10), pin%10*3
	r.Store(p.regs, r.Load(p.regs)&^(7<<shift)|uint32(f&7)<<shift)
}

// Level implements device.Pins.
func (p *Pins) Level(pin int) bool {
	r, bit := of(levels, pin)
	return r.Load(p.regs)&bit != 0
}

// SetLevel implements device.Pins.
func (p *Pins) SetLevel(pin int, high bool) {
	r, bit := of(clears, pin)
	if high {
		r, bit = of(sets, pin)
	}
	r.Store(p.regs, bit)
}

// SetPull implements device.Pins.
func (p *Pins) SetPull(pin int, want device.Pull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chip.PullsByPin {
		v := [...]uint32{device.PullOff: 0, device.PullUp: 1, device.PullDown: 2}[want]
		r, shift := at(pulls711, pin/16), pin%16*2
		r.Store(p.regs, r.Load(p.regs)&^(3<<shift)|v<<shift)
		return
	}
	// 6.1, GPPUDCLKn: say which, wait 150 cycles, clock it into the pin, wait again, and take both away.
	const settle = 1e3 // 150 cycles are 600 ns at 250 MHz
	r, bit := of(pulls, pin)
	pull.Store(p.regs, [...]uint32{device.PullOff: 0, device.PullDown: 1, device.PullUp: 2}[want])
	clock.Sleep(settle)
	r.Store(p.regs, bit)
	clock.Sleep(settle)
	pull.Store(p.regs, 0)
	r.Store(p.regs, 0)
}

// Watch implements device.Pins.
func (p *Pins) Watch(pin int, e device.Edges, f func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f == nil {
		e = 0
	}
	p.watchers[pin] = f
	set := func(pair mmio.Reg32, on bool) {
		r, bit := of(pair, pin)
		v := r.Load(p.regs) &^ bit
		if on {
			v |= bit
		}
		r.Store(p.regs, v)
	}
	set(rising, e&device.Rising != 0)
	set(falling, e&device.Falling != 0)
	r, bit := of(events, pin)
	r.Store(p.regs, bit) // what was detected before
	return nil
}

// interrupt tells those who watch.
func (p *Pins) interrupt(bank int) {
	r := at(events, bank)
	bits := r.Load(p.regs)
	r.Store(p.regs, bits)
	for i := range 32 {
		pin := bank*32 + i
		if bits&(1<<i) == 0 || pin >= p.chip.Pins {
			continue
		}
		p.mu.Lock()
		f := p.watchers[pin]
		p.mu.Unlock()
		if f != nil {
			f()
		}
	}
}
