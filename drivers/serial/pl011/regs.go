package pl011

import "internal/mirage/mmio"

// Registers: manual, table 3-1.
const (
	data           mmio.Reg32 = 0x000 // RW, received byte with errors above, byte to send
	flags          mmio.Reg32 = 0x018 // RO
	lineControl    mmio.Reg32 = 0x02c // RW
	control        mmio.Reg32 = 0x030 // RW
	fifoLevel      mmio.Reg32 = 0x034 // RW
	interruptMask  mmio.Reg32 = 0x038 // RW, those that are wanted
	interruptClear mmio.Reg32 = 0x044 // WO
	registers                 = 0x048

	flagReceiveEmpty = 1 << 4
	flagTransmitFull = 1 << 5

	lineFIFO  = 1 << 4 // lineControl
	line8Bits = 3 << 5

	controlOn = 1<<0 | 1<<8 | 1<<9 // port, transmitter, receiver

	levelDefault = 0 // of both FIFOs: an eighth

	interruptReceive  = 1<<4 | 1<<6 // the level is reached; there was a pause
	interruptTransmit = 1 << 5
	interruptAll      = 0x7ff
)
