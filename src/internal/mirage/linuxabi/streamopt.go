package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/tcp"
)

// Options of TCP sockets (socket(7), ip(7), tcp(7)).

func (s *streamSocket) setOption(p *Process, level, name uintptr, value []byte) linux.Errno {
	switch level {
	case linux.SOL_SOCKET:
		return s.setSocketOption(p, name, value)
	case linux.IPPROTO_IP:
		return s.setIPOption(name, value)
	case linux.IPPROTO_IPV6:
		if s.domain == linux.AF_INET6 {
			return s.setIPv6Option(name, value)
		}
	case linux.IPPROTO_TCP:
		return s.setTCPOption(name, value)
	}
	return linux.ENOPROTOOPT
}

func (s *streamSocket) setSocketOption(p *Process, name uintptr, value []byte) linux.Errno {
	if name == linux.SO_BINDTODEVICE {
		index, e := p.interfaceOption(value)
		if e != 0 {
			return e
		}
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.Iface = index }))
	}
	v, e := intOption(value)
	var change func(o *tcp.Options)
	switch name {
	case linux.SO_REUSEADDR:
		change = func(o *tcp.Options) { o.ReuseAddr = v != 0 }
	case linux.SO_REUSEPORT:
		change = func(o *tcp.Options) { o.ReusePort = v != 0 }
	case linux.SO_KEEPALIVE:
		change = func(o *tcp.Options) { o.SetKeepAlive(v != 0) }
	case linux.SO_SNDBUF, linux.SO_SNDBUFFORCE:
		change = func(o *tcp.Options) { o.SendBuffer = streamBuffer(v) }
	case linux.SO_RCVBUF, linux.SO_RCVBUFFORCE:
		change = func(o *tcp.Options) { o.RecvBuffer = streamBuffer(v) }
	case linux.SO_LINGER:
		if e := s.setBase(name, value); e != 0 {
			return e
		}
		l := s.linger.Load()
		change = func(o *tcp.Options) {
			if o.Linger = int(int32(l >> 32)); uint32(l) == 0 {
				o.Linger = -1
			}
		}
	case linux.SO_BROADCAST:
		return e // of no meaning here
	default:
		return s.setBase(name, value)
	}
	if e != 0 {
		return e
	}
	return errno(s.tcp.Configure(change))
}

// streamBuffer is what is granted of a wish. Linux says that it has granted twice as much, for overhead (socket(7)).
func streamBuffer(wish int) int {
	const least = 2304
	return min(max(wish, least), mostStreamBuffer)
}

// mostStreamBuffer is the most that is granted.
const mostStreamBuffer = 4 << 20

// congestionBits of a traffic class are TCP's own (RFC 3168 section 5).
const congestionBits = 3

func (s *streamSocket) setIPOption(name uintptr, value []byte) linux.Errno {
	v, e := byteOption(value)
	if e != 0 {
		return e
	}
	switch name {
	case linux.IP_TOS:
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.TOS = uint8(v) &^ congestionBits }))
	case linux.IP_TTL:
		if v == -1 {
			v = 0
		} else if v < 1 || v > 255 {
			return linux.EINVAL
		}
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.TTL = uint8(v) }))
	case linux.IP_RECVERR:
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.TellErrors = v != 0 }))
	case linux.IP_FREEBIND:
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.FreeBind = v != 0 }))
	case linux.IP_MINTTL:
		if v < 0 || v > 255 {
			return linux.EINVAL
		}
		return errno(s.tcp.Configure(func(o *tcp.Options) { o.LeastTTL = uint8(v) }))
	case linux.IP_MTU_DISCOVER:
		if v < linux.IP_PMTUDISC_DONT || v > linux.IP_PMTUDISC_PROBE {
			return linux.EINVAL
		}
		return 0 // a segment always carries DF
	}
	return linux.ENOPROTOOPT
}

func (s *streamSocket) setTCPOption(name uintptr, value []byte) linux.Errno {
	if name == linux.TCP_CONGESTION {
		return s.setCongestion(textOption(value))
	}
	v, e := intOption(value)
	if e != 0 {
		return e
	}
	const mostKeep, mostProbes = 32767, 127     // MAX_TCP_KEEPIDLE ... (include/net/tcp.h)
	const leastSegment, mostSegment = 88, 32767 // TCP_MIN_MSS, MAX_TCP_WINDOW
	var change func(o *tcp.Options)
	inRange := true
	switch name {
	case linux.TCP_NODELAY:
		change = func(o *tcp.Options) { o.SetNoDelay(v != 0) }
	case linux.TCP_CORK:
		change = func(o *tcp.Options) { o.SetCork(v != 0) }
	case linux.TCP_KEEPIDLE:
		inRange = v >= 1 && v <= mostKeep
		change = func(o *tcp.Options) { o.SetKeepIdle(int64(v) * 1e9) }
	case linux.TCP_KEEPINTVL:
		inRange = v >= 1 && v <= mostKeep
		change = func(o *tcp.Options) { o.SetKeepInterval(int64(v) * 1e9) }
	case linux.TCP_KEEPCNT:
		inRange = v >= 1 && v <= mostProbes
		change = func(o *tcp.Options) { o.SetKeepCount(v) }
	case linux.TCP_USER_TIMEOUT:
		inRange = v >= 0
		change = func(o *tcp.Options) { o.SetUserTimeout(int64(v) * 1e6) }
	case linux.TCP_MAXSEG:
		inRange = v == 0 || v >= leastSegment && v <= mostSegment
		change = func(o *tcp.Options) { o.MaxSegment = v }
	case linux.TCP_DEFER_ACCEPT:
		change = func(o *tcp.Options) { o.SetDeferAccept(v) }
	case linux.TCP_QUICKACK:
		return 0 // a wish about when, which may be refused without anybody being the wiser
	default:
		return linux.ENOPROTOOPT
	}
	if !inRange {
		return linux.EINVAL
	}
	return errno(s.tcp.Configure(change))
}

// setCongestion chooses an algorithm by its name. The error is ENOENT.
func (s *streamSocket) setCongestion(name string) linux.Errno {
	if name != "cubic" && name != "reno" {
		return linux.ENOENT
	}
	return errno(s.tcp.Configure(func(o *tcp.Options) { o.SetNewReno(name == "reno") }))
}

func (s *streamSocket) option(p *Process, level, name uintptr) ([]byte, linux.Errno) {
	o := s.tcp.Options()
	switch level {
	case linux.SOL_SOCKET:
		return s.socketOption(p, name, &o)
	case linux.IPPROTO_IP:
		switch name {
		case linux.IP_RECVERR:
			return boolValue(o.TellErrors), 0
		case linux.IP_FREEBIND:
			return boolValue(o.FreeBind), 0
		case linux.IP_MINTTL:
			return intValue(int(o.LeastTTL)), 0
		}
		return ipOption(name, o.TTL, o.TOS)
	case linux.IPPROTO_IPV6:
		if s.domain == linux.AF_INET6 {
			return s.ipv6Option(name, &o)
		}
	case linux.IPPROTO_TCP:
		return s.tcpOption(name, &o)
	}
	return nil, linux.EOPNOTSUPP
}

func (s *streamSocket) socketOption(p *Process, name uintptr, o *tcp.Options) ([]byte, linux.Errno) {
	const sendDefault, receiveDefault = 16384, 131072 // net.ipv4.tcp_wmem and tcp_rmem
	switch name {
	case linux.SO_ERROR:
		return intValue(int(errno(s.tcp.TakeError()))), 0
	case linux.SO_REUSEADDR:
		return boolValue(o.ReuseAddr), 0
	case linux.SO_REUSEPORT:
		return boolValue(o.ReusePort), 0
	case linux.SO_KEEPALIVE:
		return boolValue(o.KeepAlive()), 0
	case linux.SO_ACCEPTCONN:
		return boolValue(s.tcp.Info().State == linux.TCP_LISTEN), 0
	case linux.SO_BINDTODEVICE:
		return p.interfaceValue(o.Iface), 0
	case linux.SO_SNDBUF:
		if o.SendBuffer == 0 {
			return intValue(sendDefault), 0
		}
		return intValue(2 * o.SendBuffer), 0
	case linux.SO_RCVBUF:
		if o.RecvBuffer == 0 {
			return intValue(receiveDefault), 0
		}
		return intValue(2 * o.RecvBuffer), 0
	}
	return s.base(name)
}

func ipOption(name uintptr, ttl, tos uint8) ([]byte, linux.Errno) {
	const defaultTTL = 64
	switch name {
	case linux.IP_TOS:
		return intValue(int(tos)), 0
	case linux.IP_TTL:
		if ttl == 0 {
			ttl = defaultTTL
		}
		return intValue(int(ttl)), 0
	case linux.IP_MTU_DISCOVER:
		return intValue(linux.IP_PMTUDISC_WANT), 0
	}
	return nil, linux.ENOPROTOOPT
}

func (s *streamSocket) tcpOption(name uintptr, o *tcp.Options) ([]byte, linux.Errno) {
	switch name {
	case linux.TCP_NODELAY:
		return boolValue(o.NoDelay()), 0
	case linux.TCP_CORK:
		return boolValue(o.Cork()), 0
	case linux.TCP_KEEPIDLE:
		return intValue(int(o.KeepIdle() / 1e9)), 0
	case linux.TCP_KEEPINTVL:
		return intValue(int(o.KeepInterval() / 1e9)), 0
	case linux.TCP_KEEPCNT:
		return intValue(o.KeepCount()), 0
	case linux.TCP_USER_TIMEOUT:
		return intValue(int(o.UserTimeout() / 1e6)), 0
	case linux.TCP_MAXSEG:
		const unknown = 536 // TCP_MSS_DEFAULT
		switch i := s.tcp.Info(); {
		case i.SendMSS != 0:
			return intValue(i.SendMSS), 0
		case o.MaxSegment != 0:
			return intValue(o.MaxSegment), 0
		}
		return intValue(unknown), 0
	case linux.TCP_DEFER_ACCEPT:
		return intValue(o.DeferAccept()), 0
	case linux.TCP_QUICKACK:
		return intValue(0), 0
	case linux.TCP_CONGESTION:
		b := make([]byte, 16) // TCP_CA_NAME_MAX
		if copy(b, "cubic"); o.NewReno() {
			copy(b, "reno\x00")
		}
		return b, 0
	case linux.TCP_INFO:
		return infoValue(s.tcp.Info()), 0
	}
	return nil, linux.ENOPROTOOPT
}

// infoValue makes a struct tcp_info (include/uapi/linux/tcp.h), as far as it was in Linux 2.6.
func infoValue(i tcp.Info) []byte {
	b := make([]byte, linux.SizeofTCPInfo)
	flag := func(on bool, bit byte) {
		if on {
			b[5] |= bit
		}
	}
	b[0], b[2], b[4] = i.State, byte(i.Retransmits), byte(i.Backoff)
	flag(i.Timestamps, 1) // TCPI_OPT_TIMESTAMPS, _SACK, _WSCALE, _ECN, _ECN_SEEN
	flag(i.SACK, 2)
	flag(i.Scale, 4)
	flag(i.ECN, 8)
	flag(i.ECNSeen, 16)
	b[6] = i.SendScale | i.RecvScale<<4
	const us, ms = 1e3, 1e6
	threshold := i.Threshold
	if threshold == 0 {
		threshold = 0x7fffffff // TCP_INFINITE_SSTHRESH: none has been found
	}
	for at, v := range map[int]int{
		8: int(i.RTO / us), 16: i.SendMSS, 20: i.RecvMSS, 24: i.Unacked, 28: i.Sacked, 32: i.Lost,
		44: int(i.LastSent / ms), 52: int(i.LastHeard / ms), 56: int(i.LastHeard / ms), 64: i.RecvMax,
		68: int(i.RTT / us), 72: int(i.RTTVar / us), 76: threshold, 80: i.Window, 84: i.SendMSS, 96: i.RecvMax,
	} {
		put32(b[at:], uint32(v))
	}
	return b
}
