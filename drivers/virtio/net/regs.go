package net

import "internal/mirage/mmio"

// Features: section 5.1.3. Those that are not here are never accepted.
const (
	featureChecksum      = 1 << 0  // the card finishes checksums of frames to send
	featureGuestChecksum = 1 << 1  // we take frames with checksums that are not finished
	featureMTU           = 1 << 3  // the configuration has the MTU
	featureMAC           = 1 << 5  // the configuration has the address
	featureGuestTSO4     = 1 << 7  // we take TCP on IPv4 that the host has put together
	featureGuestTSO6     = 1 << 8  // the same on IPv6
	featureHostTSO4      = 1 << 11 // the card cuts TCP on IPv4 into segments
	featureHostTSO6      = 1 << 12 // the same on IPv6
	featureMergeable     = 1 << 15 // we take frames in several buffers
	featureStatus        = 1 << 16 // the configuration has the state of the link

	features = featureChecksum | featureGuestChecksum | featureMTU | featureMAC | featureGuestTSO4 | featureGuestTSO6 |
		featureHostTSO4 | featureHostTSO6 | featureMergeable | featureStatus
)

// accept returns which of features are accepted of those that are offered. What a feature requires (section 5.1.3.1) is offered
// with it (section 2.2.1). Without buffers that are merged each would have to hold 64 KiB: section 5.1.6.3.1.
func accept(offered uint64) uint64 {
	if offered&featureMergeable == 0 {
		return features &^ (featureGuestTSO4 | featureGuestTSO6)
	}
	return features
}

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
	headerLength  = 2 // of the headers up to TCP's payload, of a frame to be cut
	headerSegment = 4 // octets of payload in each segment
	headerStart   = 6 // of the checksum, bytes from the frame's first
	headerOffset  = 8 // of the checksum's place, bytes from the start
	headerBuffers = 10
	headerSize    = 12
	headerSizeOld = 10 // of legacy devices, without headerBuffers unless buffers are merged: section 5.1.6.1

	flagNeedsChecksum = 1 << 0
	flagDataValid     = 1 << 1

	// What the frame is segments of.
	typeNone = 0 // none
	typeTCP4 = 1
	typeTCP6 = 4
)
