package tcp

import "sync"

// waiting is the list of connections in TIME-WAIT, the oldest first: there are not to be more than memory has room for.
type waiting struct {
	mu          sync.Mutex
	first, last *Socket
	count       int
}

// maxWaiting bounds them: a server that closes first and serves 270 connections a second has so many.
const maxWaiting = 1 << 14

// push adds a connection and returns the oldest one if there are too many.
func (w *waiting) push(s *Socket) (old *Socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.waitPrev = w.last; w.last == nil {
		w.first = s
	} else {
		w.last.waitNext = s
	}
	w.last = s
	if w.count++; w.count > maxWaiting {
		return w.first
	}
	return nil
}

func (w *waiting) remove(s *Socket) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.waitPrev == nil {
		w.first = s.waitNext
	} else {
		s.waitPrev.waitNext = s.waitNext
	}
	if s.waitNext == nil {
		w.last = s.waitPrev
	} else {
		s.waitNext.waitPrev = s.waitPrev
	}
	s.waitNext, s.waitPrev = nil, nil
	w.count--
}

// cutShort ends a connection in TIME-WAIT early.
func (s *Socket) cutShort() {
	s.mu.Lock()
	if s.conn != nil && s.conn.state == timeWait {
		s.conn.end(0)
	}
	s.settle(s.p.net.Now(), 0)
}
