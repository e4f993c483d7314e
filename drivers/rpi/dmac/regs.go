package dmac

import "internal/mirage/mmio"

// Registers of a channel: 4.2.1.2.
const (
	control mmio.Reg32 = 0x00 // RW, CS
	block   mmio.Reg32 = 0x04 // RW, CONBLK_AD: bus address of the control block; 0 once all are done
	debug   mmio.Reg32 = 0x20 // RW, DEBUG: bits 0-2 say what failed, writing 1 clears

	// Spacing is how far apart the channels' registers are, of which a channel has the first Size bytes.
	Spacing = 0x100
	size    = 0x24

	active      = 1 << 0  // control: ACTIVE
	end         = 1 << 1  // END; writing 1 clears
	interrupt   = 1 << 2  // INT; writing 1 clears
	failed      = 1 << 8  // RO, ERROR
	priority    = 8 << 16 // PRIORITY, of 15
	panics      = 8 << 20 // PANIC_PRIORITY
	waitWrites  = 1 << 28 // WAIT_FOR_OUTSTANDING_WRITES
	reset       = 1 << 31 // RESET; clears itself
	debugErrors = 7
)

// A control block is eight words, at a multiple of 32: 4.2.1.1.
const (
	wordInfo   = 0
	wordSource = 4
	wordTarget = 8
	wordLength = 12
	wordStride = 16
	wordNext   = 20
	blockSize  = 32
)

// Transfer information: 4.2.1.2, TI.
const (
	interruptAtEnd = 1 << 0 // INTEN
	waitAnswer     = 1 << 3 // WAIT_RESP: a write is over when it is acknowledged
	targetGoesOn   = 1 << 4 // DEST_INC
	targetPaces    = 1 << 6 // DEST_DREQ
	sourceGoesOn   = 1 << 8 // SRC_INC
	sourcePaces    = 1 << 10
	pacerShift     = 16      // PERMAP: whose requests pace it: 4.2.1.3
	narrow         = 1 << 26 // NO_WIDE_BURSTS
)

// Channels that are not lite, and can be used: 4.5. Their interrupts are numbered from FirstInterrupt on: 7.5 and Linux, bcm283x.dtsi.
const (
	channels       = 7
	FirstInterrupt = 16
)

// Choose returns the channel to use of a mask of those that the firmware leaves; ok is false if there is none.
func Choose(mask uint32) (channel int, ok bool) {
	for n := range channels {
		if mask&(1<<n) != 0 {
			return n, true
		}
	}
	return 0, false
}
