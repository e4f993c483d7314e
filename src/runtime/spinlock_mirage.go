//go:build mirage

package runtime

import "internal/runtime/atomic"

// A spinlock guards what interrupt handlers and several CPUs share. Interrupts are off on this CPU while it is held, so
// it is held for a few instructions, nothing faults or allocates under it, and it nests only in this order:
//
//	vmLock < futexBucket.lock < cpu.lock < physAlloc.lock
type spinlock struct{ held atomic.Uint32 }

// lock returns the interrupt state for unlock.
//
//go:nosplit
func (l *spinlock) lock() irqFlags {
	flags := irqDisable()
	for !l.held.CompareAndSwap(0, 1) {
		flushIfAsked() // the holder may be waiting for this CPU to forget pages
		cpuRelax()
	}
	return flags
}

//go:nosplit
func (l *spinlock) unlock(flags irqFlags) {
	l.held.Store(0)
	irqRestore(flags)
}
