package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
)

// A Socket is one end of a connection, or listens for them. Its methods never block and may be called from any
// goroutine.
type Socket struct {
	p  *Protocol
	v6 bool

	mu       sync.Mutex
	options  Options
	notify   func(Readiness)
	bound    *binding // what is in p.ports; nil if it is not bound
	port     uint16
	listener *listener // not nil while it listens
	parent   *Socket   // who made it, until it is accepted
	queue    *listener // that parent's

	conn       *conn // nil before Connect
	tuple      tuple
	chain      *Socket // in p.table, under its lock
	inTable    bool
	connecting bool // Connect has not been told the outcome
	counted    bool // in CurrEstab
	waits      bool // is in p.waiting
	waitNext   *Socket
	waitPrev   *Socket // under its lock
	out        inet.Out
	ecn        uint8  // of the segment that is being sent
	routeGen   uint32 // the Network's generation, 0 when there is no route
	timer      inet.Timer
	timerAt    int64 // when it fires; 0: it does not wait
	stalled    bool  // waits for room in the card
	awaits     bool  // resume is going to be called
	refused    uint8 // times that it was called since the card took a long frame

	err     inet.Errno // pending
	noRead  bool       // shut down
	noWrite bool
	closed  bool // by the user
	lingers bool // and waited for until what was written has arrived
}

// NewSocket makes a socket for IPv4, or for both families if v6 is set.
func (p *Protocol) NewSocket(v6 bool) *Socket { return p.newSocket(v6, defaults) }

func (p *Protocol) newSocket(v6 bool, o Options) *Socket {
	s := &Socket{p: p, v6: v6, options: o}
	s.timer.F = s.expire
	return s
}

// Readiness says what a call would do now, as poll's bits do.
type Readiness struct {
	Readable, Writable bool
	PeerDone           bool // nothing will come any more: POLLRDHUP
	HungUp             bool // in neither direction
	Failed             bool // there is an error to be taken
}

// Notify makes f be called after each event that may change what Ready says: with those that may have come to hold, from
// any goroutine, without locks held. f must be quick; it may call the socket.
func (s *Socket) Notify(f func(Readiness)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify = f
}

// Ready says what a call would do now.
func (s *Socket) Ready() Readiness {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.conn
	switch {
	case s.closed:
		return allOver
	case s.listener != nil:
		return Readiness{Readable: len(s.listener.queue) > 0}
	case c == nil:
		return Readiness{Writable: true, HungUp: true, Failed: s.err != 0}
	}
	r := Readiness{Failed: s.err != 0}
	gone := c.state == closed
	r.PeerDone = gone || c.finSeen || s.noRead
	r.HungUp = gone || r.PeerDone && s.noWrite
	r.Readable = c.ready > 0 || r.PeerDone || r.Failed
	r.Writable = gone || r.Failed || c.state.synchronized() && (s.noWrite || c.roomy())
	return r
}

// V6 reports whether it is a socket of IPv6, which may speak IPv4.
func (s *Socket) V6() bool { return s.v6 }

// Local returns the local address, 0.0.0.0:0 or [::]:0 before it has one.
func (s *Socket) Local() wire.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.conn != nil:
		return wire.On(s.tuple.local.Addr, s.tuple.local.Port, s.iface())
	case s.bound != nil:
		return wire.On(s.bound.local, s.port, s.options.Iface)
	}
	return wire.AddrPort{Addr: s.any()}
}

// any is the unspecified address of the socket's family.
func (s *Socket) any() wire.Addr {
	if s.v6 {
		return wire.Any6
	}
	return wire.Any4
}

// iface is the index of the only interface by which the connection goes, 0 for any.
func (s *Socket) iface() int {
	if zone := s.tuple.remote.Zone; zone != 0 {
		return int(zone)
	}
	return s.options.Iface
}

// Remote returns the peer; ok is false if the socket is not connected.
func (s *Socket) Remote() (peer wire.AddrPort, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || !s.conn.state.synchronized() || s.conn.state == timeWait {
		return wire.AddrPort{}, false
	}
	return s.tuple.remote, true
}

// TakeError returns the pending error and clears it (SO_ERROR); nil if there is none.
func (s *Socket) TakeError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeError()
}

func (s *Socket) takeError() error {
	if s.err == 0 {
		return nil
	}
	err := s.err
	s.err = 0
	return err
}

// Shutdown ends receiving, sending, or both: RFC 9293 section 3.6. A listening socket that no longer receives does not
// listen any more. The error is ENOTCONN.
func (s *Socket) Shutdown(read, write bool) error {
	s.mu.Lock()
	c := s.conn
	switch {
	case s.closed:
		s.mu.Unlock()
		return inet.EBADF
	case s.listener != nil:
		if !read {
			s.mu.Unlock()
			return nil
		}
		s.unlisten()
		return nil
	case c == nil || c.state == closed || c.state == timeWait: // of which the socket is free on Linux
		s.mu.Unlock()
		return inet.ENOTCONN
	}
	s.noRead, s.noWrite = s.noRead || read, s.noWrite || write
	if c.state == synSent {
		c.end(0)
	} else if write {
		c.finish()
	}
	c.events |= evReadable | evWritable
	s.settle(s.p.net.Now(), 0)
	return nil
}

// Lingers reports whether the socket is closed with a time in Options.Linger, and something that was written, or the end of it,
// has not arrived. Notify tells when it has.
func (s *Socket) Lingers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lingers && s.conn != nil && s.conn.lingers()
}

// Close ends the socket: every later call gives EBADF. What was written is still sent, unless something that came was not
// read or Options.Linger is 0: then the peer gets a RST.
func (s *Socket) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return inet.EBADF
	}
	s.closed, s.noRead, s.noWrite = true, true, true
	s.lingers = s.options.Linger > 0
	if s.listener != nil {
		s.unlisten()
		s.mu.Lock()
	}
	if c := s.conn; c != nil {
		if s.options.Linger == 0 {
			c.count.TCPAbortOnData.Add(1) // as Linux has it
			c.abort(0)
		}
		c.leave(s.p.net.Now())
		c.events |= evReadable | evWritable
	}
	if s.conn == nil || s.conn.state == closed {
		s.publish(nil)
	}
	s.settle(s.p.net.Now(), 0)
	return nil
}
