package tcp

import "internal/mirage/netstack/wire"

// run returns how many octets may go out in segments of the size of one that was just committed, behind it and in one frame with
// it, for which there is room. The last octet is left for next, which knows about FIN, PSH and segments that are not full.
func (c *conn) run(s *outgoing, room int) int {
	if s.kind != kindFresh || s.n == 0 || s.flags&wire.FIN != 0 || c.rack.probe || c.nxt != s.seq.add(s.n) {
		return 0
	}
	n := min(c.unsent()-1, c.usable(), c.cong.Window()-c.pipe(), room, (maxRecords-c.flight.count)*s.n)
	return max(n-n%s.n, 0)
}

// commitRun notes that n octets have been sent in segments like s, which becomes the last of them.
func (c *conn) commitRun(now int64, s *outgoing, n int) {
	end := c.nxt.add(n)
	c.flight.pushRun(c.nxt, end, s.n, now)
	c.nxt = end
	s.seq, s.at = s.seq.add(n), s.at+n
	c.top = later(c.top, c.nxt)
	c.armProbe(now)
}
