package tcp

import "internal/mirage/netstack/wire"

// How long TIME-WAIT lasts, nanoseconds: RFC 9293 section 3.4.2 has 2 MSL of two minutes each and lets engineering decide;
// a minute is what hosts do today. A connection that nobody holds any more waits as long for the peer's FIN.
const (
	timeWaitTime = 60e9
	finWait2Time = 60e9
)

// startTimeWait enters TIME-WAIT, or begins it anew.
func (c *conn) startTimeWait(now int64) {
	c.state = timeWait
	c.rtoAt, c.aliveAt, c.rack.at = 0, 0, 0
	c.waitAt = now + timeWaitTime
}

// startFinWait2 bounds FIN-WAIT-2 of a closed socket: RFC 9293 section 3.6 does not ask for it, but nobody else would.
func (c *conn) startFinWait2(now int64) {
	if c.orphan {
		c.waitAt = now + finWait2Time
	}
}

// mayReopen reports whether a SYN may take a connection's place in TIME-WAIT: RFC 6191 section 2, RFC 9293 section 3.6.1,
// MAY-2.
func (c *conn) mayReopen(s *segment) bool {
	if c.state != timeWait || s.flags&(wire.SYN|wire.ACK|wire.RST|wire.FIN) != wire.SYN {
		return false
	}
	if c.times.on && s.options.HasTime {
		d := int32(s.options.TimeVal - c.times.recent)
		return d > 0 || d == 0 && s.seq.after(c.rcvNxt)
	}
	return s.seq.after(c.rcvNxt)
}
