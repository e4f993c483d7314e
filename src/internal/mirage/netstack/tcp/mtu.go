package tcp

// Packetization layer path MTU discovery: RFC 4821, with the words of RFC 8899. It begins only where a path swallows long segments
// without a word (a black hole): elsewhere ICMP says what a path takes.

// mtuSearch looks for the longest segment that gets through, between conn.segment, which does, and most.
type mtuSearch struct {
	top    int   // the longest that the first link takes: what is hoped for
	most   int   // the longest that may still get through
	probe  int   // the length that is under way, 0 if none is
	nextAt int64 // no probe before that
}

// A search ends when so few octets are to be had (RFC 4821 section 7.3), and begins anew after ten minutes: section 7.7, as paths change.
const (
	smallestStep = 8
	raiseTime    = 600e9
)

// After so many time-outs in a row for a long segment it is taken to be the length that is in the way: RFC 4821 section 7.7, "full-stop
// time-out". What is sent then is what paths of today take (section 7.2), and at last what all of them have to.
const (
	suspectAfter  = 3
	certainAfter  = 6
	cautious      = 1024 - 40 // octets of options and payload; of IPv6's 1280 nothing is to be taken off
	cautiousLeast = leastSegment6
)

// blackHole looks, at a retransmission time-out, whether segments are too long.
func (c *conn) blackHole() {
	n := cautious
	if c.least == cautiousLeast {
		n = c.least
	}
	if c.retries >= certainAfter {
		n = c.least
	}
	if c.retries < suspectAfter || c.flight.count == 0 || c.flight.get(0).length() <= n {
		return
	}
	top := c.segment
	if c.mtu != nil {
		top = max(top, c.mtu.top)
	}
	c.count.TCPMTUPFail.Add(1)
	c.limit(n)
	c.mtu = &mtuSearch{top: top, most: top}
}

// nextLonger makes a segment of data a probe if it is time for one: RFC 4821 section 7.4. Whoever has little to send, or is repairing a
// loss, does not search.
func (c *conn) nextLonger(now int64, s *outgoing) bool {
	m := c.mtu
	if m == nil || m.probe != 0 || now < m.nextAt || c.recovery.active() || c.flight.lost > 0 || c.state != established && c.state != closeWait {
		return false
	}
	if m.most-c.segment < smallestStep { // it was over: the path may be another by now
		m.most = m.top
	}
	n := m.most // all there is, for what was taken for a black hole may have been a pause
	if m.most < m.top {
		n = (c.segment + m.most + 1) / 2
	}
	c.header(now, s, kindLonger, c.nxt)
	payload, behind := n-s.options.Len(), c.segment
	if !c.sackOK {
		behind *= dupThresh
	}
	// Behind it there is to be what tells whether it is lost: section 7.4.
	if n <= c.segment || c.usableFresh() < payload+behind || c.pipe()+payload+behind > c.cong.Window() {
		return false
	}
	c.text(s, payload)
	return true
}

// sentLonger notes that a probe is under way.
func (c *conn) sentLonger(s *outgoing) {
	c.flight.get(c.flight.count - 1).longer = true
	c.mtu.probe = s.n + s.options.Len()
}

// longerArrived: segments may be as long as the probe was. RFC 4821 section 7.6.1.
func (c *conn) longerArrived() {
	m := c.mtu
	if m == nil || m.probe == 0 { // it was given up meanwhile
		return
	}
	c.count.TCPMTUPSuccess.Add(1)
	c.segment, m.probe = max(c.segment, m.probe), 0
	c.cong.Resize(c.largestPayload())
	c.searched()
}

// longerLost: segments may not. RFC 4821 section 7.6.2: that is no congestion. What was in it is sent again, cut.
func (c *conn) longerLost(now int64) {
	m := c.mtu
	if m == nil || m.probe == 0 { // it was given up meanwhile
		return
	}
	c.count.TCPMTUPFail.Add(1)
	m.most = max(min(m.most, m.probe-1), c.segment)
	m.probe = 0
	c.recovery.force = true
	if c.searched(); m.most-c.segment < smallestStep {
		m.nextAt = now + raiseTime
	}
}

// searched ends the search if there is nothing more to be had.
func (c *conn) searched() {
	if c.mtu.top-c.segment < smallestStep {
		c.mtu = nil
	}
}

// loseLonger marks a segment as lost if it was a probe: by itself that is no congestion. It reports whether it was one.
func (c *conn) loseLonger(now int64, r *record) bool {
	if !r.longer {
		return false
	}
	r.longer = false
	if r.mark == out {
		c.flight.set(r, lost)
	}
	c.longerLost(now)
	return true
}
