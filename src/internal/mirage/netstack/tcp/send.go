package tcp

import "internal/mirage/netstack/wire"

// quiet reports whether next would find nothing, as after most events.
func (c *conn) quiet() bool {
	return !c.ackNow && c.unsent() == 0 && (!c.finished || c.finSent()) && c.flight.lost == 0 &&
		!c.rack.probe && !c.synDue && !c.resetDue && !c.probeDue && !c.aliveDue
}

// next decides what to send now, if anything. Whoever calls it sends that and calls commit, or sends nothing and asks again
// later.
func (c *conn) next(now int64, s *outgoing) bool {
	if c.quiet() {
		return false
	}
	if c.resetDue {
		*s = outgoing{seq: c.nxt, ack: c.rcvNxt, flags: wire.RST | wire.ACK, kind: kindReset}
		return true
	}
	switch c.state {
	case closed:
		return false
	case synSent, synReceived:
		return c.nextSyn(now, s)
	}
	if c.nextAgain(now, s) || c.nextLonger(now, s) || c.nextFresh(now, s) || c.nextProbe(now, s) {
		return true
	}
	if c.aliveDue {
		c.header(now, s, kindAlive, c.una.add(-1))
		return true
	}
	if c.ackNow {
		c.header(now, s, kindAck, c.nxt)
		return true
	}
	return false
}

// header fills in what all segments of a synchronized connection have.
func (c *conn) header(now int64, s *outgoing, k kind, at seq) {
	*s = outgoing{seq: at, ack: c.rcvNxt, flags: wire.ACK, kind: k}
	s.window, s.edge = c.offer()
	c.putTime(now, &s.options)
	if c.sackOK && (len(c.gaps.ranges) > 0 || c.duplicate.Start != c.duplicate.End) {
		c.putBlocks(&s.options)
	}
}

// nextSyn is the handshake's: RFC 9293 section 3.5.
func (c *conn) nextSyn(now int64, s *outgoing) bool {
	if !c.synDue {
		if c.ackNow && c.state == synReceived {
			c.header(now, s, kindAck, c.nxt)
			return true
		}
		return false
	}
	*s = outgoing{seq: c.iss, flags: wire.SYN, kind: kindSyn}
	s.window, s.edge = c.synOffer()
	if c.state == synReceived {
		s.flags |= wire.ACK
		s.ack = c.rcvNxt
	}
	o := &s.options
	o.MSS = uint16(c.offeredMSS)
	o.HasScale, o.Scale = c.rcvScale > 0, c.rcvScale
	o.SACKPermitted = c.sackOK
	c.putTime(now, o)
	return true
}

// nextAgain repeats what is lost: RFC 6675 section 5, step C.1, RFC 6298 section 5.4. A loss probe may repeat the last
// segment: RFC 8985 section 7.3.
func (c *conn) nextAgain(now int64, s *outgoing) bool {
	i := c.flight.firstLost()
	if i < 0 {
		if c.rack.probe && c.usableFresh() == 0 && c.flight.count > 0 {
			return c.repeat(now, s, c.flight.count-1)
		}
		return false
	}
	if p := c.pipe(); !c.recovery.force && p > 0 && p+c.flight.get(i).length() > c.cong.Window() {
		return false
	}
	return c.repeat(now, s, i)
}

// repeat makes a segment of a record, cutting it if segments have become smaller since.
func (c *conn) repeat(now int64, s *outgoing, i int) bool {
	c.header(now, s, kindAgain, 0)
	r := c.flight.get(i)
	if r.longer { // it was not heard of when it should have been
		r.longer = false
		c.longerLost(now)
	}
	n := r.length()
	if c.finished && r.end.after(c.finAt) {
		n-- // the FIN takes no room
	}
	if n > c.segment-s.options.Len() {
		s.options.NumBlocks = 0
	}
	if most := c.segment - s.options.Len(); n > most {
		c.flight.split(i, most)
		r = c.flight.get(i)
	}
	s.seq, s.record = r.start, i
	c.text(s, r.length())
	return true
}

// text says which octets of the send buffer lie in a segment of n sequence numbers, and sets FIN and PSH.
func (c *conn) text(s *outgoing, n int) {
	end := s.seq.add(n)
	if c.finished && end.after(c.finAt) {
		s.flags |= wire.FIN
		n--
	}
	s.at, s.n = s.seq.since(c.dataUna()), n
	if n > 0 && s.at+n == c.queued {
		s.flags |= wire.PSH // RFC 9293 section 3.9.1.2, SHLD-27: at the end of what the user has given
	}
}

// unsent is how many octets wait to be sent for the first time.
func (c *conn) unsent() int {
	if c.finSent() {
		return 0
	}
	return c.dataUna().add(c.queued).since(c.nxt)
}

// usableFresh is how much new data could go out.
func (c *conn) usableFresh() int { return min(c.unsent(), max(c.usable(), 0)) }

// nextFresh sends data, and FIN, for the first time.
func (c *conn) nextFresh(now int64, s *outgoing) bool {
	unsent := c.unsent()
	fin := c.finished && !c.finSent()
	if unsent == 0 && !fin || c.flight.count >= maxRecords {
		return false
	}
	if c.flight.count == 0 && c.lastSent != 0 && now-c.lastSent > c.rtt.timeout() {
		c.cong.Idle() // RFC 5681 section 4.1
	}
	c.header(now, s, kindFresh, c.nxt)
	most := c.segment - s.options.Len()
	n := min(unsent, most, max(c.usable(), 0))
	if p := c.pipe(); p > 0 && p+n > c.cong.Window() && !c.rack.probe {
		return false
	}
	last := n == unsent && (!fin || c.usable() > n)
	if !c.worthSending(n, most, last && fin, unsent) {
		c.startProbing(now)
		return false
	}
	if last && fin {
		n++
	}
	if n == 0 {
		c.startProbing(now)
		return false
	}
	c.text(s, n)
	return true
}

// worthSending is RFC 9293 sections 3.7.4 (Nagle) and 3.8.6.2.1 (no silly windows). With fin nothing comes behind it that
// could be waited for.
func (c *conn) worthSending(n, most int, fin bool, unsent int) bool {
	switch {
	case n >= most, fin:
		return true
	case n == 0:
		return false
	case n == unsent && !c.cork: // all there is
		return c.noDelay || c.flight.count == 0 || c.finished || c.rack.probe
	case n < unsent: // the window is in the way
		return n >= c.maxWnd/2
	}
	return false
}

// nextProbe asks whether a window that is too small has opened, by sending what it has no room for: RFC 9293 section
// 3.8.6.1, MUST-36. It counts as sent only once it is acknowledged.
func (c *conn) nextProbe(now int64, s *outgoing) bool {
	if !c.probeDue || c.flight.count > 0 {
		return false
	}
	unsent := c.unsent()
	n := min(unsent, max(c.usable(), 1), c.segment-12) // a whole small window: section 3.8.6.2.1, the override time-out
	if n == 0 {
		if n = 1; !c.finished || c.finSent() {
			c.probeDue = false
			return false
		}
	}
	if c.usable() >= n && n <= unsent {
		c.header(now, s, kindFresh, c.nxt)
	} else {
		c.header(now, s, kindProbe, c.nxt)
	}
	c.text(s, n)
	return true
}

// commit notes that what next decided has been sent.
func (c *conn) commit(now int64, s *outgoing) {
	switch s.kind {
	case kindReset:
		c.resetDue = false
		return
	case kindSyn:
		c.synDue = false
		c.nxt = later(c.nxt, c.iss.add(1))
		c.lastSent = now
		c.startRetransmit(now)
	case kindFresh, kindLonger:
		end := c.lengthOf(s)
		c.flight.push(s.seq, end, now)
		if s.kind == kindLonger {
			c.sentLonger(s)
		}
		c.ecn.tell = c.ecn.tell && s.flags&wire.CWR == 0
		c.nxt, c.lastSent = end, now
		c.probeDue = false
		c.finGoes()
		c.startRetransmit(now)
		if c.rack.probe {
			c.probeSent(now, false)
		} else if c.rack.at == 0 || c.rack.probing {
			c.armProbe(now)
		}
	case kindAgain:
		c.undo.repeated(s.seq, c.lengthOf(s).since(s.seq), s.options.TimeVal)
		c.flight.resent(c.flight.get(s.record), now)
		c.recovery.force = false
		c.lastSent = now
		if c.rack.probe {
			c.probeSent(now, true)
		}
		if s.record == 0 {
			c.rtoAt = 0 // RFC 6675 section 6, the careful variant: it has a round trip before it
		}
		c.startRetransmit(now)
	case kindProbe:
		c.probeDue = false
		c.top = later(c.top, c.lengthOf(s))
	case kindAlive:
		c.aliveDue = false
	}
	c.top = later(c.top, c.nxt)
	if s.flags&wire.ACK != 0 {
		c.lastAck, c.ackNow, c.ackAt = s.ack, false, 0
		if c.duplicate.Start != c.duplicate.End {
			c.count.TCPDSACKOldSent.Add(1)
			c.duplicate = wire.SACKBlock{}
		}
	}
	c.edge = later(c.edge, s.edge)
}

// lengthOf returns the sequence number behind a segment.
func (c *conn) lengthOf(s *outgoing) seq {
	end := s.seq.add(s.n)
	if s.flags&wire.FIN != 0 {
		end = end.add(1)
	}
	return end
}

// finGoes makes the steps that sending a FIN is: RFC 9293 section 3.10.4.
func (c *conn) finGoes() {
	if !c.finSent() {
		return
	}
	switch c.state {
	case established:
		c.state = finWait1
	case closeWait:
		c.state = lastAck
	}
}
