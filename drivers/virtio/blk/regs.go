package blk

import "internal/mirage/mmio"

// Features: section 5.2.3. Those that are not here are never accepted.
const (
	featureSizeMax  = 1 << 1  // the configuration has the longest segment
	featureSegMax   = 1 << 2  // the configuration has the most segments
	featureReadOnly = 1 << 5  // the device fails writes
	featureSector   = 1 << 6  // the configuration has the sector's size
	featureFlush    = 1 << 9  // there is a cache, and a request to flush it
	featureTopology = 1 << 10 // the configuration has what suits the device
	featureQueues   = 1 << 12 // the configuration has the number of queues
	featureDiscard  = 1 << 13
	featureZero     = 1 << 14

	features = featureSizeMax | featureSegMax | featureReadOnly | featureSector | featureFlush | featureTopology |
		featureQueues | featureDiscard | featureZero
)

// Configuration: section 5.2.4. All of it is read-only.
const (
	configCapacity    mmio.Reg32 = 0 // 64 bits, in sectors of 512 bytes
	configSizeMax     mmio.Reg32 = 8
	configSegMax      mmio.Reg32 = 12
	configSector      mmio.Reg32 = 20
	configPhysical    mmio.Reg8  = 24 // sectors in a physical one, as an exponent of 2
	configOptimal     mmio.Reg32 = 28 // in sectors
	configQueues      mmio.Reg16 = 34
	configDiscardMax  mmio.Reg32 = 36 // in sectors of 512 bytes
	configDiscardSegs mmio.Reg32 = 40
	configDiscardUnit mmio.Reg32 = 44 // in sectors of 512 bytes
	configZeroMax     mmio.Reg32 = 48 // in sectors of 512 bytes
	configZeroSegs    mmio.Reg32 = 52
)

// A request: section 5.2.6. le32 type, le32 reserved, le64 sector; then the data; then a byte for the status.
const (
	headerSize = 16
	headerType = 0
	headerAt   = 8 // in sectors of 512 bytes

	typeRead     = 0
	typeWrite    = 1
	typeFlush    = 4
	typeIdentify = 8
	typeDiscard  = 11
	typeZero     = 13

	statusOK          = 0
	statusError       = 1
	statusUnsupported = 2
	statusNone        = 0xff // none of those: the device has not written it
)

// The data of typeDiscard and typeZero: le64 sector, le32 sectors, le32 flags.
const (
	rangeSize  = 16
	rangeCount = 8
	rangeFlags = 12

	rangeFree = 1 << 0 // zeroing may give up the room
)

// unit is what capacity and sectors of requests count, whatever the sector's size: section 5.2.6.
const unit = 512
