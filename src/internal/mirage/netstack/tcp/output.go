package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// transmit sends what the connection has to send. A segment's octets go from the send buffer into the card's memory.
func (s *Socket) transmit(now int64, iface int) {
	c, o := s.conn, &s.out
	if c.quiet() || s.stalled || s.route(c) != nil {
		return // a route may come back: the timers try again
	}
	var g outgoing
	for more := c.next(now, &g); more; {
		if !s.open(c, &g) {
			return
		}
		if o.Segment == 0 {
			s.finish(&g, s.append(c, now, &g, 0))
			more = c.next(now, &g)
		} else {
			more = s.appendAll(c, now, &g)
		}
		o.Batch = more || iface == o.Route.Link.Index()
		s.p.net.Send(o)
	}
}

// appendAll puts into one frame, for the card to cut, a segment and those that follow it. It reports whether there is another
// segment, g, for the next frame.
func (s *Socket) appendAll(c *conn, now int64, g *outgoing) (more bool) {
	first, end := *g, 0
	for follows := true; follows; {
		end = s.append(c, now, g, end)
		end = s.appendRun(c, now, g, end)
		first.flags |= g.flags
		before := *g
		more = c.next(now, g)
		follows = more && before.n == int(s.out.Segment) && g.follows(&before) && wire.TCPLen+g.options.Len()+end+g.n <= len(s.out.Bytes)
	}
	s.finish(&first, end)
	return more
}

// mostRefused is how many times it is tried to no avail to send a long frame, each time a little later, until short ones go instead: a
// card that has no memory for long ones never takes any.
const mostRefused = 3

// open begins a frame for a segment, and for those behind it if the card cuts segments and has room for a frame so long.
func (s *Socket) open(c *conn, g *outgoing) bool {
	o, header := &s.out, wire.TCPLen+g.options.Len()
	o.Segment = 0
	// A card would repeat a CWR in each segment: RFC 3168 section 6.1.2 has it in one.
	if fresh := c.usableFresh(); g.kind == kindFresh && !c.ecn.tell && fresh > g.n && o.Route.Whole > header+g.n {
		o.Segment = uint16(c.segment - g.options.Len())
		if s.p.net.Open(o, min(header+fresh, o.Route.Whole)) == nil {
			s.refused = 0
			return true
		}
		if c.flight.count > 0 && s.refused < mostRefused {
			// Many short frames would cost more than one long one that comes back soon: an acknowledgement asks again.
			s.await()
			return false
		}
		o.Segment = 0
	}
	err := s.p.net.Open(o, header+g.n)
	if err == inet.EAGAIN {
		s.stall()
	}
	return err == nil
}

// follows reports whether g may go in one frame with the segment before it.
func (g *outgoing) follows(before *outgoing) bool {
	return g.kind == kindFresh && before.kind == kindFresh && g.seq == before.seq.add(before.n) && g.n > 0 &&
		g.options == before.options && g.ack == before.ack && g.window == before.window && before.flags&wire.FIN == 0
}

// append puts the octets of a segment behind the end octets that are in the frame, and notes that it is sent. It returns the
// new end.
func (s *Socket) append(c *conn, now int64, g *outgoing, end int) int {
	s.ecn = c.mark(g)
	c.sndBuf.read(s.out.Bytes[wire.TCPLen+g.options.Len()+end:][:g.n], g.at)
	c.count.tell(c, g, c.nxt == c.iss)
	c.commit(now, g)
	return end + g.n
}

// appendRun puts behind a segment those of its size that may follow it, but for the last, and makes g the last of them: what next
// would decide for each is the same for all.
func (s *Socket) appendRun(c *conn, now int64, g *outgoing, end int) int {
	header := wire.TCPLen + g.options.Len()
	n := c.run(g, len(s.out.Bytes)-header-end)
	if g.n != int(s.out.Segment) || n == 0 {
		return end
	}
	c.sndBuf.read(s.out.Bytes[header+end:][:n], g.at+g.n)
	s.p.counters.OutSegs.Add(uint64(n / g.n))
	c.commitRun(now, g, n)
	return end + n
}

// finish writes the header in front of n octets.
func (s *Socket) finish(g *outgoing, n int) {
	o, options := &s.out, g.options.Len()
	o.Bytes = o.Bytes[:wire.TCPLen+options+n]
	if n <= int(o.Segment) {
		o.Segment = 0
	}
	g.options.Put(o.Bytes[wire.TCPLen:])
	if o.IP = (wire.IPFields{TTL: s.options.TTL, TOS: s.options.TOS}); !o.Route.Dst.Is4() {
		o.IP.TTL, o.IP.TOS = s.options.Hops, s.options.Class
	}
	o.IP.TOS = o.IP.TOS&^ce | s.ecn
	f := wire.TCPFields{
		SrcPort: s.tuple.local.Port, DstPort: s.tuple.remote.Port,
		Seq: uint32(g.seq), Ack: uint32(g.ack), Flags: g.flags, Window: g.window,
	}
	s.p.put(o, &f, options)
}

// route finds the way to the peer, anew if the configuration of the network has changed.
func (s *Socket) route(c *conn) error {
	gen := s.p.net.Generation()
	if s.routeGen == gen {
		return nil
	}
	r, err := s.p.net.Route(s.tuple.remote.Addr, s.tuple.local.Addr, s.iface())
	if err != nil {
		return err
	}
	s.out.Route, s.routeGen = r, gen
	c.limit(r.Room - wire.TCPLen)
	return nil
}

// stall stops sending until the card is likely to have room again.
func (s *Socket) stall() {
	s.stalled = true
	s.await()
}

// await has it tried again when the card is likely to have room, if nothing else has it tried before.
func (s *Socket) await() {
	if s.awaits {
		s.p.net.Flush(s.out.Route)
		return
	}
	s.awaits = true
	s.p.net.WhenWritable(s.out.Route, s.resume)
}

func (s *Socket) resume() {
	s.mu.Lock()
	s.stalled, s.awaits = false, false
	s.refused = min(s.refused+1, mostRefused)
	s.settle(s.p.net.Now(), 0)
}
