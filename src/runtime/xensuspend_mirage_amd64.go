//go:build mirage

package runtime

import (
	"internal/runtime/atomic"
	"internal/runtime/sys"
	"unsafe"
)

// Suspension (xen/include/public/sched.h, SHUTDOWN_suspend): the machine stops, is saved or moved, and goes on as another
// domain, with its memory and its CPUs' registers and nothing else that it had of Xen's; or goes on as it was, if that was called off.
//
// The first CPU suspends, since it is its registers in which Xen says which of both happened. It does so in an interrupt handler,
// and the others wait in one: whatever they were doing, they hold no spinlock there.

const shutdownSuspend = 2

var suspension struct {
	asked  atomic.Uint32 // the first CPU is to suspend
	hold   atomic.Uint32 // the others are to wait
	held   atomic.Int32  // how many do
	done   atomic.Uint32
	result int
}

// xenSpare are ports that xenReserve need not keep.
var xenSpare [xenPorts / 64]uint64

// xenSuspend suspends the machine and returns when it goes on: 0 as another domain, 1 as before, an errno, negative, when Xen
// refuses. Callers come one after the other.
func xenSuspend() int {
	s := &suspension
	s.done.Store(0)
	s.asked.Store(1)
	sendFlush(cpu0)
	for s.done.Load() == 0 {
		osyield()
	}
	if s.result == 0 {
		wallChange(func(l *wallLaw, now int64) { *l = wallLaw{at: now, offset: xenWallClock() - now, rate: l.rate} })
	}
	return s.result
}

// suspendIfAsked is called in an interrupt handler, behind the end of the interrupt.
//
//go:nowritebarrierrec
func suspendIfAsked() {
	s := &suspension
	c := thisCPU()
	switch {
	case c == cpu0 && s.asked.Swap(0) != 0:
		suspend()
	case c != cpu0 && s.hold.Load() != 0:
		s.held.Add(1)
		for s.hold.Load() != 0 {
			flushIfAsked() // one that is not here yet may wait for that
			cpuRelax()
		}
		if xenPV && s.result == 0 {
			c.pvResume()
		}
		c.restartTimer()
		s.held.Add(-1)
	}
}

// suspend is the first CPU's part.
func suspend() {
	s := &suspension
	s.hold.Store(1)
	for _, c := range cpus[1:nCPUs] {
		sendFlush(c)
	}
	awaitHeld(int32(nCPUs - 1))
	store, console := uint32(xenParam(hvmStorePort)), xenConsolePort
	now, ticks := nanotime1(), counterRead()
	reason, startInfo := xenArg{shutdownSuspend}, uintptr(0)
	if xenPV {
		startInfo = pvDetach()
	}
	s.result = hypercall(xenSchedOp, schedShutdown, unsafe.Pointer(&reason), startInfo)
	restored := s.result == 0
	if xenPV {
		pvAttach(restored)
	}
	if restored || xenPV {
		xenPlaceAgain()
	}
	if restored {
		counterResume(now, ticks)
		xenResume(store, console)
		xenLives.Add(1)
	}
	s.hold.Store(0)
	awaitHeld(0)
	cpu0.restartTimer()
	s.done.Store(1)
}

func awaitHeld(n int32) {
	for suspension.held.Load() != n {
		flushIfAsked()
		cpuRelax()
	}
}

// restartTimer sets the timer of the CPU that calls to what it was set to: the counter has moved.
func (c *vcpu) restartTimer() {
	c.lock.acquire()
	c.timerAt = 0
	c.armTimer()
	c.lock.release()
}

// xenResume gets from Xen again what the machine had before it became another domain, when the store and the console had these
// ports. Other channels are gone; what was put into their memory nobody sees.
func xenResume(store, console uint32) {
	xenMaskAll()
	xenQueue()
	xenDeliver()
	xenConsolePort = uint32(xenParam(hvmConsolePort))
	newStore := uint32(xenParam(hvmStorePort))
	lines := [2]uint8{xenLines[store%xenPorts], xenLines[console%xenPorts]}
	xenLines[store%xenPorts], xenLines[console%xenPorts] = 0, 0
	xenReserve()
	for i, port := range [2]uint32{newStore % xenPorts, xenConsolePort % xenPorts} {
		if lines[i] == 0 {
			continue
		}
		xenLines[port] = lines[i]
		xenCall(xenEventOp, eventUnmask, xenArg{uint64(port)}, 0)
		irqFire(uint32(lines[i]) - 1)
	}
	if xenPV {
		cpu0.pvResume()
	}
}

// xenPlaceAgain has Xen put its pages where they were.
func xenPlaceAgain() {
	for _, p := range xenPlaced.pages[:xenPlaced.n] {
		if p.place() != 0 {
			throw("resume: Xen does not put its pages where they were")
		}
	}
}

// xenReserve makes channels to nowhere of the ports that drivers still believe to have, so that nobody gets one before they have
// closed it. Xen gives the lowest that is free.
func xenReserve() {
	missing := 0
	for _, ports := range xenHeld {
		missing += sys.OnesCount64(ports)
	}
	for missing > 0 {
		arg, r := xenCall(xenEventOp, eventAlloc, xenArg{domainSelf | domainSelf<<16}, 0)
		port := uint32(arg[0] >> 32)
		if r != 0 || port >= xenPorts {
			break
		}
		if xenHeld[port/64]>>(port%64)&1 != 0 {
			missing--
		} else {
			xenSpare[port/64] |= 1 << (port % 64)
		}
	}
	for port := range uint32(xenPorts) {
		if xenSpare[port/64]>>(port%64)&1 != 0 {
			xenCall(xenEventOp, eventClose, xenArg{uint64(port)}, 0)
		}
	}
	clear(xenSpare[:])
}
