package dns

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxMessage  = 0xffff        // RFC 1035 section 4.2.2: the length is 16 bits
	minQuery    = headerLen + 5 // a header and the shortest question
	streamChunk = 16 << 10      // bytes of answers that are sent at once
	streamRead  = 512           // bytes of queries that are read at once, unless one is longer
)

// A Stream is a connection on which queries are answered.
type Stream struct {
	server *StreamServer
	conn   net.Conn
	from   netip.AddrPort
	since  atomic.Int64 // Unix time, ns, from which on it waits for its client; 0 while it does not

	in      []byte // read and not yet handled is in[r:w]
	r, w    int
	partial bool // a query has arrived in part, and has its deadline

	mu  sync.Mutex
	out []byte // not yet sent
	err error  // why nothing more is to be sent
}

var (
	errStreamQuery = errors.New("dns: a query of less than 17 or more than 4096 bytes")
	errLongMessage = errors.New("dns: a message of more than 65535 bytes")
)

// From returns the client's address, IPv4 ones as such; the zero AddrPort if the connection has none.
func (s *Stream) From() netip.AddrPort { return s.from }

// Conn returns the connection, to look at: a tls.Conn says who the client is.
func (s *Stream) Conn() net.Conn { return s.conn }

// Send sends one message of an answer. It waits for a client that does not read, for the time-out at most. The error says
// why nothing more can be sent.
func (s *Stream) Send(message []byte) error {
	return s.send(func(dst []byte) []byte { return append(dst, message...) })
}

// send sends what f appends, unless that is nothing.
func (s *Stream) send(f func(dst []byte) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	start := len(s.out)
	b := f(append(s.out, 0, 0))
	n := len(b) - start - 2
	switch {
	case n == 0:
		return nil
	case n > maxMessage:
		return errLongMessage
	}
	b[start], b[start+1] = byte(n>>8), byte(n)
	s.out = b
	if len(b) >= streamChunk {
		return s.write()
	}
	return nil
}

// flush sends what is waiting to be sent.
func (s *Stream) flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil && len(s.out) > 0 {
		s.write()
	}
	return s.err
}

// write writes out. A client that does not read is waited for no longer than the time-out.
func (s *Stream) write() error {
	s.conn.SetWriteDeadline(time.Now().Add(or(s.server.Timeout, DefaultTimeout)))
	_, s.err = s.conn.Write(s.out)
	if s.out = s.out[:0]; cap(s.out) > streamChunk/4 { // many connections must not have much each
		s.out = nil
	}
	return s.err
}

// End has the connection closed once what has been sent is gone, whatever else the client wants.
func (s *Stream) End() {
	s.flush()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = net.ErrClosed
	}
}

// serve handles queries until the client has no more, and sends all answers.
func (s *Stream) serve() {
	defer s.conn.Close()
	var handling sync.WaitGroup
	slots := make(chan struct{}, s.server.Concurrent)
	for {
		query, err := s.next()
		if err != nil {
			break
		}
		if s.server.Concurrent == 0 {
			s.server.Handle(s, query)
			continue
		}
		query = bytes.Clone(query)
		slots <- struct{}{}
		handling.Go(func() {
			s.server.Handle(s, query)
			s.flush()
			<-slots
		})
	}
	handling.Wait()
	s.flush()
}

// next returns the next query (RFC 1035 section 4.2.2), which is good until it is called again. Before it waits for one
// it sends what there is to send.
func (s *Stream) next() ([]byte, error) {
	for {
		have, want := s.w-s.r, 2
		if have >= 2 {
			if want += int(be16(s.in[s.r:])); want < 2+minQuery || want > 2+maxQuery {
				return nil, errStreamQuery
			}
			if have >= want {
				query := s.in[s.r+2 : s.r+want]
				s.r, s.partial = s.r+want, false
				s.since.Store(0)
				return query, nil
			}
		}
		if err := s.fill(want); err != nil {
			return nil, err
		}
	}
}

// fill reads more, of a query that is want bytes with its length. All of it must arrive within the time-out from its
// first byte on.
func (s *Stream) fill(want int) error {
	if err := s.flush(); err != nil {
		return err
	}
	if s.r == s.w && len(s.in) > streamRead { // a long query's buffer is not kept for short ones
		s.in, s.r, s.w = nil, 0, 0
	}
	if len(s.in) < max(want, streamRead) {
		s.in = append(make([]byte, 0, max(want, streamRead)), s.in[s.r:s.w]...)
		s.r, s.w, s.in = 0, len(s.in), s.in[:cap(s.in)]
	} else {
		s.r, s.w = 0, copy(s.in, s.in[s.r:s.w])
	}
	now := time.Now()
	switch {
	case s.w == 0:
		s.wait(now, or(s.server.Idle, DefaultIdle))
	case !s.partial:
		s.partial = true
		s.wait(now, or(s.server.Timeout, DefaultTimeout))
	}
	n, err := s.conn.Read(s.in[s.w:])
	s.w += n
	if n > 0 {
		return nil
	}
	return err // the end, or the deadline
}

// wait bounds how long the client is waited for, from now on.
func (s *Stream) wait(now time.Time, d time.Duration) {
	s.conn.SetReadDeadline(now.Add(d))
	s.since.Store(now.UnixNano())
	if s.server.isClosed() { // Close has set a deadline, and we another
		s.conn.SetReadDeadline(longAgo)
	}
}
