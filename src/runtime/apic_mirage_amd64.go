//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// The local APIC: timer, end of interrupt; and the I/O APICs, to which wired interrupts lead. Intel SDM volume 3,
// chapter 11; Intel 82093AA data sheet.

// Local APIC registers, as offsets of the memory-mapped form; in x2APIC mode the MSR 0x800 + offset/16.
const (
	apicID       = 0x20
	apicTPR      = 0x80
	apicEOI      = 0xb0
	apicSpurious = 0xf0
	apicICR      = 0x300
	apicICRHigh  = 0x310 // not in x2APIC mode
	apicLVTTimer = 0x320
	apicLVTLINT0 = 0x350
	apicLVTLINT1 = 0x360
	apicLVTError = 0x370
	apicInitial  = 0x380
	apicCurrent  = 0x390
	apicDivide   = 0x3e0

	apicEnable      = 1 << 8 // spurious register
	lvtMasked       = 1 << 16
	lvtTSCDeadline  = 2 << 17
	divideBy1       = 0xb
	msrTSCDeadline  = 0x6e0
	apicBaseX2      = 1 << 10
	apicBaseEnabled = 1 << 11
)

var (
	apicRegs     uintptr // 0 in x2APIC mode
	apicDeadline bool    // the timer compares with the TSC
	apicPerNs    uint64  // timer ticks per nanosecond, 32.32 fixed point
	apicReady    bool
)

//go:nosplit
func apicWrite(reg uintptr, v uint32) {
	if apicRegs == 0 {
		wrmsr(uint32(0x800+reg>>4), uintptr(v))
		return
	}
	atomic.Store((*uint32)(unsafe.Pointer(apicRegs+reg)), v)
}

//go:nosplit
func apicRead(reg uintptr) uint32 {
	if apicRegs == 0 {
		return uint32(rdmsr(uint32(0x800 + reg>>4)))
	}
	return atomic.Load((*uint32)(unsafe.Pointer(apicRegs + reg)))
}

// apicInit finds out how the APIC is reached, turns the boot CPU's on, and silences the old interrupt controllers.
func apicInit() {
	outb(0x21, 0xff) // 8259A, both masked
	outb(0xa1, 0xff)
	_, _, ecx, _ := cpuid(1, 0)
	apicDeadline = ecx&(1<<24) != 0
	if ecx&(1<<21) == 0 {
		apicRegs = vmMapDevice(rdmsr(msrAPICBase)&0xf_ffff_f000, pageSize4K)
		if apicRegs == 0 {
			throw("boot: the local APIC lies in RAM")
		}
	}
	apicStart()
}

// apicStart turns on the APIC of the CPU that calls, in x2APIC mode where there is one.
func apicStart() {
	base := rdmsr(msrAPICBase) | apicBaseEnabled
	if apicRegs == 0 {
		base |= apicBaseX2
	}
	wrmsr(msrAPICBase, base)
	apicWrite(apicTPR, 0)
	apicWrite(apicLVTLINT0, lvtMasked)
	apicWrite(apicLVTLINT1, lvtMasked)
	apicWrite(apicLVTError, lvtMasked)
	apicWrite(apicSpurious, apicEnable|vectorSpurious)
	apicWrite(apicDivide, divideBy1)
	apicWrite(apicLVTTimer, lvtMasked)
}

// timerStart makes timerSet work; apicPerNs is known unless apicDeadline.
func timerStart() {
	if xenPV {
		pvTimerStart()
		return
	}
	if apicDeadline {
		apicWrite(apicLVTTimer, lvtTSCDeadline|vectorTimer)
	} else {
		apicWrite(apicLVTTimer, vectorTimer)
	}
	apicReady = true
}

// timerSet makes the timer interrupt at time t, or never if t is 0.
//
//go:nosplit
func timerSet(t int64) {
	if xenPV {
		pvTimerSet(t)
		return
	}
	if !apicReady {
		return
	}
	if t == 0 {
		if apicDeadline {
			wrmsr(msrTSCDeadline, 0)
		} else {
			apicWrite(apicInitial, 0)
		}
		return
	}
	if apicDeadline {
		wrmsr(msrTSCDeadline, uintptr(tscAt(t)))
		return
	}
	ns := max(t-nanotime1(), 1)
	if ns > 1e9 {
		ns = 1e9 // it fires early and is set again
	}
	ticks := uint64(ns) * (apicPerNs >> 12) >> 20
	apicWrite(apicInitial, uint32(min(max(ticks, 1), 0xffffffff)))
}

// interrupt handles one interrupt.
//
//go:nowritebarrierrec
func interrupt(vec uint32) {
	switch {
	case vec == vectorSpurious:
		return // no end of interrupt: Intel SDM volume 3, 11.9
	case vec == vectorTimer:
		apicWrite(apicEOI, 0)
		timerInterrupt()
		return
	case vec == vectorWake:
		apicWrite(apicEOI, 0)
		wakeInterrupt()
		return
	case vec == vectorXen:
		xenEvents()
		if xenPV {
			suspendIfAsked()
		}
		return // no end of interrupt: it does not come by the APIC
	case vec == vectorFlush:
		flushIfAsked()
		apicWrite(apicEOI, 0)
		suspendIfAsked()
		return
	case vec >= vectorLine && vec <= vectorLast:
		irqFire(vec - vectorLine)
	}
	apicWrite(apicEOI, 0)
}

// I/O APICs.

const (
	ioapicIndex   = 0x00
	ioapicWindow  = 0x10
	ioapicVersion = 1    // register: entries-1 in bits 16-23
	ioapicEntry   = 0x10 // register: two for each input

	entryLow    = 1 << 13 // active low
	entryLevel  = 1 << 15
	entryMasked = 1 << 16
)

var ioapics [8]struct {
	regs, base, inputs uint32 // regs: offset from deviceBase
}
var nIOAPICs int

// addIOAPIC maps the I/O APIC at pa, whose first input is interrupt base, and masks all of it.
func addIOAPIC(pa uint64, base uint32) {
	if nIOAPICs == len(ioapics) || pa>>32 != 0 || vmMapDevice(uintptr(pa), 32) == 0 {
		return
	}
	io := &ioapics[nIOAPICs]
	io.regs, io.base = uint32(pa), base
	io.inputs = ioapicRead(io.regs, ioapicVersion)>>16&0xff + 1
	for i := uint32(0); i < io.inputs; i++ {
		ioapicWrite(io.regs, ioapicEntry+2*i, entryMasked)
	}
	nIOAPICs++
}

func ioapicRead(regs, reg uint32) uint32 {
	p := deviceBase + uintptr(regs)
	atomic.Store((*uint32)(unsafe.Pointer(p+ioapicIndex)), reg)
	return atomic.Load((*uint32)(unsafe.Pointer(p + ioapicWindow)))
}

func ioapicWrite(regs, reg, v uint32) {
	p := deviceBase + uintptr(regs)
	atomic.Store((*uint32)(unsafe.Pointer(p+ioapicIndex)), reg)
	atomic.Store((*uint32)(unsafe.Pointer(p+ioapicWindow)), v)
}

// irqWired attaches a line to I/O APIC input gsi, -1 when there is no such input or no line.
func irqWired(gsi uint32, level, low bool) int32 {
	for i := range ioapics[:nIOAPICs] {
		io := &ioapics[i]
		if gsi < io.base || gsi-io.base >= io.inputs {
			continue
		}
		// The line's input is the register of its entry and the APIC that has it.
		line := irqAlloc(uint32(i)<<16|(ioapicEntry+2*(gsi-io.base)), level)
		if line < 0 || line+vectorLine > vectorLast {
			return -1
		}
		l := &irqLines[line]
		v := uint32(vectorLine + line)
		if level {
			v |= entryLevel | entryMasked
			l.masked.Store(1) // the first wait opens it; an edge would be lost until then
		}
		if low {
			v |= entryLow
		}
		l.wired = true
		ioapicWrite(io.regs, l.input&0xffff+1, cpu0.arch.apicID<<24)
		ioapicWrite(io.regs, l.input&0xffff, v)
		return line
	}
	return -1
}

// irqMessage allocates a line for a message-signalled interrupt: Intel SDM volume 3, 11.11.
func irqMessage() (line int32, addr uint64, data uint32) {
	line = irqAlloc(0, false)
	if line < 0 || line+vectorLine > vectorLast {
		return -1, 0, 0
	}
	return line, 0xfee00000 | uint64(cpu0.arch.apicID)<<12, uint32(vectorLine + line)
}

func irqMask(l *irqLine)   { irqSetMask(l, entryMasked) }
func irqUnmask(l *irqLine) { irqSetMask(l, 0) }

func irqSetMask(l *irqLine, mask uint32) {
	if !l.wired {
		return
	}
	onTrapStack(func() {
		flags := irqLock.lock()
		regs, reg := ioapics[l.input>>16].regs, l.input&0xffff
		ioapicWrite(regs, reg, ioapicRead(regs, reg)&^entryMasked|mask)
		irqLock.unlock(flags)
	})
}
