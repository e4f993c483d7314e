package tcp

import "internal/mirage/netstack/wire"

// takeText takes the octets of a segment, which begin at a sequence number, and its FIN: RFC 9293 section 3.10.7.4,
// seventh and eighth.
func (c *conn) takeText(now int64, s *segment, start seq) {
	p, fin := s.payload, s.has(wire.FIN)
	if len(p) == 0 && !fin {
		return
	}
	c.rcvSegment = max(c.rcvSegment, min(len(p), c.segment))
	if d := c.rcvNxt.since(start); d > 0 { // what came before is cut off
		known := min(d, len(p))
		if known > 0 && c.sackOK {
			c.duplicate = wire.SACKBlock{Start: uint32(start), End: uint32(start.add(known))} // RFC 2883 section 4
		}
		p, start = p[known:], start.add(known)
	}
	if room := c.edge.since(start); len(p) > room { // and what the window has no room for
		p, fin = p[:max(room, 0)], false
	}
	c.scheduleAck(now, start, len(p))
	if start != c.rcvNxt {
		c.keepForLater(start, p)
		return // a FIN behind a gap comes again
	}
	took := c.rcvBuf.write(c.memory, c.ready, p)
	if took < len(p) && len(c.gaps.ranges) > 0 { // room is made from what was not asked for: RFC 2018 section 8
		c.forgetGaps()
		took += c.rcvBuf.write(c.memory, c.ready+took, p[took:])
	}
	if took < len(p) {
		c.count.TCPRcvQDrop.Add(1)
	}
	next := c.rcvNxt.add(took)
	filled := c.gaps.take(next)
	if filled != next {
		c.ackNow = true // RFC 5681 section 4.2: a gap is closed
	}
	c.ready += filled.since(c.rcvNxt)
	c.rcvNxt = filled
	if took > 0 {
		c.events |= evReadable
	}
	if fin && took == len(p) && c.rcvNxt == start.add(took) {
		c.takeFin(now)
	}
}

// keepForLater stores what came behind a gap.
func (c *conn) keepForLater(start seq, p []byte) {
	if len(p) == 0 {
		return
	}
	at := c.ready + start.since(c.rcvNxt)
	if c.memory.scarce() || !c.gaps.add(start, start.add(len(p))) {
		c.count.TCPOFODrop.Add(1)
		return
	}
	c.count.TCPOFOQueue.Add(1)
	if n := c.rcvBuf.write(c.memory, at, p); n < len(p) {
		c.count.TCPOFODrop.Add(1)
		c.forgetGaps()
	}
}

// forgetGaps throws away what came behind gaps.
func (c *conn) forgetGaps() {
	c.gaps.clear()
	c.rcvBuf.cut(c.memory, c.ready)
}

// takeFin is RFC 9293 section 3.10.7.4, eighth.
func (c *conn) takeFin(now int64) {
	c.rcvNxt = c.rcvNxt.add(1)
	c.edge = later(c.edge, c.rcvNxt)
	c.finSeen, c.ackNow = true, true
	c.forgetGaps()
	c.events |= evReadable
	switch c.state {
	case established:
		c.state = closeWait
	case finWait1:
		c.state = closing // progress has looked whether our FIN is acknowledged
	case finWait2:
		c.startTimeWait(now)
	}
}

// delay is how long an acknowledgement may wait for company: RFC 9293 section 3.8.6.3 allows half a second.
const delay = 40e6

// eagerness is how many segments are acknowledged at once after one that came out of order: the sender has a small window then, and
// the acknowledgement of its only segment would make it wait (RFC 5681 section 4.2 asks for every second at least).
const eagerness = 16

// scheduleAck decides when to acknowledge n octets: at once behind a gap (RFC 5681 section 4.2) and for every second full
// segment (RFC 9293 section 3.8.6.3), else soon.
func (c *conn) scheduleAck(now int64, start seq, n int) {
	switch {
	case start != c.rcvNxt || n == 0 || len(c.gaps.ranges) > 0 || c.duplicate.Start != c.duplicate.End:
		c.ackNow, c.eager = true, eagerness
	case c.eager > 0:
		c.ackNow = true
		c.eager--
	case start.add(n).since(c.lastAck) >= 2*c.rcvSegment:
		c.ackNow = true
	case c.ackAt == 0:
		c.ackAt = now + delay
	}
}

// read copies what has come to p and, unless peek is set, forgets it.
func (c *conn) read(now int64, p []byte, peek bool) int {
	n := min(len(p), c.ready)
	c.rcvBuf.read(p[:n], 0)
	if peek || n == 0 {
		return n
	}
	c.rcvBuf.drop(c.memory, n)
	if c.ready -= n; c.ready == 0 && len(c.gaps.ranges) == 0 {
		c.rcvBuf.clear(c.memory)
	}
	c.grow(now, n)
	c.offerRoom()
	return n
}
