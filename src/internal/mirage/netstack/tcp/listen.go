package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync/atomic"
)

// A listener is the LISTEN state: a socket that makes others.
type listener struct {
	backlog  int
	queue    []*Socket            // connected, not accepted yet
	halfOpen map[*Socket]struct{} // in SYN-RECEIVED
	queued   atomic.Int32         // len(queue), for those without the lock
	limit    atomic.Int32         // of queued

	cookiesUntil int64 // cookies that were sent may come back until then
}

// Bounds of a listener: net.core.somaxconn, and handshakes that are not complete, beyond which it sends cookies.
const (
	maxBacklog  = 4096
	maxHalfOpen = 256
)

// Listen makes the socket listen, or changes its backlog. The errors are EINVAL (connected), EADDRINUSE.
func (s *Socket) Listen(backlog int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if backlog < 0 || backlog > maxBacklog {
		backlog = maxBacklog
	}
	switch {
	case s.closed:
		return inet.EBADF
	case s.conn != nil:
		return inet.EINVAL
	case s.listener != nil:
		s.listener.setBacklog(backlog)
		return nil
	case s.bound == nil:
		if err := s.bind(wire.AddrPort{Addr: s.any()}); err != nil {
			return err
		}
	}
	b := *s.bound
	b.listening = true
	p := s.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ports.free(s.port, &b, (*binding).conflicts) {
		return inet.EADDRINUSE
	}
	s.listener = &listener{halfOpen: map[*Socket]struct{}{}}
	s.listener.setBacklog(backlog)
	s.bound = &b
	p.ports.set(s.port, s, &b)
	return nil
}

// setBacklog lets one more wait than is asked for, as Linux does.
func (l *listener) setBacklog(n int) {
	l.backlog = n
	l.limit.Store(int32(n) + 1)
}

// full reports whether nobody more can be queued.
func (l *listener) full() bool { return l.queued.Load() >= l.limit.Load() }

// unlisten goes back to CLOSED: those who were not accepted are reset. s.mu is held, and is given back.
func (s *Socket) unlisten() {
	l := s.listener
	s.listener = nil
	b := *s.bound
	b.listening = false
	s.publish(&b)
	notify := s.notify
	s.mu.Unlock()
	for _, c := range l.queue {
		c.disown()
	}
	for c := range l.halfOpen {
		c.disown()
	}
	if notify != nil {
		notify(allOver)
	}
}

// disown resets a connection that nobody will accept.
func (s *Socket) disown() {
	s.mu.Lock()
	s.parent, s.queue, s.closed = nil, nil, true
	if s.conn != nil {
		s.conn.abort(inet.ECONNABORTED)
		s.conn.leave(s.p.net.Now())
	}
	s.settle(s.p.net.Now(), 0)
}

// Accept returns the next connection, which may be over already, and its peer. The errors are EAGAIN, EINVAL (not listening), EBADF.
func (s *Socket) Accept() (c *Socket, peer wire.AddrPort, err error) {
	s.mu.Lock()
	l := s.listener
	switch {
	case s.closed:
		s.mu.Unlock()
		return nil, peer, inet.EBADF
	case l == nil:
		s.mu.Unlock()
		return nil, peer, inet.EINVAL
	case len(l.queue) == 0:
		s.mu.Unlock()
		return nil, peer, inet.EAGAIN
	}
	c = l.queue[0]
	l.queue[0] = nil
	l.queue = l.queue[1:]
	l.queued.Add(-1)
	s.mu.Unlock()
	c.mu.Lock()
	c.parent, c.queue = nil, nil
	c.mu.Unlock()
	return c, c.tuple.remote, nil
}

// inputListen takes a segment for a listening socket: RFC 9293 section 3.10.7.2. It is false if it is to be refused.
func (s *Socket) inputListen(pkt *inet.Packet, g *segment, u *tuple) bool {
	switch {
	case g.has(wire.RST):
		return true
	case g.has(wire.ACK):
		return !g.has(wire.SYN) && s.takeCookie(pkt, g, u)
	case !g.has(wire.SYN) || g.has(wire.FIN):
		return true
	}
	s.mu.Lock()
	l := s.listener
	switch {
	case l == nil:
		s.mu.Unlock()
		return false
	case s.options.tooFar(pkt):
		s.mu.Unlock()
		return true
	case l.full():
		s.mu.Unlock()
		s.p.counters.ListenDrops.Add(1)
		return true
	case len(l.halfOpen) >= maxHalfOpen:
		l.cookiesUntil = s.p.net.Now() + 2*cookieTime
		s.mu.Unlock()
		s.p.counters.TCPReqQFullDoCookies.Add(1)
		s.p.sendCookie(pkt, g, u)
		return true
	}
	s.mu.Unlock()
	s.child(l, u).begin(pkt, g, func(*conn) {})
	return true
}

// child makes the socket of a new connection.
func (s *Socket) child(l *listener, u *tuple) *Socket {
	s.mu.Lock()
	c := s.p.newSocket(s.v6, s.options)
	c.tuple = *u
	if s.listener == l {
		c.parent, c.queue = s, l
		l.halfOpen[c] = struct{}{}
	} else {
		c.closed = true // the listener has gone meanwhile
	}
	s.mu.Unlock()
	return c
}

// begin makes the connection of a socket that was made for a SYN; more is done to it before anything is sent. It is false
// if there is one already, or the listener has gone.
func (s *Socket) begin(pkt *inet.Packet, g *segment, more func(c *conn)) bool {
	now := s.p.net.Now()
	s.mu.Lock()
	r, err := s.p.net.Route(pkt.Src, pkt.Dst, s.iface())
	s.inTable = err == nil && !s.closed && s.p.table.add(s)
	if !s.inTable { // another card has had the same SYN, or the listener has gone
		parent := s.parent
		s.mu.Unlock()
		if parent != nil {
			parent.childChanged(s, evClosed)
		}
		return false
	}
	s.out.Route, s.routeGen = r, s.p.net.Generation()
	setup := s.setup(now, r.Room)
	if g.reopens { // RFC 9293 section 3.6.1, MAY-2 (1); the distance is more than a window without scale
		setup.iss = later(setup.iss, g.follows.add(1<<16))
	}
	s.conn = newConn(setup)
	s.conn.accept(now, g)
	more(s.conn)
	s.settle(now, pkt.Iface)
	return true
}

// childChanged hears of what has happened to a connection that was not accepted yet.
func (s *Socket) childChanged(c *Socket, e events) {
	if e&(evEstablished|evClosed) == 0 {
		return
	}
	s.mu.Lock()
	l := s.listener
	if l == nil {
		s.mu.Unlock()
		return // disown has seen to it
	}
	if _, ok := l.halfOpen[c]; !ok {
		s.mu.Unlock()
		return
	}
	delete(l.halfOpen, c)
	if e&evEstablished == 0 {
		s.mu.Unlock()
		return
	}
	s.p.counters.PassiveOpens.Add(1)
	l.queue = append(l.queue, c)
	l.queued.Add(1)
	notify := s.notify
	s.mu.Unlock()
	if notify != nil {
		notify(Readiness{Readable: true})
	}
}
