package udp

import (
	"internal/byteorder"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Ports that are given to sockets that ask for none: Linux's net.ipv4.ip_local_port_range.
const (
	firstEphemeral = 32768
	lastEphemeral  = 60999
)

// Bind fixes the local address; an unspecified Addr stands for all, port 0 for one of the socket's choice
// (RFC 6056 section 3.3.1). The errors are EADDRINUSE, EADDRNOTAVAIL, EINVAL (bound already; IPv4 with V6Only),
// EAFNOSUPPORT.
func (s *Socket) Bind(local wire.AddrPort) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	switch err := s.family(local.Addr); {
	case s.Closed:
		return inet.EBADF
	case s.bound != nil, err == inet.ENETUNREACH:
		return inet.EINVAL
	case err != nil:
		return err
	}
	if local.Addr.IsLinkLocal() { // it says by which interface
		if err := s.BindZone(local.Zone); err != nil {
			return err
		}
	}
	if !local.Addr.IsUnspecified() && s.Net.Local(local.Addr, s.Opts.Iface) == inet.Foreign && !s.Opts.FreeBind {
		return inet.EADDRNOTAVAIL
	}
	return s.bind(local, chosen{addr: local.Addr.IsUnspecified()})
}

// family checks that the socket may use an address of a's family: EAFNOSUPPORT, or ENETUNREACH for IPv4 with V6Only.
func (s *Socket) family(a wire.Addr) error {
	if !s.V6 && !a.Is4() {
		return inet.EAFNOSUPPORT
	}
	if s.V6 && s.Opts.V6Only && a.Is4() {
		return inet.ENETUNREACH
	}
	return nil
}

// bind puts the socket among its port's. s.Mu is held.
func (s *Socket) bind(local wire.AddrPort, c chosen) error {
	b := &binding{
		socket: s, local: local.Addr, iface: s.Opts.Iface, v6only: s.Opts.V6Only,
		reuseAddr: s.Opts.ReuseAddr, reusePort: s.Opts.ReusePort,
	}
	p := s.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if local.Port == 0 {
		if local.Port = p.ephemeral(b); local.Port == 0 {
			return inet.EADDRINUSE
		}
	} else if !p.free(local.Port, b, (*binding).conflicts) {
		return inet.EADDRINUSE
	}
	p.ports.set(local.Port, p.ports.at(local.Port).with(s, b))
	s.bound, s.port, s.chosen, s.Own = b, local.Port, c, b.local
	return nil
}

// free reports whether nothing at a port stands in the way of b.
func (p *Protocol) free(n uint16, b *binding, inTheWay func(b, c *binding) bool) bool {
	at := p.ports.at(n)
	if at == nil {
		return true
	}
	for _, c := range at.bindings {
		if inTheWay(b, c) {
			return false
		}
	}
	return at.handler == nil
}

// ephemeral returns a port that nothing overlapping b has, 0 if there is none: the first free one from a random one
// on (RFC 6056 section 3.3.1, algorithm 1).
func (p *Protocol) ephemeral(b *binding) uint16 {
	const n = lastEphemeral - firstEphemeral + 1
	var random [4]byte
	p.net.Random(random[:])
	start := byteorder.LEUint32(random[:]) % n
	for k := uint32(0); k < n; k++ {
		if port := uint16(firstEphemeral + (start+k)%n); p.free(port, b, (*binding).overlaps) {
			return port
		}
	}
	return 0
}

// publish puts b in place of the socket's binding; nil takes it away. s.Mu is held.
func (s *Socket) publish(b *binding) {
	if s.bound == nil {
		return
	}
	p := s.p
	p.mu.Lock()
	p.ports.set(s.port, p.ports.at(s.port).with(s, b))
	p.mu.Unlock()
	if s.bound, s.Own = b, s.Any(); b != nil {
		s.Own = b.local
	}
}

// Connect fixes the peer, and the local address if it was not: only its datagrams are received, and Send may be
// used. It may be repeated. The errors are Bind's, Route's, and EACCES (broadcast without Options.Broadcast).
func (s *Socket) Connect(remote wire.AddrPort) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return inet.EBADF
	}
	if err := s.family(remote.Addr); err != nil {
		return err
	}
	iface := s.IfaceFor(remote, &Control{})
	r, err := s.Net.Route(remote.Addr, s.Source(), iface)
	if err != nil {
		return err
	}
	if r.To == inet.Broadcast && !s.Opts.Broadcast {
		return inet.EACCES
	}
	if s.bound == nil {
		if err := s.bind(wire.AddrPort{Addr: r.Src}, chosen{addr: true, port: true}); err != nil {
			return err
		}
	}
	b := *s.bound
	b.remote, b.connected = wire.On(r.Dst, remote.Port, iface), true
	if s.chosen.addr {
		b.local = r.Src
	}
	s.publish(&b)
	s.Connected, s.Peer = true, b.remote
	s.Reroute()
	return nil
}

// Disconnect undoes Connect, and the choice of local address and port that came with it.
func (s *Socket) Disconnect() error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return inet.EBADF
	}
	switch {
	case !s.Connected:
	case s.chosen.port:
		s.publish(nil)
	default:
		b := *s.bound
		b.remote, b.connected = wire.AddrPort{}, false
		if s.chosen.addr {
			b.local = s.Any()
		}
		s.publish(&b)
	}
	s.Connected, s.Peer = false, wire.AddrPort{}
	return nil
}
