package tcp

// offeredScale is the window scale that is asked for: RFC 7323 section 2. With it a window is up to 8 MiB.
const offeredScale = 7

// Bounds of buffers that grow by themselves, octets.
const (
	firstBuffer   = 64 << 10
	largestBuffer = 4 << 20
)

// growth measures how much the user reads in a round trip, so that the window is never what limits a path.
type growth struct {
	since int64
	read  int
}

// grow notes that the user has read n octets: if a window was read in a round trip, the next may be twice as large.
func (c *conn) grow(now int64, n int) {
	g := &c.growth
	g.read += n
	if now-g.since < max(c.rtt.smoothed, 1e6) {
		return
	}
	if c.rcvAuto && g.since != 0 && 2*g.read > c.rcvLimit && !c.memory.scarce() {
		c.rcvLimit = min(2*g.read, largestBuffer)
	}
	g.since, g.read = now, 0
}

// wantedEdge is where the right edge of the window would be, leaving silly windows aside: RFC 9293 section 3.8.6.2.2.
// It never moves left (section 3.8.6, MUST-34 for those who would).
func (c *conn) wantedEdge() seq {
	room := c.rcvLimit - c.ready
	if c.memory.scarce() { // slower, and never shut for want of memory: what is read makes room again
		room = min(room, 2*c.rcvSegment)
	}
	edge := c.rcvNxt.add(max(room, 0))
	if edge.since(c.edge) < min(c.rcvLimit/2, c.rcvSegment) {
		return later(c.edge, c.rcvNxt)
	}
	return edge
}

// offer returns the window field for a segment and the right edge that it means.
func (c *conn) offer() (window uint16, edge seq) {
	if c.finSeen {
		return 0, c.edge
	}
	w := c.wantedEdge().since(c.rcvNxt)
	w = min((w+1<<c.rcvScale-1)>>c.rcvScale, 0xffff) // rounded up, for the edge must not move left
	return uint16(w), later(c.edge, c.rcvNxt.add(w<<c.rcvScale))
}

// synOffer is offer for a SYN, whose window is not scaled: RFC 7323 section 2.2.
func (c *conn) synOffer() (window uint16, edge seq) {
	w := min(c.rcvLimit, 0xffff)
	return uint16(w), c.rcvNxt.add(w)
}

// offerRoom sends an acknowledgement when reading has opened the window far enough to matter: by half the buffer, or by two
// segments if the peer is close to standing still.
func (c *conn) offerRoom() {
	if !c.state.receiving() {
		return
	}
	gain, left := c.wantedEdge().since(c.edge), c.edge.since(c.rcvNxt)
	if gain >= c.rcvLimit/2 || gain > 0 && left < 2*c.rcvSegment && gain >= min(2*c.rcvSegment, c.rcvLimit/2) {
		c.ackNow = true
	}
}

// usable is how much of the peer's window is left: RFC 9293 section 3.8.6.2.1.
func (c *conn) usable() int { return c.una.add(c.sndWnd).since(c.nxt) }

// startProbing starts the timer of zero-window probes: RFC 9293 section 3.8.6.1. It is the retransmission timer, for
// nothing else is in flight; it is also the override timer of section 3.8.6.2.1.
func (c *conn) startProbing(now int64) {
	if c.flight.count == 0 && c.rtoAt == 0 {
		c.startRetransmit(now)
	}
}

// stopProbing: the window has opened.
func (c *conn) stopProbing() {
	if c.flight.count == 0 {
		c.cancelRetransmit()
		c.probeDue = false
	}
}
