package tcp

import (
	"os"
	"sync"
	"time"
)

// A news is what those wait for whose call could not be done. Whoever waits takes its channel before it tries.
type news struct {
	mu sync.Mutex
	ch chan struct{}
}

// next returns a channel that is closed when something has happened.
func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch == nil {
		n.ch = make(chan struct{})
	}
	return n.ch
}

// tell wakes all who wait.
func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ch != nil {
		close(n.ch)
		n.ch = nil
	}
}

// A deadline is a time after which calls fail, which may be changed while they wait.
type deadline struct {
	mu    sync.Mutex
	at    time.Time
	timer *time.Timer
}

// set changes the time, and tells those who wait when it comes.
func (d *deadline) set(at time.Time, n *news) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.at = at; !at.IsZero() {
		d.timer = time.AfterFunc(time.Until(at), n.tell)
	}
	n.tell() // they may have to wait for less
}

// check returns os.ErrDeadlineExceeded once the time has come.
func (d *deadline) check() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.at.IsZero() && !time.Now().Before(d.at) {
		return os.ErrDeadlineExceeded
	}
	return nil
}
