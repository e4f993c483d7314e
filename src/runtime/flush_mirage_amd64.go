//go:build mirage

package runtime

import "internal/runtime/atomic"

// Pages that are taken away must be forgotten by all CPUs before their memory serves another. The CPU that takes them
// asks the others and waits. One asks at a time, under vmLock; the others answer by interrupt, or while they spin for a
// lock with interrupts off, or, if they are idle, when they wake: an idle CPU touches nothing that can go away.

// flushAsked counts the requests.
var flushAsked atomic.Uint32

// vmFlush makes all CPUs forget n pages from va on. vmLock is held.
func vmFlush(va, n uintptr) {
	if xenPV {
		pvFlush(va, n)
		return
	}
	vmForget(va, n)
	if nCPUs < 2 {
		return
	}
	request := flushAsked.Add(1)
	self := thisCPU()
	self.flushed.Store(request)
	for _, c := range cpus[:nCPUs] {
		if c != self && c.online.Load() != 0 && c.asleep.Load() == 0 {
			sendFlush(c)
		}
	}
	for _, c := range cpus[:nCPUs] {
		for c != self && c.online.Load() != 0 && c.asleep.Load() == 0 && int32(c.flushed.Load()-request) < 0 {
			cpuRelax()
		}
	}
}

// flushIfAsked makes this CPU forget all pages if another has asked for some.
//
//go:nosplit
func flushIfAsked() {
	c := thisCPU()
	if asked := flushAsked.Load(); c.flushed.Load() != asked {
		vmForgetAll()
		c.flushed.Store(asked)
	}
}
