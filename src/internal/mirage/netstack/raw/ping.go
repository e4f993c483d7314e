package raw

import (
	"internal/byteorder"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A Ping sends requests for an echo and receives the replies to them: those with its identifier, which stands for a port. Its
// methods never block and may be called from any goroutine.
type Ping struct{ end }

// NewPing makes a socket for ICMP, or for ICMPv6 if v6 is set.
func (p *Protocol) NewPing(v6 bool) *Ping {
	s := &Ping{}
	s.p, s.in = p, &p.pings
	s.Init(p.net, &p.memory, v6)
	s.Opts.ReuseAddr = true // as on Linux (net/ipv4/af_inet.c, INET_PROTOSW_REUSE)
	p.count(1)
	return s
}

// Bind fixes the local address and the identifier; 0 stands for one of the socket's choice. The errors are EBADF, EINVAL (it is
// bound), EAFNOSUPPORT, EADDRNOTAVAIL and EADDRINUSE.
func (s *Ping) Bind(local wire.AddrPort) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.match != nil {
		return inet.EINVAL
	}
	if err := s.bind(local, false); err != nil {
		return err
	}
	return s.identify(local.Port)
}

// identify gives the socket an identifier: 0 chooses one, after the last one that was given, so that a reply that comes late is
// nobody else's. Mu is held.
func (s *Ping) identify(ident uint16) error {
	p := s.p
	p.mu.Lock()
	if ident == 0 {
		var random [2]byte
		s.Net.Random(random[:])
		ident = byteorder.LEUint16(random[:])
		for n := 0; ident == 0 || !s.free(ident); n++ {
			if ident++; n == 1<<16 {
				p.mu.Unlock()
				return inet.EADDRINUSE
			}
		}
	} else if !s.free(ident) {
		p.mu.Unlock()
		return inet.EADDRINUSE
	}
	m := &match{owner: s, v6: s.V6, local: s.Own, iface: s.Opts.Iface, ident: ident, shared: s.Opts.ReuseAddr}
	s.in.replace(nil, m)
	p.mu.Unlock()
	s.match = m
	return nil
}

// free reports whether nobody has an identifier but who shares it, as this socket does. p.mu is held.
func (s *Ping) free(ident uint16) bool {
	for _, m := range s.in.load() {
		if m.ident == ident && m.v6 == s.V6 && !(m.shared && s.Opts.ReuseAddr) {
			return false
		}
	}
	return true
}

// Connect fixes the peer to send to. The errors are EBADF, EAFNOSUPPORT, EACCES (broadcast without Options.Broadcast),
// EADDRINUSE, and Route's.
func (s *Ping) Connect(remote wire.AddrPort) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.match == nil && !s.Closed {
		if err := s.identify(0); err != nil {
			return err
		}
	}
	return s.connect(remote)
}

// Local returns the local address, with the identifier for a port.
func (s *Ping) Local() wire.AddrPort {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.match == nil {
		return s.local(0)
	}
	return s.local(s.match.ident)
}

// Send sends b, a request with any identifier and checksum, to the peer. The errors are EDESTADDRREQ (not connected), the
// pending error if there is one (which it clears), EINVAL (no request for an echo), EMSGSIZE, EAGAIN (the card is full; Notify
// tells when), EPIPE (shut down), EBADF, EADDRINUSE and Route's.
func (s *Ping) Send(b []byte, c dgram.Control) (int, error) {
	return s.send(b, wire.AddrPort{}, false, &c)
}

// SendTo sends b to a destination. The errors are Send's and EAFNOSUPPORT.
func (s *Ping) SendTo(b []byte, to wire.AddrPort, c dgram.Control) (int, error) {
	return s.send(b, to, true, &c)
}

func (s *Ping) send(b []byte, to wire.AddrPort, ok bool, c *dgram.Control) (int, error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if !s.Closed && s.match == nil {
		if err := s.identify(0); err != nil {
			return 0, err
		}
	}
	echo := uint8(wire.ICMPEcho)
	if s.V6 {
		echo = wire.ICMPv6Echo
	}
	if len(b) > wire.IPv4MaxLen {
		return 0, inet.EMSGSIZE
	}
	if len(b) < wire.ICMPLen || b[0] != echo || b[1] != 0 {
		return 0, inet.EINVAL
	}
	to, err := s.destination(len(b), to, ok)
	if err != nil {
		return 0, err
	}
	if err := s.begin(len(b), to, c, !ok); err != nil {
		return 0, err
	}
	o := &s.Out
	copy(o.Bytes, b)
	rest := uint32(s.match.ident)<<16 | uint32(byteorder.BEUint16(b[6:]))
	if o.IP.Protocol = wire.ProtoICMP; s.V6 {
		o.IP.Protocol = wire.ProtoICMPv6
		wire.ICMPv6(o.Bytes).Put(echo, 0, rest, o.Route.Src, o.Route.Dst)
	} else {
		wire.ICMP(o.Bytes).Put(echo, 0, rest)
	}
	s.p.net.CountICMP(s.V6, o.Bytes)
	if err := s.Net.Send(o); err != nil {
		return 0, err
	}
	return len(b), nil
}

// echoReply gives a reply to who has its identifier.
func (p *Protocol) echoReply(protocol uint8, pkt *inet.Packet) {
	all := p.pings.load()
	if len(all) == 0 || len(pkt.Payload) < wire.ICMPLen || !replyOK(protocol, pkt) {
		return
	}
	ident := byteorder.BEUint16(pkt.Payload[4:])
	for _, m := range all {
		if m.ident == ident && m.wants(pkt) {
			m.owner.deliver(m, pkt)
			return
		}
	}
}

// replyOK reports whether a message is a reply whose checksum is right.
func replyOK(protocol uint8, pkt *inet.Packet) bool {
	if pkt.Src.Is4() {
		m := wire.ICMP(pkt.Payload)
		return protocol == wire.ProtoICMP && m.Type() == wire.ICMPEchoReply && (pkt.Valid || m.ChecksumOK())
	}
	m := wire.ICMPv6(pkt.Payload)
	return protocol == wire.ProtoICMPv6 && m.Type() == wire.ICMPv6EchoReply && (pkt.Valid || m.ChecksumOK(pkt.Src, pkt.Dst))
}

// deliver puts a reply into the queue.
func (s *Ping) deliver(m *match, pkt *inet.Packet) { s.put(pkt, pkt.Payload) }

// echoFailed tells a socket that its request came to nothing.
func (p *Protocol) echoFailed(e *inet.SendError) bool {
	echo := uint8(wire.ICMPEcho)
	if !e.Src.Is4() {
		echo = wire.ICMPv6Echo
	}
	ident := byteorder.BEUint16(e.Payload[4:])
	for _, m := range p.pings.load() {
		if e.Payload[0] == echo && m.ident == ident && m.sent(e) {
			m.owner.Report(e, 0, e.Payload)
			return true
		}
	}
	return false
}
