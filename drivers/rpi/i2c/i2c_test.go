//go:build !mirage

package i2c

import (
	"bytes"
	"errors"
	"internal/mirage/device"
	"internal/mirage/mmio/mmiotest"
	"testing"
)

var _ device.I2C = (*Bus)(nil)

// A wire is a model of the controller with a memory chip at address 0x50, whose first byte written says where it is written and read.
// A byte moves with each look at the status. It checks what a driver must do: BCM2835 ARM Peripherals, 3.2 and 3.3.
type wire struct {
	t    *testing.T
	regs [size / 4]uint32
	fifo []byte

	sending, receiving bool
	greet              int // looks until the address is sent
	left               int // bytes of the transfer
	first              bool
	stops              int
	late               bool // the read comes when the write has ended
	stretched, stuck   bool
	short              bool // it ends before its time

	chip    [256]byte
	pointer uint8
}

func (m *wire) read(off uintptr, width int) uint32 {
	if width != 4 {
		m.t.Errorf("a read of %d bytes", width)
	}
	switch off {
	case uintptr(fifo):
		if len(m.fifo) == 0 {
			m.t.Error("an empty FIFO is read")
			return 0
		}
		v := m.fifo[0]
		m.fifo = m.fifo[1:]
		return uint32(v)
	case uintptr(status):
		if !m.stuck {
			m.step()
		}
		return m.status()
	}
	return m.regs[off/4]
}

func (m *wire) status() uint32 {
	s := m.regs[status/4] & happened
	if m.sending || m.receiving {
		s |= active
	}
	if m.sending && len(m.fifo) < fifoSize {
		s |= needs
	}
	if !m.receiving && len(m.fifo) < fifoSize {
		s |= room
	}
	if !m.sending && len(m.fifo) > 0 {
		s |= hasBytes
	}
	return s
}

// step moves a byte.
func (m *wire) step() {
	switch {
	case !m.sending && !m.receiving:
		return
	case m.greet > 0:
		m.greet--
	case m.regs[address/4] != 0x50:
		m.end(refused)
	case m.stretched:
		m.end(tooLong)
	case m.short && m.left == 1:
		m.end(0)
	case m.sending && len(m.fifo) > 0:
		v := m.fifo[0]
		m.fifo = m.fifo[1:]
		if m.first {
			m.pointer = v
		} else {
			m.chip[m.pointer] = v
			m.pointer++
		}
		m.first = false
		m.moved()
	case m.receiving && len(m.fifo) < fifoSize:
		m.fifo = append(m.fifo, m.chip[m.pointer])
		m.pointer++
		m.moved()
	}
}

func (m *wire) moved() {
	if m.left--; m.left == 0 {
		m.end(0)
	}
}

func (m *wire) end(why uint32) {
	m.sending, m.receiving = false, false
	m.stops++
	m.regs[status/4] |= done | why
}

func (m *wire) write(off uintptr, width int, v uint32) {
	if width != 4 {
		m.t.Errorf("a write of %d bytes", width)
	}
	switch off {
	case uintptr(control):
		m.control(v)
	case uintptr(status):
		if v&^happened != 0 {
			m.t.Errorf("%#x written to the status", v)
		}
		m.regs[off/4] &^= v
	case uintptr(fifo):
		if len(m.fifo) == fifoSize || m.receiving {
			m.t.Error("a write to a FIFO that takes nothing")
		}
		m.fifo = append(m.fifo, byte(v))
	case uintptr(length), uintptr(address), uintptr(divider), uintptr(stretch):
		if v > 0xffff || off == uintptr(address) && v > 0x7f || off == uintptr(divider) && v&1 != 0 {
			m.t.Errorf("%#x written to register %#x", v, off)
		}
		m.regs[off/4] = v
	default:
		m.regs[off/4] = v
	}
}

func (m *wire) control(v uint32) {
	if v&^(enable|start|empty|read) != 0 {
		m.t.Errorf("control %#x: reserved bits, or interrupts", v)
	}
	if v&empty != 0 {
		m.fifo = nil
	}
	if v&start == 0 {
		if v&enable == 0 {
			m.sending, m.receiving = false, false
		}
		return
	}
	if v&enable == 0 || m.regs[length/4] == 0 {
		m.t.Errorf("a start with control %#x and length %d", v, m.regs[length/4])
	}
	// 3.2, DEL: both less than half a clock.
	if d := m.regs[divider/4]; d == 0 || m.regs[delay/4]&0xffff >= d/2 || m.regs[delay/4]>>16 >= d/2 || m.regs[stretch/4] == 0 {
		m.t.Errorf("divider %d, delays %#x, stretch %d", d, m.regs[delay/4], m.regs[stretch/4])
	}
	if m.regs[status/4]&happened != 0 {
		m.t.Error("a start with the end of another transfer still told")
	}
	for m.late && m.sending {
		m.step() // DONE is told, and stays
	}
	if m.sending { // all of that is sent before, and has no stop of its own
		for m.sending {
			m.step()
		}
		m.stops--
		m.regs[status/4] &^= done
	}
	m.greet = 3
	m.left, m.first = int(m.regs[length/4]), true
	m.sending, m.receiving = v&read == 0, v&read != 0
}

func open(t *testing.T) (*wire, *Bus) {
	m := &wire{t: t}
	claimed := false
	b, err := Open(Config{
		Number: 1, Regs: &mmiotest.Model{Length: size, Read: m.read, Write: m.write},
		Clock: func() (uint32, error) { return 250e6, nil },
		Claim: func() {
			if claimed {
				t.Error("the pins are claimed twice")
			}
			claimed = true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m, b
}

// 3.3: writes and reads of all lengths around the FIFO's, and a read behind a write with one stop for both.
func TestTransfer(t *testing.T) {
	m, b := open(t)
	for _, n := range []int{1, 2, 15, 16, 17, 33, 200} {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(i*3 + n)
		}
		if err := b.Transfer(0x50, append([]byte{7}, data...), nil); err != nil || !bytes.Equal(m.chip[7:7+n], data) {
			t.Errorf("%d bytes: %v", n, err)
		}
		got := make([]byte, n)
		if err := b.Transfer(0x50, []byte{7}, got); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %v, %x", n, err, got)
		}
		clear(got)
		m.pointer = 7
		if err := b.Transfer(0x50, nil, got); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes are read as %x, %v", n, got, err)
		}
	}
}

// A long write before a read goes out whole before it.
func TestLongWriteThenRead(t *testing.T) {
	m, b := open(t)
	got := make([]byte, 20)
	for i := range m.chip {
		m.chip[i] = byte(i)
	}
	if err := b.Transfer(0x50, append([]byte{100}, make([]byte, 40)...), got); err != nil || got[0] != 140 || got[19] != 159 {
		t.Errorf("%v, %d", err, got)
	}
}

// A read that is begun when the write has ended already is a transfer of its own, and what it reads is the same.
func TestLateRead(t *testing.T) {
	m, b := open(t)
	m.late = true
	for i := range m.chip {
		m.chip[i] = byte(i)
	}
	got := make([]byte, 20)
	if err := b.Transfer(0x50, []byte{100}, got); err != nil || got[0] != 100 || got[19] != 119 || m.stops != 2 {
		t.Errorf("%v, %d, %d stops", err, got, m.stops)
	}
	m.late, m.stops = false, 0
	if err := b.Transfer(0x50, []byte{100}, got); err != nil || m.stops != 1 {
		t.Errorf("%v, %d stops", err, m.stops)
	}
}

// What goes wrong is told apart, and the next transfer works.
func TestFaults(t *testing.T) {
	m, b := open(t)
	for _, test := range []struct {
		name  string
		spoil func()
		addr  uint16
		want  error
	}{
		{"nobody there", func() {}, 0x51, device.ErrNoChip},
		{"held too long", func() { m.stretched = true }, 0x50, errStretch},
		{"ends early", func() { m.short = true }, 0x50, errTimeout},
		{"does not move", func() { m.stuck = true }, 0x50, errTimeout},
		{"an address of eight bits", func() {}, 0x80, errAddress},
	} {
		for name, move := range map[string][2][]byte{"read": {nil, make([]byte, 40)}, "write": {make([]byte, 40), nil}} {
			test.spoil()
			err := b.Transfer(test.addr, move[0], move[1])
			if err != test.want && !(m.short && name == "write") { // a write does not see that it ends a byte too early
				t.Errorf("%s, %s: %v", test.name, name, err)
			}
			m.stretched, m.short, m.stuck = false, false, false
			if err := b.Transfer(0x50, []byte{1, 2}, make([]byte, 3)); err != nil {
				t.Errorf("after %s: %v", test.name, err)
			}
		}
	}
	if b.Transfer(0x50, nil, nil) != errLength || b.Transfer(0x50, make([]byte, 1<<16), nil) != errLength {
		t.Error("a length that there is not")
	}
}

// 3.2, CDIV: no faster than was asked for, and even.
func TestSpeed(t *testing.T) {
	m, b := open(t)
	if err := b.SetSpeed(400_000); err != nil || m.regs[divider/4] != 0 {
		t.Errorf("the bus is touched before it is used: %v", err)
	}
	b.Transfer(0x50, []byte{0}, nil)
	for hz, want := range map[uint32]uint32{400_000: 626, 100_000: 2500, 1_000_000: 250, 5000: 50000} {
		if err := b.SetSpeed(hz); err != nil || m.regs[divider/4] != want {
			t.Errorf("%d Hz: divider %d, want %d, %v", hz, m.regs[divider/4], want, err)
		}
	}
	for _, hz := range []uint32{0, 1_000_001, 1000} {
		if b.SetSpeed(hz) == nil {
			t.Errorf("%d Hz is a speed", hz)
		}
	}
	if err := b.Transfer(0x50, []byte{0}, make([]byte, 1)); err != nil || m.regs[divider/4] > 50000 {
		t.Error("a speed that is refused takes the bus away")
	}
	no := errors.New("no clock")
	b, _ = Open(Config{Regs: make(mmiotest.Bytes, size), Clock: func() (uint32, error) { return 0, no }, Claim: func() {}})
	if err := b.Transfer(0x50, []byte{0}, nil); err != no {
		t.Error(err)
	}
	if _, err := Open(Config{Regs: make(mmiotest.Bytes, 8)}); err == nil {
		t.Error("a bus without registers opens")
	}
}
