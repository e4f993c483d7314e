package tcp

// order is what RACK knows of how much later than others a segment may come and not be lost: RFC 8985 section 6.2, step 4.
type order struct {
	seen    bool  // RACK.reordering_seen
	least   int64 // RACK.min_RTT
	factor  int   // RACK.reo_wnd_mult, less 1
	persist int   // RACK.reo_wnd_persist
	inRound bool  // RACK.dsack_round is set
	round   seq
}

// maxPersist is for how many recoveries without a duplicate a wide window stays.
const maxPersist = 16

// adapt widens the window in each round trip in which something had been repeated for nothing.
func (o *order) adapt(c *conn, d *delivery) {
	if o.inRound && !c.una.before(o.round) {
		o.inRound = false
	}
	if d.duplicate > 0 && !o.inRound {
		o.inRound, o.round = true, c.nxt
		o.factor = min(o.factor+1, 1<<10)
		o.persist = maxPersist
	}
}

// recovered notes the end of a recovery.
func (o *order) recovered() {
	if o.persist--; o.persist <= 0 {
		o.factor = 0
	}
}

// window is RACK_update_reo_wnd's result.
func (c *conn) reorderWindow() int64 {
	o := &c.rack.order
	if !o.seen && (c.recovery.active() || c.flight.sackedCount >= dupThresh) {
		return 0
	}
	return min(int64(1+o.factor)*(o.least/4), c.rtt.smoothed)
}
