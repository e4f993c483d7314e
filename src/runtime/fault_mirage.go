//go:build mirage

package runtime

import "unsafe"

// accessFault handles an access, of the kind want, that the page tables do not allow: the page is made present, or the
// program gets the signal that Linux would send (sigaction(2), "The si_code field").
//
//go:nowritebarrierrec
func accessFault(t *thread, f *trapFrame, va uintptr, want vmProt) {
	if sp := f.stackPointer(); t.trapStack.lo <= sp && sp < t.trapStack.hi {
		trapFatal(f, "page fault on a trap stack") // to fill the page might wait for a lock that is held there
	}
	switch vmFault(va, want) {
	case vmFilled:
	case vmNoMemory:
		outOfMemory(t, f, va)
	case vmForbidden:
		faultSignal(t, f, _SIGSEGV, siginfoOf(_SEGV_ACCERR, va))
	case vmBeyond:
		faultSignal(t, f, _SIGBUS, siginfoOf(_BUS_ADRERR, va))
	default:
		faultSignal(t, f, _SIGSEGV, siginfoOf(_SEGV_MAPERR, va))
	}
}

// outOfMemory makes the thread end the program as the runtime does when memory is short.
//
//go:nowritebarrierrec
func outOfMemory(t *thread, f *trapFrame, va uintptr) {
	physAlloc.reserve = 0 // for the traceback
	if t.signalTop == 0 || t.inSignal {
		trapFatal(f, "out of memory")
	}
	t.outOfMemory = true
	deliverSignal(t, f, _SIGSEGV, siginfoOf(_SEGV_MAPERR, va))
}

// putBacktrace follows frame pointers, as far as they are mapped.
//
//go:nowritebarrierrec
func putBacktrace(pc, fp uintptr) {
	for n := 0; n < 24; n++ {
		fn := findfunc(pc)
		if fn.valid() {
			putString("  ")
			putString(funcname(fn))
		}
		putField("", uint64(pc))
		putString("\n")
		if fp&7 != 0 || fp == 0 || !vmPresent(fp) || !vmPresent(fp+8) {
			return
		}
		pc = *(*uintptr)(unsafe.Pointer(fp + 8))
		fp = *(*uintptr)(unsafe.Pointer(fp))
	}
}
