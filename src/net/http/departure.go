package http

import (
	"runtime"
	"sync"
	"time"
)

// While a handler runs, the server reads on from the connection, so that the request's context ends when the client goes away.
// The goroutine for that read costs a sixth of a small request: it is made, its stack grows, it parks, and it is woken by a
// deadline as soon as the handler returns. Here a handler that returns within departureDelay is never read beside: the
// departure of a client is noticed as much later, and nothing else changes.

// departureDelay is how long a handler runs, and at most twice as long, before its client's departure is looked for. Most
// handlers are done by then, and one that waits for something waits longer.
const departureDelay = time.Millisecond

// watchLate says that departures are looked for late.
const watchLate = runtime.GOOS == "mirage"

// A departureWatch has the connections of a server whose handlers run and which are not read beside yet. One timer for all
// of them is set once in departureDelay; one for each would be set and stopped for each request.
type departureWatch struct {
	mu         sync.Mutex
	fresh, old departureLink // rings: of those since the timer was set, and of those from before
	timer      *time.Timer
	set        bool // the timer is
}

// A departureLink is a connection's place in a ring of its server's departureWatch, whose lock guards it. A ring's beginning is
// one without a connection.
type departureLink struct {
	next, prev *departureLink
	reader     *connReader
	by         *departureWatch // whose ring it is in, nil while it is watched by none: the reader's lock guards this one
}

// add puts l at the end of the ring.
func (ring *departureLink) add(l *departureLink) {
	if ring.next == nil {
		ring.next, ring.prev = ring, ring
	}
	l.next, l.prev = ring, ring.prev
	l.prev.next, ring.prev = l, l
}

// remove takes l out of its ring.
func (l *departureLink) remove() {
	l.prev.next, l.next.prev = l.next, l.prev
	l.next, l.prev = nil, nil
}

// take removes the first of the ring and returns it, nil if there is none.
func (ring *departureLink) take() *departureLink {
	l := ring.next
	if l == nil || l == ring {
		return nil
	}
	l.remove()
	return l
}

// add begins to watch a connection.
func (w *departureWatch) add(l *departureLink) {
	w.mu.Lock()
	w.fresh.add(l)
	if !w.set {
		w.setTimer()
	}
	w.mu.Unlock()
}

// remove ends it.
func (w *departureWatch) remove(l *departureLink) {
	w.mu.Lock()
	if l.next != nil {
		l.remove()
	}
	w.mu.Unlock()
}

func (w *departureWatch) setTimer() {
	if w.set = true; w.timer == nil {
		w.timer = time.AfterFunc(departureDelay, w.look)
	} else {
		w.timer.Reset(departureDelay)
	}
}

// look starts the reads of connections whose handlers have run since the time before.
func (w *departureWatch) look() {
	w.mu.Lock()
	var due []*connReader
	for l := w.old.take(); l != nil; l = w.old.take() {
		due = append(due, l.reader)
	}
	for l := w.fresh.take(); l != nil; l = w.fresh.take() {
		w.old.add(l)
	}
	if w.set = false; w.old.next != &w.old {
		w.setTimer()
	}
	w.mu.Unlock()
	for _, cr := range due {
		cr.startWatchedRead()
	}
}

// watchDeparture makes the background read start in departureDelay, and reports whether that is how it is done here. cr is locked.
func (cr *connReader) watchDeparture() bool {
	if !watchLate || cr.conn == nil {
		return false
	}
	cr.rwc.SetReadDeadline(time.Time{}) // as for a read that starts now: a deadline that the handler sets is kept
	cr.watch.reader = cr
	cr.watch.by = &cr.conn.server.departures
	cr.watch.by.add(&cr.watch)
	return true
}

// startWatchedRead is the background read of a request that is not done yet. Should that request be done and the next one have
// begun, it is read beside early.
func (cr *connReader) startWatchedRead() {
	cr.lock()
	defer cr.unlock()
	if cr.watch.by == nil {
		return
	}
	cr.forgetDeparture()
	if !cr.inRead && !cr.hasByte {
		cr.inRead = true
		go cr.backgroundRead()
	}
}

// forgetDeparture makes a background read that has not started never start. cr is locked.
func (cr *connReader) forgetDeparture() {
	if cr.watch.by != nil {
		cr.watch.by.remove(&cr.watch)
		cr.watch.by = nil
	}
}
