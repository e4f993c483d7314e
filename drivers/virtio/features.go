package virtio

// Features that do not belong to one kind of device: virtio 1.2 chapter 6. Only what is listed here, and what the driver of
// the device allows, is ever accepted.
const (
	FeatureAnyLayout      = 1 << 27 // legacy: a header may share a buffer with what follows it
	FeatureIndirect       = 1 << 28 // descriptors in a table of their own
	FeatureEventIndex     = 1 << 29 // notifications and interrupts at an index
	FeatureVersion1       = 1 << 32 // not legacy
	FeatureAccessPlatform = 1 << 33 // the device's accesses may be translated or limited
	FeatureOrderPlatform  = 1 << 36 // the device needs the barriers of real hardware
)

// features are those that this package and package queue serve. Access and order of the platform are because addresses
// given to devices are physical ones with no IOMMU in use, and package dma's barriers are those for hardware.
const features = FeatureIndirect | FeatureEventIndex | FeatureVersion1 | FeatureAccessPlatform | FeatureOrderPlatform

// legacyFeatures are those of a legacy device, which has 32 bits: section 2.2.3.
const legacyFeatures = FeatureAnyLayout | FeatureIndirect | FeatureEventIndex

// Kinds of devices: chapter 5.
const (
	IDNet     = 1
	IDBlock   = 2
	IDConsole = 3
	IDEntropy = 4
	IDBalloon = 5
)

// Device status: section 2.1.
const (
	StatusAcknowledge = 1 << 0
	StatusDriver      = 1 << 1
	StatusDriverOK    = 1 << 2
	StatusFeaturesOK  = 1 << 3
	StatusNeedsReset  = 1 << 6
	StatusFailed      = 1 << 7
)
