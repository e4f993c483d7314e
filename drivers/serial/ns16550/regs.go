package ns16550

import "internal/mirage/mmio"

// Registers: data sheet, table II.
const (
	data            mmio.Reg8 = 0 // RW, received byte, byte to send
	interruptEnable mmio.Reg8 = 1 // RW
	interruptID     mmio.Reg8 = 2 // RO
	fifoControl     mmio.Reg8 = 2 // WO
	lineControl     mmio.Reg8 = 3 // RW
	modemControl    mmio.Reg8 = 4 // RW
	lineStatus      mmio.Reg8 = 5 // RO
	scratch         mmio.Reg8 = 7 // RW, ours
	registers                 = 8

	enableReceive  = 1 << 0 // interruptEnable
	enableTransmit = 1 << 1

	fifoEnable  = 1 << 0 // fifoControl; an interrupt at the first byte
	fifoReceive = 1 << 1 // empty it
	fifoSize    = 16

	line8N1 = 3 // lineControl: 8 bits, no parity, one stop bit

	modemReady  = 3      // modemControl: we are there, we listen
	modemEnable = 1 << 3 // on PCs OUT2 lets the interrupt through

	statusReceived = 1 << 0 // lineStatus: there is a byte
	statusEmpty    = 1 << 5 // the FIFO to send is empty
)
