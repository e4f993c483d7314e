package tcp

import "internal/mirage/netstack/wire"

// ecn is explicit congestion notification: RFC 3168. It is used where the peer asks for it (as by Linux's default), never asked for.
type ecn struct {
	on    bool
	echo  bool // CE has come: acknowledgements say so until the peer has heard (section 6.1.3)
	tell  bool // the window was halved: the next new data says so (section 6.1.2)
	late  bool // one reduction is enough for what was sent before until
	until seq
	seen  bool // the peer sends what can be marked
}

// Values of the ECN field in IP's header: section 5.
const (
	ect0 = 2
	ce   = 3
)

// ecnAsked notes that a SYN asks for it: section 6.1.1.
func (c *conn) ecnAsked(s *segment) {
	c.ecn.on = s.flags&(wire.SYN|wire.ACK|wire.ECE|wire.CWR) == wire.SYN|wire.ECE|wire.CWR
}

// congestionSeen looks at the marks of a segment that has come within the window.
func (c *conn) congestionSeen(s *segment) {
	e := &c.ecn
	if !e.on {
		return
	}
	if s.has(wire.CWR) {
		e.echo = false
	}
	switch {
	case s.ecn == ce && len(s.payload) > 0:
		e.echo, e.seen = true, true
		c.ackNow = true // section 6.1.3: the sooner the better
	case s.ecn != 0:
		e.seen = true
	}
}

// congestionEchoed halves the window when the peer says that something was marked, once a round trip: section 6.1.2. What loss has
// done already is not done again.
func (c *conn) congestionEchoed(s *segment) {
	e := &c.ecn
	e.late = e.late && c.una.before(e.until)
	if !e.on || !s.has(wire.ECE) {
		return
	}
	c.count.TCPDeliveredCE.Add(1)
	if e.late || c.recovery.active() {
		return
	}
	e.late, e.until, e.tell = true, c.nxt, true
	c.cong.Lost(c.flightSize())
}

// mark puts into a segment to be sent what ECN says there, and returns the ECN field of its IP header. Only data that is sent for
// the first time can be marked: sections 6.1.4 to 6.1.6.
func (c *conn) mark(s *outgoing) (field uint8) {
	if !c.ecn.on || s.kind == kindReset {
		return 0
	}
	if s.kind == kindSyn {
		if s.flags&wire.ACK != 0 {
			s.flags |= wire.ECE // section 6.1.1: a SYN-ACK setup packet
		}
		return 0
	}
	if c.ecn.echo {
		s.flags |= wire.ECE
	}
	if s.n == 0 || s.kind != kindFresh && s.kind != kindLonger {
		return 0
	}
	if c.ecn.tell {
		s.flags |= wire.CWR
	}
	return ect0
}
