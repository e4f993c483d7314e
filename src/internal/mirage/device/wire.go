package device

import "errors"

// ErrNoChip says that nobody on a bus has an address.
var ErrNoChip = errors.New("no chip answers at that address")

// An I2C is a bus of two wires for chips that have addresses.
type I2C interface {
	// Number is what Linux calls the bus: 1 is /dev/i2c-1.
	Number() int
	// SetSpeed sets the clock, in Hz.
	SetSpeed(hz uint32) error
	// Transfer writes w to the chip of an address and then reads all of r from it, with no stop in between. Either may be empty.
	Transfer(addr uint16, w, r []byte) error
}

// An SPI is a bus of three wires, and one more for each chip.
type SPI interface {
	// Number is what Linux calls the bus: 0 is that of /dev/spidev0.0 and /dev/spidev0.1.
	Number() int
	// Chips is how many chips it can select.
	Chips() int
	// Transfer moves parts to and from a chip, all in one go.
	Transfer(c SPIChip, parts []SPIPart) error
}

// An SPIChip is how a chip wants to be talked to.
type SPIChip struct {
	Select   int // which, from 0 on; NoSelect: none
	ClockHz  uint32
	IdleHigh bool // CPOL
	Trailing bool // CPHA: bits are taken at the second edge of the clock
}

// NoSelect is for chips that somebody else selects.
const NoSelect = -1

// An SPIPart is moved without a pause. W is sent while R is filled; where both are there they are of one length. Where there is no W
// zeros are sent.
type SPIPart struct {
	W, R []byte
	Keep bool // the chip stays selected until the next part
}

var (
	i2cs list[I2C]
	spis list[SPI]
)

// AddI2C makes b known.
func AddI2C(b I2C) { i2cs.add(b) }

// EachI2C calls f for each bus, those known now and those that come later.
func EachI2C(f func(I2C)) { i2cs.each(f) }

// AddSPI makes b known.
func AddSPI(b SPI) { spis.add(b) }

// EachSPI calls f for each bus, those known now and those that come later.
func EachSPI(f func(SPI)) { spis.each(f) }
