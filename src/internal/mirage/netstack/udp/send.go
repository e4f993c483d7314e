package udp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Control is what may go along with a datagram (IP_PKTINFO, IP_TTL, IP_TOS). A zero field says nothing.
type Control struct {
	Src   wire.Addr // source address
	Iface int       // index of the interface
	TTL   uint8
	TOS   uint8
}

// What a UDP datagram carries at most over IPv4 and over IPv6, in octets.
const (
	maxPayload  = wire.IPv4MaxLen - wire.IPv4Len - wire.UDPLen
	maxPayload6 = wire.IPv6MaxLen - wire.UDPLen
)

// Send sends b to the peer. The errors are EDESTADDRREQ (not connected), the pending error if there is one
// (which it clears), EMSGSIZE (larger than 65507 octets for IPv4), EAGAIN (the card is full; Notify tells when),
// EPIPE (shut down), EBADF, and Route's.
func (s *Socket) Send(b []byte, c Control) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, inet.EBADF
	}
	if !s.connected() {
		return 0, inet.EDESTADDRREQ
	}
	return s.send(b, s.bound.remote, c, c.Src == wire.Addr{} && c.Iface == 0)
}

// SendTo sends b to a destination, binding the socket to a port if it is not bound. The errors are Send's, EINVAL
// (port 0), EACCES (broadcast without Options.Broadcast) and EAFNOSUPPORT.
func (s *Socket) SendTo(b []byte, to wire.AddrPort, c Control) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, inet.EBADF
	}
	if err := s.family(to.Addr); err != nil {
		return 0, err
	}
	return s.send(b, to, c, false)
}

// send does the rest. toPeer: without a route of its own. s.mu is held.
func (s *Socket) send(b []byte, to wire.AddrPort, c Control, toPeer bool) (int, error) {
	if err := s.prepare(len(b), to, c, toPeer); err != nil {
		return 0, err
	}
	o := &s.out
	if err := s.p.net.Open(o, wire.UDPLen+len(b)); err != nil {
		s.p.counters.SndbufErrors.Add(1)
		if err == inet.EAGAIN {
			s.stall()
		}
		return 0, err
	}
	s.setFields(o)
	if c.TTL != 0 {
		o.IP.TTL = c.TTL
	}
	if c.TOS != 0 {
		o.IP.TOS = c.TOS
	}
	copy(o.Bytes[wire.UDPLen:], b)
	if err := s.p.send(o, s.port, to.Port); err != nil {
		return 0, err
	}
	return len(b), nil
}

// setFields takes what the options say of headers.
func (s *Socket) setFields(o *inet.Out) {
	p := &s.options
	group := o.Route.To == inet.Multicast
	o.IP = wire.IPFields{DontFrag: p.DontFragment, TTL: p.TTL, TOS: p.TOS}
	switch o.Loop = group && !p.NoLoop; {
	case !o.Route.Dst.Is4():
		o.IP.TTL, o.IP.TOS, o.Loop = p.Hops, p.Class, group && !p.NoLoop6
		if group {
			o.IP.TTL = p.MulticastHops
		}
	case group:
		o.IP.TTL = p.MulticastTTL
	}
}

// prepare checks that n octets may go out, finds the way, and binds the socket if it is not bound.
func (s *Socket) prepare(n int, to wire.AddrPort, c Control, toPeer bool) (err error) {
	switch {
	case s.err != nil:
		return s.takeError()
	case s.noWrite:
		return inet.EPIPE
	case n > maxPayload && (n > maxPayload6 || to.Addr.Is4()):
		return inet.EMSGSIZE
	case to.Port == 0:
		return inet.EINVAL
	}
	if gen := s.p.net.Generation(); !toPeer || s.routeGen != gen {
		if s.out.Route, err = s.p.net.Route(to.Addr, s.sourceFor(c), s.ifaceFor(to, c)); err != nil {
			return err
		}
		if s.routeGen = 0; toPeer {
			s.routeGen = gen
		}
	}
	if s.out.Route.To == inet.Broadcast && !s.options.Broadcast {
		return inet.EACCES
	}
	if s.options.DontFragment && n+wire.UDPLen > s.out.Route.Room {
		return inet.EMSGSIZE
	}
	if s.bound == nil {
		return s.bind(wire.AddrPort{Addr: s.any()}, chosen{addr: true, port: true})
	}
	return nil
}

func (s *Socket) sourceFor(c Control) wire.Addr {
	if !c.Src.IsUnspecified() {
		return c.Src
	}
	return s.source()
}

// ifaceFor returns the index of the interface to send by, 0 if the routes say: what goes with the datagram says it first.
func (s *Socket) ifaceFor(to wire.AddrPort, c Control) int {
	o := &s.options
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

// stall makes the socket unwritable until the card is likely to have room again. s.mu is held.
func (s *Socket) stall() {
	if !s.stalled {
		s.stalled = true
		s.p.net.WhenWritable(s.out.Route, s.resume)
	}
}

func (s *Socket) resume() {
	s.mu.Lock()
	s.stalled = false
	notify := s.notify
	s.mu.Unlock()
	if notify != nil {
		notify(false, true)
	}
}
