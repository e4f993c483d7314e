package i2c

import (
	"errors"
	"fmt"
	"math"
)

// ErrNone says that the machine has no I2C bus of that number.
var ErrNone = errors.New("i2c: this machine has no such bus")

// ErrNoChip says that no chip answers at an address: it is not connected, has no power, or has another address.
var ErrNoChip = errors.New("i2c: no chip answers at that address")

// A Bus is one. Its methods may be called from any goroutine.
type Bus interface {
	String() string

	// Tx writes w to the chip at an address of seven bits and then, without a stop in between, reads all of r from it. Either
	// may be empty.
	Tx(addr uint16, w, r []byte) error

	// SetSpeed sets the clock in Hz, for all who use the bus. It begins with 100,000.
	SetSpeed(hz int64) error
}

// Open returns a bus by the number that Linux has for it: 1 is /dev/i2c-1.
func Open(number int) (Bus, error) {
	c := find(number)
	if c == nil {
		return nil, fmt.Errorf("%w: %d", ErrNone, number)
	}
	return bus{number, c}, nil
}

// A controller is what a bus is on.
type controller interface {
	SetSpeed(hz uint32) error
	transfer(addr uint16, w, r []byte) error
}

type bus struct {
	number int
	controller
}

// String is the name that Linux has for the bus.
func (b bus) String() string { return fmt.Sprintf("I2C%d", b.number) }

func (b bus) Tx(addr uint16, w, r []byte) error {
	if len(w)+len(r) == 0 {
		return nil
	}
	if err := b.transfer(addr, w, r); err != nil {
		return fmt.Errorf("%v, address %#02x: %w", b, addr, err)
	}
	return nil
}

func (b bus) SetSpeed(hz int64) error {
	if hz <= 0 || hz > math.MaxUint32 {
		return fmt.Errorf("%v: no speed of %d Hz", b, hz)
	}
	if err := b.controller.SetSpeed(uint32(hz)); err != nil {
		return fmt.Errorf("%v: %w", b, err)
	}
	return nil
}

// A Dev is a chip on a bus.
type Dev struct {
	Bus  Bus
	Addr uint16
}

// String is the bus and the address.
func (d *Dev) String() string { return fmt.Sprintf("%v(%#02x)", d.Bus, d.Addr) }

// Tx writes w to the chip and then reads all of r from it.
func (d *Dev) Tx(w, r []byte) error { return d.Bus.Tx(d.Addr, w, r) }

// Write writes p to the chip in one go.
func (d *Dev) Write(p []byte) (int, error) {
	if err := d.Tx(p, nil); err != nil {
		return 0, err
	}
	return len(p), nil
}
