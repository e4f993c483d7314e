package tcp

import "internal/mirage/netstack/inet"

// Bounds of the retransmission time-out, nanoseconds. RFC 6298 section 2.4 would have a second at least, for clocks and
// delayed acknowledgements of its time; hosts today have a round trip and what a peer may wait with an acknowledgement.
// Section 2.5 allows the upper one.
const (
	firstRTO = 1e9 // section 2.1
	maxRTO   = 120e9
)

// How often something is sent again before the connection is given up: RFC 9293 section 3.8.3, R2. With doubling
// time-outs 15 times are a quarter of an hour, 6 SYNs two minutes.
const (
	dataRetries   = 15
	synRetries    = 6
	synAckRetries = 5
	orphanRetries = 8
)

// rtt is the state of RFC 6298 section 2, in nanoseconds.
type rtt struct {
	smoothed, variation int64
	rto                 int64 // without backoff
	backoff             int   // doublings: section 5.5
}

func (r *rtt) begin() { r.rto = firstRTO }

// sample takes a measurement: sections 2.2 and 2.3.
func (r *rtt) sample(v int64) {
	v = max(v, 1)
	if r.smoothed == 0 {
		r.smoothed, r.variation = v, v/2
	} else {
		r.variation += (abs(r.smoothed-v) - r.variation) / 4
		r.smoothed = max(r.smoothed+(v-r.smoothed)/8, 1)
	}
	r.rto = min(r.smoothed+max(4*r.variation, worstDelay), maxRTO)
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// timeout is the time-out with its doublings.
func (r *rtt) timeout() int64 {
	t := r.rto
	for i := 0; i < r.backoff && t < maxRTO; i++ {
		t *= 2
	}
	return min(t, maxRTO)
}

// startRetransmit starts the timer unless it runs: section 5.1.
func (c *conn) startRetransmit(now int64) {
	if c.rtoAt == 0 {
		c.rtoAt = now + c.rtt.timeout()
	}
}

// restartRetransmit is sections 5.2 and 5.3.
func (c *conn) restartRetransmit(now int64) {
	if c.rtoAt = 0; c.flight.count > 0 {
		c.startRetransmit(now)
	}
}

// cancelRetransmit begins anew after a handshake.
func (c *conn) cancelRetransmit() {
	c.rtoAt, c.retries, c.rtt.backoff = 0, 0, 0
}

// retransmitTimeout is the timer of SYNs, of data and of zero-window probes.
func (c *conn) retransmitTimeout(now int64) {
	if c.retries == 0 {
		c.retrySince = now - c.rtt.timeout()
	}
	c.retries++
	c.count.TCPTimeouts.Add(1)
	if c.givenUp(now) {
		c.count.TCPAbortOnTimeout.Add(1)
		why := inet.ETIMEDOUT
		if c.soft != 0 {
			why = c.soft
		}
		c.abort(why)
		return
	}
	switch {
	case c.state == synSent || c.state == synReceived:
		// Whoever has answered is only reminded when nothing more is waited for: the next ACK will do.
		c.synDue = !c.heard || c.retries >= int(c.deferAccept)
	case c.flight.count == 0:
		c.probeDue = true
	default:
		c.blackHole()
		c.lostAll(now)
	}
	c.rtt.backoff++
	c.rtoAt = now + c.rtt.timeout()
}

// givenUp reports whether the peer has been silent for too long: RFC 9293 section 3.8.3, RFC 5482. A peer that
// acknowledges and keeps its window closed is not silent (section 3.8.6.1, MUST-36), unless nobody waits for it any more.
func (c *conn) givenUp(now int64) bool {
	if c.userTimeout > 0 && c.state.synchronized() {
		return now-c.retrySince >= c.userTimeout
	}
	switch {
	case c.state == synSent:
		return c.retries > synRetries
	case c.state == synReceived:
		return c.retries > synAckRetries && (!c.heard || c.retries > int(c.deferAccept))
	case c.orphan:
		return c.retries > orphanRetries
	case c.flight.count == 0 && now-c.lastHeard < 2*maxRTO:
		return false
	}
	return c.retries > dataRetries
}
