//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/mirage/boot"
	"internal/runtime/atomic"
	"unsafe"
)

// CPUs of a PV guest: what traps and events come to, the timer, and how the others start.

// Segments that Xen has for its guests: xen/include/public/arch-x86/xen-x86_64.h.
const (
	pvCode = 0xe033 // FLAT_KERNEL_CS
	pvData = 0xe02b // FLAT_KERNEL_SS
)

// pvTraps is the table of trap_info that tells Xen where exceptions go, up to one without an address:
// xen/include/public/arch-x86/xen.h.
var pvTraps [20]struct {
	vector, flags uint8
	code          uint16
	_             uint32
	address       uintptr
}

// pvTrapInit fills it.
func pvTrapInit() {
	const masked = 1 << 2 // events are masked when it arrives
	n := 0
	for v := uintptr(0); v <= trapSIMD; v++ {
		if v == trapNMI || v == 15 { // an NMI is another thing, and 15 is reserved
			continue
		}
		t := &pvTraps[n]
		t.vector, t.flags, t.code, t.address = uint8(v), masked, pvCode, pvStub(v)
		n++
	}
}

// pvPrepare has Xen tell c of its events in c itself, where one instruction reaches what the running CPU's is.
func (c *vcpu) pvPrepare() {
	at := uintptr(unsafe.Pointer(&c.arch.info))
	arg := (*[2]uint64)(unsafe.Pointer(&c.arch.saved)) // vcpu_register_vcpu_info
	arg[0], arg[1] = uint64(pvFrame(at-physBase)/pageSize4K), uint64(at%pageSize4K)
	if r := pvCall(pvVCPUOp, vcpuRegisterInfo, uintptr(c.id), uintptr(unsafe.Pointer(arg))); r != 0 {
		throw("Xen does not take a CPU's page")
	}
	atomic.Or(&c.arch.info.pending, 1<<8) // masked
}

// pvLoad makes c the CPU that calls.
func (c *vcpu) pvLoad() {
	pvCall(pvSetSegmentBase, segmentGSKernel, uintptr(unsafe.Pointer(c)), 0)
	traps := hypercall(pvSetTrapTable, uintptr(unsafe.Pointer(&pvTraps)), nil, 0)
	failsafe := abi.FuncPCABI0(pvFailsafe)
	events := pvCall(pvSetCallbacks, pvStub(trapSIMD+1), failsafe, failsafe)
	if traps != 0 || events != 0 {
		throw("Xen does not take the table of traps")
	}
}

// Event channels of each CPU's own, as xenLines has them.
const (
	pvTimerLine = 254
	pvWakeLine  = 255
)

// pvTimerStart lets the timer of the CPU that calls, and other CPUs, interrupt it.
func pvTimerStart() {
	c := thisCPU()
	const virqTimer = 0
	timer, r := xenCall(xenEventOp, eventBindVIRQ, xenArg{virqTimer | uint64(c.id)<<32}, 0)
	wake, r2 := xenCall(xenEventOp, eventBindIPI, xenArg{uint64(c.id)}, 0)
	if r != 0 || r2 != 0 {
		throw("Xen gives a CPU no event channels")
	}
	pvCall(pvVCPUOp, vcpuStopPeriodic, uintptr(c.id), 0)
	c.arch.timerPort, c.arch.wakePort = uint32(timer[1]), uint32(wake[0]>>32)
	for _, port := range [...]uint32{c.arch.timerPort, c.arch.wakePort} {
		atomic.Or64(&pvOwn[port/64], 1<<(port%64))
	}
	xenOpen(c.arch.timerPort, pvTimerLine)
	xenOpen(c.arch.wakePort, pvWakeLine)
}

// pvOwn are the ports that are a CPU's own.
var pvOwn [xenPorts / 64]uint64

// pvOthers is which ports of a word other CPUs have of their own: a word is all CPUs', and Xen tells each CPU only in which words
// there is news for it.
//
//go:nowritebarrierrec
func pvOthers(word uint32) uint64 {
	if !xenPV {
		return 0
	}
	c := thisCPU()
	others := atomic.Load64(&pvOwn[word])
	for _, port := range [...]uint32{c.arch.timerPort, c.arch.wakePort} {
		if port/64 == word {
			others &^= 1 << (port % 64)
		}
	}
	return others
}

// xenOwnLine handles an event of the CPU's own.
//
//go:nowritebarrierrec
func xenOwnLine(line uint8) {
	if line == pvTimerLine {
		timerInterrupt()
	} else {
		wakeInterrupt()
	}
}

// pvWake interrupts c.
//
//go:nosplit
func pvWake(c *vcpu) {
	port := c.arch.wakePort
	hypercall(xenEventOp, eventSend, unsafe.Pointer(&port), 0)
}

// pvTimerSet is timerSet. Xen's time is not ours, but both run alike.
//
//go:nosplit
func pvTimerSet(t int64) {
	c := thisCPU()
	if c.arch.timerPort == 0 {
		return
	}
	at := int64(0) // never
	if t != 0 {
		at = max(c.arch.info.time.now()+t-nanotime1(), 1)
	}
	pvCall(pvSetTimer, uintptr(at), 0, 0)
}

// pvContext is vcpu_guest_context, of xen/include/public/arch-x86/xen.h, in words; here stands where in it what is not zero is.
type pvContext [646]uint64

const (
	contextFlags  = 64
	contextDI     = 65 + 14
	contextIP     = 65 + 16
	contextCS     = 65 + 17
	contextRFLAGS = 65 + 18
	contextSP     = 65 + 19
	contextSS     = 65 + 20
	contextCR3    = 623 + 3
	contextFS     = 643
	contextGS     = 644 // the kernel's

	contextInKernel = 1 << 2 // of the flags. VGCF_online is not among them: with it vcpuUp finds nothing to do.
)

// pvStartCPUs starts the CPUs that Xen has for the guest.
func pvStartCPUs() {
	const pages = (unsafe.Sizeof(pvContext{}) + pageSize4K - 1) / pageSize4K
	var pa uintptr
	onTrapStack(func() { pa = physAllocPages(pages) })
	if pa == 0 {
		return
	}
	context := (*pvContext)(physPointer(pa))
	for id := uint32(1); id < boot.MaxCPUs && pvCall(pvVCPUOp, vcpuIsUp, uintptr(id), 0) >= 0; id++ {
		c := (*vcpu)(permanentAlloc(unsafe.Sizeof(vcpu{})))
		c.prepare(id)
		c.makeIdle()
		clear(context[:])
		context[contextFlags] = contextInKernel
		context[contextDI] = uint64(uintptr(unsafe.Pointer(c)))
		context[contextIP] = uint64(abi.FuncPCABI0(pvCPUEntry))
		context[contextCS], context[contextSS] = pvCode, pvData
		context[contextRFLAGS] = 2
		context[contextSP] = uint64(c.idle.sp &^ 15)
		context[contextCR3] = uint64(pvFrame(vmRoot))
		context[contextFS] = uint64(c.idle.tls)
		context[contextGS] = uint64(uintptr(unsafe.Pointer(c)))
		r := pvCall(pvVCPUOp, vcpuInitialise, uintptr(id), uintptr(unsafe.Pointer(context)))
		if r == 0 {
			r = pvCall(pvVCPUOp, vcpuUp, uintptr(id), 0)
		}
		if r == 0 {
			wait(func() bool { return c.online.Load() != 0 }, cpuPatience)
		}
		if c.online.Load() == 0 {
			print("mirage: CPU ", id, " did not start\n")
			break
		}
		cpus[nCPUs] = c
		nCPUs++
	}
	onTrapStack(func() { physFree(pa, pages) })
}
