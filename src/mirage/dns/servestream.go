package dns

import "time"

// A transport is what an answer depends on besides the query.
type transport struct {
	stream bool
	idle   uint16 // of a stream: how long it may be idle, in units of 100 ms (RFC 7828 section 3.1)
}

// HandleStream answers query on t: the Handle of a StreamServer. What must not be answered ends the connection, as the
// client waits for nothing.
func (s *Server) HandleStream(t *Stream, query []byte) {
	answered := false
	t.send(func(dst []byte) []byte {
		start := len(dst)
		dst = s.AnswerStream(dst, query, or(t.server.Idle, DefaultIdle))
		answered = len(dst) > start
		return dst
	})
	if !answered {
		t.End()
	}
}

// AnswerStream is Answer for a query that came on a connection: the answer has up to 65535 bytes (RFC 7766 section 8)
// whatever the client says of datagrams. A client that asks is told that the connection may be idle for as long as
// idle (RFC 7828).
func (s *Server) AnswerStream(dst, query []byte, idle time.Duration) []byte {
	st := s.state.Load()
	via := transport{true, uint16(min(idle/(100*time.Millisecond), 0xffff))}
	var k memoKey
	if st.memo.key(query, &k, s.detail|detailKeepAlive) == 0 || k.detail&detailKeepAlive != 0 {
		return s.resolve(dst, query, maxMessage, st, nil, via)
	}
	k.detail |= detailStream
	k.hash = mix(k.hash, detailStream)
	e, exact := st.memo.find(query, &k)
	if e == nil {
		return s.resolve(dst, query, maxMessage, st, &k, via)
	}
	return e.appendTo(dst, query, &k, exact)
}
