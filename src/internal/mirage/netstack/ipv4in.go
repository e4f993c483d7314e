package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ipfrag"
	"internal/mirage/netstack/wire"
)

// receiveIPv4 takes what a frame carries: checks it, puts fragments together, and hands it to its transport. valid:
// the transport checksum is known to be right. group: the frame was sent to more than one station.
func (i *Interface) receiveIPv4(b []byte, valid, group bool) {
	c := &i.stack.counters
	c.InReceives.Add(1)
	p, ok := wire.ParseIPv4(b)
	if !ok || !p.ChecksumOK() || p.HeaderLen() > wire.IPv4Len && !p.OptionsOK() {
		c.InHdrErrors.Add(1) // RFC 1122 section 3.2.1.1, 3.2.1.2, 3.2.1.8
		return
	}
	to, ok := i.admit(p.Src(), p.Dst(), group)
	if !ok {
		c.InAddrErrors.Add(1)
		return
	}
	if p.IsFragment() {
		if p = i.stack.reassemble(p); p == nil {
			return
		}
		valid = false // what the card said was of a fragment
	}
	i.packet = inet.Packet{
		Src: p.Src(), Dst: p.Dst(), Payload: p.Payload(), Header: p[:p.HeaderLen()], Iface: i.index,
		TTL: p.TTL(), TOS: p.TOS(), To: to, Valid: valid,
	}
	i.stack.deliver(p.Protocol(), &i.packet)
}

// admit decides by its addresses whether a datagram is for us and may come from where it says.
func (i *Interface) admit(src, dst wire.Addr, group bool) (to inet.Locality, ok bool) {
	v := i.stack.view.Load()
	to = v.local(dst, i.index)
	if i.loopback {
		return to, to != inet.Foreign && v.local(src, 0) == inet.Own
	}
	switch {
	case to == inet.Foreign:
		return to, false // we do not forward
	case dst.IsLoopback() || src.IsLoopback():
		return to, false // RFC 1122 section 3.2.1.3 (g): not outside a host
	case to == inet.Multicast && dst != wire.AllHosts4:
		return to, false // RFC 1112 section 7.2: a group that nobody here has joined
	case group && to == inet.Own:
		return to, false // RFC 1122 section 3.3.6: all stations were sent what one address is for
	case src.IsUnspecified():
		return to, to == inet.Broadcast // RFC 1122 section 3.2.1.3 (a): a host that asks who it is
	}
	// RFC 1122 section 3.2.1.3: a source is one host; and it is not us, for we have not sent it.
	return to, v.local(src, 0) == inet.Foreign
}

// reassemble takes a fragment and returns the datagram that it completes, or nil.
func (s *Stack) reassemble(p wire.IPv4) wire.IPv4 {
	s.counters.ReasmReqds.Add(1)
	whole, verdict := s.fragments.Input(s.Now(), p)
	switch verdict {
	case ipfrag.Whole:
		s.counters.ReasmOKs.Add(1)
		return whole
	case ipfrag.Bad, ipfrag.Full:
		s.counters.ReasmFails.Add(1)
	}
	if next := s.fragments.Next(); next != 0 {
		s.Schedule(&s.fragTimer, next)
	}
	return nil
}

// expireFragments drops datagrams that never became whole and tells their senders: RFC 1122 section 3.3.2.
func (s *Stack) expireFragments(now int64) {
	first, dropped := s.fragments.Expire(now)
	s.counters.ReasmTimeout.Add(uint64(dropped))
	s.counters.ReasmFails.Add(uint64(dropped))
	for _, p := range first {
		// They are not kept with the interface they came by: own addresses are own on each.
		q := inet.Packet{Src: p.Src(), Dst: p.Dst(), Header: p[:p.HeaderLen()], Payload: p.Payload(), To: s.Local(p.Dst(), 0)}
		s.sendError(&q, wire.ICMPTimeExceeded, wire.CodeReassemblyTime)
	}
	if next := s.fragments.Next(); next != 0 {
		s.Schedule(&s.fragTimer, next)
	}
}

// deliver hands a datagram to its transport.
func (s *Stack) deliver(protocol uint8, p *inet.Packet) {
	t := s.transports[protocol].Load()
	if t == nil {
		s.counters.InUnknownProtos.Add(1)
		s.sendError(p, wire.ICMPUnreachable, wire.CodeProtocol) // RFC 1122 section 3.2.2.1
		return
	}
	s.counters.InDelivers.Add(1)
	(*t).Input(p)
}
