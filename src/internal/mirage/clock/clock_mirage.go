//go:build mirage

package clock

import (
	"internal/mirage/machine"
	"unsafe"
)

// A Timer is the runtime's.
type Timer struct{ runtime unsafe.Pointer }

func newTimer(ns int64, f func(arg any, seq uintptr, delta int64), arg any) *Timer {
	return &Timer{machine.NewTimer(when(ns), f, arg)}
}

// Reset makes the timer fire in ns nanoseconds, and not when it would have.
func (t *Timer) Reset(ns int64) { machine.ResetTimer(t.runtime, when(ns)) }

// Stop makes the timer not fire, if it has not yet.
func (t *Timer) Stop() { machine.StopTimer(t.runtime) }

// Sleep waits for ns nanoseconds.
func Sleep(ns int64) { machine.Sleep(ns) }

// when is the time in ns nanoseconds, or the end of all time.
func when(ns int64) int64 {
	if at := machine.Nanotime() + max(ns, 0); at > 0 {
		return at
	}
	return 1<<63 - 1
}
