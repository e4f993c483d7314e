package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/dgram"
)

// Options of UDP sockets (socket(7), ip(7), udp(7)).

func (s *datagramSocket) setOption(p *Process, level, name uintptr, value []byte) linux.Errno {
	switch level {
	case linux.SOL_SOCKET:
		return s.setSocketOption(p, name, value)
	case linux.IPPROTO_IP:
		return s.setIPOption(p, name, value)
	case linux.IPPROTO_IPV6:
		if s.domain == linux.AF_INET6 {
			return s.setIPv6Option(name, value)
		}
	}
	if level == linux.IPPROTO_UDP && s.protocol == linux.IPPROTO_UDP {
		return s.setUDPOption(name, value)
	}
	return linux.ENOPROTOOPT
}

// setUDPOption sets an option of UDP's own. Datagrams are never joined to be received, as UDP_GRO allows.
func (s *datagramSocket) setUDPOption(name uintptr, value []byte) linux.Errno {
	v, e := intOption(value)
	switch {
	case e != 0:
		return e
	case name == linux.UDP_GRO:
		return s.want(wantJoined, v != 0)
	case name != linux.UDP_SEGMENT:
		return linux.ENOPROTOOPT
	case v < 0 || v > 1<<16-1:
		return linux.EINVAL
	}
	return errno(s.end.Configure(func(o *dgram.Options) { o.Segment = v }))
}

func (s *datagramSocket) udpOption(name uintptr, o *dgram.Options) ([]byte, linux.Errno) {
	switch name {
	case linux.UDP_GRO:
		return boolValue(s.wanted.Load()&wantJoined != 0), 0
	case linux.UDP_SEGMENT:
		return intValue(o.Segment), 0
	}
	return nil, linux.ENOPROTOOPT
}

func (s *datagramSocket) setSocketOption(p *Process, name uintptr, value []byte) linux.Errno {
	if name == linux.SO_BINDTODEVICE {
		return s.bindToDevice(p, value)
	}
	v, e := intOption(value)
	var change func(o *dgram.Options)
	switch name {
	case linux.SO_REUSEADDR:
		change = func(o *dgram.Options) { o.ReuseAddr = v != 0 }
	case linux.SO_REUSEPORT:
		change = func(o *dgram.Options) { o.ReusePort = v != 0 }
	case linux.SO_BROADCAST:
		change = func(o *dgram.Options) { o.Broadcast = v != 0 }
	case linux.SO_TIMESTAMP, linux.SO_TIMESTAMPNS:
		if e != 0 {
			return e
		}
		s.wanted.And(^uint32(wantTime | wantTimeNS)) // one of them, or none
		if name == linux.SO_TIMESTAMP {
			return s.want(wantTime, v != 0)
		}
		return s.want(wantTimeNS, v != 0)
	case linux.SO_RCVBUF, linux.SO_RCVBUFFORCE:
		change = func(o *dgram.Options) { o.RecvBuffer = receiveBuffer(v) }
	default:
		return s.setBase(name, value)
	}
	if e != 0 {
		return e
	}
	return errno(s.end.Configure(change))
}

// receiveBuffer is what is granted of a wish: twice as much, for overhead, within bounds (socket(7), SO_RCVBUF).
func receiveBuffer(wish int) int {
	const least = 2304
	return min(max(2*min(max(wish, 0), mostReceiveBuffer), least), mostReceiveBuffer)
}

// mostReceiveBuffer is the most that is granted.
const mostReceiveBuffer = 8 << 20

// bindToDevice takes the name of an interface; the empty one undoes it.
func (s *datagramSocket) bindToDevice(p *Process, value []byte) linux.Errno {
	index, e := p.interfaceOption(value)
	if e != 0 {
		return e
	}
	return errno(s.end.Configure(func(o *dgram.Options) { o.Iface = index }))
}

// setIPOption sets an option of level IPPROTO_IP, which may be given as one byte.
func (s *datagramSocket) setIPOption(p *Process, name uintptr, value []byte) linux.Errno {
	switch name {
	case linux.IP_ADD_MEMBERSHIP, linux.IP_DROP_MEMBERSHIP:
		return s.member(p, value, name == linux.IP_ADD_MEMBERSHIP)
	case linux.MCAST_JOIN_GROUP, linux.MCAST_LEAVE_GROUP:
		return s.memberOf(value, name == linux.MCAST_JOIN_GROUP)
	case linux.IP_ADD_SOURCE_MEMBERSHIP, linux.IP_DROP_SOURCE_MEMBERSHIP, linux.IP_BLOCK_SOURCE, linux.IP_UNBLOCK_SOURCE:
		return s.sourceOf(p, name, value)
	case linux.MCAST_JOIN_SOURCE_GROUP, linux.MCAST_LEAVE_SOURCE_GROUP, linux.MCAST_BLOCK_SOURCE, linux.MCAST_UNBLOCK_SOURCE:
		return s.sourceOfEither(name, value)
	case linux.IP_MULTICAST_IF:
		return s.setGroupInterface(p, value)
	}
	v, e := byteOption(value)
	if e != 0 {
		return e
	}
	var change func(o *dgram.Options)
	switch name {
	case linux.IP_PKTINFO, linux.IP_RECVTTL, linux.IP_RECVTOS:
		return s.want(1<<name, v != 0)
	case linux.IP_TOS:
		change = func(o *dgram.Options) { o.TOS = uint8(v) }
	case linux.IP_MULTICAST_LOOP:
		change = func(o *dgram.Options) { o.NoLoop = v == 0 }
	case linux.IP_MULTICAST_ALL:
		if v != 0 && v != 1 {
			return linux.EINVAL
		}
		change = func(o *dgram.Options) { o.JoinedOnly = v == 0 }
	case linux.IP_TTL, linux.IP_MULTICAST_TTL:
		if v == -1 { // the default
			v = 0
			if name == linux.IP_MULTICAST_TTL {
				v = 1
			}
		} else if v < 1 && name == linux.IP_TTL || v < 0 || v > 255 {
			return linux.EINVAL
		}
		change = func(o *dgram.Options) {
			if name == linux.IP_TTL {
				o.TTL = uint8(v)
			} else {
				o.MulticastTTL = uint8(v)
			}
		}
	case linux.IP_MTU_DISCOVER:
		if v < linux.IP_PMTUDISC_DONT || v > linux.IP_PMTUDISC_OMIT {
			return linux.EINVAL
		}
		change = func(o *dgram.Options) { o.Discover = dgram.Discovery(v) }
	case linux.IP_RECVERR:
		change = func(o *dgram.Options) { o.RecvErr = v != 0 }
	case linux.IP_FREEBIND:
		change = func(o *dgram.Options) { o.FreeBind = v != 0 }
	default:
		return linux.ENOPROTOOPT
	}
	return errno(s.end.Configure(change))
}

func (s *datagramSocket) option(p *Process, level, name uintptr) ([]byte, linux.Errno) {
	o := s.end.Options()
	switch level {
	case linux.SOL_SOCKET:
		switch name {
		case linux.SO_ERROR:
			return intValue(int(errno(s.end.TakeError()))), 0
		case linux.SO_REUSEADDR:
			return boolValue(o.ReuseAddr), 0
		case linux.SO_REUSEPORT:
			return boolValue(o.ReusePort), 0
		case linux.SO_BROADCAST:
			return boolValue(o.Broadcast), 0
		case linux.SO_TIMESTAMP:
			return boolValue(s.wanted.Load()&wantTime != 0), 0
		case linux.SO_TIMESTAMPNS:
			return boolValue(s.wanted.Load()&wantTimeNS != 0), 0
		case linux.SO_RCVBUF:
			return intValue(o.RecvBuffer), 0
		case linux.SO_BINDTODEVICE:
			return p.interfaceValue(o.Iface), 0
		}
		return s.base(name)
	case linux.IPPROTO_IP:
		return s.ipOption(p, name, o)
	case linux.IPPROTO_IPV6:
		if s.domain == linux.AF_INET6 {
			return s.ipv6Option(name, o)
		}
	}
	if level == linux.IPPROTO_UDP && s.protocol == linux.IPPROTO_UDP {
		return s.udpOption(name, &o)
	}
	return nil, linux.EOPNOTSUPP
}

func (s *datagramSocket) ipOption(p *Process, name uintptr, o dgram.Options) ([]byte, linux.Errno) {
	switch name {
	case linux.IP_MULTICAST_IF:
		return p.groupInterface(o.MulticastIface), 0
	case linux.IP_MULTICAST_LOOP:
		return boolValue(!o.NoLoop), 0
	case linux.IP_MULTICAST_ALL:
		return boolValue(!o.JoinedOnly), 0
	case linux.IP_PKTINFO, linux.IP_RECVTTL, linux.IP_RECVTOS:
		return intValue(int(s.wanted.Load() >> name & 1)), 0
	case linux.IP_MULTICAST_TTL:
		return intValue(int(o.MulticastTTL)), 0
	case linux.IP_MTU_DISCOVER:
		return intValue(int(o.Discover)), 0
	case linux.IP_RECVERR:
		return boolValue(o.RecvErr), 0
	case linux.IP_FREEBIND:
		return boolValue(o.FreeBind), 0
	case linux.IP_MTU:
		return s.pathMTU()
	}
	return ipOption(name, o.TTL, o.TOS)
}
