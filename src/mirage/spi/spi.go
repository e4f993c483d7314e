package spi

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// ErrNone says that the machine has no such bus, or no such chip on it.
var ErrNone = errors.New("spi: this machine has no such bus")

// A Mode is how the clock idles and when bits are taken, with options.
type Mode int

// The modes, and options to add to them.
const (
	Mode0 Mode = 0x0 // the clock idles low, bits are taken at its first edge
	Mode1 Mode = 0x1 // idles low, second edge
	Mode2 Mode = 0x2 // idles high, first edge
	Mode3 Mode = 0x3 // idles high, second edge

	HalfDuplex Mode = 0x4  // one wire for both directions: no bus can do that yet
	NoCS       Mode = 0x8  // the chip is not selected by the bus
	LSBFirst   Mode = 0x10 // the lowest bit of a byte comes first
)

// A Packet is a part of a transfer.
type Packet struct {
	W, R        []byte // of one length where both are there
	BitsPerWord uint8  // 0 or 8
	KeepCS      bool   // the chip stays selected until the next packet
}

// A Port is a bus and which chip on it.
type Port struct {
	number, chip int
	c            controller
}

// A controller is what a bus is on.
type controller interface {
	Chips() int
	transfer(chip int, hz uint32, m Mode, p []Packet) error
}

// Open returns the port of a chip by the numbers that Linux has for it: 0, 1 is /dev/spidev0.1.
func Open(bus, chip int) (*Port, error) {
	c := find(bus)
	if c == nil || chip < 0 || chip >= c.Chips() {
		return nil, fmt.Errorf("%w: %d.%d", ErrNone, bus, chip)
	}
	return &Port{bus, chip, c}, nil
}

// String is SPI and the numbers.
func (p *Port) String() string { return fmt.Sprintf("SPI%d.%d", p.number, p.chip) }

// Connect says how the chip wants to be talked to: a clock of at most so many Hz, the mode, and the bits of a word, which are 8.
func (p *Port) Connect(hz int64, mode Mode, bitsPerWord int) (*Conn, error) {
	switch {
	case hz <= 0 || hz > math.MaxUint32:
		return nil, fmt.Errorf("%v: no speed of %d Hz", p, hz)
	case mode&^(Mode3|NoCS|LSBFirst) != 0:
		return nil, fmt.Errorf("%v: no mode %#x", p, int(mode))
	case bitsPerWord != 8:
		return nil, fmt.Errorf("%v: words have 8 bits, not %d", p, bitsPerWord)
	}
	return &Conn{port: p, hz: uint32(hz), mode: mode}, nil
}

// A Conn is a connection to a chip. Its methods may be called from any goroutine.
type Conn struct {
	port *Port
	hz   uint32
	mode Mode
}

// String is the port's.
func (c *Conn) String() string { return c.port.String() }

// Tx sends w and fills r with what comes meanwhile. They are of one length, or one of them is empty.
func (c *Conn) Tx(w, r []byte) error { return c.TxPackets([]Packet{{W: w, R: r}}) }

// TxPackets moves packets one after the other, with no other transfer in between.
func (c *Conn) TxPackets(all []Packet) error {
	for _, p := range all {
		switch {
		case p.BitsPerWord != 0 && p.BitsPerWord != 8:
			return fmt.Errorf("%v: words have 8 bits, not %d", c, p.BitsPerWord)
		case len(p.W) > 0 && len(p.R) > 0 && len(p.W) != len(p.R):
			return fmt.Errorf("%v: %d bytes to send and %d to receive at the same time", c, len(p.W), len(p.R))
		}
	}
	if c.mode&LSBFirst != 0 {
		all = turnedPackets(all)
	}
	if err := c.port.c.transfer(c.port.chip, c.hz, c.mode, all); err != nil {
		return fmt.Errorf("%v: %w", c, err)
	}
	if c.mode&LSBFirst != 0 {
		for _, p := range all {
			turn(p.R, p.R)
		}
	}
	return nil
}

// turnedPackets are packets whose bytes to send have their bits the other way round: buses send the highest first.
func turnedPackets(all []Packet) []Packet {
	out := make([]Packet, len(all))
	for i, p := range all {
		out[i] = p
		out[i].W = make([]byte, len(p.W))
		turn(out[i].W, p.W)
	}
	return out
}

func turn(to, from []byte) {
	for i, b := range from {
		to[i] = bits.Reverse8(b)
	}
}
