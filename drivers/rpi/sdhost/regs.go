package sdhost

import "internal/mirage/mmio"

// Registers. All are of 32 bits.
const (
	command  mmio.Reg32 = 0x00 // RW, SDCMD: writing it with the new flag sends it
	argument mmio.Reg32 = 0x04 // RW, SDARG
	timeout  mmio.Reg32 = 0x08 // RW, SDTOUT: clocks
	divider  mmio.Reg32 = 0x0c // RW, SDCDIV: the core's clock by this + 2
	response mmio.Reg32 = 0x10 // RO, SDRSP0, and three more, with the checksum of 136 bits
	status   mmio.Reg32 = 0x20 // RW, SDHSTS: writing 1 clears
	power    mmio.Reg32 = 0x30 // RW, SDVDD
	machine  mmio.Reg32 = 0x34 // RW, SDEDM: bits 0-3: state; 4-8: words in the FIFO
	config   mmio.Reg32 = 0x38 // RW, SDHCFG
	bytes    mmio.Reg32 = 0x3c // RW, SDHBCT: of a block
	data     mmio.Reg32 = 0x40 // RW
	blocks   mmio.Reg32 = 0x50 // RW, SDHBLC
	size                = 0x100

	commandNew    = 1 << 15 // until it is over
	commandFailed = 1 << 14
	commandBusy   = 1 << 11 // wait for the card's being busy
	commandNone   = 1 << 10 // no answer
	commandLong   = 1 << 9
	commandWrite  = 1 << 7
	commandRead   = 1 << 6

	statusTimeout = 1<<6 | 1<<7 // of a command, of data
	statusChecks  = 1<<4 | 1<<5 // CRC7, CRC16
	statusFIFO    = 1 << 3
	statusErrors  = statusTimeout | statusChecks | statusFIFO
	statusAll     = 0x7f8

	stateMask    = 15
	stateIdent   = 0
	stateData    = 1
	stateWaiting = 4  // of a read that is over
	stateStart   = 10 // of a write that is over
	fifoShift    = 4
	fifoMask     = 31
	fifoWords    = 16
	forceData    = 1 << 19

	// The FIFO's thresholds: more than 4 words does not work well in silicon.
	thresholds     = 4<<14 | 4<<9
	thresholdsMask = 31<<14 | 31<<9

	configSlow     = 1 << 3 // do not change clocks within a command
	configWide     = 1 << 2 // four wires
	configInternal = 1 << 1

	longestTimeout = 0xf00000
	maxDivider     = 0x7ff
)
