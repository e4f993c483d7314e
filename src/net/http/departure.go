package http

import (
	"runtime"
	"time"
)

// While a handler runs, the server reads on from the connection, so that the request's context ends when the client goes away.
// The goroutine for that read costs a sixth of a small request: it is made, its stack grows, it parks, and it is woken by a
// deadline as soon as the handler returns. Here a handler that returns within departureDelay is never read beside: the
// departure of a client is noticed as much later, and nothing else changes.

// departureDelay is how long a handler runs before its client's departure is looked for. Most handlers are done by then, and one
// that waits for something waits longer.
const departureDelay = time.Millisecond

// watchLate says that departures are looked for late.
const watchLate = runtime.GOOS == "mirage"

// A departureWatch starts a connection's background read when its handler has run for a while. Its connReader's lock guards it.
type departureWatch struct {
	armed bool // the read is to start when the timer fires
	timer *time.Timer
}

// watchDeparture makes the background read start in departureDelay, and reports whether that is how it is done here. cr is locked.
func (cr *connReader) watchDeparture() bool {
	if !watchLate {
		return false
	}
	cr.rwc.SetReadDeadline(time.Time{}) // as for a read that starts now: a deadline that the handler sets is kept
	cr.watch.armed = true
	if cr.watch.timer == nil {
		cr.watch.timer = time.AfterFunc(departureDelay, cr.startWatchedRead)
	} else {
		cr.watch.timer.Reset(departureDelay)
	}
	return true
}

// startWatchedRead is the background read of a request that is not done yet.
func (cr *connReader) startWatchedRead() {
	cr.lock()
	start := cr.watch.armed && !cr.inRead && !cr.hasByte
	cr.watch.armed = false
	cr.inRead = cr.inRead || start
	cr.unlock()
	if start {
		cr.backgroundRead()
	}
}

// forgetDeparture makes a background read that has not started never start. cr is locked.
func (cr *connReader) forgetDeparture() {
	if cr.watch.armed {
		cr.watch.armed = false
		cr.watch.timer.Stop()
	}
}
