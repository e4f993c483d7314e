// Package clock sleeps and calls back for what is below package time. The library OS serves the system calls of every
// package's initialization, package time's among them, so it must be initialized before and cannot import it.
//
// On other systems, where the library OS is tested, it is package time in this form.
package clock

// Units of the durations here, nanoseconds.
const (
	Millisecond = 1e6
	Second      = 1e9
	Hour        = 3600 * Second
)

// NewTimer returns a timer that sends on C after ns nanoseconds, unless C holds a value already.
func NewTimer(ns int64) (t *Timer, c <-chan struct{}) {
	fired := make(chan struct{}, 1)
	return newTimer(ns, send, fired), fired
}

// AfterFunc returns a timer that calls f in a goroutine of its own after ns nanoseconds.
func AfterFunc(ns int64, f func()) *Timer { return newTimer(ns, start, f) }

// send and start are what timers do, with their argument, where they must not wait.

func send(c any, _ uintptr, _ int64) {
	select {
	case c.(chan struct{}) <- struct{}{}:
	default:
	}
}

func start(f any, _ uintptr, _ int64) { go f.(func())() }
