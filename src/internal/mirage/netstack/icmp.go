package netstack

import (
	"internal/mirage/netstack/icmp"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// icmpInput is ICMP as a transport of the stack.
type icmpInput struct{ s *Stack }

// Input answers echo requests and hands errors to the transports that they are about. Everything else is
// dropped: RFC 1122 section 3.2.2 for unknown types; RFC 6918 and 6633 for the obsolete ones; and redirects, which
// RFC 1122 section 3.2.2.2 has hosts believe, are how a neighbour would reroute us.
func (t *icmpInput) Input(p *inet.Packet) {
	c := &t.s.counters
	c.ICMPInMsgs.Add(1)
	m, ok := wire.ParseICMP(p.Payload)
	if !ok {
		c.ICMPInErrors.Add(1)
		return
	}
	if !p.Valid && !m.ChecksumOK() {
		c.ICMPInCsumErrors.Add(1)
		c.ICMPInErrors.Add(1)
		return
	}
	c.ICMPIn[m.Type()].Add(1)
	if m.Type() == wire.ICMPEcho {
		if p.To == inet.Own { // RFC 1122 section 3.2.2.6: broadcast ones may be dropped
			t.s.echoReply(p, m)
		}
		return
	}
	e, protocol, ok := icmp.ParseError(m)
	if !ok || t.s.Local(e.Src, 0) != inet.Own {
		return
	}
	e.From = p.Src
	t.s.failed(protocol, &e)
}

// Error drops the news that a reply or an error of ours did not arrive.
func (t *icmpInput) Error(*inet.SendError) bool { return false }

func (s *Stack) echoReply(p *inet.Packet, request wire.ICMP) {
	o, err := s.Reply(p, len(request))
	if err != nil {
		return
	}
	icmp.PutEchoReply(o.Bytes, request)
	o.IP.Protocol, o.IP.TOS = wire.ProtoICMP, p.TOS // RFC 1349 section 5.1
	s.counters.sentICMP(wire.ICMPEchoReply)
	s.Send(o)
}

// Unreachable answers p with an ICMP destination unreachable message (port unreachable), if RFC 1122 section
// 3.2.2 or RFC 4443 section 2.4 and the rate limit allow it.
func (s *Stack) Unreachable(p *inet.Packet) {
	if !p.Src.Is4() {
		s.sendError6(p, wire.ICMPv6Unreachable, wire.CodePort6, 0)
		return
	}
	s.sendError(p, wire.ICMPUnreachable, wire.CodePort)
}

func (s *Stack) sendError(p *inet.Packet, typ, code uint8) {
	if !s.mayAnswer(p) {
		return
	}
	original := p.Header[:len(p.Header)+len(p.Payload)] // they lie in one array: inet.Packet
	o, err := s.Reply(p, icmp.ErrorLen(len(original)))
	if err != nil {
		return
	}
	icmp.PutError(o.Bytes, typ, code, original)
	o.IP.Protocol = wire.ProtoICMP
	s.counters.sentICMP(typ)
	s.Send(o)
}

// mayAnswer reports whether RFC 1122 section 3.2.2 and the rate limit allow an error about p.
func (s *Stack) mayAnswer(p *inet.Packet) bool {
	if !icmp.MayAnswer(p.Header, p.Payload, p.To) {
		return false
	}
	var random [1]byte
	s.config.Rand(random[:])
	if s.errors.Allow(s.Now(), p.Src, random[0]) {
		return true
	}
	s.counters.ICMPOutRateLimit.Add(1)
	return false
}
