//go:build mirage

package runtime

import _ "unsafe" // for go:linkname

// fencesIgnored says that a barrier has to be more than the CPU's. QEMU before 8.1 leaves all barriers out when it emulates one CPU,
// though its devices are other threads of the host, which see a store late: a driver that says what it waits for and looks once more,
// and a device that does the same, may both find nothing, and wait for ever (QEMU commit c914d46d0a64). What takes a page out of the
// TLB takes a lock in there, and that is a barrier of the host's. See internal/mirage/dma,
// which reads it.
//
//go:linkname fencesIgnored
var fencesIgnored bool
