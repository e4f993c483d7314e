package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// defaultTTL is RFC 1122 section 3.2.1.7's "configurable", with the value of RFC 1700.
const defaultTTL = 64

const ipv4Room = wire.EthernetLen + wire.IPv4Len // octets in front of a transport header

// Open begins a datagram of at most size bytes of transport header and payload. What fits is written straight
// into a frame of the card's; what does not is sent in fragments from memory of its own. The errors are EMSGSIZE and EAGAIN.
func (s *Stack) Open(r inet.Route, size int) (inet.Out, error) {
	o := inet.Out{Route: r}
	if size > r.Room {
		if size > wire.IPv4MaxLen-wire.IPv4Len {
			return o, inet.EMSGSIZE
		}
		o.Bytes = make([]byte, size)
		return o, nil
	}
	i := r.Link.(*Interface)
	f := i.nic.Alloc(ipv4Room + size)
	if f == nil {
		s.counters.OutDiscards.Add(1)
		return o, inet.EAGAIN
	}
	o.Frame, o.Bytes, o.Offload = f, f.Bytes[ipv4Room:], i.offload
	return o, nil
}

// Drop gives back what Open returned.
func (s *Stack) Drop(o inet.Out) {
	if o.Frame != nil {
		o.Route.Link.(*Interface).nic.Discard(o.Frame)
	}
}

// Send puts the lower headers in front of o.Bytes and sends it, or gives it to ARP to be sent later. It takes
// o over whether or not it fails. The error is EMSGSIZE: it does not fit a frame, and DontFrag is set.
func (s *Stack) Send(o inet.Out) error {
	s.counters.OutRequests.Add(1)
	if o.Frame == nil {
		return s.sendFragments(&o)
	}
	f := o.Frame
	f.Bytes = f.Bytes[:ipv4Room+len(o.Bytes)]
	h := header(&o)
	if !o.DontFrag {
		h.ID = s.idents.of(&o.Route, o.Protocol) // RFC 6864 section 4.1: one that cannot be fragmented needs none
	}
	wire.IPv4(f.Bytes[wire.EthernetLen:]).Put(h)
	f.Checksum = device.ChecksumNone
	if o.PartialAt != 0 {
		f.Checksum, f.Start, f.Offset = device.ChecksumPartial, ipv4Room, o.PartialAt
	}
	o.Route.Link.(*Interface).send(f, &o.Route, o.Batch)
	return nil
}

// header returns the header of o as one datagram.
func header(o *inet.Out) wire.IPv4Fields {
	h := wire.IPv4Fields{
		TOS: o.TOS, TotalLen: wire.IPv4Len + len(o.Bytes), DontFrag: o.DontFrag,
		TTL: o.TTL, Protocol: o.Protocol, Src: o.Route.Src, Dst: o.Route.Dst,
	}
	if h.TTL == 0 {
		h.TTL = defaultTTL
	}
	return h
}

// sendFragments sends a datagram in as many frames as it needs: RFC 791 section 3.2, "An Example Fragmentation
// Procedure".
func (s *Stack) sendFragments(o *inet.Out) error {
	if o.DontFrag {
		s.counters.FragFails.Add(1)
		return inet.EMSGSIZE
	}
	i := o.Route.Link.(*Interface)
	h := header(o)
	h.ID = s.idents.of(&o.Route, o.Protocol)
	room := o.Route.Room &^ 7
	for rest := o.Bytes; ; {
		n := min(room, len(rest))
		if len(rest) <= o.Route.Room {
			n = len(rest)
		}
		f := i.nic.Alloc(ipv4Room + n)
		if f == nil {
			s.counters.FragFails.Add(1)
			return nil // as if the network had lost the rest
		}
		copy(f.Bytes[ipv4Room:], rest[:n])
		rest = rest[n:]
		h.TotalLen, h.More = wire.IPv4Len+n, len(rest) > 0
		wire.IPv4(f.Bytes[wire.EthernetLen:]).Put(h)
		i.send(f, &o.Route, o.Batch)
		s.counters.FragCreates.Add(1)
		if h.Offset += n; len(rest) == 0 {
			s.counters.FragOKs.Add(1)
			return nil
		}
	}
}
