package tcp

// An undo is what it takes to take a reduction of the window back when nothing was lost, only late. The peer tells: its
// acknowledgement of what was repeated echoes the first copy's timestamp (RFC 3522), or it reports each repetition to have
// come twice (RFC 2883; RFC 3708 section 3).
type undo struct {
	armed   bool
	began   bool   // something has been repeated since the reduction
	first   seq    // where that began
	stamp   uint32 // and its timestamp: RFC 3522 section 3.2, step 2
	echoed  bool   // the first acknowledgement of it has come
	repeats int    // octets repeated, and not reported to have come twice
}

// reduced arms the undo of a reduction.
func (c *conn) reduced() { c.undo = undo{armed: true} }

// repeated notes a repetition of n octets.
func (u *undo) repeated(at seq, n int, stamp uint32) {
	if !u.armed {
		return
	}
	if !u.began {
		u.began, u.first, u.stamp = true, at, stamp
	}
	u.repeats += n
}

// spurious reports whether an acknowledgement shows that the repetitions were for nothing.
func (u *undo) spurious(c *conn, d *delivery) bool {
	if !u.armed || !u.began {
		return false
	}
	if d.duplicate > 0 && !d.duplicateAt.before(u.first) {
		if u.repeats -= d.duplicate; u.repeats <= 0 {
			return true
		}
	}
	if u.echoed || !c.una.after(u.first) {
		return false
	}
	u.echoed = true // RFC 3522 section 3.2, step 4: the first acceptable ACK decides
	return d.hasEcho && int32(d.echo-u.stamp) < 0
}

// tryUndo goes back to what was before the last reduction, if that was for nothing: RFC 4015 section 3, RFC 9438 section 4.9.
func (c *conn) tryUndo(now int64, d *delivery) {
	if !c.undo.spurious(c, d) {
		return
	}
	c.undo = undo{}
	c.cong.Undo()
	c.recovery = recovery{}
	c.rack.order.seen = true
	c.flight.findAgain()
	c.rtt.backoff = 0
	c.restartRetransmit(now)
}
