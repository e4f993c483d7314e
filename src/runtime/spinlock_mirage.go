//go:build mirage

package runtime

import "internal/runtime/atomic"

// A spinlock guards what interrupt handlers and several CPUs share. Interrupts are off on this CPU while it is held, so
// it is held for a few instructions, nothing faults or allocates under it, and it nests only in this order:
//
//	vmLock < futexBucket.lock < cpu.lock < vmTables.lock < physAlloc.lock
type spinlock struct{ held atomic.Uint32 }

// lock returns the interrupt state for unlock.
//
//go:nosplit
func (l *spinlock) lock() irqFlags {
	flags := irqDisable()
	l.acquire()
	return flags
}

// acquire is lock with interrupts off already.
//
//go:nosplit
func (l *spinlock) acquire() {
	for !l.held.CompareAndSwap(0, 1) {
		flushIfAsked() // the holder may be waiting for this CPU to forget pages
		cpuRelax()
	}
}

// release is unlock without giving interrupts back.
//
//go:nosplit
func (l *spinlock) release() { l.held.Store(0) }

//go:nosplit
func (l *spinlock) unlock(flags irqFlags) {
	l.release()
	irqRestore(flags)
}

// A sharedLock is held by one who changes something, or by any number who do not: these take the part of their own CPU,
// which costs no other CPU anything, and who wants it alone takes all parts.
type sharedLock struct{ alone spinlock }

// lock waits until nobody else has l, and returns the interrupt state for unlock.
func (l *sharedLock) lock() irqFlags {
	flags := l.alone.lock()
	for _, c := range cpus[:nCPUs] {
		c.shares.acquire()
	}
	return flags
}

func (l *sharedLock) unlock(flags irqFlags) {
	for _, c := range cpus[:nCPUs] {
		c.shares.release()
	}
	l.alone.unlock(flags)
}

// share waits until nobody has l alone, and returns the interrupt state for unshare.
func (l *sharedLock) share() irqFlags {
	flags := irqDisable()
	thisCPU().shares.acquire()
	return flags
}

func (l *sharedLock) unshare(flags irqFlags) { thisCPU().shares.unlock(flags) }
