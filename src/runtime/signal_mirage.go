//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// Signals, as the stock code in signal_unix.go expects them. A signal is delivered at the end of a trap: the trap's frame
// is copied to the thread's signal stack and the trap returns to sigtramp there, which runs sigtrampgo with interrupts on
// and traps allowed, and returns to the frame.

// signalHandlers are the functions set by setsig: _SIG_DFL, _SIG_IGN or sighandler.
var signalHandlers [_NSIG]uintptr

// signalM sends sig to mp's thread: it gets it when it next leaves a trap, which it is made to do soon if it runs on
// another CPU. One that does not run looks for signals when it goes on (reschedule, trap).
func signalM(mp *m, sig int) {
	t := mp.thread
	t.post(uint32(sig))
	onTrapStack(func() {
		if c := t.home; t.onCPU.Load() != 0 && c != thisCPU() {
			wakeCPU(c)
		}
	})
}

// post makes sig pending: 1 to 64, of which it is bit sig-1.
//
//go:nosplit
//go:nowritebarrierrec
func (t *thread) post(sig uint32) { atomic.Or64(&t.pending, 1<<(sig-1)) }

// signalled reports whether signals are pending.
//
//go:nosplit
func (t *thread) signalled() bool { return atomic.Load64(&t.pending) != 0 }

// deliverPending makes the trap that f came from return into the handler of a pending signal, if there is one.
//
//go:nowritebarrierrec
func deliverPending(t *thread, f *trapFrame) {
	for !t.inSignal && t.signalTop != 0 {
		bits := atomic.Load64(&t.pending)
		if bits == 0 {
			return
		}
		bit := bits & -bits
		atomic.And64(&t.pending, ^bit)
		sig := uint32(sys.TrailingZeros64(bit)) + 1
		switch signalHandlers[sig] {
		case _SIG_IGN:
		case _SIG_DFL:
			if !ignoredByDefault(sig) {
				exit(128 + int32(sig))
			}
		default:
			code := int32(_SI_USER)
			if sig == _SIGPROF {
				code = _SI_TIMER
			}
			deliverSignal(t, f, sig, siginfoOf(code, 0))
		}
	}
}

// ignoredByDefault reports whether sig does nothing where there is no handler; others end the program. Those that stop a
// process on Linux are among them, and the one that lets it go on: there is nobody who could let the machine go on.
func ignoredByDefault(sig uint32) bool {
	const ignored = 1<<_SIGCHLD | 1<<_SIGURG | 1<<_SIGWINCH | 1<<_SIGCONT | 1<<_SIGSTOP | 1<<_SIGTSTP | 1<<_SIGTTIN | 1<<_SIGTTOU
	return sig < 32 && ignored>>sig&1 != 0
}

// Codes of signals that are not among the stock definitions: sigaction(2).
const (
	illOpcode      = 1
	illOperand     = 2
	trapBreakpoint = 1
	trapTrace      = 2
)

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
	fp := (t.signalTop - fpStateSize) &^ 63
	sp := (fp - unsafe.Sizeof(signalFrame{})) &^ 63
	// Nothing may fault here: the pages of the signal stack are made present, and stay so while the lock is held.
	none := uintptr(0) // no block: small pages do
	flags := vmLock.share()
	for va := sp &^ (pageSize4K - 1); va < t.signalTop; va += pageSize4K {
		if vmFill(va, vmRead|vmWrite, &none) != vmFilled {
			vmLock.unshare(flags)
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
	vmLock.unshare(flags)
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
	if c.current.signalled() {
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
	mp := getg().m
	if mp.thread.outOfMemory {
		// The traceback of the goroutine is to begin where it ran, and not where it was last switched to.
		if gp, sp := mp.curg, c.sigsp(); gp != nil && gp.stack.lo <= sp && sp < gp.stack.hi {
			gp.sched.pc, gp.sched.sp, gp.sched.lr = c.sigpc(), sp, c.siglr()
		}
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

// raise is how the runtime kills itself with a signal: the machine exits as a shell would say it, 128 plus its number.
func raise(sig uint32) { exit(128 + int32(sig)) }

// raiseproc hands a signal to a thread whose handler does not run, as a process's kernel would: threads that print their
// stacks one after the other (GOTRACEBACK=crash) hand SIGQUIT on.
func raiseproc(sig uint32) {
	for mp := allm; mp != nil; mp = mp.alllink {
		t := mp.thread
		if t == nil || t.signalTop == 0 || t.inSignal || t.signalled() {
			continue
		}
		signalM(mp, int(sig))
		onTrapStack(func() { futexTimeout(t) }) // a wait ends, as by EINTR
		return
	}
}
