//go:build !mirage

package clock

import "time"

// A Timer is package time's.
type Timer struct{ *time.Timer }

func newTimer(ns int64, f func(arg any, seq uintptr, delta int64), arg any) *Timer {
	return &Timer{time.AfterFunc(time.Duration(ns), func() { f(arg, 0, 0) })}
}

// Reset makes the timer fire in ns nanoseconds, and not when it would have.
func (t *Timer) Reset(ns int64) { t.Timer.Reset(time.Duration(ns)) }

// Stop makes the timer not fire, if it has not yet.
func (t *Timer) Stop() { t.Timer.Stop() }

// Sleep waits for ns nanoseconds.
func Sleep(ns int64) { time.Sleep(time.Duration(ns)) }
