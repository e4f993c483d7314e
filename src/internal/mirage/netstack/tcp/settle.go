package tcp

import "internal/mirage/netstack/inet"

// allOver is what everybody is told who waits for a socket that was closed.
var allOver = Readiness{Readable: true, Writable: true, PeerDone: true, HungUp: true}

// settle does what follows from a change of the connection: sends what is due, sets the timer, and tells those who wait.
// s.mu is held, and is given back. iface is the interface whose driver is calling, 0 if none is.
func (s *Socket) settle(now int64, iface int) {
	c := s.conn
	if c == nil {
		notify := s.notify
		over := s.closed
		s.mu.Unlock()
		if over && notify != nil {
			notify(allOver)
		}
		return
	}
	s.transmit(now, iface)
	if s.lingers && !c.lingers() {
		s.lingers = false
		c.events |= evWritable
	}
	s.count(c)
	if c.state == closed && !c.resetDue {
		s.leaveTable()
	}
	s.schedule(c)
	var old *Socket
	if c.state == timeWait && !s.waits {
		s.waits = true
		old = s.p.waiting.push(s)
	}
	events, notify, parent := c.events, s.notify, s.parent
	c.events = 0
	if events&evClosed != 0 && !s.closed {
		s.err = c.err
	}
	r := Readiness{
		Readable: events&evReadable != 0, Writable: events&(evWritable|evEstablished) != 0, Failed: s.err != 0,
		PeerDone: c.finSeen || c.state == closed, HungUp: c.state == closed,
	}
	s.mu.Unlock()
	if parent != nil {
		parent.childChanged(s, events)
	}
	if notify != nil && events != 0 {
		notify(r)
	}
	if old != nil {
		old.cutShort()
	}
}

// count keeps the counters of RFC 4022 that tell of states.
func (s *Socket) count(c *conn) {
	standing := c.state == established || c.state == closeWait
	if standing != s.counted {
		if s.counted = standing; standing {
			s.p.counters.CurrEstab.Add(1)
		} else {
			s.p.counters.CurrEstab.Add(-1)
		}
	}
	if c.events&evClosed != 0 && c.err != 0 {
		if c.una == c.iss {
			s.p.counters.AttemptFails.Add(1)
		} else {
			s.p.counters.EstabResets.Add(1)
		}
	}
}

// leaveTable forgets a connection that is over.
func (s *Socket) leaveTable() {
	if !s.inTable {
		return
	}
	s.inTable = false
	s.p.table.remove(s)
	if s.waits {
		s.p.waiting.remove(s)
	}
	if s.closed {
		s.publish(nil)
	}
}

// schedule sets the timer. It may be left to fire too early, to be set anew then: that is cheaper than moving it with each
// segment.
func (s *Socket) schedule(c *conn) {
	next := c.deadline()
	if next == 0 || s.timerAt != 0 && s.timerAt <= next {
		if c.state == closed && s.timerAt != 0 {
			s.timerAt = 0
			s.p.net.Cancel(&s.timer)
		}
		return
	}
	s.timerAt = next
	s.p.net.Schedule(&s.timer, next)
}

// expire is the timer's function.
func (s *Socket) expire(now int64) {
	s.mu.Lock()
	s.timerAt = 0
	if s.conn != nil && s.conn.state != closed {
		s.conn.expire(now)
	}
	s.settle(now, 0)
}

// input takes a segment of the socket's connection; false if it is of none any more.
func (s *Socket) input(pkt *inet.Packet, g *segment) bool {
	s.mu.Lock()
	c := s.conn
	if !s.inTable {
		s.mu.Unlock()
		return false
	}
	if s.options.tooFar(pkt) {
		s.mu.Unlock()
		return true
	}
	now := s.p.net.Now()
	if c.mayReopen(g) {
		g.reopens, g.follows = true, c.top
		c.end(0)
		s.settle(now, pkt.Iface)
		return false
	}
	if c.state == synReceived && s.queue != nil && s.queue.full() {
		s.p.counters.ListenOverflows.Add(1)
		s.mu.Unlock() // it comes again
		return true
	}
	una := c.una
	refuse := c.input(now, g)
	u := s.tuple
	if c.una != una && s.routeGen != 0 && !u.remote.Addr.Is4() { // forward progress: ARP has no use for it
		s.p.net.Confirm(&s.out.Route)
	}
	s.settle(now, pkt.Iface)
	if refuse {
		s.p.refuse(pkt, g, &u)
	}
	return true
}
