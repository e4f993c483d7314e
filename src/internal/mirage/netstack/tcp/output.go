package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// transmit sends what the connection has to send. A segment's octets go from the send buffer into the card's memory.
func (s *Socket) transmit(now int64, iface int) {
	c, o := s.conn, &s.out
	if s.stalled || s.route(c) != nil {
		return // a route may come back: the timers try again
	}
	var g outgoing
	for more := c.next(now, &g); more; {
		if err := s.p.net.Open(o, wire.TCPLen+g.options.Len()+g.n); err != nil {
			if err == inet.EAGAIN {
				s.stall()
			}
			return
		}
		s.fill(c, o, &g)
		c.commit(now, &g)
		if g.kind == kindAgain {
			s.p.counters.RetransSegs.Add(1)
		} else if g.kind == kindReset {
			s.p.counters.OutRsts.Add(1)
		}
		more = c.next(now, &g)
		o.Batch = more || iface == o.Route.Link.Index()
		s.p.net.Send(o)
	}
}

// fill writes a segment.
func (s *Socket) fill(c *conn, o *inet.Out, g *outgoing) {
	n := g.options.Len()
	b := o.Bytes[:wire.TCPLen+n+g.n]
	o.Bytes = b
	g.options.Put(b[wire.TCPLen:])
	c.sndBuf.read(b[wire.TCPLen+n:], g.at)
	if o.IP = (wire.IPFields{TTL: s.options.TTL, TOS: s.options.TOS}); !o.Route.Dst.Is4() {
		o.IP.TTL, o.IP.TOS = s.options.Hops, s.options.Class
	}
	f := wire.TCPFields{
		SrcPort: s.tuple.local.Port, DstPort: s.tuple.remote.Port,
		Seq: uint32(g.seq), Ack: uint32(g.ack), Flags: g.flags, Window: g.window,
	}
	s.p.put(o, &f, n)
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
	s.p.net.WhenWritable(s.out.Route, s.resume)
}

func (s *Socket) resume() {
	s.mu.Lock()
	s.stalled = false
	s.settle(s.p.net.Now(), 0)
}
