package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/wire"
)

// The queue of errors (ip(7) and ipv6(7), IP_RECVERR; recv(2), MSG_ERRQUEUE).

// takeFailure receives one: what is quoted of the datagram, where it went to, and why it came to nothing. It never waits.
func (s *datagramSocket) takeFailure(b []byte, m *message) (int, linux.Errno) {
	f, err := s.end.RecvFailure()
	if err != nil {
		return 0, errno(err)
	}
	var to inetName
	m.addr = to.put(&s.socketBase, f.To)
	m.flags |= linux.MSG_ERRQUEUE
	n := copy(b, f.Quoted)
	if m.size = n; n < len(f.Quoted) {
		m.size = len(f.Quoted)
		m.flags |= linux.MSG_TRUNC
	}
	level, kind := int32(linux.IPPROTO_IP), int32(linux.IP_RECVERR)
	if s.domain == linux.AF_INET6 {
		level, kind = linux.IPPROTO_IPV6, linux.IPV6_RECVERR
	}
	m.addControl(level, kind, s.extendedError(&f))
	return n, 0
}

// extendedError makes a struct sock_extended_err (include/uapi/linux/errqueue.h), with the address of who says so behind it.
func (s *datagramSocket) extendedError(f *dgram.Failure) []byte {
	const size, origin, typ, code, info = 16, 4, 5, 6, 8
	b := make([]byte, size, size+linux.SizeofSockaddrIn6)
	put32(b, uint32(f.Errno))
	put32(b[info:], f.Info)
	from := wire.AddrPort{Addr: wire.Any6}
	switch b[typ], b[code] = f.Type, f.Code; {
	case f.Local:
		b[origin] = linux.SO_EE_ORIGIN_LOCAL
	case f.To.Addr.Is4():
		b[origin], from = linux.SO_EE_ORIGIN_ICMP, f.From
	default:
		b[origin], from = linux.SO_EE_ORIGIN_ICMP6, f.From
	}
	var offender inetName
	addr := offender.put(&s.socketBase, from)
	if f.Local {
		clear(addr) // AF_UNSPEC
	}
	return append(b, addr...)
}

// recvFailure is recvfrom for the queue of errors.
func (s *datagramSocket) recvFailure(b []byte, a args) (uintptr, linux.Errno) {
	var m message
	n, e := s.takeFailure(b, &m)
	if e == 0 {
		e = storeAddr(a.a5, a.a6, m.addr)
	}
	if a.a4&linux.MSG_TRUNC != 0 {
		n = m.size
	}
	return uintptr(n), e
}

// pathMTU is the value of IP_MTU and of IPV6_MTU.
func (s *datagramSocket) pathMTU() ([]byte, linux.Errno) {
	mtu, err := s.end.PathMTU()
	return intValue(mtu), errno(err)
}

// takePath receives that a datagram was too long for its way, if one was: an empty message with what the way takes (RFC 3542
// section 11.3).
func (s *datagramSocket) takePath(m *message) bool {
	path := s.end.TakePath()
	if path.MTU == 0 {
		return false
	}
	var to inetName
	m.addr = to.put(&s.socketBase, path.To)
	m.addControl(linux.IPPROTO_IPV6, linux.IPV6_PATHMTU, append(m.addr[:len(m.addr):len(m.addr)], intValue(path.MTU)...))
	return true
}

// pathInfo is the value of IPV6_PATHMTU, a struct ip6_mtuinfo (RFC 3542 section 11.4): the MTU behind an address, which Linux
// leaves empty.
func (s *datagramSocket) pathInfo() ([]byte, linux.Errno) {
	mtu, err := s.end.PathMTU()
	if err != nil {
		return nil, errno(err)
	}
	return append(make([]byte, linux.SizeofSockaddrIn6), intValue(mtu)...), 0
}
