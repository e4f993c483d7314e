package netstack

import (
	"internal/byteorder"
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// SendWhole sends b, a datagram with its IP header, by r. Of IPv4's header it fills in the length, the checksum, and the source
// and the identification if they are 0 (raw(7)). loops: what is sent to a group that this host has joined comes back. The
// errors are EMSGSIZE (longer than a frame), EINVAL (shorter than its header) and EAGAIN.
func (s *Stack) SendWhole(r *inet.Route, b []byte, loops bool) error {
	c, least := &s.counters, wire.IPv4Len
	if !r.Dst.Is4() {
		c, least = &s.counters6, wire.IPv6Len
	}
	switch {
	case len(b) > r.Room+least:
		return inet.EMSGSIZE
	case len(b) < least, r.Dst.Is4() && len(b) < wire.IPv4(b).HeaderLen():
		return inet.EINVAL
	}
	i := r.Link.(*Interface)
	f := i.nic.Alloc(wire.EthernetLen + len(b))
	if f == nil {
		c.OutDiscards.Add(1)
		return inet.EAGAIN
	}
	f.Checksum = device.ChecksumNone
	p := f.Bytes[wire.EthernetLen:]
	copy(p, b)
	c.sent(len(b), r.To)
	if !r.Dst.Is4() {
		if _, ok := wire.ParseIPv6(p); ok && loops && r.To == inet.Multicast {
			i.loop(r, p, nil)
		}
		i.send6(f, r, false)
		return nil
	}
	s.complete(p, r)
	if _, ok := wire.ParseIPv4(p); ok && loops && r.To == inet.Multicast {
		i.loop(r, p, nil)
	}
	i.send(f, r, false)
	return nil
}

// complete fills in what IP_HDRINCL leaves to the kernel. A header that says it is shorter than one stays as it is.
func (s *Stack) complete(p wire.IPv4, r *inet.Route) {
	if p.HeaderLen() < wire.IPv4Len {
		return
	}
	if p.Src().IsUnspecified() {
		byteorder.BEPutUint32(p[12:16], r.Src.Bits32())
	}
	if p.ID() == 0 {
		byteorder.BEPutUint16(p[4:6], uint16(s.idents.of(r, p.Protocol())))
	}
	byteorder.BEPutUint16(p[2:4], uint16(len(p)))
	byteorder.BEPutUint16(p[10:12], 0)
	byteorder.BEPutUint16(p[10:12], wire.Sum(0).Add(p[:p.HeaderLen()]).Checksum())
}

// CountICMP counts a message of ICMP, or of ICMPv6 if v6 is set, that is sent.
func (s *Stack) CountICMP(v6 bool, m []byte) {
	c := &s.counters
	if v6 {
		c = &s.counters6
	}
	if len(m) > 0 {
		c.sentICMP(m[0])
	}
}
