package raw

import (
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// An end is what both kinds of socket have: addresses, and by them what is theirs of what comes.
type end struct {
	dgram.Socket
	p  *Protocol
	in *matches // where its match is

	// Guarded by Mu.
	match  *match // what is in there; nil if nothing is
	chosen bool   // Own came with Connect, which Disconnect undoes
}

// publish puts m in place of what is the socket's; nil takes it away. Mu is held.
func (s *end) publish(m *match) {
	s.p.mu.Lock()
	s.in.replace(s.match, m)
	s.p.mu.Unlock()
	s.match = m
}

// rematch makes the match say what the socket's state says. Mu is held.
func (s *end) rematch() {
	if s.match == nil {
		return
	}
	m := *s.match
	m.local, m.remote, m.iface, m.shared = s.Own, s.Peer.Addr, s.Opts.Iface, s.Opts.ReuseAddr
	s.publish(&m)
	s.Reroute()
}

// bind fixes the local address. The errors are EBADF, EINVAL (it has a peer), EAFNOSUPPORT and EADDRNOTAVAIL. Mu is held.
func (s *end) bind(local wire.AddrPort, groups bool) error {
	switch {
	case s.Closed:
		return inet.EBADF
	case s.Connected:
		return inet.EINVAL
	case s.V6 == local.Addr.Is4():
		return s.otherFamily(inet.EADDRNOTAVAIL)
	}
	if local.Addr.IsLinkLocal() {
		if err := s.BindZone(local.Zone); err != nil {
			return err
		}
	}
	switch to := s.Net.Local(local.Addr, s.Opts.Iface); {
	case local.Addr.IsUnspecified(), to == inet.Own, groups && to != inet.Foreign, to == inet.Foreign && s.Opts.FreeBind:
	default:
		return inet.EADDRNOTAVAIL
	}
	s.Own, s.chosen = local.Addr, false
	s.rematch()
	return nil
}

// otherFamily is the error for an address of the other family: to a socket of IPv6 it is one that maps an IPv4 address.
func (s *end) otherFamily(mapped inet.Errno) error {
	if s.V6 {
		return mapped
	}
	return inet.EAFNOSUPPORT
}

// connect fixes the peer, and the local address if it was not. The errors are those of FindWay. Mu is held.
func (s *end) connect(remote wire.AddrPort) error {
	if s.Closed {
		return inet.EBADF
	}
	if s.V6 == remote.Addr.Is4() {
		return s.otherFamily(inet.ENETUNREACH)
	}
	if err := s.FindWay(remote, &dgram.Control{}, false); err != nil {
		return err
	}
	r := &s.Out.Route
	if s.Own.IsUnspecified() {
		s.Own, s.chosen = r.Src, true
	}
	s.Peer = wire.On(r.Dst, remote.Port, s.IfaceFor(remote, &dgram.Control{}))
	s.Connected = true
	s.rematch()
	return nil
}

// Disconnect undoes Connect, and the choice of local address that came with it.
func (s *end) Disconnect() error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return inet.EBADF
	}
	if s.chosen {
		s.Own, s.chosen = s.Any(), false
	}
	s.Peer, s.Connected = wire.AddrPort{}, false
	s.rematch()
	return nil
}

// Configure changes the options by f, which is called under the socket's lock. The error is ENODEV (no such Iface).
func (s *end) Configure(f func(o *dgram.Options)) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	o := s.Opts
	f(&o)
	if err := s.SetOptions(&o); err != nil {
		return err
	}
	s.rematch()
	return nil
}

// Close ends the socket: its datagrams are gone, and every later call gives EBADF.
func (s *end) Close() error {
	err := s.End(func() { s.publish(nil) })
	if err == nil {
		s.p.count(-1)
	}
	return err
}

// local is the local address with what stands for a port. Mu is held.
func (s *end) local(port uint16) wire.AddrPort {
	zone := s.Opts.Iface
	if s.Peer.Zone != 0 {
		zone = int(s.Peer.Zone)
	}
	return wire.On(s.Own, port, zone)
}

// put gives the socket what it is to receive of a datagram.
func (s *end) put(pkt *inet.Packet, payload []byte) {
	d := dgram.Datagram{
		From: wire.AddrPort{Addr: pkt.Src, Zone: pkt.Zone}, Dst: pkt.Dst, Iface: pkt.Iface,
		Size: len(payload), TTL: pkt.TTL, TOS: pkt.TOS, Time: s.Net.Now(),
	}
	s.Put(&d, payload)
}

// destination checks where a datagram of n octets is to go: to the peer if ok is false. Mu is held.
func (s *end) destination(n int, to wire.AddrPort, ok bool) (wire.AddrPort, error) {
	switch {
	case s.Closed:
		return to, inet.EBADF
	case n > wire.IPv4MaxLen:
		return to, inet.EMSGSIZE
	case !ok && !s.Connected:
		return to, inet.EDESTADDRREQ
	case !ok:
		return s.Peer, s.Pending()
	case s.V6 == to.Addr.Is4():
		return to, s.otherFamily(inet.ENETUNREACH)
	}
	return to, s.Pending()
}

// begin finds the way and opens Out for n octets. Mu is held.
func (s *end) begin(n int, to wire.AddrPort, c *dgram.Control, toPeer bool) error {
	if err := s.FindWay(to, c, toPeer && c.Src.IsUnspecified() && c.Iface == 0); err != nil {
		return err
	}
	if err := s.Fit(n, c); err != nil {
		return err
	}
	return s.Begin(n, c)
}
