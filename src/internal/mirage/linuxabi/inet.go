package linuxabi

import "internal/mirage/linuxabi/linux"

// newInetSocket makes an IPv4 socket, or an IPv6 one, which speaks IPv4 too unless IPV6_V6ONLY is set (RFC 3493 section 5.3).
func (p *Process) newInetSocket(domain, kind, protocol int) (socket, linux.Errno) {
	const most = 263 // IPPROTO_MAX (include/uapi/linux/in.h)
	if protocol < 0 || protocol >= most {
		return nil, linux.EINVAL
	}
	v6, echo := domain == linux.AF_INET6, linux.IPPROTO_ICMP
	if v6 {
		echo = linux.IPPROTO_ICMPV6
	}
	s := &datagramSocket{}
	switch {
	case kind == linux.SOCK_DGRAM && (protocol == linux.IPPROTO_IP || protocol == linux.IPPROTO_UDP):
		s.over(p.net.udp.NewSocket(v6), domain, kind, linux.IPPROTO_UDP)
		return s, 0
	case kind == linux.SOCK_STREAM && (protocol == linux.IPPROTO_IP || protocol == linux.IPPROTO_TCP):
		return p.net.tcp.newSocket(v6, domain)
	case kind == linux.SOCK_DGRAM && protocol == echo:
		s.over(p.net.raw.NewPing(v6), domain, kind, protocol)
		return s, 0
	case kind == linux.SOCK_RAW && protocol != linux.IPPROTO_IP && protocol <= linux.IPPROTO_RAW:
		return newRawSocket(p.net.raw.NewSocket(v6, uint8(protocol)), domain, protocol), 0
	case kind == linux.SOCK_DGRAM, kind == linux.SOCK_STREAM, kind == linux.SOCK_RAW:
		return nil, linux.EPROTONOSUPPORT
	}
	return nil, linux.ESOCKTNOSUPPORT
}

// byteOption reads an option of type int that may be given as one byte, as those of level IPPROTO_IP. The error is EINVAL.
func byteOption(value []byte) (int, linux.Errno) {
	v, e := intOption(value)
	if e != 0 && len(value) > 0 {
		return int(value[0]), 0
	}
	return v, e
}

// textOption is an option that is a text, which may end in a zero.
func textOption(value []byte) string {
	name := value[:min(len(value), linux.IFNAMSIZ-1)]
	for i, c := range name {
		if c == 0 {
			return string(name[:i])
		}
	}
	return string(name)
}

// interfaceOption finds the interface that SO_BINDTODEVICE names; the empty name is none's. The error is ENODEV.
func (p *Process) interfaceOption(value []byte) (index int, e linux.Errno) {
	name := textOption(value)
	if name == "" {
		return 0, 0
	}
	info, ok := p.net.byName(name)
	if !ok {
		return 0, linux.ENODEV
	}
	return info.Index, 0
}

// interfaceValue is the value of SO_BINDTODEVICE.
func (p *Process) interfaceValue(index int) []byte {
	if index == 0 {
		return nil
	}
	return append([]byte(p.net.nameOf(index)), 0)
}
