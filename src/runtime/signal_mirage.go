//go:build mirage

package runtime

import (
	"internal/abi"
	"unsafe"
)

// Signals, as the stock code in signal_unix.go expects them. A signal is delivered at the end of a trap: the trap's frame
// is copied to the thread's signal stack and the trap returns to sigtramp there, which runs sigtrampgo with interrupts on
// and traps allowed, and returns to the frame.

// signalHandlers are the functions set by setsig; only whether there is one matters: it is always sighandler.
var signalHandlers [_NSIG]uintptr

// signalM sends sig to mp's thread: it gets it when it next leaves a trap, which it is made to do soon if it runs on
// another CPU. One that does not run looks for signals when it goes on (reschedule, trap).
func signalM(mp *m, sig int) {
	t := mp.thread
	t.pending.Or(1 << uint(sig))
	onTrapStack(func() {
		if c := t.home; t.onCPU.Load() != 0 && c != thisCPU() {
			wakeCPU(c)
		}
	})
}

// deliverPending makes the trap that f came from return into the handler of a pending signal, if there is one.
//
//go:nowritebarrierrec
func deliverPending(t *thread, f *trapFrame) {
	if t.inSignal || t.pending.Load() == 0 || t.m == 0 {
		return
	}
	bits := t.pending.Swap(0)
	for sig := uint32(1); sig < 32; sig++ {
		if bits&(1<<sig) != 0 {
			bits &^= 1 << sig
			t.pending.Or(bits)
			deliverSignal(t, f, sig, siginfoOf(_SI_USER, 0))
			return
		}
	}
}

// siginfoOf fills a siginfo: its code, and the address for a fault.
func siginfoOf(code int32, addr uintptr) (info siginfo) {
	info.si_code = code
	info.si_addr = uint64(addr)
	return info
}

// A signalFrame is what lies on the signal stack under the handler.
type signalFrame struct {
	info siginfo
	sig  uint32
	trap trapFrame
	// then: the floating-point state, fpStateSize bytes, aligned to 64
}

// deliverSignal makes the trap f return into the handler of sig.
//
//go:nowritebarrierrec
func deliverSignal(t *thread, f *trapFrame, sig uint32, info siginfo) {
	mp := t.m.ptr()
	top := mp.gsignal.stack.hi
	fp := (top - fpStateSize) &^ 63
	sp := (fp - unsafe.Sizeof(signalFrame{})) &^ 63
	// A fault on the signal stack could not be told from one in the handler: make its pages present first.
	for va := sp &^ (pageSize4K - 1); va < top; va += pageSize4K {
		if vmFault(va, vmRead|vmWrite) != vmFilled {
			trapFatal(f, "no memory for the signal stack")
		}
	}
	s := (*signalFrame)(unsafe.Pointer(sp))
	s.info = info
	s.info.si_signo = int32(sig)
	s.sig = sig
	s.trap = *f
	s.trap.fp = fp
	memmove(unsafe.Pointer(fp), unsafe.Pointer(f.fp), fpStateSize)
	t.inSignal = true
	f.enterHandler(abi.FuncPCABI0(sigtramp), sp)
}

// sigtramp calls sigtrampgo with the signalFrame at its stack pointer and returns by signalReturn.
func sigtramp()

// signalDone is called by sigtramp, with interrupts off, before it returns to where the signal came. What was sent
// meanwhile is delivered at once.
//
//go:nosplit
func signalDone() {
	c := thisCPU()
	c.current.inSignal = false
	if c.current.pending.Load() != 0 {
		onTrapStack(interruptSoon)
	}
}

//go:nosplit
func sigprocmask(how int32, new, old *sigset) {}

//go:nosplit
func sigaltstack(new, old *stackt) {
	if old != nil {
		old.ss_flags = _SS_DISABLE
	}
}

//go:nosplit
//go:nowritebarrierrec
func setsig(i uint32, fn uintptr) { signalHandlers[i] = fn }

//go:nosplit
//go:nowritebarrierrec
func getsig(i uint32) uintptr { return signalHandlers[i] }

func setsigstack(i uint32) {}

//go:nosplit
func setSignalstackSP(s *stackt, sp uintptr) { *(*uintptr)(unsafe.Pointer(&s.ss_sp)) = sp }

// fixsigcode is the first that a handler calls. A fault for want of memory is no fault of the program.
func (c *sigctxt) fixsigcode(sig uint32) {
	if getg().m.thread.outOfMemory {
		throw("runtime: out of memory")
	}
}

// sigctxt is the context of a signal, as signal_GOARCH.go reads and changes it.
type sigctxt struct {
	info *siginfo
	ctxt unsafe.Pointer
}

//go:nosplit
//go:nowritebarrierrec
func (c *sigctxt) regs() *trapFrame { return (*trapFrame)(c.ctxt) }

func (c *sigctxt) sigcode() uint64      { return uint64(c.info.si_code) }
func (c *sigctxt) sigaddr() uint64      { return c.info.si_addr }
func (c *sigctxt) set_sigcode(x uint64) { c.info.si_code = int32(x) }
func (c *sigctxt) set_sigaddr(x uint64) { c.info.si_addr = x }

const sigTerm = 15 // not among the stock definitions

// raise is how the runtime kills itself with a signal: the machine exits as a shell would say it, 128 plus its number.
func raise(sig uint32) {
	if sig == _SIGABRT || sig == _SIGKILL || sig == sigTerm || sig == _SIGINT {
		exit(128 + int32(sig))
	}
	thisCPU().current.pending.Or(1 << sig)
}

func raiseproc(sig uint32) { raise(sig) }

// CPU profiles need a timer of their own, which is not there yet.

func setProcessCPUProfiler(hz int32)      {}
func setThreadCPUProfiler(hz int32)       {}
func validSIGPROF(mp *m, c *sigctxt) bool { return true }

//go:nosplit
func setitimer(mode int32, new, old *itimerval) {}
