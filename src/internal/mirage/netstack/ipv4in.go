package netstack

import (
	"internal/mirage/netstack/icmp"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ipfrag"
	"internal/mirage/netstack/wire"
)

// receiveIPv4 takes what a frame carries: checks it, puts fragments together, and hands it to its transport. valid:
// the transport checksum is known to be right. group: the frame was sent to more than one station.
func (i *Interface) receiveIPv4(b []byte, valid, group bool) {
	c := &i.stack.counters
	c.InReceives.Add(1)
	c.InOctets.Add(uint64(len(b)))
	p, ok := wire.ParseIPv4(b)
	if !ok || !p.ChecksumOK() || p.HeaderLen() > wire.IPv4Len && !p.OptionsOK() {
		c.InHdrErrors.Add(1) // RFC 1122 section 3.2.1.1, 3.2.1.2, 3.2.1.8
		return
	}
	if ecn := p.TOS() & 3; ecn != 0 {
		c.InECN[ecn].Add(1)
	}
	src, dst := p.Src(), p.Dst()
	to, ok := i.admit(src, dst, group)
	if !ok {
		c.InAddrErrors.Add(1)
		return
	}
	if to != inet.Own {
		c.received(len(p), to)
	}
	if p.IsFragment() {
		if p = i.stack.reassemble(p); p == nil {
			return
		}
		valid = false // what the card said was of a fragment
	}
	k, h := &i.packet, p.HeaderLen() // field by field: this is the path of every packet
	k.Src, k.Dst, k.Payload, k.Header = src, dst, p[h:], p[:h]
	k.Iface, k.TTL, k.TOS, k.To, k.Valid = i.index, p.TTL(), p.TOS(), to, valid
	i.stack.deliver(p.Protocol(), k)
}

// admit decides by its addresses whether a datagram is for us and may come from where it says.
func (i *Interface) admit(src, dst wire.Addr, group bool) (to inet.Locality, ok bool) {
	v := i.stack.view.Load()
	to = v.local(dst, i.index)
	if i.loopback {
		member := to != inet.Multicast || dst == wire.AllHosts4 || v.joined(dst, src, i.index)
		return to, to != inet.Foreign && member && v.local(src, 0) == inet.Own
	}
	// RFC 1122 section 3.2.1.3: the source is one host, outside this one; and it is not us, for we have not sent it.
	if to == inet.Foreign || v.local(src, 0) != inet.Foreign {
		return to, false
	}
	switch to {
	case inet.Own:
		// Section 3.3.6: not what was sent to all stations; section 3.2.1.3 (a) and (g): not from 0.0.0.0 nor to 127.0.0.0/8.
		return to, !group && src.Bits32() != 0 && dst.Bits32()>>24 != 127
	case inet.Multicast:
		return to, dst == wire.AllHosts4 || v.joined(dst, src, i.index) // RFC 1112 section 7.2
	}
	return to, true
}

// reassemble takes a fragment and returns the datagram that it completes, or nil.
func (s *Stack) reassemble(p wire.IPv4) wire.IPv4 {
	s.counters.ReasmReqds.Add(1)
	f := ipfrag.FromIPv4(p)
	whole := wire.IPv4(s.assemble(&s.counters, &f))
	if whole != nil {
		whole.SetWhole()
	}
	return whole
}

// assemble takes a fragment and returns the datagram that it completes, with the header of its first fragment, or nil.
func (s *Stack) assemble(c *Counters, f *ipfrag.Fragment) []byte {
	whole, verdict := s.fragments.Input(s.Now(), f)
	switch verdict {
	case ipfrag.Whole:
		c.ReasmOKs.Add(1)
		return whole
	case ipfrag.Bad, ipfrag.Full:
		c.ReasmFails.Add(1)
	}
	if next := s.fragments.Next(); next != 0 {
		s.noLater(&s.fragTimer, next)
	}
	return nil
}

// expireFragments drops datagrams that never became whole and tells their senders: RFC 1122 section 3.3.2.
func (s *Stack) expireFragments(now int64) {
	first, dropped := s.fragments.Expire(now)
	s.counters.ReasmTimeout.Add(uint64(dropped))
	s.counters.ReasmFails.Add(uint64(dropped))
	for _, p := range first {
		if p[0]>>4 == 4 {
			s.reassemblyTimeout(p)
		} else {
			s.reassemblyTimeout6(p)
		}
	}
	if next := s.fragments.Next(); next != 0 {
		s.noLater(&s.fragTimer, next)
	}
}

// reassemblyTimeout sends time exceeded about the first fragment of a datagram. It runs beside the receive
// functions and leaves their Outs alone.
func (s *Stack) reassemblyTimeout(p wire.IPv4) {
	q := inet.Packet{Src: p.Src(), Header: p[:p.HeaderLen()], Payload: p.Payload(), To: s.Local(p.Dst(), 0)}
	if !s.mayAnswer(&q) {
		return
	}
	r, err := s.Route(p.Src(), p.Dst(), 0)
	o := inet.Out{Route: r, IP: wire.IPFields{Protocol: wire.ProtoICMP}}
	if err != nil || s.Open(&o, icmp.ErrorLen(len(p))) != nil {
		return
	}
	icmp.PutError(o.Bytes, wire.ICMPTimeExceeded, wire.CodeReassemblyTime, p)
	s.counters.sentICMP(wire.ICMPTimeExceeded)
	s.Send(&o)
}

// deliver hands a datagram to its transport.
func (s *Stack) deliver(protocol uint8, p *inet.Packet) {
	taken := false
	if tap := s.tap.Load(); tap != nil {
		taken = (*tap).Input(protocol, p)
	}
	t := s.transports[protocol].Load()
	if t == nil && taken {
		s.counters.InDelivers.Add(1)
		return
	}
	if t == nil {
		s.counters.InUnknownProtos.Add(1)
		s.sendError(p, wire.ICMPUnreachable, wire.CodeProtocol) // RFC 1122 section 3.2.2.1
		return
	}
	s.counters.InDelivers.Add(1)
	(*t).Input(p)
}
