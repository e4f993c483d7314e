package netstack

import (
	"internal/mirage/netstack/icmp"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// icmp6Input is ICMPv6 as a transport of the stack.
type icmp6Input struct{ s *Stack }

// Input answers echo requests, hands errors to the transports that they are about, and the messages of neighbour discovery and
// MLD to their protocols. What is unknown is dropped: RFC 4443 section 2.4 (b) would have errors passed on, but no transport
// has a use for them.
func (t *icmp6Input) Input(p *inet.Packet) {
	s := t.s
	c := &s.counters6
	c.ICMPInMsgs.Add(1)
	m, ok := wire.ParseICMPv6(p.Payload)
	if !ok || p.Dst.Is4() { // a protocol of this number in IPv4 is none
		c.ICMPInErrors.Add(1)
		return
	}
	if !p.Valid && !m.ChecksumOK(p.Src, p.Dst) {
		c.ICMPInCsumErrors.Add(1)
		c.ICMPInErrors.Add(1)
		return
	}
	c.ICMPIn[m.Type()].Add(1)
	switch typ := m.Type(); {
	case typ == wire.ICMPv6Echo:
		s.echoReply6(p, m)
	case m.IsDiscovery():
		s.view.Load().ifaces[p.Iface-1].discover(p, m)
	case typ == wire.ICMPv6MLDQuery:
		s.view.Load().ifaces[p.Iface-1].queried(p, m)
	case m.IsError():
		s.inputError6(p, m)
	}
}

// Error drops the news that a reply or an error of ours did not arrive.
func (t *icmp6Input) Error(*inet.SendError) bool { return false }

// echoReply6 answers an echo request: RFC 4443 section 4.2. To a group it MAY: hosts that do not are counted more slowly.
func (s *Stack) echoReply6(p *inet.Packet, request wire.ICMPv6) {
	if p.To != inet.Own {
		return
	}
	o, err := s.Reply(p, len(request))
	if err != nil {
		return
	}
	copy(o.Bytes, request)
	wire.ICMPv6(o.Bytes).Put(wire.ICMPv6EchoReply, 0, request.Rest(), o.Route.Src, o.Route.Dst)
	o.IP.Protocol, o.IP.TOS = wire.ProtoICMPv6, p.TOS
	s.counters6.sentICMP(wire.ICMPv6EchoReply)
	s.Send(o)
}

// inputError6 takes an error message: RFC 4443 section 2.4 (c) and (d).
func (s *Stack) inputError6(p *inet.Packet, m wire.ICMPv6) {
	e, protocol, ok := icmp.ParseError6(m)
	if !ok || s.Local(e.Src, 0) != inet.Own {
		s.counters6.ICMPInErrors.Add(1)
		return
	}
	if e.From = p.Src; e.Dst.IsLinkLocal() {
		e.Zone = uint32(p.Iface)
	}
	s.failed(protocol, &e)
}

// sendError6 answers p with an error, if RFC 4443 section 2.4 and the rate limit allow it.
func (s *Stack) sendError6(p *inet.Packet, typ, code uint8, rest uint32) {
	if !s.mayAnswer6(p, typ, code) {
		return
	}
	v := s.view.Load()
	in := v.ifaces[p.Iface-1]
	src := p.Dst
	if p.To != inet.Own {
		src = wire.Any6
	}
	r, err := s.route6(v, p.Src, src, int(p.Zone))
	if err != nil {
		return
	}
	o := &in.reply
	o.Route, o.IP, o.Batch = r, wire.IPFields{}, r.Link == inet.Link(in)
	s.putError6(o, p, typ, code, rest)
}

// putError6 sends an error about p by the route of o.
func (s *Stack) putError6(o *inet.Out, p *inet.Packet, typ, code uint8, rest uint32) {
	original := p.Header[:len(p.Header)+len(p.Payload)] // they lie in one array: inet.Packet
	if s.Open(o, icmp.ErrorLen6(len(original))) != nil {
		return
	}
	m := wire.ICMPv6(o.Bytes)
	copy(m.Body(), original)
	m.Put(typ, code, rest, o.Route.Src, o.Route.Dst)
	o.IP.Protocol = wire.ProtoICMPv6
	s.counters6.sentICMP(typ)
	s.Send(o)
}

// mayAnswer6 reports whether RFC 4443 section 2.4 (e) and (f) allow an error about p.
func (s *Stack) mayAnswer6(p *inet.Packet, typ, code uint8) bool {
	if p.To != inet.Own && (typ != wire.ICMPv6Parameter || code != wire.CodeOption) {
		return false
	}
	if !icmp.MayAnswer6(p.Header[:len(p.Header)+len(p.Payload)]) {
		return false
	}
	var random [1]byte
	s.config.Rand(random[:])
	if s.errors.Allow(s.Now(), p.Src, random[0]) {
		return true
	}
	s.counters6.ICMPOutRateLimit.Add(1)
	return false
}
