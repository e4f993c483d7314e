//go:build mirage

package runtime

import (
	"internal/abi"
	"unsafe"
)

// trapFrame is what a trap saves, in the order of the stores in trap_mirage_arm64.s.
type trapFrame struct {
	fp  uintptr // where the floating-point state lies
	vec uint64
	x   [31]uint64

	sp, pc, pstate, esr, far uint64
}

// trapSize is what a trap takes on the trap stack: the frame and the floating-point state. The vectors have it written out.
const trapSize = 832

var _ [trapSize]byte = [unsafe.Sizeof(trapFrame{}) + fpStateSize]byte{}

// Vectors of exceptions that come while SP_EL0 is in use: DDI 0487, D1.3.1.5. Others do not come.
const (
	vectorSync = 0
	vectorIRQ  = 1
)

// Classes of synchronous exceptions, and what the syndrome says: DDI 0487, D17.2.37 (ESR_EL1).
const (
	classUnknown   = 0x00
	classSVC       = 0x15
	classFetch     = 0x21
	classPC        = 0x22
	classData      = 0x25
	classSP        = 0x26
	classFP        = 0x2c
	classBreak     = 0x31 // breakpoint
	classStep      = 0x33
	classWatch     = 0x35
	classBRK       = 0x3c
	syndromeWrite  = 1 << 6 // WnR
	syndromeCache  = 1 << 8 // CM: a cache maintenance instruction
	faultKind      = 0x3c   // of the fault status: the rest is a level
	faultTranslate = 0x04
	faultAccess    = 0x0c // permission
	faultAlign     = 0x21
)

func (f *trapFrame) class() uint64 { return f.esr >> 26 & 63 }

// interruptible reports whether interrupts were on.
func (f *trapFrame) interruptible() bool { return f.pstate&daifIRQ == 0 }

// trap handles one trap on the trap stack of the thread that ran, with interrupts off; g is the thread's trapg. What it
// changes in f is what the thread goes on with.
//
//go:nowritebarrierrec
func trap(f *trapFrame) {
	c := thisCPU()
	t := c.current
	if f.class() == classUnknown && uintptr(f.pc) == abi.FuncPCABI0(semihostCall) {
		f.pc += 4 // nobody listens: debugExit
		return
	}
	if t.inTrap {
		trapFatal(f, "trap in a trap handler")
	}
	t.inTrap = true
	switch f.vec {
	case vectorIRQ:
		interrupt()
	case vectorSync:
		exception(t, f)
	default:
		trapFatal(f, "unexpected exception")
	}
	if c.resched && t != c.idle && f.interruptible() {
		t.inTrap = false
		reschedule(true)
		t.inTrap = true
	}
	if f.interruptible() {
		deliverPending(t, f)
	}
	t.inTrap = false
}

//go:nowritebarrierrec
func exception(t *thread, f *trapFrame) {
	pc := uintptr(f.pc)
	switch f.class() {
	case classData, classFetch:
		memoryFault(t, f)
	case classSVC:
		syscallSave(t, f)
	case classPC, classSP:
		faultSignal(t, f, _SIGBUS, siginfoOf(_BUS_ADRALN, pc))
	case classFP:
		faultSignal(t, f, _SIGFPE, siginfoOf(_FPE_FLTINV, pc))
	case classBRK:
		faultSignal(t, f, _SIGTRAP, siginfoOf(trapBreakpoint, pc))
	case classBreak, classStep, classWatch:
		faultSignal(t, f, _SIGTRAP, siginfoOf(trapTrace, pc))
	default:
		faultSignal(t, f, _SIGILL, siginfoOf(illOpcode, pc))
	}
}

// memoryFault handles an access that the MMU or the bus refused.
//
//go:nowritebarrierrec
func memoryFault(t *thread, f *trapFrame) {
	va := uintptr(f.far)
	want := vmRead
	switch {
	case f.class() == classFetch:
		want = vmExec
	case f.esr&(syndromeWrite|syndromeCache) == syndromeWrite:
		want = vmWrite
	}
	status := f.esr & 63
	switch {
	case status&faultKind == faultTranslate, status&faultKind == faultAccess:
		accessFault(t, f, va, want)
	case status == faultAlign:
		faultSignal(t, f, _SIGBUS, siginfoOf(_BUS_ADRALN, va))
	default: // nothing answered on the bus, or the memory is broken
		faultSignal(t, f, _SIGBUS, siginfoOf(_BUS_OBJERR, va))
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

func (f *trapFrame) stackPointer() uintptr { return uintptr(f.sp) }

// enterHandler makes the trap return to pc with sp.
func (f *trapFrame) enterHandler(pc, sp uintptr) {
	f.pc = uint64(pc)
	f.sp = uint64(sp)
	f.x[29] = 0
	f.x[30] = 0
	f.pstate &^= daifIRQ
}

// trapFatal says what the machine was doing and ends it.
//
//go:nowritebarrierrec
func trapFatal(f *trapFrame, why string) {
	putString("\nmirage: ")
	putString(why)
	putField(": vector", f.vec)
	putField("esr", f.esr)
	putField("far", f.far)
	putField("pc", f.pc)
	putField("sp", f.sp)
	putField("lr", f.x[30])
	putField("pstate", f.pstate)
	putField("g", f.x[28])
	putString("\n")
	putBacktrace(uintptr(f.pc), uintptr(f.x[29]))
	exit(2)
}

func semihostCall()

// What signal_arm64.go asks of a context.

func (c *sigctxt) r0() uint64  { return c.regs().x[0] }
func (c *sigctxt) r1() uint64  { return c.regs().x[1] }
func (c *sigctxt) r2() uint64  { return c.regs().x[2] }
func (c *sigctxt) r3() uint64  { return c.regs().x[3] }
func (c *sigctxt) r4() uint64  { return c.regs().x[4] }
func (c *sigctxt) r5() uint64  { return c.regs().x[5] }
func (c *sigctxt) r6() uint64  { return c.regs().x[6] }
func (c *sigctxt) r7() uint64  { return c.regs().x[7] }
func (c *sigctxt) r8() uint64  { return c.regs().x[8] }
func (c *sigctxt) r9() uint64  { return c.regs().x[9] }
func (c *sigctxt) r10() uint64 { return c.regs().x[10] }
func (c *sigctxt) r11() uint64 { return c.regs().x[11] }
func (c *sigctxt) r12() uint64 { return c.regs().x[12] }
func (c *sigctxt) r13() uint64 { return c.regs().x[13] }
func (c *sigctxt) r14() uint64 { return c.regs().x[14] }
func (c *sigctxt) r15() uint64 { return c.regs().x[15] }
func (c *sigctxt) r16() uint64 { return c.regs().x[16] }
func (c *sigctxt) r17() uint64 { return c.regs().x[17] }
func (c *sigctxt) r18() uint64 { return c.regs().x[18] }
func (c *sigctxt) r19() uint64 { return c.regs().x[19] }
func (c *sigctxt) r20() uint64 { return c.regs().x[20] }
func (c *sigctxt) r21() uint64 { return c.regs().x[21] }
func (c *sigctxt) r22() uint64 { return c.regs().x[22] }
func (c *sigctxt) r23() uint64 { return c.regs().x[23] }
func (c *sigctxt) r24() uint64 { return c.regs().x[24] }
func (c *sigctxt) r25() uint64 { return c.regs().x[25] }
func (c *sigctxt) r26() uint64 { return c.regs().x[26] }
func (c *sigctxt) r27() uint64 { return c.regs().x[27] }
func (c *sigctxt) r28() uint64 { return c.regs().x[28] }
func (c *sigctxt) r29() uint64 { return c.regs().x[29] }
func (c *sigctxt) lr() uint64  { return c.regs().x[30] }
func (c *sigctxt) sp() uint64  { return c.regs().sp }

//go:nosplit
//go:nowritebarrierrec
func (c *sigctxt) pc() uint64 { return c.regs().pc }

func (c *sigctxt) fault() uintptr   { return uintptr(c.regs().far) }
func (c *sigctxt) set_pc(x uint64)  { c.regs().pc = x }
func (c *sigctxt) set_sp(x uint64)  { c.regs().sp = x }
func (c *sigctxt) set_lr(x uint64)  { c.regs().x[30] = x }
func (c *sigctxt) set_r28(x uint64) { c.regs().x[28] = x }
