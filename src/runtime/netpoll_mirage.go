//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Network poller: there is nothing to ask. The library OS says by pollReady that a descriptor is ready, on a goroutine of
// its own, and interrupts say that a line has fired (irq_mirage.go). netpoll only hands on what interrupts have left,
// and sleeps until the next one or netpollBreak.

var (
	netpollWord atomic.Uint32 // changes when there is a reason to look
	poller      struct {
		open  func(fd, desc uintptr) int32
		close func(fd uintptr) int32
	}
)

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

// netpollBreak interrupts a netpoll that sleeps.
func netpollBreak() {
	netpollWord.Add(1)
	futexwakeup((*uint32)(unsafe.Pointer(&netpollWord)), 1)
}

// netpollWake makes the poller look at once. It runs in the interrupt handler.
//
//go:nowritebarrierrec
func netpollWake() {
	netpollWord.Add(1)
	futexWake((*uint32)(unsafe.Pointer(&netpollWord)), 1, true)
}

// netpoll returns goroutines whose interrupt line has fired. delay < 0 waits without end, 0 not at all, > 0 so many
// nanoseconds.
func netpoll(delay int64) (gList, int32) {
	word := netpollWord.Load()
	list, n := irqReady()
	if n == 0 && delay != 0 {
		futexsleep((*uint32)(unsafe.Pointer(&netpollWord)), word, delay)
		list, n = irqReady()
	}
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
