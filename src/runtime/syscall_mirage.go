//go:build mirage

package runtime

import (
	"internal/runtime/sys"
	"unsafe"
)

// System calls are function calls into the library OS, which registers their server with machine.SetSyscalls.
//
// The server is ordinary Go: it grows the stack that it runs on, and may block. Callers pass buffers as uintptr, so a
// stack that one of them is on must stay where it is. A call whose arguments point into the caller's stack is therefore
// served by a worker goroutine: the caller switches to it directly, as between the halves of a coroutine, and is held
// with gp.syscallsp set, as a goroutine in a system call is on other systems: its stack is neither shrunk nor moved, and
// is scanned from there. Every other call is served where the caller runs: what an argument leads to elsewhere, in the
// heap or in a mapping, does not hold pointers into a stack.

// syscallServer is set once, by the library OS.
var syscallServer func(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr)

// A syscallWorker serves one call at a time. Its goroutine rests in coro between calls.
type syscallWorker struct {
	num, a1, a2, a3, a4, a5, a6 uintptr
	r1, r2, errno               uintptr

	coro *coro
	slow bool // the caller is locked to its thread or in a synctest bubble: switch by the scheduler
	next *syscallWorker
	all  *syscallWorker
}

// Idle workers, a list for each P: taking one needs no lock, because package runtime is not preempted.
var (
	syscallIdle    [_MaxGomaxprocs]*syscallWorker
	syscallWorkers *syscallWorker // all, so that the collector finds them
	syscallMu      mutex
)

const _MaxGomaxprocs = 1024

// syscall6 serves one call. It is called through internal/runtime/syscall/linux.Syscall6, hence the linkname.
//
//go:linkname syscall6
//go:nosplit
func syscall6(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	if syscallServer == nil {
		return ^uintptr(0), 0, _ENOSYS
	}
	gp := getg()
	if gp.m.curg != gp { // package runtime itself, on a system stack
		return syscallServer(num, a1, a2, a3, a4, a5, a6)
	}
	lo, n := gp.stack.lo, gp.stack.hi-gp.stack.lo
	if a1-lo >= n && a2-lo >= n && a3-lo >= n && a4-lo >= n && a5-lo >= n && a6-lo >= n &&
		gp.bubble == nil { // whose timers are not the server's
		return syscallServer(num, a1, a2, a3, a4, a5, a6)
	}
	return syscallByWorker(num, a1, a2, a3, a4, a5, a6)
}

// syscallByWorker has the call served by a worker while the caller's stack stays where it is.
//
//go:nosplit
func syscallByWorker(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	gp := getg()
	idle := &syscallIdle[gp.m.p.ptr().id]
	w := *idle
	if w == nil {
		systemstack(syscallNewWorker)
		idle = &syscallIdle[gp.m.p.ptr().id]
		w = *idle
	}
	*idle = w.next
	w.num, w.a1, w.a2, w.a3, w.a4, w.a5, w.a6 = num, a1, a2, a3, a4, a5, a6

	gp.syscallpc = sys.GetCallerPC()
	gp.syscallsp = sys.GetCallerSP()
	gp.syscallbp = getcallerfp()
	if w.slow = gp.lockedm != 0 || gp.bubble != nil; w.slow {
		gp.param = unsafe.Pointer(w)
		mcall(syscallSwap)
	} else {
		gp.coroarg = w.coro
		mcall(coroswitch_m)
	}
	gp = getg()
	gp.syscallsp = 0

	r1, r2, errno = w.r1, w.r2, w.errno
	idle = &syscallIdle[gp.m.p.ptr().id]
	w.next = *idle
	*idle = w
	return
}

// syscallNewWorker adds a worker to the P's idle ones. On a system stack.
func syscallNewWorker() {
	gp := getg().m.curg
	w := new(syscallWorker)
	c := new(coro)
	w.coro = c
	fn := syscallServe
	bubble := gp.bubble
	gp.bubble = nil // which the worker would inherit, and outlive
	ng := newproc1(*(**funcval)(unsafe.Pointer(&fn)), gp, sys.GetCallerPC(), true, waitReasonCoroutine)
	gp.bubble = bubble
	ng.coroarg = c
	c.gp.set(ng)
	lock(&syscallMu)
	w.all = syscallWorkers
	syscallWorkers = w
	unlock(&syscallMu)
	idle := &syscallIdle[getg().m.p.ptr().id]
	w.next = *idle
	*idle = w
}

// syscallServe is a worker's goroutine.
func syscallServe() {
	gp := getg()
	c := gp.coroarg
	gp.coroarg = nil
	lock(&syscallMu)
	w := syscallWorkers
	for w.coro != c {
		w = w.all
	}
	unlock(&syscallMu)
	for {
		w.r1, w.r2, w.errno = syscallServer(w.num, w.a1, w.a2, w.a3, w.a4, w.a5, w.a6)
		if w.slow {
			gp.param = unsafe.Pointer(w)
			mcall(syscallSwap)
		} else {
			gp.coroarg = c
			mcall(coroswitch_m)
		}
	}
}

// syscallSwap changes gp for the goroutine that rests in its worker's coro, through the scheduler, so that either may be
// locked to a thread, as package initialisation is, and so that a synctest bubble hears of its goroutine alone: coroswitch_m
// takes both for the bubble's. In a system call it is not durably blocked.
func syscallSwap(gp *g) {
	w := (*syscallWorker)(gp.param)
	gp.param = nil
	next := w.coro.gp.ptr()
	w.coro.gp.set(gp)
	reason := waitReasonCoroutine
	if gp.bubble != nil {
		reason = waitReasonIOWait
	}
	casGToWaiting(gp, _Grunning, reason)
	dropg()
	ready(next, 0, true)
	schedule()
}

// A system call changes what all threads have in common: one is enough for all.
//
//go:linkname syscall_runtime_doAllThreadsSyscall syscall.runtime_doAllThreadsSyscall
func syscall_runtime_doAllThreadsSyscall(trap, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, err uintptr) {
	return syscall6(trap, a1, a2, a3, a4, a5, a6)
}

// syscallFromTrap serves a system-call instruction, whose frame says nothing of what is in it: the stack stays where it
// is. The goroutine may be in a system call as the scheduler sees it: then it comes back for the call, so that it has a P
// to run Go with, and leaves again.
//
//go:nosplit
func syscallFromTrap(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	if syscallServer == nil {
		return ^uintptr(0), 0, _ENOSYS
	}
	gp := getg()
	if readgstatus(gp)&^_Gscan != _Gsyscall {
		return syscallByWorker(num, a1, a2, a3, a4, a5, a6)
	}
	pc, sp, bp := gp.syscallpc, gp.syscallsp, gp.syscallbp
	exitsyscall()
	r1, r2, errno = syscallByWorker(num, a1, a2, a3, a4, a5, a6)
	reentersyscall(pc, sp, bp)
	return
}
