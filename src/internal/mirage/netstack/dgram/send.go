package dgram

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Pending returns why nothing can be sent: the pending error (which it clears) or EPIPE. Mu is held.
func (s *Socket) Pending() error {
	switch {
	case s.err != nil:
		return s.takeError()
	case s.noWrite:
		return inet.EPIPE
	}
	return nil
}

// FindWay makes Out.Route the way to an address. toPeer: it is the peer, and nothing else says which way. The errors are EACCES
// (broadcast without Options.Broadcast) and Route's. Mu is held.
func (s *Socket) FindWay(to wire.AddrPort, c *Control, toPeer bool) (err error) {
	if gen := s.Net.Generation(); !toPeer || s.routeGen != gen {
		if s.Out.Route, err = s.Net.Route(to.Addr, s.sourceFor(c), s.IfaceFor(to, c)); err != nil {
			return err
		}
		if s.routeGen = 0; toPeer {
			s.routeGen = gen
		}
	}
	if s.Out.Route.To == inet.Broadcast && !s.Opts.Broadcast {
		return inet.EACCES
	}
	return nil
}

// Fit makes Out.Route fit what the options and c say of the path's MTU, for a datagram of n octets besides IP's header. The error
// is EMSGSIZE: it is longer, and not to be sent in fragments. Mu is held.
func (s *Socket) Fit(n int, c *Control) error {
	r, discover, whole := &s.Out.Route, s.Opts.Discover, false
	if !r.Dst.Is4() {
		discover = s.Opts.Discover6
		whole = s.Opts.DontFragment6 && c.DontFragment6 != No || c.DontFragment6 == Yes
		if size := s.Opts.FragmentSize6; size != 0 {
			r.Room = min(r.Room, size-wire.IPv6Len)
		}
	}
	if discover >= DiscoverProbe {
		r.Room = r.Most
	}
	if n <= r.Room {
		return nil
	}
	switch discover {
	case DiscoverDo, DiscoverProbe, DiscoverInterface:
		whole = true
	}
	if !whole {
		return nil
	}
	s.tooLong(r)
	return inet.EMSGSIZE
}

// Begin opens Out for a datagram of n octets besides IP's header, with what the options and c say of that header. The errors
// are Open's. Mu is held.
func (s *Socket) Begin(n int, c *Control) error {
	o := &s.Out
	if err := s.Net.Open(o, n); err != nil {
		if err == inet.EAGAIN {
			s.stall()
		}
		return err
	}
	s.setFields(o, n)
	if c.TTL != 0 {
		o.IP.TTL = c.TTL
	}
	if c.TOS != 0 {
		o.IP.TOS = c.TOS
	}
	return nil
}

// setFields takes what the options say of headers, of a datagram of n octets behind IP's.
func (s *Socket) setFields(o *inet.Out, n int) {
	p := &s.Opts
	group := o.Route.To == inet.Multicast
	o.IP = wire.IPFields{TTL: p.TTL, TOS: p.TOS}
	o.Loop = group && s.Loops() || o.Route.To == inet.Broadcast
	switch {
	case !o.Route.Dst.Is4():
		o.IP.TTL, o.IP.TOS = p.Hops, p.Class
		if group {
			o.IP.TTL = p.MulticastHops
		}
		return
	case group:
		o.IP.TTL = p.MulticastTTL
	}
	switch p.Discover { // ip(7): DF is on what is to find out, or follows, what the path takes
	case DiscoverWant:
		o.IP.DontFrag = n <= o.Route.Room
	case DiscoverDo, DiscoverProbe:
		o.IP.DontFrag = true
	}
}

// Loops reports whether what is sent to the group to which Out.Route leads comes back to this host. Mu is held.
func (s *Socket) Loops() bool {
	if s.Out.Route.Dst.Is4() {
		return !s.Opts.NoLoop
	}
	return !s.Opts.NoLoop6
}

// Source is the address that the socket sends from, unspecified if it is not fixed. Mu is held.
func (s *Socket) Source() wire.Addr {
	if s.Net.Local(s.Own, 0) != inet.Own {
		return wire.Any4
	}
	return s.Own
}

func (s *Socket) sourceFor(c *Control) wire.Addr {
	if !c.Src.IsUnspecified() {
		return c.Src
	}
	return s.Source()
}

// IfaceFor returns the index of the interface to send by, 0 if the routes say: what goes with the datagram says it first. Mu is
// held.
func (s *Socket) IfaceFor(to wire.AddrPort, c *Control) int {
	o := &s.Opts
	switch {
	case c.Iface != 0:
		return c.Iface
	case to.Zone != 0:
		return int(to.Zone)
	case o.Iface != 0 || !to.Addr.IsMulticast():
		return o.Iface
	case to.Addr.Is4():
		return o.MulticastIface
	}
	return o.MulticastIface6
}

// BindZone makes the zone of a link-local address the socket's only interface, as Linux does: RFC 4007 section 6. The error is
// EINVAL: there is none, or another one already. Mu is held.
func (s *Socket) BindZone(zone uint32) error {
	o := &s.Opts
	if zone != 0 && o.Iface == 0 {
		o.Iface = int(zone)
	}
	if o.Iface == 0 || zone != 0 && o.Iface != int(zone) {
		return inet.EINVAL
	}
	return nil
}

// stall makes the socket unwritable until the card is likely to have room again. Mu is held.
func (s *Socket) stall() {
	if !s.stalled {
		s.stalled = true
		s.Net.WhenWritable(s.Out.Route, s.resume)
	}
}

func (s *Socket) resume() {
	s.Mu.Lock()
	s.stalled = false
	s.unlockAndTell(false, true)
}
