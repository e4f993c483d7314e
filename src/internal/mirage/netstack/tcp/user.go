package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// write takes octets to be sent, as many as there is room for: RFC 9293 section 3.10.2.
func (c *conn) write(p []byte) int {
	room := max(c.sndLimit-c.queued, 0)
	n := c.sndBuf.write(c.memory, c.queued, p[:min(len(p), room)])
	c.queued += n
	if n < len(p) {
		c.wantRoom = true
	}
	return n
}

// finish says that nothing will be written any more: RFC 9293 section 3.10.4.
func (c *conn) finish() {
	if !c.finished {
		c.finished, c.finAt = true, c.dataUna().add(c.queued)
	}
}

// leave says that nobody will read or write any more. What was written is still sent (RFC 9293 section 3.6, MUST-13's
// other half), unless something that came was never read: then the peer has to know (MUST-14's SHLD-3).
func (c *conn) leave(now int64) {
	c.orphan = true
	switch {
	case c.state == synSent:
		c.end(0)
	case c.ready > 0:
		c.count.TCPAbortOnClose.Add(1)
		c.abort(0)
	default:
		c.finish()
		if c.state == finWait2 {
			c.startFinWait2(now)
		}
	}
	if c.state == closed || c.state == timeWait {
		c.rcvBuf.clear(c.memory)
		c.ready = 0
	}
}

// lingers reports whether, once the user has closed, our FIN has not been sent or not been acknowledged.
func (c *conn) lingers() bool {
	switch c.state {
	case established, closeWait, finWait1, closing, lastAck:
		return true
	}
	return false
}

// abort ends the connection with a RST: RFC 9293 section 3.10.5.
func (c *conn) abort(why inet.Errno) {
	switch c.state {
	case synReceived, established, finWait1, finWait2, closeWait:
		c.resetDue = true
	}
	c.end(why)
}

// unreachable takes an ICMP error about a segment that was sent: RFC 9293 section 3.9.2.2, RFC 5461. Once a connection
// stands, none is believed to end it (RFC 5927 section 4); before, the user is told at once, as Linux does. It reports whether
// the segment is in flight.
func (c *conn) unreachable(at seq, e *inet.SendError) bool {
	if at.before(c.una) || !at.before(c.top) {
		return false // RFC 5927 section 4.1: it is of nothing in flight
	}
	switch {
	case e.Errno == inet.EMSGSIZE:
		c.limit(e.Room - wire.TCPLen) // RFC 1191 section 6, RFC 8201 section 5
	case c.state == synSent, c.state == synReceived && !c.passive:
		c.end(e.Errno)
	default:
		c.soft = e.Errno
	}
	return true
}

// limit makes segments no longer than n octets of options and payload.
func (c *conn) limit(n int) {
	if n >= c.segment {
		return
	}
	c.segment = n
	if m := c.mtu; m != nil {
		m.top, m.most = min(m.top, n), min(m.most, n)
	}
	c.cong.Resize(c.largestPayload())
	for i := range c.flight.count { // what was too long is lost, without congestion
		if r := c.flight.get(i); r.mark == out && r.length() > c.largestPayload()+1 {
			c.flight.set(r, lost)
			c.recovery.force = true
		}
	}
}
