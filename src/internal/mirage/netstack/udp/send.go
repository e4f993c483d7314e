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

// maxPayload is what a UDP datagram over IPv4 carries at most, in octets.
const maxPayload = wire.IPv4MaxLen - wire.IPv4Len - wire.UDPLen

// Send sends b to the peer. The errors are EDESTADDRREQ (not connected), the pending error if there is one
// (which it clears), EMSGSIZE (larger than 65507 octets for IPv4), EAGAIN (the card is full; Notify tells when),
// EPIPE (shut down), EBADF, and Route's.
func (s *Socket) Send(b []byte, c Control) (int, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return 0, inet.EBADF
	}
	if !s.connected() {
		s.mu.Unlock()
		return 0, inet.EDESTADDRREQ
	}
	return s.send(b, s.bound.remote, c, c.Src == wire.Addr{} && c.Iface == 0)
}

// SendTo sends b to a destination, binding the socket to a port if it is not bound. The errors are Send's, EINVAL
// (port 0), EACCES (broadcast without Options.Broadcast) and EAFNOSUPPORT.
func (s *Socket) SendTo(b []byte, to wire.AddrPort, c Control) (int, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return 0, inet.EBADF
	}
	if err := s.family(to.Addr); err != nil {
		s.mu.Unlock()
		return 0, err
	}
	return s.send(b, to, c, false)
}

// send does the rest. toPeer: s.route leads there, if it is still right. s.mu is held, and released.
func (s *Socket) send(b []byte, to wire.AddrPort, c Control, toPeer bool) (int, error) {
	r, err := s.prepare(len(b), to, c, toPeer)
	o := inet.Out{DontFrag: s.options.DontFragment, TTL: s.options.TTL, TOS: s.options.TOS}
	if r.To == inet.Multicast {
		o.TTL = s.options.MulticastTTL
	}
	port := s.port
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if c.TTL != 0 {
		o.TTL = c.TTL
	}
	if c.TOS != 0 {
		o.TOS = c.TOS
	}
	open, err := s.p.net.Open(r, wire.UDPLen+len(b))
	if err != nil {
		s.p.counters.SndbufErrors.Add(1)
		if err == inet.EAGAIN {
			s.stall(r)
		}
		return 0, err
	}
	open.DontFrag, open.TTL, open.TOS = o.DontFrag, o.TTL, o.TOS
	copy(open.Bytes[wire.UDPLen:], b)
	if err := s.p.send(open, port, to.Port); err != nil {
		return 0, err
	}
	return len(b), nil
}

// prepare checks that n octets may go out, binds the socket if it is not bound, and finds the way.
func (s *Socket) prepare(n int, to wire.AddrPort, c Control, toPeer bool) (r inet.Route, err error) {
	switch {
	case s.err != nil:
		return r, s.takeError()
	case s.noWrite:
		return r, inet.EPIPE
	case n > maxPayload:
		return r, inet.EMSGSIZE
	case to.Port == 0:
		return r, inet.EINVAL
	}
	if gen := s.p.net.Generation(); toPeer && s.routeGen == gen {
		r = s.route
	} else {
		src, iface := c.Src, c.Iface
		if src.IsUnspecified() {
			src = s.source()
		}
		if iface == 0 {
			iface = s.options.Iface
		}
		if r, err = s.p.net.Route(to.Addr, src, iface); err != nil {
			return r, err
		}
		if toPeer {
			s.route, s.routeGen = r, gen
		}
	}
	if r.To == inet.Broadcast && !s.options.Broadcast {
		return r, inet.EACCES
	}
	if s.options.DontFragment && n+wire.UDPLen > r.Room {
		return r, inet.EMSGSIZE
	}
	if s.bound == nil {
		err = s.bind(wire.AddrPort{Addr: s.any()}, chosen{addr: true, port: true})
	}
	return r, err
}

// stall makes the socket unwritable until the card of r is likely to have room again.
func (s *Socket) stall(r inet.Route) {
	s.mu.Lock()
	first := !s.stalled && !s.closed
	s.stalled = true
	s.mu.Unlock()
	if first {
		s.p.net.WhenWritable(r, s.resume)
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
