package icmp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// MayAnswer6 reports whether an error may be sent about a received IPv6 datagram, as far as its contents say: RFC 4443 section
// 2.4 (e) 1, 2 and 6.
func MayAnswer6(p wire.IPv6) bool {
	if src := p.Src(); src == wire.Any6 || src.IsMulticast() {
		return false // not a single host
	}
	chain, _ := wire.Walk(p) // as far as it can be read
	at := chain.At
	if chain.Next == wire.ProtoFragment && len(p) >= at+wire.Fragment6Len {
		f := wire.Fragment6(p[at:])
		if f.Offset() != 0 {
			return f.Next() != wire.ProtoICMPv6 // an error, for all that is known
		}
		chain.Next, at = f.Next(), at+wire.Fragment6Len
	}
	if chain.Next != wire.ProtoICMPv6 {
		return true
	}
	return len(p) > at && p[at] >= 128 && p[at] != wire.ICMPv6Redirect // no error about an error
}

// ErrorLen6 returns the length of the message about a datagram of n octets: RFC 4443 section 2.4 (c).
func ErrorLen6(n int) int {
	return wire.ICMPLen + min(n, wire.IPv6MinMTU-wire.IPv6Len-wire.ICMPLen)
}

// unreachable6 is what the codes of destination unreachable mean to a socket, as Linux has it (icmpv6_err_convert). RFC 4443
// section 3.1.
var unreachable6 = [...]struct {
	errno inet.Errno
	hard  bool
}{
	0: {inet.ENETUNREACH, false},
	1: {inet.EACCES, true},
	2: {inet.EHOSTUNREACH, false},
	3: {inet.EHOSTUNREACH, false},
	4: {inet.ECONNREFUSED, true},
	5: {inet.EACCES, true},
	6: {inet.EACCES, true},
}

// ParseError6 reads an error message from another host. ok is false if it is no error that a transport has to hear of, or its
// quotation is too short to find the sender: 8 octets behind the headers.
func ParseError6(m wire.ICMPv6) (e inet.SendError, protocol uint8, ok bool) {
	quoted := wire.IPv6(m.Body())
	if len(quoted) < wire.IPv6Len || quoted[0]>>4 != 6 {
		return e, 0, false
	}
	chain, problem := wire.Walk(quoted)
	if problem.Verdict != wire.Accept {
		return e, 0, false
	}
	at := chain.At
	if chain.Next == wire.ProtoFragment {
		if len(quoted) < at+wire.Fragment6Len {
			return e, 0, false
		}
		f := wire.Fragment6(quoted[at:])
		if f.Offset() != 0 {
			return e, 0, false
		}
		chain.Next, at = f.Next(), at+wire.Fragment6Len
	}
	e = inet.SendError{Src: quoted.Src(), Dst: quoted.Dst(), Type: m.Type(), Code: m.Code(), Info: m.Rest()}
	if len(quoted) < at+8 || e.Src.Is4() || e.Dst.Is4() {
		return e, 0, false
	}
	e.Payload = quoted[at:]
	switch m.Type() {
	case wire.ICMPv6Unreachable:
		if int(m.Code()) >= len(unreachable6) {
			return e, 0, false
		}
		e.Errno, e.Hard = unreachable6[m.Code()].errno, unreachable6[m.Code()].hard
	case wire.ICMPv6TooBig:
		if m.Rest() < wire.IPv6MinMTU { // RFC 8201 section 4: nobody can want less
			return e, 0, false
		}
		e.Errno, e.Hard, e.Room = inet.EMSGSIZE, true, int(min(m.Rest(), wire.IPv6MaxLen))-wire.IPv6Len
	case wire.ICMPv6TimeExceeded:
		e.Errno = inet.EHOSTUNREACH
	case wire.ICMPv6Parameter:
		e.Errno, e.Hard = inet.EPROTO, true
	default:
		return e, 0, false
	}
	return e, chain.Next, true
}
