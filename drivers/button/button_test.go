//go:build !mirage

package button

import (
	"internal/mirage/irq"
	"internal/mirage/mmio/mmiotest"
	"sync"
	"testing"
	"time"
)

// presses counts, and tells a test that waits.
type presses chan struct{}

func (p presses) add() { p <- struct{}{} }

func (p presses) want(t *testing.T, rule string, n int) {
	t.Helper()
	for i := range n {
		select {
		case <-p:
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: press %d was not noticed", rule, i+1)
		}
	}
	select {
	case <-p:
		t.Errorf("%s: more than %d presses", rule, n)
	case <-time.After(20 * time.Millisecond):
	}
}

// machine guards the models' registers: those of a test and of the input's goroutine reach them.
var machine sync.Mutex

// model returns a register model whose accesses are one at a time.
func model(length uintptr, read func(off uintptr, width int) uint32, write func(off uintptr, width int, v uint32)) *mmiotest.Model {
	return &mmiotest.Model{
		Length: length,
		Read: func(off uintptr, width int) uint32 {
			machine.Lock()
			defer machine.Unlock()
			return read(off, width)
		},
		Write: func(off uintptr, width int, v uint32) {
			machine.Lock()
			defer machine.Unlock()
			write(off, width, v)
		},
	}
}

// set changes a register as its machine does.
func set[T any](register *T, v T) {
	machine.Lock()
	defer machine.Unlock()
	*register = v
}

// get returns what a register holds.
func get[T any](register *T) T {
	machine.Lock()
	defer machine.Unlock()
	return *register
}

// A pm1 is a machine with PM1 registers. Tests change it while it is quiet.
type pm1 struct {
	status, enable, control uint16
	command                 []uint8
	stubborn                bool
}

func (m *pm1) button(input uint32) PM1 {
	return PM1{
		Event: model(4, func(off uintptr, width int) uint32 {
			if off == 0 {
				return uint32(m.status)
			}
			return uint32(m.enable)
		}, func(off uintptr, width int, v uint32) {
			if off == 0 {
				m.status &^= uint16(v)
			} else {
				m.enable = uint16(v)
			}
		}),
		Control: model(2, func(uintptr, int) uint32 { return uint32(m.control) }, nil),
		Command: model(1, nil, func(off uintptr, width int, v uint32) {
			m.command = append(m.command, uint8(v))
			if !m.stubborn {
				m.control |= pm1ACPI
			}
		}),
		Enable: 2,
		Input:  irq.Input{Number: input, Level: true},
	}
}

func TestPM1(t *testing.T) {
	m := &pm1{status: pm1PowerButton | 1<<4, enable: 1 << 5}
	p := make(presses, 10)
	if err := m.button(9).Open(p.add); err != nil {
		t.Fatal(err)
	}
	if len(m.command) != 1 || m.command[0] != 2 {
		t.Errorf("section 4.8.2.5: the command port got %v", m.command)
	}
	if m.enable != pm1PowerButton {
		t.Errorf("enabled events are %#x", m.enable)
	}
	irq.Fire(9)
	p.want(t, "a press from before", 0)
	for range 3 {
		set(&m.status, pm1PowerButton|1<<4)
		irq.Fire(9)
		p.want(t, "section 4.8.2.2.1.1", 1)
		if status := get(&m.status); status != 1<<4 {
			t.Errorf("section 4.8.3.1.1: status is left %#x", status)
		}
	}
}

func TestPM1Mode(t *testing.T) {
	m := &pm1{control: pm1ACPI}
	if err := m.button(10).Open(nil); err != nil || m.command != nil {
		t.Errorf("a machine in ACPI mode: %v, commands %v", err, m.command)
	}
	m = &pm1{stubborn: true}
	if err := m.button(11).Open(nil); err != errPM1Mode || m.enable != 0 {
		t.Errorf("a machine that does not change: %v", err)
	}
	b := (&pm1{}).button(12)
	b.Command = nil
	if err := b.Open(nil); err != errPM1Mode {
		t.Errorf("a machine without a command port: %v", err)
	}
	b.Event = make(mmiotest.Bytes, 2)
	if err := b.Open(nil); err != errPM1Size {
		t.Errorf("a machine without an enable register: %v", err)
	}
}

func TestGED(t *testing.T) {
	events := uint32(2)
	regs := model(4, func(uintptr, int) uint32 {
		v := events
		events = 0 // by reading
		return v
	}, nil)
	p := make(presses, 10)
	if err := (GED{Register: regs, Mask: 2, Input: irq.Input{Number: 20}}).Open(p.add); err != nil {
		t.Fatal(err)
	}
	irq.Fire(20)
	p.want(t, "a press from before", 0)
	set(&events, 2|8)
	irq.Fire(20)
	p.want(t, "section 5.6.9", 1)
	set(&events, 8)
	irq.Fire(20)
	p.want(t, "another event", 0)
	if err := (GED{Register: make(mmiotest.Bytes, 1)}).Open(nil); err != errGEDSize {
		t.Error(err)
	}
}

func TestPL061(t *testing.T) {
	for i, low := range []bool{false, true} {
		held := make(mmiotest.Bytes, gpioSize)
		regs := model(gpioSize, func(off uintptr, _ int) uint32 { return uint32(held.Load8(off)) },
			func(off uintptr, _ int, v uint32) { held.Store8(off, uint8(v)) })
		gpioDirection.Store(regs, 0xff)
		gpioSense.Store(regs, 0xff)
		gpioBothEdges.Store(regs, 0xff)
		gpioEvent.Store(regs, 0xf7)
		gpioEnable.Store(regs, 0xff)
		p := make(presses, 10)
		input := irq.Input{Number: uint32(30 + i), Level: true}
		if err := (PL061{Regs: regs, Pin: 3, ActiveLow: low, Input: input}).Open(p.add); err != nil {
			t.Fatal(err)
		}
		event := uint8(0xff)
		if low {
			event = 0xf7
		}
		if d, s, b, e, on := gpioDirection.Load(regs), gpioSense.Load(regs), gpioBothEdges.Load(regs), gpioEvent.Load(regs),
			gpioEnable.Load(regs); d != 0xf7 || s != 0xf7 || b != 0xf7 || e != event || on != 1<<3 {
			t.Errorf("low %v: direction %#x, sense %#x, both edges %#x, event %#x, enable %#x", low, d, s, b, e, on)
		}
		gpioClear.Store(regs, 0)
		irq.Fire(input.Number)
		p.want(t, "an interrupt of nobody", 0)
		gpioMasked.Store(regs, 1<<3)
		irq.Fire(input.Number)
		p.want(t, "DDI 0190, GPIOMIS", 1)
		if c := gpioClear.Load(regs); c != 1<<3 {
			t.Errorf("DDI 0190, GPIOIC: cleared %#x", c)
		}
	}
	if (PL061{Regs: make(mmiotest.Bytes, gpioSize), Pin: 8}).Open(nil) != errPL061 || (PL061{Regs: make(mmiotest.Bytes, 16)}).Open(nil) != errPL061 {
		t.Error("a pin that there is not")
	}
}
