package spi

import "internal/mirage/mmio"

// Registers: BCM2835 ARM Peripherals, 10.5.
const (
	control mmio.Reg32 = 0x00 // RW, CS
	fifo    mmio.Reg32 = 0x04 // RW, a byte at a time
	divider mmio.Reg32 = 0x08 // RW, CLK: core clocks of one of the bus, 16 bits, even; 0 is 65536
	size               = 0x18

	chipMask = 3 << 0 // control: CS
	trailing = 1 << 2 // CPHA
	idleHigh = 1 << 3 // CPOL
	clearTx  = 1 << 4 // CLEAR, one bit for each FIFO
	clearRx  = 1 << 5
	active   = 1 << 7  // TA
	done     = 1 << 16 // RO, DONE
	hasBytes = 1 << 17 // RO, RXD
	room     = 1 << 18 // RO, TXD
)

const (
	fifoSize   = 64 // bytes: 10.1 says 16 words
	chips      = 2  // that SPI0 has pins for
	noChip     = 2  // it has no pin for the third
	maxDivider = 1 << 16
)
