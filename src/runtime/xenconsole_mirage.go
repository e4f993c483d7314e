//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// The console of last resort on Xen: the ring of the PV console (xen/include/public/io/console.h), polled. The driver
// writes to the same ring.

const (
	xenConsoleOut  = 1024 // in the page, behind the ring of input
	xenConsoleSize = 2048
	xenOutTaken    = 3080 // count of bytes that the other side has taken
	xenOutPut      = 3084 // count of bytes that were put
)

var (
	xenConsole     uintptr // the page, 0 when there is none, or nobody reads it
	xenConsolePort uint32
)

// xenConsoleInit finds the ring and has the boot's tables map it.
func xenConsoleInit() {
	if !xenFind() {
		return
	}
	page := uintptr(xenParam(hvmConsoleFrame)) * pageSize4K
	xenConsolePort = uint32(xenParam(hvmConsolePort))
	if page != 0 && uint64(page) < bootMapped {
		bootMapShared(page)
		xenConsole = physBase + page
	}
}

// xenConsoleRemap maps the ring in the tables at vmRoot, which are about to be used.
func xenConsoleRemap() {
	if p := xenConsole; p != 0 {
		vmMapPages(p, p-physBase, pageSize4K, vmRead|vmWrite, false)
	}
}

//go:nosplit
func xenConsoleWord(at uintptr) *uint32 { return (*uint32)(unsafe.Pointer(xenConsole + at)) }

// xenConsolePut puts a byte into the ring.
//
//go:nosplit
//go:nowritebarrierrec
func xenConsolePut(c byte) {
	put := atomic.Load(xenConsoleWord(xenOutPut))
	if put-atomic.Load(xenConsoleWord(xenOutTaken)) >= xenConsoleSize && !xenConsoleWait(xenConsoleSize-1) {
		xenConsole = 0
		return
	}
	*(*byte)(unsafe.Pointer(xenConsole + xenConsoleOut + uintptr(put%xenConsoleSize))) = c
	atomic.Store(xenConsoleWord(xenOutPut), put+1) // behind the byte
	if c == '\n' {
		xenConsoleSend()
	}
}

//go:nosplit
func xenConsoleSend() {
	hypercall(xenEventOp, eventSend, unsafe.Pointer(&xenConsolePort), 0)
}

// xenConsoleWait waits until the other side has taken all but most bytes, and reports whether it has within a time in
// which any host gets round to it.
//
//go:nosplit
func xenConsoleWait(most uint32) bool {
	xenConsoleSend()
	for spin := 0; spin < 1e5; spin++ {
		if n := atomic.Load(xenConsoleWord(xenOutPut)) - atomic.Load(xenConsoleWord(xenOutTaken)); n <= most {
			return true
		}
		hypercall(xenSchedOp, schedYield, nil, 0)
	}
	return false
}

// xenDrain waits until what was written has been taken: the ring goes with the machine.
func xenDrain() {
	if xenConsole != 0 {
		xenConsoleWait(0)
	}
}
