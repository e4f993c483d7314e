package mmio

import "internal/mirage/mmio"

// Registers: virtio 1.2 section 4.2.2, and section 4.2.4 for those of version 1.
const (
	magicValue        mmio.Reg32 = 0x000 // RO, "virt"
	version           mmio.Reg32 = 0x004 // RO, 2, or 1 for legacy
	deviceID          mmio.Reg32 = 0x008 // RO, 0 is a place without a device
	deviceFeatures    mmio.Reg32 = 0x010 // RO, 32 of them
	deviceFeaturesSel mmio.Reg32 = 0x014 // WO, which
	driverFeatures    mmio.Reg32 = 0x020 // WO, 32 of them
	driverFeaturesSel mmio.Reg32 = 0x024 // WO, which
	guestPageSize     mmio.Reg32 = 0x028 // WO, version 1, the unit of queuePFN
	queueSel          mmio.Reg32 = 0x030 // WO, which queue the following are of
	queueNumMax       mmio.Reg32 = 0x034 // RO, largest size, 0 for no queue
	queueNum          mmio.Reg32 = 0x038 // WO, size
	queueAlign        mmio.Reg32 = 0x03c // WO, version 1, alignment of the used ring
	queuePFN          mmio.Reg32 = 0x040 // RW, version 1, where the queue is, in pages; 0 for nowhere
	queueReady        mmio.Reg32 = 0x044 // RW, 1 while in use
	queueNotify       mmio.Reg32 = 0x050 // WO, the queue with something available
	interruptStatus   mmio.Reg32 = 0x060 // RO, reasons of the interrupt
	interruptACK      mmio.Reg32 = 0x064 // WO, reasons that were seen
	status            mmio.Reg32 = 0x070 // RW, section 2.1; 0 resets
	queueDesc         mmio.Reg64 = 0x080 // WO, descriptor table
	queueDriver       mmio.Reg64 = 0x090 // WO, available ring
	queueDevice       mmio.Reg64 = 0x0a0 // WO, used ring
	configGeneration  mmio.Reg32 = 0x0fc // RO, changes with the configuration
	configuration                = 0x100 // the device's own
)

const (
	magic = 0x74726976

	reasonQueue  = 1 << 0 // of interruptStatus: a buffer was used
	reasonConfig = 1 << 1 // the configuration changed

	pageSize = 4096 // ours, of guestPageSize
)
