package udp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// What a UDP datagram carries at most over IPv4 and over IPv6, in octets.
const (
	maxPayload  = wire.IPv4MaxLen - wire.IPv4Len - wire.UDPLen
	maxPayload6 = wire.IPv6MaxLen - wire.UDPLen
)

// Send sends b to the peer. The errors are EDESTADDRREQ (not connected), the pending error if there is one
// (which it clears), EMSGSIZE (larger than 65507 octets for IPv4), EAGAIN (the card is full; Notify tells when),
// EPIPE (shut down), EBADF, and Route's.
func (s *Socket) Send(b []byte, c Control) (int, error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return 0, inet.EBADF
	}
	if !s.Connected {
		return 0, inet.EDESTADDRREQ
	}
	return s.send(b, s.Peer, &c, c.Src == wire.Addr{} && c.Iface == 0)
}

// SendTo sends b to a destination, binding the socket to a port if it is not bound. The errors are Send's, EINVAL
// (port 0), EACCES (broadcast without Options.Broadcast) and EAFNOSUPPORT.
func (s *Socket) SendTo(b []byte, to wire.AddrPort, c Control) (int, error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return 0, inet.EBADF
	}
	if err := s.family(to.Addr); err != nil {
		return 0, err
	}
	return s.send(b, to, &c, false)
}

// send does the rest. toPeer: without a route of its own. s.Mu is held.
func (s *Socket) send(b []byte, to wire.AddrPort, c *Control, toPeer bool) (int, error) {
	if size := max(int(c.Segment), s.Opts.Segment); size != 0 && len(b) > size {
		return s.sendSegments(b, size, to, c, toPeer)
	}
	if err := s.prepare(len(b), to, c, toPeer); err != nil {
		return 0, err
	}
	if err := s.Begin(wire.UDPLen+len(b), c); err != nil {
		s.p.of(to.Addr).SndbufErrors.Add(1)
		return 0, err
	}
	copy(s.Out.Bytes[wire.UDPLen:], b)
	if err := s.p.send(&s.Out, s.port, to.Port); err != nil {
		return 0, err
	}
	return len(b), nil
}

// maxSegments bounds the datagrams that one call sends (include/linux/udp.h, UDP_MAX_SEGMENTS).
const maxSegments = 128

// sendSegments sends b as datagrams of size octets, of which the last may be shorter (udp(7), UDP_SEGMENT). The errors are send's,
// EINVAL (too many) and EMSGSIZE (longer than a frame takes). What the card has no room for, after the first, is lost.
func (s *Socket) sendSegments(b []byte, size int, to wire.AddrPort, c *Control, toPeer bool) (int, error) {
	if len(b) > maxPayload && (len(b) > maxPayload6 || to.Addr.Is4()) {
		return 0, inet.EMSGSIZE
	}
	if err := s.prepare(size, to, c, toPeer); err != nil {
		return 0, err
	}
	o := &s.Out
	switch {
	case size+wire.UDPLen > o.Route.Room:
		return 0, inet.EMSGSIZE
	case len(b) > maxSegments*size:
		return 0, inet.EINVAL
	}
	for rest := b; len(rest) > 0; {
		n := min(size, len(rest))
		if err := s.Begin(wire.UDPLen+n, c); err != nil {
			s.p.of(to.Addr).SndbufErrors.Add(1)
			if len(rest) == len(b) {
				return 0, err
			}
			break
		}
		copy(o.Bytes[wire.UDPLen:], rest[:n])
		rest = rest[n:]
		o.Batch = len(rest) > 0
		if err := s.p.send(o, s.port, to.Port); err != nil {
			o.Batch = false
			return 0, err
		}
	}
	o.Batch = false
	return len(b), nil
}

// prepare checks that n octets may go out, finds the way, and binds the socket if it is not bound.
func (s *Socket) prepare(n int, to wire.AddrPort, c *Control, toPeer bool) error {
	if err := s.Pending(); err != nil {
		return err
	}
	switch {
	case n > maxPayload && (n > maxPayload6 || to.Addr.Is4()):
		return inet.EMSGSIZE
	case to.Port == 0:
		return inet.EINVAL
	}
	if err := s.FindWay(to, c, toPeer); err != nil {
		return err
	}
	if err := s.Fit(n+wire.UDPLen, c); err != nil {
		return err
	}
	if s.bound == nil {
		return s.bind(wire.AddrPort{Addr: s.Any()}, chosen{addr: true, port: true})
	}
	return nil
}
