package tcp

import "internal/mirage/netstack/wire"

// acknowledge takes what an ACK says: RFC 9293 section 3.10.7.4, fifth. It is false if the segment is to be dropped.
func (c *conn) acknowledge(now int64, s *segment) bool {
	if s.ack.after(c.top) || s.ack.before(c.una.add(-c.maxWnd)) {
		c.challenge(now) // RFC 5961 section 5.2
		return false
	}
	if s.ack.before(c.una) {
		return true // a late one; its text may be of use
	}
	inFlight := c.pipe()
	n := s.ack.since(c.una)
	repeated := n == 0 && s.length() == 0 && c.flight.count > 0 && s.window<<c.sndScale == c.sndWnd
	d := delivery{now: now, echo: s.options.TimeEcho, hasEcho: c.times.on && s.options.HasTime}
	if c.sackOK && s.options.NumBlocks > 0 {
		c.takeBlocks(s, &d)
	}
	if n > 0 {
		c.advance(now, s.ack, &d)
	}
	c.updateWindow(now, s)
	if c.measure(now, n, &d); n > 0 {
		c.restartRetransmit(now)
	}
	c.congestionEchoed(s)
	c.detectLoss(now, n, repeated, &d)
	if n > 0 && !c.recovery.fast && !c.ecn.late && 2*inFlight >= c.cong.Window() { // RFC 7661 section 4.3: a window that was not used is no proof
		c.cong.Acked(now, n, c.rtt.smoothed)
	}
	return true
}

// advance moves SND.UNA: what was sent up to ack has arrived.
func (c *conn) advance(now int64, ack seq, d *delivery) {
	for c.flight.count > 0 {
		c.flight.popAlike(c.flight.alike(ack, c.rack.top) - 1)
		r := c.flight.get(0)
		if !r.start.before(ack) {
			break
		}
		if r.end.after(ack) {
			c.flight.trim(ack)
			break
		}
		if r.mark != sacked {
			d.arrived(c, r)
		}
		c.flight.pop()
	}
	octets := ack.since(c.dataUna())
	if c.finished && ack.after(c.finAt) {
		octets--
	}
	c.sndBuf.drop(c.memory, octets)
	if c.queued -= octets; c.queued == 0 {
		c.sndBuf.clear(c.memory)
	}
	c.una = ack
	c.nxt = later(c.nxt, ack) // a probe's octet was taken
	c.finGoes()
	c.retries, c.probeDue = 0, false
	c.rtt.backoff = 0
	if c.sndAuto { // room for what the next round trip will carry (RFC 9293 leaves it open)
		c.sndLimit = min(max(c.sndLimit, 2*c.cong.Window()), largestBuffer)
	}
	if c.wantRoom && c.roomy() {
		c.wantRoom = false
		c.events |= evWritable
	}
}

// roomy reports whether a third of the send buffer is free: so much is worth waking somebody for.
func (c *conn) roomy() bool { return c.queued <= c.sndLimit-c.sndLimit/3 }

// updateWindow is the part of the fifth step that sets SND.WND.
func (c *conn) updateWindow(now int64, s *segment) {
	if c.wl1.after(s.seq) || c.wl1 == s.seq && c.wl2.after(s.ack) {
		return // an older segment
	}
	window := s.window
	if !s.has(wire.SYN) {
		window <<= c.sndScale
	}
	if window > c.sndWnd {
		c.stopProbing()
	}
	c.sndWnd, c.wl1, c.wl2 = window, s.seq, s.ack
	c.maxWnd = max(c.maxWnd, window)
}

// A delivery is what one segment tells about what has arrived.
type delivery struct {
	now     int64
	echo    uint32
	hasEcho bool
	rtt     int64 // of the last segment that arrived and was sent only once; 0: none did
	newest  int64 // when that was sent
	sacked  int   // octets newly sacked
	// What the peer says came twice (RFC 2883), octets, and where they begin.
	duplicate   int
	duplicateAt seq
}

// arrived notes that a record's segment has arrived.
func (d *delivery) arrived(c *conn, r *record) {
	if r.longer {
		r.longer = false
		c.longerArrived()
	}
	if !r.again && r.at >= d.newest { // RFC 6298 section 3: Karn's algorithm
		d.newest, d.rtt = r.at, max(d.now-r.at, 1)
	}
	c.rack.arrived(c, r, d)
}

// measure feeds the round-trip time: RFC 6298 section 2, and RFC 7323 section 4 for what was sent more than once; unless it came more
// than once too, when the timestamp may be that of a copy whose acknowledgement was lost, and as old as the time-outs since.
func (c *conn) measure(now int64, n int, d *delivery) {
	switch {
	case d.rtt > 0:
		c.rtt.sample(d.rtt)
	case n > 0 && d.hasEcho && d.echo != 0 && d.duplicate == 0:
		if ms := int32(c.times.value(now) - d.echo); ms >= 0 && ms < 1<<20 {
			c.rtt.sample(max(int64(ms)*1e6, 1))
		}
	}
}
