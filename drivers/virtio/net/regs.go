package net

import "internal/mirage/mmio"

// Features: section 5.1.3. Those that are not here are never accepted.
const (
	featureChecksum      = 1 << 0  // the card finishes checksums of frames to send
	featureGuestChecksum = 1 << 1  // we take frames with checksums that are not finished
	featureMTU           = 1 << 3  // the configuration has the MTU
	featureMAC           = 1 << 5  // the configuration has the address
	featureMergeable     = 1 << 15 // we take frames in several buffers
	featureStatus        = 1 << 16 // the configuration has the state of the link

	features = featureChecksum | featureGuestChecksum | featureMTU | featureMAC | featureMergeable | featureStatus
)

// Configuration: section 5.1.4.
const (
	configMAC    mmio.Reg8  = 0  // RO, first of six
	configStatus mmio.Reg16 = 6  // RO
	configMTU    mmio.Reg16 = 10 // RO

	statusLinkUp = 1 << 0
	minMTU       = 68
)

// Queues: section 5.1.2.
const (
	receiveQueue  = 0
	transmitQueue = 1
)

// The header in front of each frame: section 5.1.6. All but the flags and the type is little-endian, 16 bits.
const (
	headerFlags   = 0
	headerType    = 1
	headerStart   = 6 // of the checksum, bytes from the frame's first
	headerOffset  = 8 // of the checksum's place, bytes from the start
	headerBuffers = 10
	headerSize    = 12
	headerSizeOld = 10 // of legacy devices, without headerBuffers unless buffers are merged: section 5.1.6.1

	flagNeedsChecksum = 1 << 0
	flagDataValid     = 1 << 1

	typeNone = 0 // not a segment of something larger
)
