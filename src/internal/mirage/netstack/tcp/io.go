package tcp

import "internal/mirage/netstack/inet"

// Recv copies what has come to b and, unless peek is set, forgets it. It returns how many octets it copied; 0 and nil at the
// end of the stream. The errors are EAGAIN, the pending error (which it clears), ENOTCONN and EBADF.
func (s *Socket) Recv(b []byte, peek bool) (int, error) {
	s.mu.Lock()
	c := s.conn
	if s.closed || c == nil {
		defer s.mu.Unlock()
		switch {
		case s.closed:
			return 0, inet.EBADF
		case s.err != 0:
			return 0, s.takeError()
		}
		return 0, inet.ENOTCONN
	}
	if c.ready > 0 || len(b) == 0 {
		now := s.p.net.Now()
		n := c.read(now, b, peek)
		if c.quiet() { // the window did not open far enough to say so
			s.mu.Unlock()
		} else {
			s.settle(now, 0)
		}
		return n, nil
	}
	defer s.mu.Unlock()
	switch {
	case c.finSeen:
		return 0, nil
	case s.err != 0:
		return 0, s.takeError()
	case s.noRead:
		return 0, nil
	case c.state == closed && c.everStood():
		return 0, nil
	case c.state == closed:
		return 0, inet.ENOTCONN
	}
	return 0, inet.EAGAIN
}

// Send takes octets to be sent and returns how many it took. The errors are EAGAIN (there is no room; Notify tells when), the
// pending error (which it clears), EPIPE (not connected, or shut down) and EBADF.
func (s *Socket) Send(b []byte) (int, error) {
	s.mu.Lock()
	c := s.conn
	err := error(nil)
	switch {
	case s.closed:
		err = inet.EBADF
	case s.err != 0:
		err = s.takeError()
	case c == nil, s.noWrite, c.state == closed:
		err = inet.EPIPE
	case !c.state.synchronized():
		err = inet.EAGAIN
	}
	if err != nil {
		s.mu.Unlock()
		return 0, err
	}
	n := c.write(b)
	s.settle(s.p.net.Now(), 0)
	if n == 0 && len(b) > 0 {
		return 0, inet.EAGAIN
	}
	return n, nil
}

// Waiting returns how many octets may be read (FIONREAD), Unsent how many were written and not acknowledged (TIOCOUTQ).
func (s *Socket) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return 0
	}
	return s.conn.ready
}

func (s *Socket) Unsent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return 0
	}
	return s.conn.queued
}
