package emmc

import "internal/mirage/mmio"

// Registers: 5.2. All are of 32 bits, and are only accessed so.
const (
	blocks   mmio.Reg32 = 0x04 // RW, BLKSIZECNT: bits 0-9: bytes of a block; 16-31: blocks
	argument mmio.Reg32 = 0x08 // RW, ARG1
	command  mmio.Reg32 = 0x0c // RW, CMDTM: writing it sends the command
	response mmio.Reg32 = 0x10 // RO, RESP0, and three more
	data     mmio.Reg32 = 0x20 // RW
	status   mmio.Reg32 = 0x24 // RO
	control0 mmio.Reg32 = 0x28 // RW
	control1 mmio.Reg32 = 0x2c // RW
	happened mmio.Reg32 = 0x30 // RW, INTERRUPT: writing 1 clears
	wanted   mmio.Reg32 = 0x34 // RW, IRPT_MASK: what is noted in happened
	raised   mmio.Reg32 = 0x38 // RW, IRPT_EN: what interrupts
	size                = 0x100

	statusCommand = 1 << 0 // CMD_INHIBIT: a command is under way
	statusData    = 1 << 1 // DAT_INHIBIT

	wide  = 1 << 1   // control0, HCTL_DWIDTH: four bits
	power = 0xf << 8 // control0: the bus at 3.3 V: SD Host Controller Simplified Specification 3.00, 2.2.11

	clockInternal = 1 << 0 // control1
	clockStable   = 1 << 1 // RO
	clockCard     = 1 << 2
	longestWait   = 0xe << 16 // DATA_TOUNIT
	resetAll      = 1 << 24   // clears itself
	resetCommand  = 1 << 25
	resetData     = 1 << 26

	commandDone  = 1 << 0 // happened
	dataDone     = 1 << 1
	writeReady   = 1 << 4
	readReady    = 1 << 5
	anyError     = 1 << 15
	errorTimeout = 1 << 16 // CTO_ERR: no card answers
	errors       = 0xffff0000 | anyError
)

// Parts of a command: CMDTM.
const (
	countBlocks = 1 << 1
	autoStop    = 1 << 2 // CMD12 by the controller
	toHost      = 1 << 4
	manyBlocks  = 1 << 5
	answer136   = 1 << 16
	answer48    = 2 << 16
	answerBusy  = 3 << 16
	checkCRC    = 1 << 19
	checkIndex  = 1 << 20
	hasData     = 1 << 21
	indexShift  = 24
)
