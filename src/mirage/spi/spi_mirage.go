//go:build mirage

package spi

import "internal/mirage/device"

// board is one of the machine's.
type board struct{ device.SPI }

func (b board) transfer(chip int, hz uint32, m Mode, all []Packet) error {
	if m&NoCS != 0 {
		chip = device.NoSelect
	}
	parts := make([]device.SPIPart, len(all))
	for i, p := range all {
		parts[i] = device.SPIPart{W: p.W, R: p.R, Keep: p.KeepCS}
	}
	return b.Transfer(device.SPIChip{Select: chip, ClockHz: hz, IdleHigh: m&Mode2 != 0, Trailing: m&Mode1 != 0}, parts)
}

// find returns the machine's bus of a number, nil when there is none: those there are, are found before main starts.
var find = func(number int) (c controller) {
	device.EachSPI(func(b device.SPI) {
		if b.Number() == number {
			c = board{b}
		}
	})
	return c
}
