//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// Xen below a guest of the kind PVH (Xen, docs/misc/pvh.pandoc and xen/include/public): hypercalls, event channels by a
// vector of this kind of guest's own, the clocks' rates, and the end of the machine.
//
// Hypercalls are made by the CPU's instruction. The page of code for them that Xen offers to write would be executable
// and not of the image.

// Hypercalls, of xen/include/public/xen.h, and their commands.
const (
	xenMemoryOp = 12
	xenSchedOp  = 29
	xenEventOp  = 32
	xenHVMOp    = 34

	memoryAddToPhysmap = 7 // memory.h
	schedYield         = 0 // sched.h
	schedShutdown      = 2
	eventSend          = 4 // event_channel.h
	eventUnmask        = 9
	hvmSetParam        = 0 // hvm/hvm_op.h
	hvmGetParam        = 1

	hvmCallback     = 0 // hvm/params.h
	hvmConsoleFrame = 17
	hvmConsolePort  = 18

	callbackVector = 2 << 56 // HVM_PARAM_CALLBACK_TYPE_VECTOR
	domainSelf     = 0x7ff0

	xenPorts = 4096 // event channels of the 2-level interface
)

// xenArg is a hypercall's structure, as words.
type xenArg = [4]uint64

var (
	xenLeaf   uint32          // the first of Xen's CPUID leaves, 0 on other machines
	xenAMD    bool            // VMMCALL is the instruction, not VMCALL
	xenShared *xenInfo        // nil until xenInit
	xenLines  [xenPorts]uint8 // a port's interrupt line, plus 1
)

// xenInfo is shared_info, of xen/include/public/xen.h.
type xenInfo struct {
	cpus [32]struct {
		pending  uint32 // evtchn_upcall_pending; the mask behind it is not used with a vector
		_        uint32
		selector uint64 // the words of pending ports that have news
		_        [2]uint64
		time     xenTime
	}
	pending, mask [xenPorts / 64]uint64
	wall          struct{ version, sec, nsec, secHigh uint32 }
}

// xenTime is vcpu_time_info. An odd version says that it is being written.
type xenTime struct {
	version, _  uint32
	tsc, system uint64
	mul         uint32
	shift       int8
	_           [3]uint8
}

// hypercall makes a hypercall with the structure at arg, which must be in memory.
//
//go:noescape
func hypercall(op, command uintptr, arg unsafe.Pointer, n uintptr) int

// xenCall makes a hypercall from anywhere and returns what became of its structure. Xen reads that by the page tables: it
// lies where no page is ever away.
func xenCall(op, command uintptr, arg xenArg, n uintptr) (xenArg, int) {
	r := 0
	onTrapStack(func() {
		local := arg
		r = hypercall(op, command, unsafe.Pointer(&local), n)
		arg = local
	})
	return arg, r
}

// xenFind looks for Xen's CPUID leaves, which stand behind those of other interfaces that it offers as well: cpuid.h.
func xenFind() {
	if _, _, ecx, _ := cpuid(1, 0); ecx>>31 == 0 {
		return
	}
	for leaf := uint32(0x40000000); leaf < 0x40010000; leaf += 0x100 {
		if _, b, c, d := cpuid(leaf, 0); b == 0x566e6558 && c == 0x65584d4d && d == 0x4d4d566e { // XenVMMXenVMM
			xenLeaf = leaf
			break
		}
	}
	_, b, _, _ := cpuid(0, 0)
	xenAMD = b == 0x68747541 || b == 0x6f677948 // AuthenticAMD, HygonGenuine
}

// xenParam is a parameter of the machine, 0 when it has none.
func xenParam(index uint64) uint64 {
	arg, r := xenCall(xenHVMOp, hvmGetParam, xenArg{domainSelf | index<<32}, 0)
	if r != 0 {
		return 0
	}
	return arg[1]
}

// xenInit shares a page with Xen and has events arrive, all of them masked.
func xenInit() {
	if xenLeaf == 0 {
		return
	}
	page := vmZeroPage()
	if page == 0 {
		throw("boot: no memory for Xen's page")
	}
	// Xen frees what was there. Space 0 is shared_info.
	if _, r := xenCall(xenMemoryOp, memoryAddToPhysmap, xenArg{domainSelf, 0, uint64(page / pageSize4K)}, 0); r != 0 {
		throw("boot: Xen does not share its page")
	}
	info := (*xenInfo)(physPointer(page))
	for i := range info.mask {
		atomic.Store64(&info.mask[i], ^uint64(0))
	}
	xenShared = info
	if _, r := xenCall(xenHVMOp, hvmSetParam, xenArg{domainSelf | hvmCallback<<32, callbackVector | vectorXen}, 0); r != 0 {
		throw("boot: Xen does not deliver events by a vector")
	}
	powerOff = xenEnd
}

// xenEvents fires the lines of the ports that have news. They all come to the first CPU.
//
//go:nowritebarrierrec
func xenEvents() {
	info := xenShared
	c := &info.cpus[0]
	// Cleared before the words are read: what is set after that comes by another interrupt.
	atomic.Xchg(&c.pending, 0)
	for words := atomic.Xchg64(&c.selector, 0); words != 0; words &= words - 1 {
		w := uint32(sys.TrailingZeros64(words))
		ports := atomic.Load64(&info.pending[w]) &^ atomic.Load64(&info.mask[w])
		atomic.And64(&info.pending[w], ^ports)
		for ; ports != 0; ports &= ports - 1 {
			if line := xenLines[w*64+uint32(sys.TrailingZeros64(ports))]; line != 0 {
				irqFire(uint32(line) - 1)
			}
		}
	}
}

// xenLine returns the line of an event channel, -1 when there is none left.
func xenLine(port uint32) int32 {
	if xenShared == nil || port >= xenPorts {
		return -1
	}
	line := irqAlloc(port, false)
	if line >= 0 {
		xenLines[port] = uint8(line) + 1
		xenCall(xenEventOp, eventUnmask, xenArg{uint64(port)}, 0)
	}
	return line
}

// tscFromXen is the TSC's rate, whether Xen emulates it or not: leaf 3 of cpuid.h.
func tscFromXen() uint64 {
	if xenLeaf == 0 {
		return 0
	}
	_, _, khz, _ := cpuid(xenLeaf+3, 0)
	return uint64(khz) * 1000
}

// xenWallClock is nanoseconds since 1970: the time at which Xen's clock began, and what that shows (xen.h,
// vcpu_time_info and wc_version).
func xenWallClock() int64 {
	info := xenShared
	w, t := &info.wall, &info.cpus[0].time
	for {
		wall, version := atomic.Load(&w.version), atomic.Load(&t.version)
		began := int64(uint64(w.secHigh)<<32|uint64(w.sec))*1e9 + int64(w.nsec)
		ticks := counterRead() - t.tsc
		if t.shift >= 0 {
			ticks <<= uint8(t.shift)
		} else {
			ticks >>= uint8(-t.shift)
		}
		ns := t.system + ticks>>32*uint64(t.mul) + ticks&0xffffffff*uint64(t.mul)>>32
		if (wall|version)&1 == 0 && wall == atomic.Load(&w.version) && version == atomic.Load(&t.version) {
			return began + int64(ns)
		}
	}
}

// xenEnd ends the machine. An exit code is none of Xen's reasons for that: any but 0 is said to be a crash, and with
// exit=debug its reason is the code behind the last reason that means something (sched.h, SHUTDOWN_MAX).
func xenEnd(code int32) {
	const powerOff, crash, last = 0, 3, 5
	reason := xenArg{powerOff}
	switch {
	case code == 0:
	case exitDebug && 0 < code && code < 256-last:
		reason[0] = last + uint64(code)
	default:
		reason[0] = crash
	}
	xenDrain()
	hypercall(xenSchedOp, schedShutdown, unsafe.Pointer(&reason), 0)
}
