//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Network poller: there is nothing to ask. The library OS says by pollReady that a descriptor is ready, on a goroutine of
// its own, and interrupts say that a line has fired (irq_mirage.go). netpoll only hands on what interrupts have left,
// and sleeps until the next one or netpollBreak.

// netpollWord is what a poller that sleeps waits on: it sleeps while the word is 0. Its bits stay until a poller has seen
// them, so that what happens between findRunnable's decision to sleep and the sleep itself is not lost.
var netpollWord atomic.Uint32

const (
	netpollBroken = 1 << iota // netpollBreak was called: for a poller that sleeps, as others ask without waiting
	netpollFired              // a line with a waiter has fired
)

var poller struct {
	open  func(fd, desc uintptr) int32
	close func(fd uintptr) int32
}

func netpollinit() {}

func netpollIsPollDescriptor(fd uintptr) bool { return false }

func netpollopen(fd uintptr, pd *pollDesc) uintptr {
	if poller.open == nil {
		return _EPERM
	}
	return uintptr(poller.open(fd, uintptr(unsafe.Pointer(pd))))
}

func netpollclose(fd uintptr) uintptr {
	if poller.close == nil {
		return 0
	}
	return uintptr(poller.close(fd))
}

func netpollarm(pd *pollDesc, mode int) { throw("runtime: unused") }

// netpollBreak interrupts a netpoll that sleeps, or the next one that would.
func netpollBreak() {
	netpollWord.Or(netpollBroken)
	futexwakeup((*uint32)(unsafe.Pointer(&netpollWord)), 1)
}

// netpollWake makes the poller look at once. It runs in the interrupt handler.
//
//go:nowritebarrierrec
func netpollWake() {
	netpollWord.Or(netpollFired)
	futexWake((*uint32)(unsafe.Pointer(&netpollWord)), 1, true)
}

// netpoll returns goroutines whose interrupt line has fired. delay < 0 waits without end, 0 not at all, > 0 so many
// nanoseconds.
func netpoll(delay int64) (gList, int32) {
	if delay != 0 && netpollWord.Load() == 0 {
		deadlockCheck()
		futexsleep((*uint32)(unsafe.Pointer(&netpollWord)), 0, delay)
	}
	// The bits go before the lines are looked at: one that fires later sets them again. A collection asks between any two
	// pieces of its work, and mostly none has.
	switch {
	case delay != 0:
		netpollWord.Store(0)
	case netpollWord.Load()&netpollFired == 0:
		return gList{}, 0
	default:
		netpollWord.And(^uint32(netpollFired))
	}
	list, n := irqReady()
	return list, -n
}

// pollReady makes goroutines that wait for descriptor pd in mode runnable. Called on an ordinary goroutine.
func pollReady(pd *pollDesc, mode int32) {
	systemstack(func() {
		var list gList
		delta := netpollready(&list, pd, mode)
		netpollAdjustWaiters(delta)
		injectglist(&list)
	})
}
