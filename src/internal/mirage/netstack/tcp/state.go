package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A state is a connection's: RFC 9293 section 3.3.2. LISTEN is a socket's, not a connection's.
type state uint8

const (
	closed state = iota
	synSent
	synReceived
	established
	finWait1
	finWait2
	closeWait
	closing
	lastAck
	timeWait
)

// synchronized reports whether both sides know each other's sequence numbers.
func (s state) synchronized() bool { return s >= established }

// receiving reports whether the peer may still send data.
func (s state) receiving() bool { return s == established || s == finWait1 || s == finWait2 }

// input takes a segment: RFC 9293 section 3.10.7. It reports whether the segment is to be refused with a RST, as one that
// is of no connection at all.
func (c *conn) input(now int64, s *segment) (refuse bool) {
	switch c.state {
	case closed:
		return true
	case synSent:
		return c.inputSynSent(now, s)
	}
	return c.inputSynchronized(now, s)
}

// inputSynSent is section 3.10.7.3.
func (c *conn) inputSynSent(now int64, s *segment) (refuse bool) {
	ok := s.has(wire.ACK) && s.ack.after(c.iss) && !s.ack.after(c.top)
	if s.has(wire.ACK) && !ok {
		return true // first: it is of an old connection
	}
	if s.has(wire.RST) { // second; RFC 5961 section 3.2 wants the ACK
		if ok {
			c.end(inet.ECONNREFUSED)
		}
		return false
	}
	if !s.has(wire.SYN) { // fourth
		return false
	}
	c.lastHeard = now
	c.synchronize(now, s)
	if !ok { // simultaneous open: section 3.5, figure 8
		c.state, c.synDue = synReceived, true
		c.cancelRetransmit()
		return false
	}
	if c.retries == 0 { // RFC 6298 section 3: Karn's algorithm
		c.rtt.sample(now - c.lastSent)
	}
	c.una, c.wl2 = s.ack, s.ack
	c.establish(now)
	c.ackNow = true
	c.takeText(now, s, s.seq.add(1)) // there may be data
	return false
}

// establish completes a handshake.
func (c *conn) establish(now int64) {
	c.state = established
	c.synDue = false
	c.cancelRetransmit()
	c.events |= evEstablished | evWritable
	if c.rtt.smoothed == 0 { // RFC 6298 section 5.7: the SYN was lost
		c.rtt.rto = 3e9
	}
	c.restartKeepAlive(now)
}

// inputSynchronized is section 3.10.7.4, in its order.
func (c *conn) inputSynchronized(now int64, s *segment) (refuse bool) {
	if c.state == synReceived && s.has(wire.SYN) && s.seq == c.irs && !c.again(s) {
		return false
	}
	// First: the sequence number, and PAWS before it (RFC 7323 section 5.3 R1).
	if !c.current(now, s) {
		return false
	}
	if !c.acceptable(s) {
		c.unacceptable(now, s)
		return false
	}
	if s.has(wire.RST) { // second
		c.reset(now, s)
		return false
	}
	if s.has(wire.SYN) { // fourth: RFC 5961 section 4.2
		c.count.TCPSYNChallenge.Add(1)
		c.challenge(now)
		return false
	}
	if !s.has(wire.ACK) { // fifth
		return false
	}
	if c.state == synReceived {
		if !s.ack.after(c.una) || s.ack.after(c.top) {
			return true
		}
		if c.defers(s) {
			return false
		}
		c.confirmed(now, s)
	}
	c.lastHeard = now
	c.times.update(now, s, c.lastAck)
	if !c.acknowledge(now, s) {
		return false
	}
	c.congestionSeen(s)
	c.restartKeepAlive(now)
	if c.progress(now); c.state == closed {
		return false
	}
	// Seventh and eighth: text and FIN.
	if c.orphan && len(s.payload) > 0 && s.seq.add(len(s.payload)).after(c.rcvNxt) && c.state.receiving() {
		c.count.TCPAbortOnData.Add(1)
		c.abort(inet.ECONNRESET) // section 3.6.1, and RFC 1122 section 4.2.2.13: nobody will read it
		return false
	}
	if c.state.receiving() {
		c.takeText(now, s, s.seq)
	} else if s.length() > 0 {
		c.ackNow = true
		if c.state == timeWait && s.has(wire.FIN) {
			c.startTimeWait(now)
		}
	}
	return false
}

// again looks at a SYN that comes again, and reports whether there is more in it: the acknowledgement of ours, in a
// simultaneous open (section 3.5, figure 8).
func (c *conn) again(s *segment) bool {
	if !s.has(wire.ACK) {
		c.synDue = true // ours was lost
		return false
	}
	s.seq++
	s.flags &^= wire.SYN
	c.ackNow = true
	return true
}

// acceptable reports whether a segment lies in the window: section 3.4, table 6.
func (c *conn) acceptable(s *segment) bool {
	window, n := c.edge.since(c.rcvNxt), s.length()
	in := func(a seq) bool { return !a.before(c.rcvNxt) && a.before(c.edge) }
	switch {
	case n == 0 && window == 0:
		return s.seq == c.rcvNxt
	case n == 0:
		return in(s.seq) || s.seq == c.edge && window > 0 // an ACK behind a full window is of use
	case window == 0:
		return s.seq == c.rcvNxt && len(s.payload) == 0 // a FIN needs no room
	}
	return in(s.seq) || in(s.end().add(-1))
}

// unacceptable answers a segment outside the window: section 3.10.7.4, first.
func (c *conn) unacceptable(now int64, s *segment) {
	if s.has(wire.RST) {
		return
	}
	if c.state == timeWait && s.has(wire.FIN) {
		c.startTimeWait(now)
	}
	if n := len(s.payload); n > 0 && s.seq.add(n).since(c.rcvNxt) <= 0 && c.sackOK {
		c.duplicate = wire.SACKBlock{Start: uint32(s.seq), End: uint32(s.seq.add(n))} // RFC 2883 section 4
	}
	if c.rcvNxt.since(s.seq) <= c.rcvLimit { // what comes again because an acknowledgement was lost; older things are not believed
		c.times.update(now, s, c.lastAck)
	}
	if n := s.length(); n > 0 {
		// A zero-window probe has to be answered, also with its acknowledgement taken: section 3.8.6.1, MUST-37.
		if s.has(wire.ACK) && c.state.synchronized() && s.seq == c.rcvNxt && !s.has(wire.SYN) && !c.acknowledge(now, s) {
			return
		}
		c.progress(now)
		if c.state != closed {
			c.ackNow = true
		}
		return
	}
	c.challenge(now)
}

// reset takes a RST whose sequence number lies in the window: section 3.10.7.4, second, and RFC 5961 section 3.2.
func (c *conn) reset(now int64, s *segment) {
	if s.seq != c.rcvNxt {
		c.challenge(now)
		return
	}
	switch c.state {
	case synReceived:
		c.count.EmbryonicRsts.Add(1)
		c.end(inet.ECONNREFUSED)
	case timeWait: // RFC 1337 section 3, fix F1: it is not cut short
	case closing, lastAck:
		c.end(0)
	case closeWait:
		c.end(inet.EPIPE) // as Linux has it: nobody reads what will be written
	default:
		c.end(inet.ECONNRESET)
	}
}

// challenge answers what may be a forgery with an ACK, not too often: RFC 5961 section 10.
func (c *conn) challenge(now int64) {
	if c.state != closed && c.challenges.Take(now) {
		c.count.TCPChallengeACK.Add(1)
		c.ackNow = true
	}
}

// confirmed is the fifth step in SYN-RECEIVED, once the handshake's third segment has come.
func (c *conn) confirmed(now int64, s *segment) {
	if c.retries == 0 {
		c.rtt.sample(now - c.lastSent)
	}
	c.una = c.iss.add(1)
	c.sndWnd = s.window << c.sndScale
	c.maxWnd = max(c.maxWnd, c.sndWnd)
	c.wl1, c.wl2 = s.seq, s.ack
	c.establish(now)
}

// defers reports whether a handshake goes on waiting for data: tcp(7), TCP_DEFER_ACCEPT. The peer takes the connection to stand.
func (c *conn) defers(s *segment) bool {
	if !c.passive || c.retries >= int(c.deferAccept) || s.length() > 0 {
		return false
	}
	c.count.TCPDeferAcceptDrop.Add(1)
	c.heard = true
	return true
}

// progress makes the steps that the acknowledgement of our FIN allows.
func (c *conn) progress(now int64) {
	if !c.finAcked() {
		return
	}
	switch c.state {
	case finWait1:
		c.state = finWait2
		c.startFinWait2(now)
	case closing:
		c.startTimeWait(now)
	case lastAck:
		c.end(0)
	}
}
