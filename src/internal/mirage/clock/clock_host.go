//go:build !mirage

package clock

import (
	"sync/atomic"
	"time"
)

// hurry is how many times as fast time passes here; 0 is 1.
var hurry atomic.Int64

// Hurry makes what begins to wait from now on wait 1/n of its time, for a test in which nothing but the time is waited for. The
// function that it returns ends that.
func Hurry(n int64) (end func()) {
	hurry.Store(n)
	return func() { hurry.Store(0) }
}

func duration(ns int64) time.Duration { return time.Duration(ns / max(hurry.Load(), 1)) }

// A Timer is package time's.
type Timer struct{ *time.Timer }

func newTimer(ns int64, f func(arg any, seq uintptr, delta int64), arg any) *Timer {
	return &Timer{time.AfterFunc(duration(ns), func() { f(arg, 0, 0) })}
}

// Reset makes the timer fire in ns nanoseconds, and not when it would have.
func (t *Timer) Reset(ns int64) { t.Timer.Reset(duration(ns)) }

// Stop makes the timer not fire, if it has not yet.
func (t *Timer) Stop() { t.Timer.Stop() }

// Sleep waits for ns nanoseconds.
func Sleep(ns int64) { time.Sleep(duration(ns)) }
