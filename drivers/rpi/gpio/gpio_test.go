//go:build !mirage

package gpio

import (
	"internal/mirage/device"
	"internal/mirage/irq"
	"internal/mirage/mmio"
	"internal/mirage/mmio/mmiotest"
	"sync/atomic"
	"testing"
)

// A chip is a model of the pins: levels follow sets and clears of outputs, events are cleared by ones, and the BCM2835's pulls
// are taken over when a clock falls while the pull is said.
type chip struct {
	t     *testing.T
	regs  [size / 4]uint32
	pwm   mmiotest.Bytes
	clock [clockSize / 4]uint32
	pulls [58]uint32
	input uint32
}

var inputs atomic.Uint32

func open(t *testing.T, c Chip) (*chip, *Pins) {
	m := &chip{t: t, pwm: make(mmiotest.Bytes, pwmSize), input: 3000 + inputs.Add(2)}
	c.Bank0, c.Rest = irq.Input{Number: m.input, Level: true}, irq.Input{Number: m.input + 1, Level: true}
	p, err := Open(&mmiotest.Model{Length: size, Read: m.read, Write: m.write}, m.pwm, &mmiotest.Model{Length: clockSize, Read: m.readClock, Write: m.writeClock}, c)
	if err != nil {
		t.Fatal(err)
	}
	return m, p
}

var bcm2837 = Chip{Pins: 54, Oscillator: 19200000}

func (m *chip) read(off uintptr, width int) uint32 {
	switch r := mmio.Reg32(off); {
	case r >= sets && r < levels:
		m.t.Errorf("a read of %#x, which can only be written", off)
	}
	return m.regs[off/4]
}

func (m *chip) write(off uintptr, width int, v uint32) {
	pair := func(r mmio.Reg32) bool { return off == uintptr(r) || off == uintptr(r)+4 }
	bank := off / 4 % 2
	switch {
	case pair(sets):
		m.regs[uintptr(levels)/4+(off-uintptr(sets))/4] |= v
	case pair(clears):
		m.regs[uintptr(levels)/4+(off-uintptr(clears))/4] &^= v
	case pair(levels):
		m.t.Errorf("a write of %#x, which can only be read", off)
	case pair(events):
		m.regs[off/4] &^= v
	case pair(pulls):
		bank = (off - uintptr(pulls)) / 4
		for i := range 32 {
			if v&(1<<i) != 0 {
				m.pulls[32*bank+uintptr(i)] = m.regs[pull/4]
			}
		}
		m.regs[off/4] = v
	default:
		m.regs[off/4] = v
	}
}

func (m *chip) readClock(off uintptr, width int) uint32 { return m.clock[off/4] }

func (m *chip) writeClock(off uintptr, width int, v uint32) {
	if v>>24 != 0x5a {
		m.t.Errorf("%#x written to the clock manager without the password", v)
	}
	if off == uintptr(clockDivisor) && m.clock[clockControl/4]&(clockEnable|clockBusy) != 0 {
		m.t.Error("the divisor changes while the clock runs")
	}
	m.clock[off/4] = v & 0xffffff
}

func TestFunctionAndLevel(t *testing.T) {
	m, p := open(t, bcm2837)
	m.regs[1] = 0b100_100 << 12 // the UART's pins are somebody else's
	p.SetFunction(17, 1)
	if p.Function(17) != 1 || m.regs[1] != 0b100_100<<12|1<<21 || p.Function(14) != 4 {
		t.Errorf("GPFSEL1 is %#o", m.regs[1])
	}
	for _, pin := range []int{17, 40} {
		p.SetLevel(pin, true)
		if !p.Level(pin) {
			t.Errorf("pin %d is not high", pin)
		}
		p.SetLevel(pin, false)
		if p.Level(pin) {
			t.Errorf("pin %d is not low", pin)
		}
	}
}

// 6.1, GPPUD and GPPUDCLKn; BCM2711 ARM Peripherals, 5.2, GPIO_PUP_PDN_CNTRL_REGn.
func TestPull(t *testing.T) {
	m, p := open(t, bcm2837)
	p.SetPull(33, device.PullUp)
	if m.pulls[33] != 2 || m.pulls[32] != 0 || m.regs[pull/4] != 0 || m.regs[pulls/4+1] != 0 {
		t.Errorf("pulls %v, registers %x", m.pulls, m.regs[pull/4:])
	}
	m, p = open(t, Chip{Pins: 58, PullsByPin: true})
	p.SetPull(17, device.PullDown)
	p.SetPull(16, device.PullUp)
	if got := m.regs[pulls711/4+1]; got != 2<<2|1 {
		t.Errorf("register is %#x", got)
	}
}

func TestWatch(t *testing.T) {
	m, p := open(t, bcm2837)
	fired := make(chan int, 10)
	p.Watch(4, device.Rising|device.Falling, func() { fired <- 4 })
	p.Watch(35, device.Falling, func() { fired <- 35 })
	if m.regs[rising/4] != 1<<4 || m.regs[falling/4] != 1<<4 || m.regs[rising/4+1] != 0 || m.regs[falling/4+1] != 1<<3 {
		t.Fatalf("edges %x", m.regs[rising/4:falling/4+2])
	}
	for bank, want := range []int{4, 35} {
		m.regs[events/4+mmio.Reg32(bank)] = 1<<(want%32) | 1<<7 // pin 7 and 39 are nobody's
		irq.Fire(m.input + uint32(bank))
		if got := <-fired; got != want {
			t.Errorf("pin %d fired, want %d", got, want)
		}
	}
	p.Watch(4, device.Rising, nil)
	if m.regs[rising/4] != 0 || m.regs[falling/4] != 0 {
		t.Error("still watched")
	}
}

func TestPWM(t *testing.T) {
	m, p := open(t, bcm2837)
	if err := p.PWM(18, 20e6, 15e5); err != nil { // a servo's
		t.Fatal(err)
	}
	if err := p.PWM(13, 1e6, 1e6); err != nil {
		t.Fatal(err)
	}
	if got := [...]uint32{m.pwm.Load32(0x10), m.pwm.Load32(0x14), m.pwm.Load32(0x20), m.pwm.Load32(0x24), m.pwm.Load32(0)}; got != [...]uint32{384000, 28800, 19200, 19200, 0x8181} {
		t.Errorf("ranges, data and control %d", got)
	}
	if p.Function(18) != 2 || p.Function(13) != 4 || m.clock[clockControl/4] != clockEnable|clockOscillator || m.clock[clockDivisor/4] != 1<<12 {
		t.Errorf("functions %d %d, clock %x", p.Function(18), p.Function(13), m.clock)
	}
	for _, bad := range []struct {
		pin          int
		period, duty int64
	}{{17, 1e6, 1}, {18, 100, 1}, {18, 1e6, 2e6}, {18, 1e6, -1}, {18, 200e9, 1}} {
		if p.PWM(bad.pin, bad.period, bad.duty) == nil {
			t.Errorf("%v is no error", bad)
		}
	}
}
