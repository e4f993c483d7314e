package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/wire"
)

// Multicast groups of sockets (ip(7), ipv6(7), RFC 3493 section 5.2, RFC 3678 section 5.1).

// group joins or leaves.
func (s *datagramSocket) group(a wire.Addr, index int, join bool) linux.Errno {
	if join {
		return errno(s.end.Join(a, index))
	}
	return errno(s.end.Leave(a, index))
}

// member takes a struct ip_mreq, which names the interface by an address of its, or a struct ip_mreqn.
func (s *datagramSocket) member(p *Process, value []byte, join bool) linux.Errno {
	if len(value) < 8 {
		return linux.EINVAL
	}
	index, e := p.interfaceOf(value[4:])
	if e != 0 {
		return e
	}
	return s.group(wire.V4(value[0], value[1], value[2], value[3]), index, join)
}

// member6 takes a struct ipv6_mreq.
func (s *datagramSocket) member6(value []byte, join bool) linux.Errno {
	if len(value) < 20 {
		return linux.EINVAL
	}
	return s.group(wire.AddrFrom16([16]byte(value)), int(int32(get32(value[16:]))), join)
}

// memberOf takes a struct group_req: the index of the interface, and a group of either family.
func (s *datagramSocket) memberOf(value []byte, join bool) linux.Errno {
	const size = 8 + linux.SizeofSockaddr
	if len(value) < size {
		return linux.EINVAL
	}
	a, e := parseInet6(value[8:])
	if e != 0 {
		a, e = parseInet(value[8:])
	}
	if e != 0 {
		return e
	}
	return s.group(a.Addr, int(int32(get32(value))), join)
}

// memberAddr reads an address of the socket's family in a struct that begins at b.
func (s *datagramSocket) memberAddr(b []byte) (wire.Addr, linux.Errno) {
	if int(family(b)) != s.domain {
		return wire.Addr{}, linux.EADDRNOTAVAIL
	}
	a, e := s.inet(b)
	return a.Addr, e
}

// sourceOf takes a struct ip_mreq_source: a group, an address of the interface's, a source.
func (s *datagramSocket) sourceOf(p *Process, name uintptr, value []byte) linux.Errno {
	if len(value) != 12 {
		return linux.EINVAL
	}
	index, e := p.interfaceOf(value[4:8])
	if e != 0 {
		return e
	}
	return s.source(name, wire.AddrFrom4([4]byte(value)), wire.AddrFrom4([4]byte(value[8:])), index)
}

// sourceOfEither takes a struct group_source_req: the index of the interface, a group and a source.
func (s *datagramSocket) sourceOfEither(name uintptr, value []byte) linux.Errno {
	const group, source = 8, 8 + linux.SizeofSockaddr
	if len(value) < source+linux.SizeofSockaddr {
		return linux.EINVAL
	}
	a, e := s.memberAddr(value[group:source])
	if e != 0 {
		return e
	}
	from, e := s.memberAddr(value[source:])
	if e != 0 {
		return e
	}
	return s.source(name, a, from, int(int32(get32(value))))
}

// source changes from which sources a group is received.
func (s *datagramSocket) source(name uintptr, a, src wire.Addr, index int) linux.Errno {
	switch name {
	case linux.IP_ADD_SOURCE_MEMBERSHIP, linux.MCAST_JOIN_SOURCE_GROUP:
		return errno(s.end.JoinSource(a, src, index))
	case linux.IP_DROP_SOURCE_MEMBERSHIP, linux.MCAST_LEAVE_SOURCE_GROUP:
		return errno(s.end.LeaveSource(a, src, index))
	case linux.IP_BLOCK_SOURCE, linux.MCAST_BLOCK_SOURCE:
		return errno(s.end.BlockSource(a, src, index))
	}
	return errno(s.end.UnblockSource(a, src, index))
}

// interfaceOf finds an interface by an IPv4 address of its and, if that follows, its index; 0 is none. The error is ENODEV.
func (p *Process) interfaceOf(b []byte) (int, linux.Errno) {
	if len(b) >= 8 {
		if index := int(int32(get32(b[4:]))); index != 0 {
			return index, 0
		}
	}
	a := wire.V4(b[0], b[1], b[2], b[3])
	if a.IsUnspecified() {
		return 0, 0
	}
	for _, i := range p.net.stack.Interfaces() {
		for _, own := range i.Addrs {
			if own.Prefix.Addr == a {
				return i.Index, 0
			}
		}
	}
	return 0, linux.ENODEV
}

// setGroupInterface takes IP_MULTICAST_IF: an address, a struct ip_mreq or a struct ip_mreqn. The errors are EINVAL and
// EADDRNOTAVAIL.
func (s *datagramSocket) setGroupInterface(p *Process, value []byte) linux.Errno {
	if len(value) < 4 {
		return linux.EINVAL
	}
	if len(value) >= 8 {
		value = value[4:]
	}
	index, e := p.interfaceOf(value)
	if e != 0 {
		return linux.EADDRNOTAVAIL
	}
	return errno(s.end.Configure(func(o *dgram.Options) { o.MulticastIface = index }))
}

// groupInterface is the value of IP_MULTICAST_IF: an address of the interface.
func (p *Process) groupInterface(index int) []byte {
	b := make([]byte, 4)
	for _, i := range p.net.stack.Interfaces() {
		for _, a := range i.Addrs {
			if i.Index == index && a.Prefix.Addr.Is4() {
				ip := a.Prefix.Addr.As4()
				copy(b, ip[:])
				return b
			}
		}
	}
	return b
}
