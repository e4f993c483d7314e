//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// Xen below a guest (xen/include/public): hypercalls, event channels, and the end of the machine. How it is found, how its
// events arrive, and what it says of time is in xen_mirage_GOARCH.go: guests are of the kind PVH on amd64, or PV
// (pv_mirage_amd64.go), and of Xen's only kind on arm64.

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
	hvmStoreFrame   = 1
	hvmStorePort    = 2
	hvmConsoleFrame = 17
	hvmConsolePort  = 18

	domainSelf = 0x7ff0

	xenPorts = 4096 // event channels, as many as the 2-level interface has
)

// xenArg is a hypercall's structure, as words.
type xenArg = [4]uint64

var (
	xenShared *xenInfo        // nil until xenShare
	xenLines  [xenPorts]uint8 // a port's interrupt line, plus 1, or what xenOwnLine knows
	xenLives  atomic.Uint32   // how often the machine has gone on as another domain
	xenReboot atomic.Bool     // its end is to be a reboot
)

// xenInfo is shared_info, of xen/include/public/xen.h.
type xenInfo struct {
	cpus          [xenInfoCPUs]xenCPU
	pending, mask [xenPorts / 64]uint64
	wall          struct{ version, sec, nsec, secHigh uint32 }
}

// xenCPU is vcpu_info.
type xenCPU struct {
	pending  uint32 // evtchn_upcall_pending, and in the second byte the mask, which only PV guests use
	_        uint32
	selector uint64 // the words of pending ports that have news
	_        [xenInfoArch]uint64
	time     xenTime
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

// xenParam is a parameter of the machine, 0 when it has none.
func xenParam(index uint64) uint64 {
	if xenPV {
		return pvParam(index)
	}
	arg, r := xenCall(xenHVMOp, hvmGetParam, xenArg{domainSelf | index<<32}, 0)
	if r != 0 {
		return 0
	}
	return arg[1]
}

// xenShare shares a page with Xen, with all events masked, and has Xen end the machine.
func xenShare() {
	info := (*xenInfo)(nil)
	if xenPV {
		info = pvShare()
	} else {
		info = xenNewInfo()
	}
	xenShared = info
	xenMaskAll()
	xenQueue()
	powerOff = xenEnd
}

// xenNewInfo has Xen share a page of ours.
func xenNewInfo() *xenInfo {
	page := vmZeroPage()
	if page == 0 {
		throw("boot: no memory for Xen's page")
	}
	const sharedInfo = 0
	if xenPlace(sharedInfo, 0, uint64(page)) != 0 {
		throw("boot: Xen does not share its page")
	}
	return (*xenInfo)(physPointer(page))
}

func xenMaskAll() {
	for i := range xenShared.mask {
		atomic.Store64(&xenShared.mask[i], ^uint64(0))
	}
}

// xenPlaced are the pages of its own that Xen has put into the machine's memory: xen_add_to_physmap.
var xenPlaced struct {
	pages [72]xenPage
	n     int
}

type xenPage struct {
	space       uint32
	index, phys uint64
}

// xenPlace has Xen put page index of a space where phys is, whose page it frees, and returns its result. One thread at a time
// calls it.
func xenPlace(space uint32, index, phys uint64) int {
	p := &xenPlaced
	if p.n == len(p.pages) {
		return -28 // ENOSPC
	}
	page := xenPage{space, index, phys}
	r := page.place()
	if r == 0 {
		p.pages[p.n] = page
		p.n++
	}
	return r
}

func (p xenPage) place() int {
	if xenPV {
		return pvPlace(p)
	}
	_, r := xenCall(xenMemoryOp, memoryAddToPhysmap, xenArg{domainSelf | uint64(p.space)<<32, p.index, p.phys / pageSize4K}, 0)
	return r
}

// xenEvents fires the lines of the ports that have news, by queues (xenqueues_mirage.go) or by bits. They all come to the first CPU,
// but for those that a PV guest's other CPUs have of their own.
//
//go:nowritebarrierrec
func xenEvents() {
	info := xenShared
	c := xenNews()
	// Cleared before the words are read: what is set after that comes by another interrupt. The mask stays.
	atomic.And(&c.pending, ^uint32(0xff))
	if xenQueues.on {
		xenQueues.fire()
		return
	}
	for words := atomic.Xchg64(&c.selector, 0); words != 0; words &= words - 1 {
		w := uint32(sys.TrailingZeros64(words))
		ports := atomic.Load64(&info.pending[w]) &^ atomic.Load64(&info.mask[w]) &^ pvOthers(w)
		atomic.And64(&info.pending[w], ^ports)
		for ; ports != 0; ports &= ports - 1 {
			xenFire(w*64 + uint32(sys.TrailingZeros64(ports)))
		}
	}
}

// xenFire fires the line of a port.
func xenFire(port uint32) {
	switch line := xenLines[port]; {
	case line > maxLines:
		xenOwnLine(line)
	case line != 0:
		irqFire(uint32(line) - 1)
	}
}

// xenLine returns the line of an event channel, -1 when there is none left.
func xenLine(port uint32) int32 {
	if xenShared == nil || port >= xenPorts {
		return -1
	}
	line := irqAlloc(port, false)
	if line >= 0 {
		xenOpen(port, uint8(line)+1)
	}
	return line
}

// xenOpen lets events of a port come, as xenLines has it.
func xenOpen(port uint32, line uint8) {
	onTrapStack(func() {
		flags := irqLock.lock()
		xenLines[port] = line
		irqLock.unlock(flags)
	})
	xenCall(xenEventOp, eventUnmask, xenArg{uint64(port)}, 0)
}

// xenFreeLine gives back a line on which nobody waits. Events of its channel go nowhere from now on, unless the port is
// another channel's already.
func xenFreeLine(line int32, port uint32) {
	onTrapStack(func() {
		flags := irqLock.lock()
		if xenLines[port] == uint8(line)+1 {
			xenLines[port] = 0
		}
		irqLock.unlock(flags)
	})
	irqFree(line)
}

// xenEnd ends the machine. An exit code is none of Xen's reasons for that: any but 0 is said to be a crash, and with
// exit=debug its reason is the code behind the last reason that means something (sched.h, SHUTDOWN_MAX). A reboot that was asked
// for is one whatever the code is.
func xenEnd(code int32) {
	const powerOff, reboot, crash, last = 0, 1, 3, 5
	reason := xenArg{powerOff}
	switch {
	case xenReboot.Load():
		reason[0] = reboot
	case code == 0:
	case exitDebug && 0 < code && code < 256-last:
		reason[0] = last + uint64(code)
	default:
		reason[0] = crash
	}
	xenDrain()
	hypercall(xenSchedOp, schedShutdown, unsafe.Pointer(&reason), 0)
}
