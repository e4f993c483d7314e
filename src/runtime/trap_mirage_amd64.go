//go:build mirage

package runtime

// trapFrame is what a trap saves, in the order of the pushes in trap_mirage_amd64.s.
type trapFrame struct {
	fp   uintptr // where the floating-point state lies
	oldg uintptr // the g that ran

	r15, r14, r13, r12, r11, r10, r9, r8 uint64
	rdi, rsi, rbp, rbx, rdx, rcx, rax    uint64

	vec, err, rip, cs, rflags, rsp, ss uint64
}

// Exceptions: Intel SDM volume 3, table 6-1.
const (
	trapDivide    = 0
	trapDebug     = 1
	trapNMI       = 2
	trapBreak     = 3
	trapOverflow  = 4
	trapBounds    = 5
	trapInvalid   = 6
	trapDouble    = 8
	trapPageFault = 14
	trapFP        = 16
	trapAlign     = 17
	trapSIMD      = 19

	// Page-fault error code: Intel SDM volume 3, 4.7.
	faultWrite = 1 << 1
	faultFetch = 1 << 4

	rflagsIF = 1 << 9
)

const trapStubSize = 9

// interruptWhileOff is said of what no CPU does. QEMU's emulation of AMD's SVM does, seldom.
const interruptWhileOff = "the hypervisor gave an interrupt while interrupts were off"

// trap handles one trap on the trap stack of the thread that ran, with interrupts off; g is the thread's trapg. What it
// changes in f is what the thread goes on with.
//
//go:nowritebarrierrec
func trap(f *trapFrame) {
	c := thisCPU()
	t := c.current
	if f.vec&0xff >= vectorTimer && f.rflags&rflagsIF == 0 && !xenPV {
		// What it interrupted had its frame where this one is now, so that there is no way back.
		trapFatal(f, interruptWhileOff)
	}
	if t.inTrap || f.vec == trapDouble {
		trapFatal(f, "trap in a trap handler")
	}
	t.inTrap = true
	f.vec &= 0xff
	switch {
	case f.vec >= vectorTimer:
		interrupt(uint32(f.vec))
	case f.vec == trapPageFault:
		pageFault(t, f)
	default:
		exception(t, f)
	}
	if c.resched && t != c.idle && f.rflags&rflagsIF != 0 {
		t.inTrap = false
		reschedule(true)
		t.inTrap = true
	}
	if f.rflags&rflagsIF != 0 {
		deliverPending(t, f)
	}
	t.inTrap = false
}

//go:nowritebarrierrec
func pageFault(t *thread, f *trapFrame) {
	want := vmRead
	switch {
	case f.err&faultFetch != 0:
		want = vmExec
	case f.err&faultWrite != 0:
		want = vmWrite
	}
	accessFault(t, f, readCR2(), want)
}

//go:nowritebarrierrec
func exception(t *thread, f *trapFrame) {
	pc := uintptr(f.rip)
	switch f.vec {
	case trapDivide:
		faultSignal(t, f, _SIGFPE, siginfoOf(_FPE_INTDIV, pc))
	case trapFP, trapSIMD:
		faultSignal(t, f, _SIGFPE, siginfoOf(_FPE_FLTINV, pc))
	case trapBreak:
		faultSignal(t, f, _SIGTRAP, siginfoOf(_SI_KERNEL, 0))
	case trapDebug:
		faultSignal(t, f, _SIGTRAP, siginfoOf(trapTrace, pc))
	case trapInvalid:
		faultSignal(t, f, _SIGILL, siginfoOf(illOperand, pc))
	case trapAlign:
		faultSignal(t, f, _SIGBUS, siginfoOf(_BUS_ADRALN, 0))
	case trapNMI:
	default:
		// A general-protection fault: a non-canonical address or a privileged register. Linux says SI_KERNEL.
		faultSignal(t, f, _SIGSEGV, siginfoOf(_SI_KERNEL, 0))
	}
}

// faultSignal delivers a signal that the running instruction has caused; where no handler can run, the machine ends.
//
//go:nowritebarrierrec
func faultSignal(t *thread, f *trapFrame, sig uint32, info siginfo) {
	if t.signalTop == 0 || t.inSignal {
		trapFatal(f, "fault in the runtime")
	}
	deliverSignal(t, f, sig, info)
}

func (f *trapFrame) stackPointer() uintptr { return uintptr(f.rsp) }

// enterHandler makes the trap return to pc with sp.
func (f *trapFrame) enterHandler(pc, sp uintptr) {
	f.rip = uint64(pc)
	f.rsp = uint64(sp)
	f.rbp = 0
	f.rflags = f.rflags&^0x400 | rflagsIF // direction flag clear
}

// trapFatal says what the machine was doing and ends it.
//
//go:nowritebarrierrec
func trapFatal(f *trapFrame, why string) {
	putString("\nmirage: ")
	putString(why)
	putField(": vector", f.vec)
	putField("error", f.err)
	putField("cr2", uint64(readCR2()))
	putField("rip", f.rip)
	putField("rsp", f.rsp)
	putField("rflags", f.rflags)
	putField("g", uint64(f.oldg))
	putString("\n")
	putBacktrace(uintptr(f.rip), uintptr(f.rbp))
	exit(2)
}

// What signal_amd64.go asks of a context.

func (c *sigctxt) rax() uint64 { return c.regs().rax }
func (c *sigctxt) rbx() uint64 { return c.regs().rbx }
func (c *sigctxt) rcx() uint64 { return c.regs().rcx }
func (c *sigctxt) rdx() uint64 { return c.regs().rdx }
func (c *sigctxt) rdi() uint64 { return c.regs().rdi }
func (c *sigctxt) rsi() uint64 { return c.regs().rsi }
func (c *sigctxt) rbp() uint64 { return c.regs().rbp }
func (c *sigctxt) rsp() uint64 { return c.regs().rsp }
func (c *sigctxt) r8() uint64  { return c.regs().r8 }
func (c *sigctxt) r9() uint64  { return c.regs().r9 }
func (c *sigctxt) r10() uint64 { return c.regs().r10 }
func (c *sigctxt) r11() uint64 { return c.regs().r11 }
func (c *sigctxt) r12() uint64 { return c.regs().r12 }
func (c *sigctxt) r13() uint64 { return c.regs().r13 }
func (c *sigctxt) r14() uint64 { return c.regs().r14 }
func (c *sigctxt) r15() uint64 { return c.regs().r15 }

//go:nosplit
//go:nowritebarrierrec
func (c *sigctxt) rip() uint64 { return c.regs().rip }

func (c *sigctxt) rflags() uint64   { return c.regs().rflags }
func (c *sigctxt) cs() uint64       { return c.regs().cs }
func (c *sigctxt) fs() uint64       { return 0 }
func (c *sigctxt) gs() uint64       { return 0 }
func (c *sigctxt) set_rip(x uint64) { c.regs().rip = x }
func (c *sigctxt) set_rsp(x uint64) { c.regs().rsp = x }
