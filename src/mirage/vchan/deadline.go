package vchan

import (
	"sync"
	"time"
)

// A deadline is a time that may be set anew. The zero deadline is none.
type deadline struct {
	mu     sync.Mutex
	passed chan struct{} // closed when it has passed; nil until anybody asks or sets
	timer  *time.Timer
	count  int // of times set: a timer of an earlier one does nothing
}

// over returns what is closed when the deadline passes.
func (d *deadline) over() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.passed == nil {
		d.passed = make(chan struct{})
	}
	return d.passed
}

// set sets the deadline, also for those who wait already; the zero time is none.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.count++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.passed == nil || d.isOver() {
		d.passed = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		close(d.passed)
		return
	}
	count := d.count
	d.timer = time.AfterFunc(left, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.count == count {
			close(d.passed)
		}
	})
}

func (d *deadline) isOver() bool {
	select {
	case <-d.passed:
		return true
	default:
		return false
	}
}
