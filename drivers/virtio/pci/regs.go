package pci

import "internal/mirage/mmio"

// IDs of functions: virtio 1.2 section 4.1.2.
const (
	vendor            = 0x1af4
	transitionalFirst = 0x1000 // up to 0x103f; the kind of device is the subsystem ID
	modernFirst       = 0x1040 // up to 0x107f; the kind of device is added
	modernLast        = 0x107f
)

// The capability that says where registers are: section 4.1.4. Offsets from the capability.
const (
	capVendor = 0x09 // ID of the capability

	capLength     = 2  // 8 bits, bytes in the capability
	capType       = 3  // 8 bits
	capBAR        = 4  // 8 bits
	capOffset     = 8  // 32 bits, in the base address
	capSize       = 12 // 32 bits
	capMultiplier = 16 // 32 bits, of typeNotify: section 4.1.4.4
	capMin        = 16 // length
)

// Types of registers: section 4.1.4.
const (
	typeCommon = 1
	typeNotify = 2
	typeISR    = 3
	typeDevice = 4
	types      = 5
)

// Common configuration: section 4.1.4.3.
const (
	deviceFeatureSelect mmio.Reg32 = 0x00 // RW, which 32
	deviceFeature       mmio.Reg32 = 0x04 // RO, features offered
	driverFeatureSelect mmio.Reg32 = 0x08 // RW, which 32
	driverFeature       mmio.Reg32 = 0x0c // RW, features accepted
	configVector        mmio.Reg16 = 0x10 // RW, MSI-X vector of the configuration
	numQueues           mmio.Reg16 = 0x12 // RO
	deviceStatus        mmio.Reg8  = 0x14 // RW, section 2.1; 0 resets
	configGeneration    mmio.Reg8  = 0x15 // RO, changes with the configuration
	queueSelect         mmio.Reg16 = 0x16 // RW, which queue the following are of
	queueSize           mmio.Reg16 = 0x18 // RW, largest, then chosen
	queueVector         mmio.Reg16 = 0x1a // RW, MSI-X vector of the queue
	queueEnable         mmio.Reg16 = 0x1c // RW, 1 while in use
	queueNotifyOff      mmio.Reg16 = 0x1e // RO, times the multiplier is where to notify
	queueDesc           mmio.Reg64 = 0x20 // RW, descriptor table
	queueDriver         mmio.Reg64 = 0x28 // RW, available ring
	queueDevice         mmio.Reg64 = 0x30 // RW, used ring
	commonSize                     = 0x38
)

// isr says why the pin is driven, and reading it ends that: section 4.1.4.5.
const (
	isr mmio.Reg8 = 0 // RO

	reasonQueue  = 1 << 0
	reasonConfig = 1 << 1
)

const noVector = 0xffff // section 4.1.5.1.2
