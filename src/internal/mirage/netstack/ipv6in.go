package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ipfrag"
	"internal/mirage/netstack/wire"
)

// receiveIPv6 takes what a frame carries: checks it, reads its extension headers, puts fragments together, and hands it to its
// transport. valid: the transport checksum is known to be right. group: the frame was sent to more than one station.
func (i *Interface) receiveIPv6(b []byte, valid, group bool) {
	s := i.stack
	c := &s.counters6
	c.InReceives.Add(1)
	c.InOctets.Add(uint64(len(b)))
	p, ok := wire.ParseIPv6(b)
	if !ok {
		c.InHdrErrors.Add(1)
		return
	}
	if ecn := p.Class() & 3; ecn != 0 {
		c.InECN[ecn].Add(1)
	}
	k := &i.v6.packet
	k.Src, k.Dst, k.Iface, k.TTL, k.TOS, k.Valid = p.Src(), p.Dst(), i.index, p.HopLimit(), p.Class(), valid
	if k.Zone = 0; k.Src.IsLinkLocal() {
		if k.Zone = uint32(i.index); i.loopback {
			k.Zone = uint32(s.view.Load().ifaceOf(k.Src))
		}
	}
	if k.To, ok = i.admit6(k.Src, k.Dst, group); !ok {
		c.InAddrErrors.Add(1)
		return
	}
	if k.To != inet.Own {
		c.received(len(p), k.To)
	}
	chain, problem := wire.Walk(p)
	if problem.Verdict != wire.Accept {
		s.refuse(k, p, problem)
		return
	}
	if chain.Next == wire.ProtoFragment {
		if p = s.reassemble6(k, p, chain); p == nil {
			return
		}
		k.Valid = false // what the card said was of a fragment
		if chain, problem = wire.Walk(p); problem.Verdict != wire.Accept {
			s.refuse(k, p, problem)
			return
		}
		if chain.Next == wire.ProtoICMPv6 && wire.ICMPv6(p[chain.At:]).IsDiscovery() { // RFC 6980 section 5
			s.counters6.ICMPInMsgs.Add(1)
			s.counters6.ICMPInErrors.Add(1)
			return
		}
	}
	k.Header, k.Payload = p[:chain.At], p[chain.At:]
	s.deliver6(k, p, chain)
}

// deliver6 is deliver for IPv6.
func (s *Stack) deliver6(k *inet.Packet, p wire.IPv6, chain wire.Chain) {
	c, taken := &s.counters6, false
	if tap := s.tap.Load(); tap != nil {
		taken = (*tap).Input(chain.Next, k)
	}
	if t := s.transports[chain.Next].Load(); t != nil && chain.Next != wire.ProtoICMP {
		c.InDelivers.Add(1)
		(*t).Input(k)
		return
	}
	if taken {
		c.InDelivers.Add(1)
		return
	}
	c.InUnknownProtos.Add(1)
	if chain.Next != wire.ProtoNoNext { // RFC 8200 section 4.7; else section 4
		s.refuse(k, p, wire.Problem{Verdict: wire.TellUnicast, Code: wire.CodeNextHeader, Pointer: chain.NextAt})
	}
}

// admit6 decides by its addresses whether a datagram is for us and may come from where it says.
func (i *Interface) admit6(src, dst wire.Addr, group bool) (to inet.Locality, ok bool) {
	v := i.stack.view.Load()
	if to = v.local(dst, i.index); i.loopback {
		to = v.local(dst, 0)
	}
	// A mapped IPv4 address is in no header: nobody is to get past what is decided about IPv4 by writing it in IPv6.
	if src.Is4() || dst.Is4() || src.IsMulticast() { // RFC 4291 section 2.7
		return to, false
	}
	if i.loopback {
		return to, to == inet.Own && v.local(src, 0) == inet.Own
	}
	if src == wire.Loopback6 || dst == wire.Loopback6 { // section 2.5.3
		return to, false
	}
	if own := v.own(src, i.index); own != nil && !own.source.optimistic {
		return to, false // we have not sent it; one that is not sure may be someone else's, who says so: RFC 4862 section 5.4.4
	}
	switch to {
	case inet.Own:
		return to, !group && src != wire.Any6 // section 2.5.2
	case inet.Multicast:
		return to, v.joined(dst, src, i.index)
	}
	return to, false
}

// refuse drops a datagram, and tells its sender why if it is to know: RFC 4443 section 3.4.
func (s *Stack) refuse(k *inet.Packet, p wire.IPv6, problem wire.Problem) {
	if problem.Code != wire.CodeNextHeader {
		s.counters6.InHdrErrors.Add(1)
	}
	if problem.Verdict == wire.Tell || problem.Verdict == wire.TellUnicast && k.To == inet.Own {
		k.Header, k.Payload = p[:wire.IPv6Len], p[wire.IPv6Len:]
		s.sendError6(k, wire.ICMPv6Parameter, problem.Code, uint32(problem.Pointer))
	}
}

// reassemble6 takes a fragment and returns the datagram that it completes, or nil: RFC 8200 section 4.5. What stood between the
// IPv6 header and the fragment header has been dealt with and is left out.
func (s *Stack) reassemble6(k *inet.Packet, p wire.IPv6, chain wire.Chain) wire.IPv6 {
	c := &s.counters6
	c.ReasmReqds.Add(1)
	if len(p) < chain.At+wire.Fragment6Len {
		c.ReasmFails.Add(1)
		return nil
	}
	f := wire.Fragment6(p[chain.At:])
	data := f.Payload()
	switch {
	case f.More() && len(data)%8 != 0:
		c.ReasmFails.Add(1)
		s.refuse(k, p, wire.Problem{Verdict: wire.TellUnicast, Code: wire.CodeField, Pointer: 4}) // the payload length
		return nil
	case f.Offset()+len(data) > wire.IPv6MaxLen:
		c.ReasmFails.Add(1)
		s.refuse(k, p, wire.Problem{Verdict: wire.TellUnicast, Code: wire.CodeField, Pointer: chain.At + 2})
		return nil
	}
	piece := ipfrag.Fragment{
		Key: ipfrag.Key{Src: k.Src, Dst: k.Dst, ID: f.ID()}, Offset: f.Offset(), More: f.More(), Data: data,
	}
	var header [wire.IPv6Len]byte
	if piece.Offset == 0 {
		copy(header[:], p)
		wire.IPv6(header[:]).SetNext(f.Next())
		piece.Header = header[:]
		if !piece.More { // RFC 6946 section 4: an atomic fragment has nothing to do with others
			c.ReasmOKs.Add(1)
			return whole6(append(header[:], data...))
		}
		// RFC 7112 section 5: a first fragment has all headers, so that nobody's filter is deceived.
		first := append(header[:len(header):len(header)], data...)
		if inner, problem := wire.Walk(whole6(first)); problem.Verdict != wire.Accept || len(first) < inner.At+8 {
			c.ReasmFails.Add(1)
			return nil
		}
	}
	if p := s.assemble(c, &piece); p != nil {
		return whole6(p)
	}
	return nil
}

// whole6 makes the header of a datagram fit its length.
func whole6(p []byte) wire.IPv6 {
	q := wire.IPv6(p)
	q.SetNext(q.Next())
	return q
}

// reassemblyTimeout6 sends time exceeded about the first fragment of a datagram. It runs beside the receive functions and
// leaves their Outs alone.
func (s *Stack) reassemblyTimeout6(p wire.IPv6) {
	p = whole6(p)
	to := s.Local(p.Dst(), 0)
	k := inet.Packet{Src: p.Src(), Dst: p.Dst(), Header: p[:wire.IPv6Len], Payload: p[wire.IPv6Len:], To: to}
	if to != inet.Own || k.Src.IsLinkLocal() || !s.mayAnswer6(&k, wire.ICMPv6TimeExceeded, wire.CodeReassembly) {
		return
	}
	r, err := s.Route(k.Src, k.Dst, 0)
	if err != nil {
		return
	}
	o := inet.Out{Route: r}
	s.putError6(&o, &k, wire.ICMPv6TimeExceeded, wire.CodeReassembly, 0)
}
