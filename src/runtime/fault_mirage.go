//go:build mirage

package runtime

// accessFault handles an access, of the kind want, that the page tables do not allow: the page is made present, or the
// program gets the signal that Linux would send (sigaction(2), "The si_code field").
//
//go:nowritebarrierrec
func accessFault(t *thread, f *trapFrame, va uintptr, want vmProt) {
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
