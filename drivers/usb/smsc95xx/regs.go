package smsc95xx

// A register is an offset in the card's: DS, 5.3 and 5.4. All are of 32 bits.
type register uint16

// System registers: DS, 5.3.
const (
	idRev     register = 0x000 // RO, bits 16-31: chip
	intStatus register = 0x008 // RW, writing 1 clears
	txConfig  register = 0x010
	hwConfig  register = 0x014
	power     register = 0x020
	leds      register = 0x024
	flowAuto  register = 0x02c // AFC_CFG
	burstCap  register = 0x038 // packets that one transfer to the host has at most
	interrupt register = 0x068 // INT_EP_CTL
	bulkDelay register = 0x06c // 60 ths of a microsecond that the card waits for more frames

	txOn = 1 << 2 // txConfig

	hwEmptyNAK = 1 << 12 // BIR: with nothing there, NAK and not an empty packet
	hwOffset   = 3 << 9  // RXDOFF: bytes before a received frame
	hwDropBad  = 1 << 6  // DRP: drop what came with errors
	hwMany     = 1 << 5  // MEF: several frames in a transfer
	hwReset    = 1 << 3  // LRST: clears itself
	hwBurstCap = 1 << 1  // BCE
	hwReserved = 0xffffe000

	powerPHYReset = 1 << 4 // clears itself

	ledAll = 1<<24 | 1<<20 | 1<<16 // speed, link and duplex at the pins

	// Pause frames from 15.5 KiB in the FIFO on until 3 KiB, back pressure for 350 microseconds: AFC_CFG.
	flowLevels = 0xf8<<16 | 0x30<<8 | 0xa<<4 | 1
)

// Registers of the MAC: DS, 5.4.
const (
	macControl  register = 0x100
	addressHigh register = 0x104 // bytes 4 and 5
	addressLow  register = 0x108 // bytes 0 to 3, the first lowest
	miiAccess   register = 0x114
	miiData     register = 0x118
	flow        register = 0x11c

	macFullDuplex    = 1 << 20
	macAllMulticast  = 1 << 19
	macReceive       = 1 << 2
	macTransmit      = 1 << 3
	macReceiveOwn    = 1 << 23 // RCVOWN: do not, in half duplex
	flowPause        = 1 << 1  // FCEN
	flowPauseTime    = 0xffff << 16
	miiBusy          = 1 << 0 // RO but for setting it
	miiWrite         = 1 << 1
	miiRegisterShift = 6
	miiPHY           = 1 << 11 // the PHY in the chip has address 1: DS, 4.4

	vendorWrite = 0xa0 // requests: DS, "USB Vendor Commands"
	vendorRead  = 0xa1
)

// Words around frames: DS, "TX Command Format" and "RX Status Format".
const (
	txFirst      = 1 << 13 // of word A, with the bytes in the buffer; word B has the frame's
	txLast       = 1 << 12
	txRoom       = 8
	rxError      = 1 << 15
	rxLengthMask = 0x3fff // above bit 16; with the checksum behind the frame
	rxRoom       = 4
	rxChecksum   = 4
)
