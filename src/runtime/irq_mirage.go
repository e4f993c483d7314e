//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"unsafe"
)

// Interrupt lines, as drivers see them. An interrupt only marks its line and wakes the poller; the goroutine that waits
// on the line does the work. A level-triggered line is masked from the moment that it fires until the next wait.

const maxLines = 192

type irqLine struct {
	used   bool
	wired  bool // it has an input at the interrupt controller, which can be masked
	level  bool
	closed bool
	masked atomic.Uint32
	fired  atomic.Uint32
	count  atomic.Uint64
	waiter atomic.Uintptr // *g
	input  uint32         // the interrupt controller's number for it
}

var (
	irqLock  spinlock
	irqLines [maxLines]irqLine
	// irqFired has a bit for each line that fired since irqReady looked.
	irqFired [maxLines / 32]atomic.Uint32
)

// irqAlloc takes a free line, -1 when there is none.
func irqAlloc(input uint32, level bool) (n int32) {
	n = -1
	onTrapStack(func() {
		flags := irqLock.lock()
		for i := range irqLines {
			if l := &irqLines[i]; !l.used {
				l.used, l.level, l.input, l.closed = true, level, input, false
				l.count.Store(0)
				n = int32(i)
				break
			}
		}
		irqLock.unlock(flags)
	})
	return n
}

// irqFree gives back a line without a waiter, whose source does not fire any more. One that fires this moment may wake the
// next waiter for nothing, which looks and waits again.
func irqFree(i int32) {
	onTrapStack(func() {
		flags := irqLock.lock()
		irqLines[i].fired.Store(0)
		irqLines[i].used = false
		irqLock.unlock(flags)
	})
}

// irqFire marks line i. It runs in the interrupt handler.
//
//go:nowritebarrierrec
func irqFire(i uint32) {
	l := &irqLines[i]
	l.count.Add(1)
	if l.level {
		l.masked.Store(1)
		irqMask(l)
	}
	l.fired.Store(1)
	if l.waiter.Load() != 0 {
		irqFired[i/32].Or(1 << (i % 32))
		netpollWake()
	}
}

// irqReady returns the goroutines whose lines have fired, and how many they are.
func irqReady() (list gList, n int32) {
	for w := range irqFired {
		if irqFired[w].Load() == 0 {
			continue
		}
		bits := irqFired[w].Swap(0)
		for i := 0; bits != 0; i, bits = i+1, bits>>1 {
			if bits&1 == 0 {
				continue
			}
			if gp := irqLines[w*32+i].waiter.Swap(0); gp != 0 {
				list.push((*g)(unsafe.Pointer(gp)))
				n++
			}
		}
	}
	return list, n
}

// irqWait parks the goroutine until line i has fired since its last irqWait returned.
func irqWait(i int32) {
	l := &irqLines[i]
	for l.fired.Swap(0) == 0 {
		if l.closed {
			return
		}
		if l.masked.Swap(0) != 0 {
			irqUnmask(l)
		}
		gopark(irqPark, unsafe.Pointer(l), waitReasonIOWait, traceBlockNet, 1)
	}
}

// irqPark publishes the waiter. A line that fired before is caught here.
func irqPark(gp *g, lp unsafe.Pointer) bool {
	l := (*irqLine)(lp)
	netpollAdjustWaiters(1)
	l.waiter.Store(uintptr(unsafe.Pointer(gp)))
	if (l.fired.Load() != 0 || l.closed) && l.waiter.Swap(0) != 0 {
		netpollAdjustWaiters(-1)
		return false
	}
	return true
}

// irqClose masks the line for good and wakes its waiter.
func irqClose(i int32) {
	l := &irqLines[i]
	l.closed = true
	irqMask(l)
	onTrapStack(func() { irqFire(uint32(i)) })
}
