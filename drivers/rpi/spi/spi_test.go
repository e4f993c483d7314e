//go:build !mirage

package spi

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

var _ device.SPI = (*Bus)(nil)

// A wire is a model of the controller: what is sent comes back with all its bits turned. A byte moves with each look at the control
// register. It checks what a driver must do: BCM2835 ARM Peripherals, 10.5 and 10.6.1.
type wire struct {
	t       *testing.T
	regs    [size / 4]uint32
	tx, rx  []byte
	sent    []byte
	selects []uint32 // the control word of each time that a chip is selected
	stuck   bool
}

func (m *wire) read(off uintptr, width int) uint32 {
	switch {
	case width != 4:
		m.t.Errorf("a read of %d bytes", width)
	case off == uintptr(fifo):
		if len(m.rx) == 0 {
			m.t.Error("an empty FIFO is read")
			return 0
		}
		v := m.rx[0]
		m.rx = m.rx[1:]
		return uint32(v)
	case off == uintptr(control):
		m.step()
		v := m.regs[0]
		if len(m.tx) < fifoSize {
			v |= room
		}
		if len(m.rx) > 0 {
			v |= hasBytes
		}
		if v&active != 0 && len(m.tx) == 0 {
			v |= done
		}
		return v
	}
	return m.regs[off/4]
}

func (m *wire) step() {
	if m.regs[0]&active == 0 || len(m.tx) == 0 || len(m.rx) == fifoSize || m.stuck {
		return // 10.6.1: with a full FIFO for what is received the clock stops
	}
	m.sent = append(m.sent, m.tx[0])
	m.rx = append(m.rx, ^m.tx[0])
	m.tx = m.tx[1:]
}

func (m *wire) write(off uintptr, width int, v uint32) {
	switch {
	case width != 4:
		m.t.Errorf("a write of %d bytes", width)
	case off == uintptr(control):
		if v&^(chipMask|trailing|idleHigh|clearTx|clearRx|active) != 0 {
			m.t.Errorf("control %#x: bits that are not ours", v)
		}
		old := m.regs[0]
		if old&active != 0 && (v^old)&(chipMask|trailing|idleHigh) != 0 {
			m.t.Error("the chip or the mode changes while it is selected")
		}
		if old&active != 0 && v&active == 0 && len(m.tx) > 0 && !m.stuck {
			m.t.Error("the transfer is cut short")
		}
		if v&clearTx != 0 {
			m.tx = nil
		}
		if v&clearRx != 0 {
			m.rx = nil
		}
		m.regs[0] = v &^ (clearTx | clearRx) // they read as zero
		if v&active != 0 && old&active == 0 {
			m.selects = append(m.selects, m.regs[0])
		}
	case off == uintptr(fifo):
		if m.regs[0]&active == 0 || len(m.tx) == fifoSize {
			m.t.Error("a write to a FIFO that takes nothing")
		}
		m.tx = append(m.tx, byte(v))
	case off == uintptr(divider):
		if v&1 != 0 || v > 0xffff || m.regs[0]&active != 0 {
			m.t.Errorf("divider %d, active %v", v, m.regs[0]&active != 0)
		}
		m.regs[off/4] = v
	default:
		m.t.Errorf("a write of register %#x", off)
	}
}

func open(t *testing.T) (*wire, *Bus) {
	m := &wire{t: t}
	b, err := Open(Config{
		Regs:  &mmiotest.Model{Length: size, Read: m.read, Write: m.write},
		Clock: func() (uint32, error) { return 250e6, nil }, Claim: func() {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, b
}

func TestTransfer(t *testing.T) {
	m, b := open(t)
	for _, n := range []int{0, 1, 63, 64, 65, 1000} {
		w, r := make([]byte, n), make([]byte, n)
		for i := range w {
			w[i] = byte(i*5 + n)
		}
		m.sent = nil
		if err := b.Transfer(device.SPIChip{ClockHz: 1e6}, []device.SPIPart{{W: w, R: r}}); err != nil || !bytes.Equal(m.sent, w) {
			t.Errorf("%d bytes: %v", n, err)
		}
		for i := range r {
			if r[i] != ^w[i] {
				t.Fatalf("byte %d of %d is %#x", i, n, r[i])
			}
		}
	}
	// Only one way: what is not sent is zeros, what is not wanted is dropped.
	r := make([]byte, 100)
	if err := b.Transfer(device.SPIChip{ClockHz: 1e6}, []device.SPIPart{{W: []byte("abc")}, {R: r}}); err != nil || r[99] != 0xff || m.regs[0]&active != 0 {
		t.Errorf("%v, %x", err, r)
	}
}

// The chip is selected anew for each part, unless it is kept.
func TestSelect(t *testing.T) {
	m, b := open(t)
	one := []byte{1}
	for _, test := range []struct {
		chip  device.SPIChip
		keep  bool
		how   uint32
		times int
	}{
		{device.SPIChip{Select: 1, ClockHz: 1e6}, false, 1 | active, 3},
		{device.SPIChip{Select: 0, ClockHz: 1e6, IdleHigh: true}, true, idleHigh | active, 1},
		{device.SPIChip{Select: device.NoSelect, ClockHz: 1e6, Trailing: true}, true, noChip | trailing | active, 1},
	} {
		m.selects = nil
		if err := b.Transfer(test.chip, []device.SPIPart{{W: one, Keep: test.keep}, {R: one, Keep: test.keep}, {W: one, Keep: test.keep}}); err != nil {
			t.Error(err)
		}
		if len(m.selects) != test.times || m.selects[0] != test.how || m.regs[0]&active != 0 {
			t.Errorf("%+v: selected %x, in the end %#x", test.chip, m.selects, m.regs[0])
		}
	}
}

// 10.5, CDIV, and its errata: no faster than was asked for, and even.
func TestSpeed(t *testing.T) {
	for hz, want := range map[uint32]uint32{125e6: 2, 100e6: 4, 1e6: 250, 3e6: 84, 250e6: 2, 3815: 65532} {
		if d, err := divide(250e6, hz); err != nil || d != want {
			t.Errorf("%d Hz: divider %d, want %d, %v", hz, d, want, err)
		}
	}
	for _, hz := range []uint32{0, 1000, 251e6} {
		if _, err := divide(250e6, hz); err == nil {
			t.Errorf("%d Hz is a speed", hz)
		}
	}
}

func TestRefused(t *testing.T) {
	m, b := open(t)
	one, two := make([]byte, 1), make([]byte, 2)
	for _, test := range []struct {
		chip device.SPIChip
		part device.SPIPart
		want error
	}{
		{device.SPIChip{Select: 2, ClockHz: 1e6}, device.SPIPart{W: one}, errChip},
		{device.SPIChip{Select: -2, ClockHz: 1e6}, device.SPIPart{W: one}, errChip},
		{device.SPIChip{}, device.SPIPart{W: one}, errSpeed},
		{device.SPIChip{ClockHz: 1e6}, device.SPIPart{W: one, R: two}, errPart},
	} {
		if err := b.Transfer(test.chip, []device.SPIPart{test.part}); err != test.want {
			t.Errorf("%+v: %v", test.chip, err)
		}
	}
	// A controller that stands still ends the transfer, and the next one works.
	m.stuck = true
	if err := b.Transfer(device.SPIChip{ClockHz: 1e6}, []device.SPIPart{{W: two}}); err != errStuck || m.regs[0]&active != 0 {
		t.Error(err)
	}
	m.stuck = false
	if err := b.Transfer(device.SPIChip{ClockHz: 1e6}, []device.SPIPart{{W: two, R: two}}); err != nil || two[0] != 0xff {
		t.Error(err, two)
	}
}
