package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/raw"
)

// Raw sockets (raw(7), RFC 3542 section 3): package netstack/raw's, as Linux shows them.

// rawSocket is one of them: one of datagrams with options of its own.
type rawSocket struct {
	datagramSocket
	raw *raw.Socket
}

func newRawSocket(r *raw.Socket, domain, protocol int) *rawSocket {
	s := &rawSocket{raw: r}
	s.over(r, domain, linux.SOCK_RAW, protocol)
	return s
}

// ownLevel reports whether an option is a raw socket's own, and not IP's.
func (s *rawSocket) ownLevel(level, name uintptr) bool {
	switch level {
	case linux.SOL_RAW:
		return true
	case linux.SOL_ICMPV6, linux.IPPROTO_IPV6:
		return s.domain == linux.AF_INET6 &&
			(level == linux.SOL_ICMPV6 || name == linux.IPV6_CHECKSUM || name == linux.IPV6_HDRINCL)
	case linux.IPPROTO_IP:
		return s.domain == linux.AF_INET && name == linux.IP_HDRINCL
	}
	return false
}

// filterOption reports whether an option is the filter of ICMP's or ICMPv6's types, which sockets of that protocol have. The
// error is EOPNOTSUPP.
func (s *rawSocket) filterOption(level, name uintptr) (bool, linux.Errno) {
	protocol := linux.IPPROTO_ICMP
	switch {
	case s.domain == linux.AF_INET6 && level == linux.SOL_ICMPV6:
		protocol = linux.IPPROTO_ICMPV6
	case s.domain == linux.AF_INET6 || level != linux.SOL_RAW || name != linux.ICMP_FILTER:
		return false, 0
	}
	if s.protocol != protocol {
		return false, linux.EOPNOTSUPP
	}
	return name == linux.ICMP_FILTER, 0 // ICMPV6_FILTER is the same number
}

// filterSize is the length of a struct icmp_filter, or of a struct icmp6_filter.
func (s *rawSocket) filterSize() int {
	if s.domain == linux.AF_INET6 {
		return 32
	}
	return 4
}

func (s *rawSocket) setOption(p *Process, level, name uintptr, value []byte) linux.Errno {
	if !s.ownLevel(level, name) {
		return s.datagramSocket.setOption(p, level, name, value)
	}
	if ok, e := s.filterOption(level, name); ok || e != 0 {
		if ok {
			s.setFilter(value)
		}
		return e
	}
	v, e := byteOption(value)
	if s.domain == linux.AF_INET6 {
		v, e = intOption(value)
	}
	switch {
	case level == linux.SOL_ICMPV6, s.domain == linux.AF_INET && level == linux.SOL_RAW:
		return linux.ENOPROTOOPT
	case e != 0:
		return e
	case s.domain == linux.AF_INET, name == linux.IPV6_HDRINCL:
		s.raw.SetWithHeader(v != 0)
		return 0
	case name != linux.IPV6_CHECKSUM:
		return linux.ENOPROTOOPT
	case s.protocol == linux.IPPROTO_ICMPV6 && level == linux.IPPROTO_IPV6:
		return linux.EINVAL // RFC 3542 section 3.1: ICMPv6 always has its checksum
	case v > 0 && v%2 != 0:
		return linux.EINVAL
	}
	s.raw.SetChecksumAt(v)
	return 0
}

// setFilter puts value over the filter, as far as it goes.
func (s *rawSocket) setFilter(value []byte) {
	b := s.filterValue()
	copy(b, value)
	var f [8]uint32
	for k := range len(b) / 4 {
		f[k] = get32(b[4*k:])
	}
	s.raw.SetFilter(f)
}

func (s *rawSocket) filterValue() []byte {
	f := s.raw.Filter()
	b := make([]byte, s.filterSize())
	for k := range len(b) / 4 {
		put32(b[4*k:], f[k])
	}
	return b
}

func (s *rawSocket) option(p *Process, level, name uintptr) ([]byte, linux.Errno) {
	if !s.ownLevel(level, name) {
		return s.datagramSocket.option(p, level, name)
	}
	ok, e := s.filterOption(level, name)
	switch {
	case e != 0:
		return nil, e
	case ok:
		return s.filterValue(), 0
	case level == linux.SOL_ICMPV6, s.domain == linux.AF_INET && level == linux.SOL_RAW:
		return nil, linux.ENOPROTOOPT
	case s.domain == linux.AF_INET, name == linux.IPV6_HDRINCL:
		return boolValue(s.raw.WithHeader()), 0
	case name == linux.IPV6_CHECKSUM:
		return intValue(s.raw.ChecksumAt()), 0
	}
	return nil, linux.ENOPROTOOPT
}
