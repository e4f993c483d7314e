package gpio

import "internal/mirage/clock"

// modulated says which channel is behind a pin, and as which function: BCM2835 ARM Peripherals, 6.2.
var modulated = map[int]struct {
	channel  uintptr
	function uint8
}{12: {0, 4}, 13: {1, 4}, 18: {0, 2}, 19: {1, 2}}

// Bounds of a pulse: the clock ticks each 52 ns (BCM2837) or 19 ns (BCM2711), and has 32 bits.
const (
	shortest = 200
	longest  = 100 * clock.Second
)

// PWM implements device.Pins.
func (p *Pins) PWM(pin int, period, duty int64) error {
	m, ok := modulated[pin]
	if !ok {
		return errPWM
	}
	if period < shortest || period > longest || duty < 0 || duty > period {
		return errPulse
	}
	if err := p.startClock(); err != nil {
		return err
	}
	p.mu.Lock()
	clocks := func(ns int64) uint32 { return uint32(min(float64(ns)*float64(p.chip.Oscillator)/1e9, 1<<32-1)) }
	bits, regs := 8*m.channel, 0x10*m.channel
	control := pwmControl.Load(p.pwm) &^ (pwmBits << bits)
	pwmControl.Store(p.pwm, control)
	p.pwm.Store32(uintptr(pwmRange)+regs, clocks(period))
	p.pwm.Store32(uintptr(pwmData)+regs, clocks(duty))
	pwmControl.Store(p.pwm, control|(pwmEnable|pwmMarks)<<bits)
	p.mu.Unlock()
	p.SetFunction(pin, m.function)
	return nil
}

// startClock has the modulators' clock tick as the oscillator does: 6.3. The source and the divisor may only change while it does
// not run.
func (p *Pins) startClock() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticking {
		return nil
	}
	clockControl.Store(p.clock, clockPassword|clockOscillator)
	for tries := 0; clockControl.Load(p.clock)&clockBusy != 0; tries++ {
		if tries == 100 {
			return errClock
		}
		clock.Sleep(100e3)
	}
	clockDivisor.Store(p.clock, clockPassword|1<<12)
	clockControl.Store(p.clock, clockPassword|clockOscillator)
	clockControl.Store(p.clock, clockPassword|clockOscillator|clockEnable)
	p.ticking = true
	return nil
}
