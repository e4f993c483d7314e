package dgram

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A Failure is why a datagram came to nothing (ip(7), IP_RECVERR).
type Failure struct {
	Errno      inet.Errno
	Local      bool // this host says so, without ICMP
	Type, Code uint8
	Info       uint32        // the MTU, or what octet is wrong
	From       wire.AddrPort // who says so
	To         wire.AddrPort // where the datagram was sent to
	Iface      int           // the index of the interface by which the news came, 0 if that is not known
	Quoted     []byte        // the beginning of what was sent
}

// maxFailures bounds what is kept of one socket's; each quotes what an ICMP message has room for.
const maxFailures = 64

// keeps reports whether failures of what is sent to an address are kept. Mu is held.
func (s *Socket) keeps(to wire.Addr) bool {
	if to.Is4() {
		return s.Opts.RecvErr
	}
	return s.Opts.RecvErr6
}

// Report leaves an error for the next call, and keeps the failure if the socket wants that. Without that a socket with a peer
// hears what is not to be waited out, and one without nothing: it could not tell which datagram it was (udp(7), raw(7)).
func (s *Socket) Report(e *inet.SendError, port uint16, quoted []byte) {
	s.Mu.Lock()
	discover := s.Opts.Discover
	if !e.Dst.Is4() {
		discover = s.Opts.Discover6
	}
	keeps, tooBig := s.keeps(e.Dst), e.Errno == inet.EMSGSIZE
	switch {
	case s.Closed, !keeps && !(e.Hard && s.Connected):
		s.Mu.Unlock()
		return
	case tooBig && (discover == DiscoverDont || discover >= DiscoverInterface):
		s.Mu.Unlock() // a router cannot want what we do not forbid, or is not believed
		return
	}
	if keeps {
		s.keep(Failure{
			Errno: e.Errno, Type: e.Type, Code: e.Code, Info: e.Info, From: wire.AddrPort{Addr: e.From, Zone: e.Zone},
			To: wire.AddrPort{Addr: e.Dst, Zone: e.Zone, Port: port}, Quoted: append([]byte(nil), quoted...),
		})
	}
	s.err = e.Errno
	s.unlockAndTell(true, true)
}

// keep adds a failure, unless there are too many. Mu is held.
func (s *Socket) keep(f Failure) {
	if len(s.failures) < maxFailures {
		s.failures = append(s.failures, f)
	}
}

// tooLong keeps the failure of a datagram that is too long for its way, and what that way takes. Mu is held.
func (s *Socket) tooLong(r *inet.Route) {
	header := wire.IPv4Len
	if !r.Dst.Is4() {
		header = wire.IPv6Len
		s.path = Path{wire.On(r.Dst, 0, r.Link.Index()), r.Room + header}
	}
	if !s.keeps(r.Dst) {
		return
	}
	s.keep(Failure{
		Errno: inet.EMSGSIZE, Local: true, Info: uint32(r.Room + header), To: wire.AddrPort{Addr: r.Dst, Port: s.Peer.Port},
	})
}

// A Path is what the way to an address takes, in octets with the IP header.
type Path struct {
	To  wire.AddrPort
	MTU int
}

// TakePath returns the way for which the last datagram was too long since it was last called (RFC 3542 section 11.3); MTU is 0 if
// there was none.
func (s *Socket) TakePath() Path {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	p := s.path
	s.path = Path{}
	return p
}

// RecvFailure takes the oldest failure that is kept (MSG_ERRQUEUE); the pending error is then that of the next one. The errors
// are EAGAIN and EBADF.
func (s *Socket) RecvFailure() (Failure, error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return Failure{}, inet.EBADF
	}
	if len(s.failures) == 0 {
		return Failure{}, inet.EAGAIN
	}
	f := s.failures[0]
	if s.failures = s.failures[1:]; len(s.failures) == 0 {
		s.failures = nil
	}
	switch next := len(s.failures) > 0 && !s.failures[0].Local; {
	case next:
		s.err = s.failures[0].Errno
	case !f.Local:
		s.err = nil
	}
	return f, nil
}

// PathMTU returns the largest datagram that the way to the peer takes in one piece, with its IP header. The errors are ENOTCONN,
// EBADF and Route's.
func (s *Socket) PathMTU() (int, error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return 0, inet.EBADF
	}
	if !s.Connected {
		return 0, inet.ENOTCONN
	}
	c := &Control{}
	if err := s.FindWay(s.Peer, c, true); err != nil {
		return 0, err
	}
	r := &s.Out.Route
	room, discover, header := r.Room, s.Opts.Discover, wire.IPv4Len
	if !r.Dst.Is4() {
		discover, header = s.Opts.Discover6, wire.IPv6Len
	}
	if discover >= DiscoverProbe {
		room = r.Most
	}
	return room + header, nil
}
