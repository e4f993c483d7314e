package tcp

import "internal/mirage/netstack/inet"

// Recv copies what has come to b and, unless peek is set, forgets it. It returns how many octets it copied; 0 and nil at the
// end of the stream. The errors are EAGAIN, the pending error (which it clears), ENOTCONN and EBADF.
func (s *Socket) Recv(b []byte, peek bool) (int, error) {
	s.mu.Lock()
	c := s.conn
	if s.closed || c == nil || c.ready == 0 && len(b) > 0 {
		err := s.nothing()
		s.mu.Unlock()
		return 0, err
	}
	now := s.p.net.Now()
	n := c.read(now, b, peek)
	if c.quiet() { // the window did not open far enough to say so
		s.mu.Unlock()
	} else {
		s.settle(now, 0)
	}
	return n, nil
}

// nothing says why there is nothing to receive: nil at the end of the stream. s.mu is held.
func (s *Socket) nothing() error {
	c := s.conn
	switch {
	case s.closed:
		return inet.EBADF
	case c != nil && c.finSeen:
		return nil
	case s.err != 0:
		return s.takeError()
	case c == nil:
		return inet.ENOTCONN
	case s.noRead, c.state == closed && c.everStood():
		return nil
	case c.state == closed:
		return inet.ENOTCONN
	}
	return inet.EAGAIN
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
