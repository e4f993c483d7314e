package icmp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// maxError is the largest IP datagram that carries an error: RFC 1812 section 4.3.2.3.
const maxError = 576

// MayAnswer reports whether an error may be sent about a received datagram (RFC 1122 section 3.2.2). header is
// its IP header with its payload behind it, to what its destination is to us.
func MayAnswer(header wire.IPv4, payload []byte, to inet.Locality) bool {
	if to != inet.Own || header.FragmentOffset() != 0 {
		return false
	}
	src := header.Src()
	if src.IsUnspecified() || src.IsMulticast() || src.Bits32()>>28 == 0xf {
		return false // not a single host
	}
	if header.Protocol() == wire.ProtoICMP {
		return len(payload) > 0 && payload[0] == wire.ICMPEcho // no error about an error, nor about what may be one
	}
	return true
}

// ErrorLen returns the length of the message about a datagram of n octets.
func ErrorLen(n int) int { return wire.ICMPLen + min(n, maxError-wire.IPv4Len-wire.ICMPLen) }

// PutError writes the message about original, an IP datagram, into m, whose length is ErrorLen's.
func PutError(m wire.ICMP, typ, code uint8, original []byte) {
	copy(m.Body(), original)
	m.Put(typ, code, 0)
}

// PutEchoReply writes the answer to request into m, of the same length (RFC 792, RFC 1122 section 3.2.2.6).
func PutEchoReply(m, request wire.ICMP) {
	copy(m, request)
	m.Put(wire.ICMPEchoReply, 0, request.Rest())
}

// unreachable is what the codes of destination unreachable mean to a socket: RFC 1122 sections 3.2.2.1 and
// 4.2.3.9, with the numbers that Linux gives.
var unreachable = [...]struct {
	errno inet.Errno
	hard  bool
}{
	0:  {inet.ENETUNREACH, false},
	1:  {inet.EHOSTUNREACH, false},
	2:  {inet.ENOPROTOOPT, true},
	3:  {inet.ECONNREFUSED, true},
	4:  {inet.EMSGSIZE, true},
	5:  {inet.EOPNOTSUPP, false},
	6:  {inet.ENETUNREACH, true},
	7:  {inet.EHOSTDOWN, true},
	8:  {inet.ENONET, true},
	9:  {inet.ENETUNREACH, true},
	10: {inet.EHOSTUNREACH, true},
	11: {inet.ENETUNREACH, false},
	12: {inet.EHOSTUNREACH, false},
	13: {inet.EHOSTUNREACH, true},
	14: {inet.EHOSTUNREACH, true},
	15: {inet.EHOSTUNREACH, true},
}

// leastMTU is the least that a router's word is taken for: RFC 1191 section 3 has 68, and RFC 5927 section 7.2 warns.
const leastMTU = 552

// ParseError reads an error message from another host. ok is false if it is no error that a transport has to
// hear of, or its quotation is too short to find the sender (RFC 792: the header and 64 bits).
func ParseError(m wire.ICMP) (e inet.SendError, protocol uint8, ok bool) {
	quoted := wire.IPv4(m.Body())
	if len(quoted) < wire.IPv4Len || quoted[0]>>4 != 4 || quoted.HeaderLen() < wire.IPv4Len ||
		len(quoted) < quoted.HeaderLen()+8 || quoted.FragmentOffset() != 0 {
		return e, 0, false
	}
	e = inet.SendError{
		Src: quoted.Src(), Dst: quoted.Dst(), Type: m.Type(), Code: m.Code(), Payload: quoted.Payload(),
	}
	switch m.Type() {
	case wire.ICMPUnreachable:
		if int(m.Code()) >= len(unreachable) {
			return e, 0, false
		}
		e.Errno, e.Hard = unreachable[m.Code()].errno, unreachable[m.Code()].hard
		if m.Code() == wire.CodeFragNeeded {
			e.Info = uint32(m.MTU())
			e.Room = max(m.MTU(), leastMTU) - wire.IPv4Len
		}
	case wire.ICMPTimeExceeded:
		e.Errno = inet.EHOSTUNREACH
	case wire.ICMPParameter:
		e.Errno, e.Hard, e.Info = inet.EPROTO, true, m.Rest()>>24
	default: // source quench: RFC 6633 section 3; redirects are not believed
		return e, 0, false
	}
	return e, quoted.Protocol(), true
}
