//go:build mirage

package i2c

import "internal/mirage/device"

// board is one of the machine's.
type board struct{ device.I2C }

func (b board) transfer(addr uint16, w, r []byte) error {
	err := b.Transfer(addr, w, r)
	if err == device.ErrNoChip {
		return ErrNoChip
	}
	return err
}

// find returns the machine's bus of a number, nil when there is none: those there are, are found before main starts.
var find = func(number int) (c controller) {
	device.EachI2C(func(b device.I2C) {
		if b.Number() == number {
			c = board{b}
		}
	})
	return c
}
