package dwc2

import "internal/mirage/mmio"

// Global registers: RM0090, 35.16.2.
const (
	gahbcfg   mmio.Reg32 = 0x008 // RW, bus
	gusbcfg   mmio.Reg32 = 0x00c // RW, mode and PHY
	grstctl   mmio.Reg32 = 0x010 // RW, resets; bit 31 RO: the bus is idle
	gintsts   mmio.Reg32 = 0x014 // RW, write 1 to clear but for those that follow from other registers
	gintmsk   mmio.Reg32 = 0x018 // RW, those that interrupt
	grxfsiz   mmio.Reg32 = 0x024 // RW, words of the receive FIFO
	gnptxfsiz mmio.Reg32 = 0x028 // RW, start and words of the non-periodic transmit FIFO
	gsnpsid   mmio.Reg32 = 0x040 // RO, "OT" and the version
	ghwcfg2   mmio.Reg32 = 0x048 // RO, bits 3-4: DMA; 14-17: channels - 1
	hptxfsiz  mmio.Reg32 = 0x100 // RW, start and words of the periodic transmit FIFO
	pcgctl    mmio.Reg32 = 0xe00 // RW, clocks: 0: all run
	registers            = 0x1000

	ahbInterrupt = 1 << 0 // GINTMSK: let interrupts out
	ahbWaitAXI   = 1 << 4 // BCM2835: wait for writes to arrive (BCM2835 ARM Peripherals, 15.2)
	ahbDMA       = 1 << 5

	usbForceHost   = 1 << 29
	usbForceDevice = 1 << 30

	resetCore    = 1 << 0 // CSRST, clears itself
	resetRx      = 1 << 4 // RXFFLSH, likewise
	resetTx      = 1 << 5 // TXFFLSH, of the FIFOs that bits 6-10 name
	resetAllTx   = 16 << 6
	resetAHBIdle = 1 << 31

	intDisconnect = 1 << 29
	intChannel    = 1 << 25 // HCINT, RO
	intPort       = 1 << 24 // HPRTINT, RO
	intHost       = 1 << 0  // CMOD, RO: host mode

	idMask, idOTG = 0xffff0000, 0x4f540000

	architectureShift, architectureDMA = 3, 2
	channelsShift                      = 14
)

// FIFO sizes in words. The BCM2835's core has 4080: Linux, drivers/usb/dwc2/params.c, dwc2_set_bcm_params.
const (
	fifoRx, fifoTx, fifoPeriodic = 774, 256, 512
)

// Host registers: 35.16.3.
const (
	hcfg     mmio.Reg32 = 0x400 // RW, bits 0-1: clock of the PHY; 0: as fast as it is
	hfnum    mmio.Reg32 = 0x408 // RO, bits 0-15: number of the frame
	haint    mmio.Reg32 = 0x414 // RO, channels that interrupt
	haintmsk mmio.Reg32 = 0x418 // RW
	hprt     mmio.Reg32 = 0x440 // RW, the port

	portConnected  = 1 << 0  // RO
	portChanged    = 1 << 1  // write 1 to clear
	portEnabled    = 1 << 2  // write 1 to disable
	portEnableNews = 1 << 3  // write 1 to clear
	portOvercNews  = 1 << 5  // write 1 to clear
	portReset      = 1 << 8  // RW
	portPower      = 1 << 12 // RW
	portSpeedShift = 17      // RO: 0 high, 1 full, 2 low

	portWriteOne = portChanged | portEnabled | portEnableNews | portOvercNews
)

// Registers of channel n, from 0x500 + 32n on.
const (
	hcchar   mmio.Reg32 = 0x00 // RW, the pipe
	hcsplt   mmio.Reg32 = 0x04 // RW, split transactions
	hcint    mmio.Reg32 = 0x08 // RW, write 1 to clear
	hcintmsk mmio.Reg32 = 0x0c // RW
	hctsiz   mmio.Reg32 = 0x10 // RW, bits 0-18: bytes; 19-28: packets; 29-30: PID
	hcdma    mmio.Reg32 = 0x14 // RW, address; a multiple of 4

	channelAt, channelSize = 0x500, 0x20

	charEndpoint  = 11 // shifts; bits 0-10: largest packet
	charIn        = 1 << 15
	charLowSpeed  = 1 << 17
	charType      = 18
	charMulti     = 1 << 20 // one packet a microframe
	charAddress   = 22
	charOddFrame  = 1 << 29
	charDisable   = 1 << 30
	charEnable    = 1 << 31
	splitHub      = 7       // a shift; bits 0-6: port
	splitWhole    = 3 << 14 // XACTPOS: all of the data is in this one
	splitComplete = 1 << 16
	splitEnable   = 1 << 31

	chanDone     = 1 << 0 // XFRC
	chanHalted   = 1 << 1 // CHH
	chanBus      = 1 << 2 // AHBERR
	chanStall    = 1 << 3
	chanNAK      = 1 << 4
	chanACK      = 1 << 5
	chanNYET     = 1 << 6
	chanError    = 1 << 7 // TXERR: CRC, timeout, bit stuffing, false EOP; three times
	chanBabble   = 1 << 8
	chanOverrun  = 1 << 9  // FRMOR
	chanToggle   = 1 << 10 // DTERR
	chanAll      = 1<<14 - 1
	sizeMask     = 1<<19 - 1
	packetsShift = 19
	packetsMask  = 1<<10 - 1
	pidShift     = 29
)

// PIDs in hctsiz: 35.16.3, DPID.
const (
	pidData0, pidData2, pidData1, pidSetup = 0, 1, 2, 3
)

// maxTransfer and maxPackets bound what a channel does in one go; a longer transfer takes several.
const (
	maxTransfer = 64 << 10 // a little less than 2^19: what QEMU's model takes
	maxPackets  = 512
)
