package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// defaultTTL is what RFC 1122 section 3.2.1.7 calls for, with the value of RFC 1700.
const defaultTTL = 64

// Octets in front of a transport header.
const (
	ipv4Room = wire.EthernetLen + wire.IPv4Len
	ipv6Room = wire.EthernetLen + wire.IPv6Len
)

// Open begins a datagram of at most size octets of transport header and payload, that goes the way of o.Route. What
// fits is written straight into a frame of the card's; what does not is sent in fragments from memory of its own.
// The errors are EMSGSIZE and EAGAIN.
func (s *Stack) Open(o *inet.Out, size int) error {
	if o.Route.Dst.Is4() {
		return s.open(o, size, ipv4Room)
	}
	return s.open(o, size, ipv6Room)
}

// open is Open with room octets in front.
func (s *Stack) open(o *inet.Out, size, room int) error {
	o.PartialAt = 0
	if size > o.Route.Room && o.Segment == 0 {
		most := wire.IPv6MaxLen // without the header, which IPv4 counts
		if room == ipv4Room {
			most -= wire.IPv4Len
		}
		if size > most {
			return inet.EMSGSIZE
		}
		o.Frame, o.Bytes, o.Offload = nil, make([]byte, size), false
		return nil
	}
	i := o.Route.Link.(*Interface)
	f := i.nic.Alloc(room + size)
	if f == nil {
		s.counters.OutDiscards.Add(1)
		return inet.EAGAIN
	}
	o.Frame, o.Bytes, o.Offload = f, f.Bytes[room:], i.offload
	return nil
}

// Reply is Route and Open for an answer to p, to be sent before p's Input returns.
func (s *Stack) Reply(p *inet.Packet, size int) (*inet.Out, error) {
	v := s.view.Load()
	in := v.ifaces[p.Iface-1]
	o := &in.reply
	if !p.Src.Is4() {
		return o, s.reply6(v, in, p, size)
	}
	r := &o.Route
	r.Dst, r.Src, r.Next, r.To = p.Src, p.Dst, p.Src, inet.Foreign
	link := in
	if !in.loopback {
		found := v.lookup(p.Src, 0)
		if found == nil {
			s.counters.OutNoRoutes.Add(1)
			return nil, inet.ENETUNREACH
		}
		if link = found.link; !found.direct {
			r.Next = found.Gateway
		}
	}
	r.Link, r.Room = link, int(link.mtu.Load())-wire.IPv4Len
	o.IP, o.Batch = wire.IPFields{}, link == in
	if size == 0 {
		size = r.Room
	}
	return o, s.open(o, size, ipv4Room)
}

// Drop gives back what Open returned.
func (s *Stack) Drop(o *inet.Out) {
	if o.Frame != nil {
		o.Route.Link.(*Interface).nic.Discard(o.Frame)
	}
	o.Frame, o.Bytes = nil, nil
}

// Send puts the lower headers in front of o.Bytes and sends it, or gives it to ARP to be sent later. The error is
// EMSGSIZE: it does not fit a frame, and DontFrag is set.
func (s *Stack) Send(o *inet.Out) error {
	if !o.Route.Dst.Is4() {
		return s.send6(o)
	}
	s.counters.sent(len(o.Bytes)+wire.IPv4Len, o.Route.To)
	h := &o.IP
	if h.TTL == 0 {
		h.TTL = defaultTTL
	}
	if !h.DontFrag { // RFC 6864 section 4.1: what cannot be fragmented needs no identification
		h.ID = uint16(s.idents.of(&o.Route, h.Protocol))
	}
	f := o.Frame
	if f == nil {
		return s.sendFragments(o)
	}
	f.Bytes = f.Bytes[:ipv4Room+len(o.Bytes)]
	wire.IPv4(f.Bytes[wire.EthernetLen:]).Put(h, len(o.Bytes)+wire.IPv4Len, o.Route.Src, o.Route.Dst)
	f.Checksum = device.ChecksumNone
	if o.PartialAt != 0 {
		f.Checksum, f.Start, f.Offset, f.Segment = device.ChecksumPartial, ipv4Room, o.PartialAt, o.Segment
	}
	i := o.Route.Link.(*Interface)
	if o.Loop {
		i.loop(&o.Route, f.Bytes[wire.EthernetLen:], nil)
	}
	i.send(f, &o.Route, o.Batch)
	return nil
}

// sendFragments sends a datagram in as many frames as it needs: RFC 791 section 3.2, "An Example Fragmentation
// Procedure".
func (s *Stack) sendFragments(o *inet.Out) error {
	rest, h := o.Bytes, o.IP
	o.Bytes = nil
	if h.DontFrag {
		s.counters.FragFails.Add(1)
		return inet.EMSGSIZE
	}
	i := o.Route.Link.(*Interface)
	if o.Loop {
		whole := make(wire.IPv4, wire.IPv4Len)
		whole.Put(&h, wire.IPv4Len+len(rest), o.Route.Src, o.Route.Dst)
		i.loop(&o.Route, whole, rest)
	}
	for h.More = true; h.More; {
		n := len(rest)
		if h.More = n > o.Route.Room; h.More {
			n = o.Route.Room &^ 7
		}
		f := i.nic.Alloc(ipv4Room + n)
		if f == nil {
			s.counters.FragFails.Add(1)
			return nil // as if the network had lost the rest
		}
		wire.IPv4(f.Bytes[wire.EthernetLen:]).Put(&h, wire.IPv4Len+n, o.Route.Src, o.Route.Dst)
		copy(f.Bytes[ipv4Room:], rest[:n])
		i.send(f, &o.Route, o.Batch)
		s.counters.FragCreates.Add(1)
		h.Offset += uint16(n / 8)
		rest = rest[n:]
	}
	s.counters.FragOKs.Add(1)
	return nil
}
