package i2c

import "internal/mirage/mmio"

// Registers: BCM2835 ARM Peripherals, 3.2.
const (
	control mmio.Reg32 = 0x00 // RW, C
	status  mmio.Reg32 = 0x04 // RW, S: bits of happened are cleared by a one, others are RO
	length  mmio.Reg32 = 0x08 // RW, DLEN: bytes of the transfer, 16 bits
	address mmio.Reg32 = 0x0c // RW, A: of the chip, 7 bits
	fifo    mmio.Reg32 = 0x10 // RW, 8 bits
	divider mmio.Reg32 = 0x14 // RW, DIV: core clocks of one of the bus, 16 bits, even
	delay   mmio.Reg32 = 0x18 // RW, DEL: core clocks: bits 0-15: from the rising edge to reading, 16-31: from the falling to writing
	stretch mmio.Reg32 = 0x1c // RW, CLKT: clocks of the bus that a chip may hold it, 16 bits; 0: for ever
	size               = 0x20

	enable = 1 << 15 // control: I2CEN
	start  = 1 << 7  // ST
	empty  = 1 << 4  // CLEAR: the FIFO is emptied
	read   = 1 << 0  // READ

	active   = 1 << 0 // status: TA
	done     = 1 << 1 // DONE
	needs    = 1 << 2 // TXW: the FIFO is to be written to
	room     = 1 << 4 // TXD: the FIFO takes bytes
	hasBytes = 1 << 5 // RXD: the FIFO has bytes
	refused  = 1 << 8 // ERR: a byte was not acknowledged
	tooLong  = 1 << 9 // CLKT: the chip held the clock too long
	happened = done | refused | tooLong
)

const (
	fifoSize   = 16
	maxLength  = 1<<16 - 1
	minDivider = 2
	maxDivider = 1<<16 - 2
)
