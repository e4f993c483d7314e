package pci

import "internal/mirage/mmio"

// Configuration space: PCI sections 6.1 and 6.2, bridge section 3.2.
const (
	vendorID      mmio.Reg16 = 0x00 // RO
	deviceID      mmio.Reg16 = 0x02 // RO
	command       mmio.Reg16 = 0x04 // RW
	status        mmio.Reg16 = 0x06 // RO here
	classCode     mmio.Reg32 = 0x08 // RO, class in bits 31-8, revision below
	headerType    mmio.Reg8  = 0x0e // RO
	baseAddress   mmio.Reg32 = 0x10 // RW, first of six (of two in a bridge)
	subsystemID   mmio.Reg16 = 0x2e // RO
	capabilities  mmio.Reg8  = 0x34 // RO, offset of the first
	interruptLine mmio.Reg8  = 0x3c // RW, what firmware noted
	interruptPin  mmio.Reg8  = 0x3d // RO, 1 to 4 for INTA# to INTD#, 0 for none

	busNumbers         mmio.Reg32 = 0x18 // RW, primary, secondary, subordinate, latency timer
	ioWindow           mmio.Reg16 = 0x1c // RW, base and limit
	memoryBase         mmio.Reg16 = 0x20 // RW, bits 15-4 are address bits 31-20
	memoryLimit        mmio.Reg16 = 0x22 // RW
	prefetchBase       mmio.Reg16 = 0x24 // RW, bit 0: 64 bits wide
	prefetchLimit      mmio.Reg16 = 0x26 // RW
	prefetchBaseUpper  mmio.Reg32 = 0x28 // RW
	prefetchLimitUpper mmio.Reg32 = 0x2c // RW
)

const (
	noVendor = 0xffff // what nobody answers with

	commandMemory     = 1 << 1
	commandMaster     = 1 << 2
	commandNoINTx     = 1 << 10
	commandIO         = 1 << 0
	statusCaps        = 1 << 4
	headerMulti       = 1 << 7
	headerTypeMask    = 0x7f
	headerBridge      = 1
	configSize        = 256  // PCI section 6.1
	configSizeExpress = 4096 // PCIe section 7.2
)

// A base address register: PCI section 6.2.5.1.
const (
	barIO       = 1 << 0
	barTypeMask = 3 << 1
	barType64   = 2 << 1
	barPrefetch = 1 << 3
	barFlags    = 0xf
)

// MSI-X capability and table: PCI section 6.8.2. Offsets are from the capability, and from the table's entry.
const (
	capMSIX = 0x11

	msixControl = 2 // 16 bits, RW
	msixTable   = 4 // 32 bits, RO, offset and in bits 2-0 the base address

	msixEnable   = 1 << 15
	msixMaskAll  = 1 << 14
	msixSizeMask = 0x7ff // entries - 1

	msixEntry   = 16
	entryAddr   = 0
	entryData   = 8
	entryVector = 12 // bit 0: masked
	entryMasked = 1 << 0
)
