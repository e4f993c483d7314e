package balloon

import "internal/mirage/mmio"

// Features: section 5.5.3. Those that are not here are never accepted.
const (
	featureTellHost     = 1 << 0 // a page leaves the balloon when the host has agreed
	featureStats        = 1 << 1 // there is a queue for statistics
	featureDeflateOnOOM = 1 << 2 // pages may leave the balloon when memory is short
	featureReporting    = 1 << 5 // there is a queue to report free pages

	features = featureTellHost | featureStats | featureDeflateOnOOM | featureReporting
)

// Configuration: section 5.5.4. Little-endian even for legacy devices.
const (
	configTarget mmio.Reg32 = 0 // RO, pages that the host wants in the balloon
	configActual mmio.Reg32 = 4 // RW, pages that are in it
)

// Queues: section 5.5.2.
const (
	inflateQueue = 0
	deflateQueue = 1
	statsQueue   = 2

	// The report queue is number 4, behind that of hints. Devices that do not offer hints leave that queue out and have
	// it as number 3; it is the last in any case.
	firstReportQueue = 3
	lastReportQueue  = 4
)

// The unit of the target and of the arrays of page numbers, whatever the page size: section 5.5.6.
const (
	pageShift = 12
	pageSize  = 1 << pageShift
)

// A statistic is 10 bytes, le16 tag and le64 value: section 5.5.6.3.
const (
	statSize = 10

	tagMajorFaults = 2 // those that needed I/O
	tagFree        = 4 // bytes that nobody uses
	tagTotal       = 5 // bytes that there are
	tagAvailable   = 6 // bytes that the program can have without giving anything up
)
