package tcp

// recovery is what is known of losses: RFC 6675 section 5, RFC 6582 for peers without SACK.
type recovery struct {
	fast       bool // fast recovery; the window does not grow
	timedOut   bool // recovery from a retransmission time-out
	force      bool // one segment goes out whatever the window: RFC 6675 section 5, step 4.3
	until      seq  // RecoveryPoint: over once this is acknowledged
	duplicates int  // acknowledgements repeated, without SACK: segments that have left the network
}

// dupThresh is RFC 5681 section 3.2's number of duplicate acknowledgements.
const dupThresh = 3

func (r *recovery) active() bool { return r.fast || r.timedOut }

// pipe estimates the octets in the network: RFC 6675 section 4; without SACK each duplicate acknowledgement stands for
// a segment (RFC 5681 section 3.2, steps 2 and 4).
func (c *conn) pipe() int {
	p := c.flight.out
	if !c.sackOK {
		p = max(p-c.recovery.duplicates*c.largestPayload(), 0)
	}
	return p
}

// flightSize is RFC 5681 section 2's, what was sent and is not acknowledged, but no more than the window: behind a repetition
// that was lost too sacked octets pile up, and half of those would be more than what there was.
func (c *conn) flightSize() int { return min(c.nxt.since(c.una), c.cong.Window()) }

// detectLoss looks for losses after an acknowledgement of n octets.
func (c *conn) detectLoss(now int64, n int, repeated bool, d *delivery) {
	r := &c.recovery
	c.tryUndo(now, d)
	if r.active() && !c.una.before(r.until) {
		r.fast, r.timedOut, r.duplicates = false, false, 0
		c.rack.order.recovered()
	}
	if c.sackOK {
		c.rackDetect(now, d)
		return
	}
	switch {
	case repeated:
		r.duplicates = min(r.duplicates+1, c.flight.count)
		if r.duplicates == dupThresh && !r.active() { // RFC 5681 section 3.2, step 2
			c.loseFirst(now)
		}
	case n > 0 && r.fast: // a partial acknowledgement: RFC 6582 section 3.2, step 3
		r.duplicates = max(r.duplicates-max(n/c.largestPayload(), 1)+1, 0)
		c.loseFirst(now)
		r.force = true
	case n > 0:
		r.duplicates = 0
	}
}

// loseFirst marks the oldest segment as lost.
func (c *conn) loseFirst(now int64) {
	if c.flight.count == 0 || c.flight.get(0).mark != out || c.loseLonger(now, c.flight.get(0)) {
		return
	}
	c.flight.set(c.flight.get(0), lost)
	c.lostSome()
}

// lostSome begins fast recovery unless one is going on: RFC 6675 section 5, step 4.
func (c *conn) lostSome() {
	r := &c.recovery
	if r.active() {
		return
	}
	if r.fast, r.until, r.force = true, c.nxt, true; c.sackOK {
		c.count.TCPSackRecovery.Add(1)
	} else {
		c.count.TCPRenoRecovery.Add(1)
	}
	c.cong.Lost(c.flightSize())
	c.reduced()
}

// lostAll is the retransmission time-out: RFC 6298 section 5.4, RFC 5681 section 3.1, RFC 6675 section 5.1.
func (c *conn) lostAll(now int64) {
	r := &c.recovery
	for i := range c.flight.count {
		c.loseLonger(now, c.flight.get(i))
	}
	if c.flight.loseAll() {
		c.count.TCPSACKReneging.Add(1)
	}
	if !r.timedOut { // RFC 5681 section 3.1: not again for the same segment
		c.cong.TimedOut(c.flightSize())
		c.reduced()
	}
	r.fast, r.timedOut, r.until, r.duplicates = false, true, c.nxt, 0
	r.force = true
	c.rack.at = 0
}
