package tcp

// Finish ends sending on every connection, as the end of the program that has them does (RFC 9293 section 3.6), and reports
// whether all peers have acknowledged all that they were sent. It may be called again to ask.
func (p *Protocol) Finish() (done bool) {
	done = true
	for _, s := range p.table.all() {
		s.Shutdown(false, true)
		if s.unacknowledged() {
			done = false
		}
	}
	return done
}

// unacknowledged reports whether a peer still has to hear or to say something. What is sent to this machine itself ends with
// it.
func (s *Socket) unacknowledged() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || s.tuple.remote.Addr.IsLoopback() || s.tuple.remote.Addr == s.tuple.local.Addr {
		return false
	}
	switch s.conn.state {
	case established, closeWait, finWait1, closing, lastAck:
		return true
	}
	return s.conn.resetDue
}
