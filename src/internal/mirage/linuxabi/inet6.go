package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/wire"
)

// Options of IPv6 sockets (ipv6(7), RFC 3493 and RFC 3542).

// What receivers ask for besides what level IPPROTO_IP has, as bits of datagramSocket.wanted.
const (
	wantInfo6 = 1 << (16 + iota)
	wantHops6
	wantClass6
	wantPath6
	wantJoined    // UDP_GRO
	wantTime      // SO_TIMESTAMP
	wantTimeNS    // SO_TIMESTAMPNS
	wantAuxiliary // PACKET_AUXDATA
)

// An ip6 is what an option of both kinds of socket changes: its value, or why it may not be.
type ip6 struct {
	v6only      *bool
	hops, class *uint8
}

// setIPv6 sets what sockets of both kinds have. done is false if it is something else.
func setIPv6(o ip6, name uintptr, v int) (e linux.Errno, done bool) {
	switch name {
	case linux.IPV6_V6ONLY:
		*o.v6only = v != 0
	case linux.IPV6_UNICAST_HOPS:
		if v < -1 || v > 255 {
			return linux.EINVAL, true
		}
		*o.hops = uint8(max(v, 0))
	case linux.IPV6_TCLASS:
		if v < -1 || v > 255 {
			return linux.EINVAL, true
		}
		*o.class = uint8(max(v, 0))
	default:
		return 0, false
	}
	return 0, true
}

// ipv6Option is the value of what sockets of both kinds have.
func ipv6Option(name uintptr, v6only bool, hops, class uint8) ([]byte, linux.Errno) {
	const defaultHops = 64
	switch name {
	case linux.IPV6_V6ONLY:
		return boolValue(v6only), 0
	case linux.IPV6_UNICAST_HOPS:
		if hops == 0 {
			hops = defaultHops
		}
		return intValue(int(hops)), 0
	case linux.IPV6_TCLASS:
		return intValue(int(class)), 0
	case linux.IPV6_MTU_DISCOVER:
		return intValue(linux.IP_PMTUDISC_WANT), 0
	case linux.IPV6_AUTOFLOWLABEL:
		return intValue(1), 0
	}
	return nil, linux.ENOPROTOOPT
}

func (s *streamSocket) ipv6Option(name uintptr, o *tcp.Options) ([]byte, linux.Errno) {
	switch name {
	case linux.IPV6_RECVERR:
		return boolValue(o.TellErrors6), 0
	case linux.IPV6_FREEBIND:
		return boolValue(o.FreeBind), 0
	case linux.IPV6_MINHOPCOUNT:
		return intValue(int(o.LeastHops)), 0
	}
	return ipv6Option(name, o.V6Only, o.Hops, o.Class)
}

func (s *streamSocket) setIPv6Option(name uintptr, value []byte) linux.Errno {
	v, e := intOption(value)
	if e != 0 {
		return e
	}
	switch name {
	case linux.IPV6_RECVERR:
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.TellErrors6 = v != 0 }))
	case linux.IPV6_FREEBIND:
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.FreeBind = v != 0 }))
	case linux.IPV6_MINHOPCOUNT:
		if v < 0 || v > 255 {
			return linux.EINVAL
		}
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.LeastHops = uint8(v) }))
	case linux.IPV6_MTU_DISCOVER:
		if v < linux.IP_PMTUDISC_DONT || v > linux.IP_PMTUDISC_PROBE {
			return linux.EINVAL
		}
		return 0 // segments are never sent in fragments
	case linux.IPV6_AUTOFLOWLABEL:
		return 0 // there always is one
	}
	known := false
	err := s.tcp.Configure(func(o *tcp.Options) {
		e, known = setIPv6(ip6{&o.V6Only, &o.Hops, &o.Class}, name, v)
		o.Class &^= congestionBits
	})
	if !known {
		return linux.ENOPROTOOPT
	}
	if e == 0 {
		e = errno(err)
	}
	return e
}

func (s *datagramSocket) setIPv6Option(name uintptr, value []byte) linux.Errno {
	switch name {
	case linux.IPV6_JOIN_GROUP, linux.IPV6_LEAVE_GROUP:
		return s.member6(value, name == linux.IPV6_JOIN_GROUP)
	case linux.MCAST_JOIN_GROUP, linux.MCAST_LEAVE_GROUP:
		return s.memberOf(value, name == linux.MCAST_JOIN_GROUP)
	case linux.MCAST_JOIN_SOURCE_GROUP, linux.MCAST_LEAVE_SOURCE_GROUP, linux.MCAST_BLOCK_SOURCE, linux.MCAST_UNBLOCK_SOURCE:
		return s.sourceOfEither(name, value)
	}
	v, e := intOption(value)
	if e != 0 {
		return e
	}
	if bit := asked6(name); bit != 0 {
		return s.want(bit, v != 0)
	}
	var change func(o *dgram.Options)
	switch name {
	case linux.IPV6_AUTOFLOWLABEL:
		return 0
	case linux.IPV6_MULTICAST_HOPS:
		if v < -1 || v > 255 {
			return linux.EINVAL
		}
		if v == -1 {
			v = 1
		}
		change = func(o *dgram.Options) { o.MulticastHops = uint8(v) }
	case linux.IPV6_MULTICAST_LOOP:
		if v != 0 && v != 1 {
			return linux.EINVAL
		}
		change = func(o *dgram.Options) { o.NoLoop6 = v == 0 }
	case linux.IPV6_MULTICAST_ALL:
		change = func(o *dgram.Options) { o.JoinedOnly6 = v == 0 }
	case linux.IPV6_MULTICAST_IF:
		change = func(o *dgram.Options) { o.MulticastIface6 = v }
	case linux.IPV6_DONTFRAG:
		change = func(o *dgram.Options) { o.DontFragment6 = v != 0 }
	case linux.IPV6_MTU_DISCOVER:
		if v < linux.IP_PMTUDISC_DONT || v > linux.IP_PMTUDISC_OMIT {
			return linux.EINVAL
		}
		change = func(o *dgram.Options) { o.Discover6 = dgram.Discovery(v) }
	case linux.IPV6_MTU:
		if v != 0 && v < wire.IPv6MinMTU {
			return linux.EINVAL
		}
		change = func(o *dgram.Options) { o.FragmentSize6 = v }
	case linux.IPV6_RECVERR:
		change = func(o *dgram.Options) { o.RecvErr6 = v != 0 }
	case linux.IPV6_FREEBIND:
		change = func(o *dgram.Options) { o.FreeBind = v != 0 }
	default:
		known := true
		change = func(o *dgram.Options) { e, known = setIPv6(ip6{&o.V6Only, &o.Hops, &o.Class}, name, v) }
		err := s.end.Configure(change)
		if !known {
			return linux.ENOPROTOOPT
		}
		if e == 0 {
			e = errno(err)
		}
		return e
	}
	return errno(s.end.Configure(change))
}

// asked6 is the bit of what an option of level IPPROTO_IPV6 asks for, 0 if it is one of another kind.
func asked6(name uintptr) uint32 {
	switch name {
	case linux.IPV6_RECVPKTINFO:
		return wantInfo6
	case linux.IPV6_RECVHOPLIMIT:
		return wantHops6
	case linux.IPV6_RECVTCLASS:
		return wantClass6
	case linux.IPV6_RECVPATHMTU:
		return wantPath6
	}
	return 0
}

// want notes whether receivers ask for something.
func (s *datagramSocket) want(bit uint32, on bool) linux.Errno {
	if on {
		s.wanted.Or(bit)
	} else {
		s.wanted.And(^bit)
	}
	return 0
}

func (s *datagramSocket) ipv6Option(name uintptr, o dgram.Options) ([]byte, linux.Errno) {
	if bit := asked6(name); bit != 0 {
		return boolValue(s.wanted.Load()&bit != 0), 0
	}
	switch name {
	case linux.IPV6_MULTICAST_HOPS:
		return intValue(int(o.MulticastHops)), 0
	case linux.IPV6_MULTICAST_LOOP:
		return boolValue(!o.NoLoop6), 0
	case linux.IPV6_MULTICAST_ALL:
		return boolValue(!o.JoinedOnly6), 0
	case linux.IPV6_MULTICAST_IF:
		return intValue(o.MulticastIface6), 0
	case linux.IPV6_DONTFRAG:
		return boolValue(o.DontFragment6), 0
	case linux.IPV6_MTU_DISCOVER:
		return intValue(int(o.Discover6)), 0
	case linux.IPV6_RECVERR:
		return boolValue(o.RecvErr6), 0
	case linux.IPV6_FREEBIND:
		return boolValue(o.FreeBind), 0
	case linux.IPV6_MTU:
		return s.pathMTU()
	case linux.IPV6_PATHMTU:
		return s.pathInfo()
	}
	return ipv6Option(name, o.V6Only, o.Hops, o.Class)
}

// control6 adds the ancillary data of RFC 3542 section 6 that is asked for. Of an IPv4 datagram there is only where it was
// sent to, mapped.
func control6(m *message, wanted uint32, g *dgram.Datagram) {
	if wanted&wantInfo6 != 0 {
		var info [20]byte
		dst := g.Dst.As16()
		copy(info[:], dst[:])
		put32(info[16:], uint32(g.Iface))
		m.addControl(linux.IPPROTO_IPV6, linux.IPV6_PKTINFO, info[:])
	}
	if g.Dst.Is4() {
		return
	}
	if wanted&wantHops6 != 0 {
		m.addControl(linux.IPPROTO_IPV6, linux.IPV6_HOPLIMIT, intValue(int(g.TTL)))
	}
	if wanted&wantClass6 != 0 {
		m.addControl(linux.IPPROTO_IPV6, linux.IPV6_TCLASS, intValue(int(g.TOS)))
	}
}

// parseControl6 reads one item of the ancillary data of RFC 3542 section 6.
func parseControl6(c *dgram.Control, kind int32, data []byte) linux.Errno {
	switch {
	case kind == linux.IPV6_PKTINFO && len(data) == 20:
		c.Iface = int(int32(get32(data[16:])))
		c.Src = wire.AddrFrom16([16]byte(data))
		return 0
	case kind == linux.IPV6_HOPLIMIT && len(data) == 4:
		return controlOctet(&c.TTL, data)
	case kind == linux.IPV6_TCLASS && len(data) == 4:
		return controlOctet(&c.TOS, data)
	case kind == linux.IPV6_DONTFRAG && len(data) == 4:
		switch get32(data) {
		case 0:
			c.DontFragment6 = dgram.No
		case 1:
			c.DontFragment6 = dgram.Yes
		default:
			return linux.EINVAL
		}
		return 0
	}
	return linux.EINVAL
}

// controlOctet reads an octet given as an int, of which -1 stands for the default.
func controlOctet(to *uint8, data []byte) linux.Errno {
	v := int32(get32(data))
	if v < -1 || v > 255 {
		return linux.EINVAL
	}
	*to = uint8(max(v, 0))
	return 0
}
