package blkfront

// A request, as little-endian words of 32 bits: struct blkif_request and its kin.
//
//	word 0  operation, segments << 8, device << 16; indirect: operation << 8, segments << 16; discard: flags << 8
//	word 2  64 bits, the request's name
//	word 4  64 bits, the first sector, of 512 bytes
//	word 6  segments of two words each; indirect: device, then from word 7 on the pages with the segments; discard: 64 bits, sectors
//
// A segment is the page's reference, and first | last << 8, the sectors of it. A response is the name, and operation | status << 16.
const (
	entrySize   = 112
	entryWords  = entrySize / 4
	wordName    = 2
	wordSector  = 4
	wordSegment = 6
	wordPages   = 7

	responseWords = 3

	opRead     = 0
	opWrite    = 1
	opBarrier  = 2
	opFlush    = 3
	opDiscard  = 5
	opIndirect = 6

	statusOK          = 0
	statusError       = -1
	statusUnsupported = -2

	// Segments of a page each: in a request, and in one with a page of segments.
	directSegments  = 11
	indirectMaximum = 32
	segmentSize     = 8

	// unit is what sectors of requests and the disk's size count, whatever the sector's size.
	unit = 512

	infoReadOnly = 1 << 2 // VDISK_READONLY
)
