package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ndp"
	"internal/mirage/netstack/wire"
)

// reply6 is Reply for IPv6: the answer to what was sent to a group comes from an address that suits the asker.
func (s *Stack) reply6(v *view, in *Interface, p *inet.Packet, size int) error {
	o, src := &in.reply, p.Dst
	if p.To != inet.Own {
		src = wire.Any6
	}
	r, err := s.route6(v, p.Src, src, int(p.Zone))
	if err != nil {
		return err
	}
	o.Route, o.IP, o.Batch = r, wire.IPFields{}, r.Link == inet.Link(in)
	if size == 0 {
		size = r.Room
	}
	return s.open(o, size, ipv6Room)
}

// send6 is Send for IPv6.
func (s *Stack) send6(o *inet.Out) error {
	s.counters6.sent(len(o.Bytes)+wire.IPv6Len, o.Route.To)
	h, i := &o.IP, o.Route.Link.(*Interface)
	if h.TTL == 0 {
		if h.TTL = uint8(i.v6.hops.Load()); h.TTL == 0 {
			h.TTL = defaultTTL
		}
	}
	flow := s.idents.flow(&o.Route, h.Protocol, o.Bytes)
	f := o.Frame
	if f == nil {
		return s.sendFragments6(o, flow)
	}
	f.Bytes = f.Bytes[:ipv6Room+len(o.Bytes)]
	wire.IPv6(f.Bytes[wire.EthernetLen:]).Put(h, flow, wire.IPv6Len+len(o.Bytes), o.Route.Src, o.Route.Dst)
	f.Checksum = device.ChecksumNone
	if o.PartialAt != 0 {
		f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumPartial, ipv6Room, o.PartialAt, o.Segment
	}
	if o.Loop {
		i.loop(&o.Route, f.Bytes[wire.EthernetLen:], nil)
	}
	i.send6(f, &o.Route, o.Batch)
	return nil
}

// sendFragments6 sends a datagram in as many frames as it needs: RFC 8200 section 4.5.
func (s *Stack) sendFragments6(o *inet.Out, flow uint32) error {
	c := &s.counters6
	rest, h, offset := o.Bytes, o.IP, 0
	o.Bytes = nil
	if h.DontFrag {
		c.FragFails.Add(1)
		return inet.EMSGSIZE
	}
	i := o.Route.Link.(*Interface)
	if o.Loop {
		whole := make(wire.IPv6, wire.IPv6Len)
		whole.Put(&h, flow, wire.IPv6Len+len(rest), o.Route.Src, o.Route.Dst)
		i.loop(&o.Route, whole, rest)
	}
	id := s.idents.of(&o.Route, h.Protocol) // RFC 7739 section 5.3
	next := h.Protocol
	h.Protocol = wire.ProtoFragment
	const room = ipv6Room + wire.Fragment6Len
	for more := true; more; {
		n := len(rest)
		if more = n > o.Route.Room-wire.Fragment6Len; more {
			n = (o.Route.Room - wire.Fragment6Len) &^ 7
		}
		f := i.nic.Alloc(room + n)
		if f == nil {
			c.FragFails.Add(1)
			return nil // as if the network had lost the rest
		}
		wire.IPv6(f.Bytes[wire.EthernetLen:]).Put(&h, flow, wire.IPv6Len+wire.Fragment6Len+n, o.Route.Src, o.Route.Dst)
		wire.Fragment6(f.Bytes[ipv6Room:]).Put(next, offset, more, id)
		copy(f.Bytes[room:], rest[:n])
		i.send6(f, &o.Route, o.Batch)
		c.FragCreates.Add(1)
		offset += n
		rest = rest[n:]
	}
	c.FragOKs.Add(1)
	return nil
}

// send6 gives a frame, complete but for its Ethernet header, to the card, or to neighbour discovery until the neighbour is
// known.
func (i *Interface) send6(f *device.Frame, r *inet.Route, batch bool) {
	var dst wire.MAC
	switch known := true; {
	case i.loopback:
	case r.To == inet.Multicast:
		dst = wire.MulticastMAC(r.Dst)
	default:
		if dst, known = i.v6.neighbours.Lookup(r.Next); !known {
			if dst, known = i.resolve6(f, r, batch); !known {
				return
			}
		}
	}
	wire.Ethernet(f.Bytes).Put(dst, i.mac, wire.TypeIPv6)
	i.transmit(f, batch)
}

// resolve6 looks for a neighbour that is not in the fast part of the cache. If it is not known, a copy of the frame waits for
// it in the cache, so that nobody can fill the card's queue with frames that go nowhere.
func (i *Interface) resolve6(f *device.Frame, r *inet.Route, batch bool) (mac wire.MAC, known bool) {
	mac, answer, question := i.v6.neighbours.Resolve(i.stack.Now(), r.Next, r.Src, func() *device.Frame { return copyOf(f) })
	if answer == ndp.Known {
		i.arm6() // it may have begun to be doubted
		return mac, true
	}
	i.nic.Discard(f)
	switch answer {
	case ndp.Refused:
		i.counters.txDropped.Add(1)
	case ndp.Asked:
		i.solicit(question, batch)
		i.arm6()
	}
	return mac, false
}
