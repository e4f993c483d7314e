package board

import (
	"errors"
	"net"
)

// ErrNone says that the machine is not a board that is known.
var ErrNone = errors.New("board: this is no board whose firmware can be asked")

// A Clock is one that a Raspberry Pi's firmware knows: raspberrypi/firmware wiki, "Mailbox property interface", "Clocks".
type Clock uint32

// The clocks.
const (
	EMMC Clock = 1
	UART Clock = 2
	ARM  Clock = 3
	Core Clock = 4
)

// Tags of properties, likewise.
const (
	tagMACAddress  = 0x00010003
	tagClockRate   = 0x00030002
	tagTemperature = 0x00030006
)

// Rate asks the firmware for a clock's rate in Hz.
func Rate(c Clock) (int, error) {
	v := []uint32{uint32(c), 0}
	err := Property(tagClockRate, v)
	return int(v[1]), err
}

// MAC asks the firmware for the hardware address of the board's network card.
func MAC() (net.HardwareAddr, error) {
	v := []uint32{0, 0}
	if err := Property(tagMACAddress, v); err != nil {
		return nil, err
	}
	return net.HardwareAddr{byte(v[0]), byte(v[0] >> 8), byte(v[0] >> 16), byte(v[0] >> 24), byte(v[1]), byte(v[1] >> 8)}, nil
}
