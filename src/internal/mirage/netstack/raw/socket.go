package raw

import (
	"internal/byteorder"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A Socket sends and receives the datagrams of one protocol, without IP's header but where it says so. Its methods never block
// and may be called from any goroutine.
type Socket struct {
	end
	protocol uint8

	// Guarded by Mu.
	withHeader bool // what is sent begins with an IP header
	checksumAt int  // of IPv6: where in what is sent and received there is a checksum, negative if nowhere
}

// headersOnly is the protocol whose sockets send what has an IP header (raw(7), IPPROTO_RAW); mobility's messages have a
// checksum (RFC 6275 section 6.1.1).
const (
	headersOnly = 255
	mobility    = 135
)

// NewSocket makes a socket of a protocol of IPv4 or of IPv6.
func (p *Protocol) NewSocket(v6 bool, protocol uint8) *Socket {
	s := &Socket{protocol: protocol, withHeader: protocol == headersOnly, checksumAt: -1}
	s.p, s.in = p, &p.raw[protocol]
	s.Init(p.net, &p.memory, v6)
	s.Opts.ReuseAddr = true // as on Linux, and of no meaning
	switch {
	case v6 && protocol == wire.ProtoICMPv6:
		s.checksumAt = 2 // RFC 3542 section 3.1: the kernel makes ICMPv6's
	case v6 && protocol == mobility:
		s.checksumAt = 4
	}
	p.count(1)
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.publish(&match{owner: s, v6: v6})
	return s
}

// Bind fixes the local address, a broadcast or multicast one too: what is sent to it alone is received. It may be repeated. The
// errors are EBADF, EINVAL (it has a peer), EAFNOSUPPORT and EADDRNOTAVAIL.
func (s *Socket) Bind(local wire.AddrPort) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.bind(local, true)
}

// Connect fixes the peer, and the local address if it was not: only its datagrams are received, and Send may be used. It may be
// repeated. The errors are EBADF, EAFNOSUPPORT, EACCES (broadcast without Options.Broadcast), and Route's.
func (s *Socket) Connect(remote wire.AddrPort) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.connect(remote)
}

// Local returns the local address, with the protocol for a port.
func (s *Socket) Local() wire.AddrPort {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.local(uint16(s.protocol))
}

// SetWithHeader says whether what is sent begins with an IP header (IP_HDRINCL), and WithHeader returns it.
func (s *Socket) SetWithHeader(on bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.withHeader = on
}

func (s *Socket) WithHeader() bool {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.withHeader
}

// SetChecksumAt says where in the datagrams of an IPv6 socket there is a checksum of theirs and the pseudo-header's, which is
// then made and checked; a negative number says that there is none (RFC 3542 section 3.1). ChecksumAt returns it.
func (s *Socket) SetChecksumAt(offset int) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.checksumAt = max(offset, -1)
}

func (s *Socket) ChecksumAt() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.checksumAt
}

// SetFilter sets the bits of the types of ICMP messages that are not wanted, and Filter returns them.
func (s *Socket) SetFilter(blocked [8]uint32) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.match != nil {
		m := *s.match
		m.filter = blocked
		s.publish(&m)
	}
}

func (s *Socket) Filter() (blocked [8]uint32) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.match != nil {
		blocked = s.match.filter
	}
	return blocked
}

// deliver puts a datagram into the queue: of IPv4 with its header, of IPv6 what follows the headers (RFC 3542 section 3).
func (s *Socket) deliver(m *match, pkt *inet.Packet) {
	if !m.v6 {
		s.put(pkt, pkt.Header[:len(pkt.Header)+len(pkt.Payload)]) // they lie in one array
		return
	}
	if s.ChecksumAt() >= 0 && wire.PseudoSum(pkt.Src, pkt.Dst, s.protocol, len(pkt.Payload)).Add(pkt.Payload).Fold() != 0xffff {
		return
	}
	s.put(pkt, pkt.Payload)
}

// Send sends b to the peer. The errors are EDESTADDRREQ (not connected), the pending error if there is one (which it clears),
// EMSGSIZE, EINVAL (no room for the checksum, or no header), EAGAIN (the card is full; Notify tells when), EPIPE (shut down),
// EBADF, and Route's.
func (s *Socket) Send(b []byte, c dgram.Control) (int, error) {
	return s.send(b, wire.AddrPort{}, false, &c)
}

// SendTo sends b to a destination. To a socket of IPv6 the destination's port, unless it is 0, says which protocol: another one
// is for IPPROTO_RAW alone. The errors are Send's, EAFNOSUPPORT, and EINVAL (another protocol).
func (s *Socket) SendTo(b []byte, to wire.AddrPort, c dgram.Control) (int, error) {
	return s.send(b, to, true, &c)
}

func (s *Socket) send(b []byte, to wire.AddrPort, ok bool, c *dgram.Control) (int, error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	to, err := s.destination(len(b), to, ok)
	if err != nil {
		return 0, err
	}
	protocol := s.protocol
	if s.V6 && to.Port != 0 && to.Port != uint16(protocol) {
		if protocol != headersOnly || to.Port > 255 {
			return 0, inet.EINVAL
		}
		protocol = uint8(to.Port)
	}
	if s.withHeader {
		if err := s.FindWay(to, c, false); err != nil {
			return 0, err
		}
		if err := s.p.net.SendWhole(&s.Out.Route, b, s.Loops()); err != nil {
			return 0, err
		}
		return len(b), nil
	}
	if s.V6 && s.checksumAt > len(b)-2 {
		return 0, inet.EINVAL
	}
	if err := s.begin(len(b), to, c, !ok); err != nil {
		return 0, err
	}
	o := &s.Out
	copy(o.Bytes, b)
	if s.V6 && s.checksumAt >= 0 {
		putChecksum(o, s.checksumAt, protocol)
	}
	if o.IP.Protocol = protocol; protocol == wire.ProtoICMP || protocol == wire.ProtoICMPv6 {
		s.p.net.CountICMP(!o.Route.Dst.Is4(), o.Bytes)
	}
	if err := s.Net.Send(o); err != nil {
		return 0, err
	}
	return len(b), nil
}

// putChecksum makes the checksum of RFC 3542 section 3.1.
func putChecksum(o *inet.Out, at int, protocol uint8) {
	field := o.Bytes[at : at+2]
	byteorder.BEPutUint16(field, 0)
	byteorder.BEPutUint16(field, wire.PseudoSum(o.Route.Src, o.Route.Dst, protocol, len(o.Bytes)).Add(o.Bytes).Checksum())
}
