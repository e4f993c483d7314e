//go:build mirage

package runtime

import (
	"internal/abi"
	"internal/runtime/atomic"
	"internal/stringslite"
	"unsafe"
)

// Deadlocks. Elsewhere checkdead finds that no thread runs: one that a system call or the network keeps waiting counts as
// running. Here the goroutines of the system keep a thread in netpoll, so that one does not count (checkdead is patched), and
// what the threads of other systems say is asked of the program's goroutines: one may be woken from outside if it waits
// in a system call or in the poller, or for a package of ours, or if there is a timer of the program's.
//
// As elsewhere, a program that has called signal.Notify has a thread that waits for signals, and never is in a deadlock.

func init() { deadlockAwaited = awaitedFromOutside }

// calledFromOutside is set once the program has given the system functions to call, which may wake anybody.
var calledFromOutside atomic.Bool

// lastAwaited is a goroutine that waited for something from outside when we looked last: mostly it still does.
var lastAwaited guintptr

// deadlockCheck is for the poller, before it sleeps.
func deadlockCheck() {
	if calledFromOutside.Load() {
		return
	}
	lock(&sched.lock)
	checkdead()
	unlock(&sched.lock)
}

// awaitedFromOutside reports whether a goroutine or a timer of the program may run without another one's doing. sched.lock is
// held, and no thread runs Go: goroutines and timers stay as they are.
func awaitedFromOutside() bool {
	if calledFromOutside.Load() {
		return true
	}
	if gp := lastAwaited.ptr(); gp != nil && readgstatus(gp) != _Gdead && gp.awaited() {
		return true
	}
	for _, pp := range allp {
		for _, tw := range pp.timers.heap {
			if !tw.timer.isSystem() {
				return true
			}
		}
	}
	lastAwaited = 0
	forEachG(func(gp *g) {
		if lastAwaited == 0 && !isSystemGoroutine(gp, false) && gp.awaited() {
			lastAwaited.set(gp)
		}
	})
	return lastAwaited != 0
}

// awaited reports whether gp is about to run, or may be woken from outside.
func (gp *g) awaited() bool {
	switch readgstatus(gp) {
	case _Gidle, _Gdead, _Gdeadextra:
		return false
	case _Gwaiting:
	default:
		return true
	}
	if gp.syscallsp != 0 || gp.waitreason == waitReasonIOWait {
		return true
	}
	var u unwinder
	for u.init(gp, unwindSilentErrors); u.valid(); u.next() {
		for iu, f := newInlineUnwinder(u.frame.fn, u.symPC()); f.valid(); f = iu.next(f) {
			if name := iu.srcFunc(f).name(); isSystemName(name) || stringslite.HasPrefix(name, "mirage/") {
				return true
			}
		}
	}
	return false
}

// isSystem reports whether t serves the system's goroutines alone.
func (t *timer) isSystem() bool {
	pc := **(**uintptr)(unsafe.Pointer(&t.f))
	if pc == abi.FuncPCABIInternal(goroutineReady) {
		return isSystemGoroutine(t.arg.(*g), false)
	}
	f := findfunc(pc)
	return f.valid() && isSystemName(funcname(f))
}

// isSystemName reports whether the system's goroutines have this function.
func isSystemName(name string) bool { return stringslite.HasPrefix(name, "internal/mirage/") }
