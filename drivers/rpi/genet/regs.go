package genet

import "internal/mirage/mmio"

// System registers.
const (
	sysRevision mmio.Reg32 = 0x00 // RO, bits 24-27: 6 is version 5
	sysPort     mmio.Reg32 = 0x04 // RW, where the transceiver is
	sysFlush    mmio.Reg32 = 0x08 // RW, SYS_RBUF_FLUSH_CTRL
	size                   = 0x10000

	version5     = 6
	portExternal = 3      // a gigabit one outside of the chip
	flushReset   = 1 << 1 // holds the MAC in its reset
)

// extRGMII is EXT_RGMII_OOB_CTRL: the wires to the transceiver.
const (
	extRGMII mmio.Reg32 = 0x8c // RW

	rgmiiLink    = 1 << 4
	rgmiiOutBand = 1 << 5  // OOB_DISABLE: do not heed what the transceiver says by itself
	rgmiiOn      = 1 << 6  // RGMII_MODE_EN
	rgmiiNoDelay = 1 << 16 // ID_MODE_DIS: the transceiver delays the clock of what it receives ("rgmii-rxid")
)

// Interrupts: INTRL2_0.
const (
	intStatus    mmio.Reg32 = 0x200 // RO
	intClear     mmio.Reg32 = 0x208 // WO, writing 1 clears
	intMaskSet   mmio.Reg32 = 0x210 // WO, writing 1 quiets
	intMaskClear mmio.Reg32 = 0x214 // WO, writing 1 lets through

	intReceived = 7 << 13 // RXDMA_MBDONE, PDONE, BDONE
	intSent     = 7 << 16 // TXDMA, likewise
)

// Receive buffers.
const (
	rbufControl mmio.Reg32 = 0x300 // RW
	rbufTxSize  mmio.Reg32 = 0x3b4 // RW, RBUF_TBUF_SIZE_CTRL: 1

	rbufStatus64 = 1 << 0 // 64 bytes about each frame in front of it
	rbufAlign    = 1 << 1 // two bytes in front of each frame
)

// The MAC: UMAC.
const (
	macCommand  mmio.Reg32 = 0x808 // RW
	macAddress0 mmio.Reg32 = 0x80c // RW, bytes 0 to 3 of the address, the first highest
	macAddress1 mmio.Reg32 = 0x810 // RW, bytes 4 and 5
	macLongest  mmio.Reg32 = 0x814 // RW, bytes of a frame
	macTxFlush  mmio.Reg32 = 0xb34 // RW
	macCounters mmio.Reg32 = 0xd80 // RW, bits 0-2: hold counters at 0
	macMDIO     mmio.Reg32 = 0xe14 // RW, an access to the transceiver

	commandTransmit  = 1 << 0
	commandReceive   = 1 << 1
	commandSpeed     = 2      // a shift: 0: 10, 1: 100, 2: 1000 Mbit/s
	commandNoPause   = 1 << 8 // RX_PAUSE_IGNORE
	commandHalf      = 1 << 10
	commandReset     = 1 << 13
	commandLoop      = 1 << 15
	commandNoTxPause = 1 << 28

	countersAll = 7

	mdioBusy   = 1 << 29
	mdioFailed = 1 << 28
	mdioRead   = 2 << 26
	mdioWrite  = 1 << 26
	mdioPHY    = 21 // shifts
	mdioReg    = 16
)

// Descriptors, 256 for each direction, each of three words.
const (
	rxDescriptors = 0x2000
	txDescriptors = 0x4000
	descriptors   = 256

	descLength mmio.Reg32 = 0x00 // RW, bits 16-27: bytes; and flags
	descLow    mmio.Reg32 = 0x04 // RW, address
	descHigh   mmio.Reg32 = 0x08 // RW
	descSize              = 12
	descWords             = 3

	descBytes   = 16 // a shift
	descLongest = 0xfff
	descOwn     = 0x8000
	descEnd     = 0x4000
	descStart   = 0x2000
	descErrors  = 0x1f // of a frame that came: long, odd nibble, symbol error, checksum, overrun
	descCRC     = 0x40 // append the checksum
	descQueue   = 0x3f << 7
)

// Rings: 16 with priorities, and the last, for all else. Offsets are from a direction's block, which follows its descriptors.
const (
	rxDMA = rxDescriptors + descriptors*descSize
	txDMA = txDescriptors + descriptors*descSize

	ringNumber = 16
	ringAt     = ringNumber * 0x40

	// Of the two indices the card counts one: when receiving the first, when sending the second.
	rxWrite    mmio.Reg32 = ringAt + 0x00 // RW, in words
	rxProduced mmio.Reg32 = ringAt + 0x08 // bits 0-15: frames that came
	rxConsumed mmio.Reg32 = ringAt + 0x0c // RW
	rxRead     mmio.Reg32 = ringAt + 0x2c // RW, in words
	rxFlow     mmio.Reg32 = ringAt + 0x28 // RW, XON_XOFF_THRESH
	txRead     mmio.Reg32 = ringAt + 0x00
	txConsumed mmio.Reg32 = ringAt + 0x08 // bits 0-15: frames that were sent
	txProduced mmio.Reg32 = ringAt + 0x0c // RW
	txWrite    mmio.Reg32 = ringAt + 0x2c
	txPeriod   mmio.Reg32 = ringAt + 0x28

	ringSize  mmio.Reg32 = ringAt + 0x10 // RW, bits 16-31: descriptors; 0-15: bytes of a buffer
	ringStart mmio.Reg32 = ringAt + 0x14 // RW, in words
	ringEnd   mmio.Reg32 = ringAt + 0x1c // RW, the last word
	ringEvery mmio.Reg32 = ringAt + 0x24 // RW, MBUF_DONE_THRESH: frames to an interrupt

	common                = 17 * 0x40
	dmaRings   mmio.Reg32 = common + 0x00 // RW, RING_CFG: those in use
	dmaControl mmio.Reg32 = common + 0x04 // RW
	dmaStatus  mmio.Reg32 = common + 0x08 // RO, bit 0: off
	dmaBurst   mmio.Reg32 = common + 0x0c // RW
	dmaSize               = common + 0x40

	dmaOn       = 1 << 0
	dmaRingOn   = 1 << (ringNumber + 1)
	dmaOff      = 1 << 0
	burstLength = 8
	flowLevels  = 5<<16 | descriptors>>4 // descriptors that are free
)
