package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Requests of the routing family for one thing (rtnetlink(7)): a link by its number or name, the route to an address.

// ask answers such a request, with an acknowledgement behind if one is asked for (RFC 3549 section 2.3.2.2).
func (d *dump) ask(p *Process, body []byte) [][]byte {
	var e linux.Errno
	switch d.request.Type {
	case linux.RTM_GETLINK:
		e = d.askLink(p, body)
	case linux.RTM_GETROUTE:
		e = d.askRoute(p, body)
	default:
		e = linux.EOPNOTSUPP
	}
	if e != 0 {
		return d.fail(e)
	}
	if d.request.Flags&linux.NLM_F_ACK == 0 {
		return d.finish()
	}
	d.end()
	d.done, d.b, d.start = append(d.done, d.b), nil, 0
	return d.fail(0)
}

// attribute returns the first attribute of a kind behind a structure of n bytes, nil if there is none.
func attributeOf(body []byte, n int, kind uint16) []byte {
	if n > len(body) {
		return nil
	}
	for b := body[n:]; len(b) >= 4; {
		size := int(get16(b))
		if size < 4 || size > len(b) {
			return nil
		}
		if get16(b[2:]) == kind {
			return b[4:size]
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return nil
}

// askLink finds a link by the index in its struct ifinfomsg or, if that is 0, by its name. The error is ENODEV, or EINVAL: there is neither.
func (d *dump) askLink(p *Process, body []byte) linux.Errno {
	const infoSize = 16 // struct ifinfomsg
	if len(body) < infoSize {
		return linux.EINVAL
	}
	index, name := int(int32(get32(body[4:]))), attributeOf(body, infoSize, linux.IFLA_IFNAME)
	if end := bytealg.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	if index == 0 && len(name) == 0 {
		return linux.EINVAL
	}
	p.net.wait()
	for _, i := range p.net.stack.Interfaces() {
		if index != 0 && i.Index == index || index == 0 && i.Name == string(name) {
			d.link(i, 0)
			return 0
		}
	}
	return linux.ENODEV
}

// askRoute finds the way to an address. The errors are those of connect, and EINVAL: there is no address.
func (d *dump) askRoute(p *Process, body []byte) linux.Errno {
	const messageSize = 12 // struct rtmsg
	if len(body) < messageSize {
		return linux.EINVAL
	}
	dst, ok := addrOf(attributeOf(body, messageSize, linux.RTA_DST), body[0])
	if !ok {
		return linux.EINVAL
	}
	src, _ := addrOf(attributeOf(body, messageSize, linux.RTA_SRC), body[0])
	iface := 0
	if oif := attributeOf(body, messageSize, linux.RTA_OIF); len(oif) == 4 {
		iface = int(int32(get32(oif)))
	}
	p.net.wait()
	r, err := p.net.stack.Route(dst, src, iface)
	if err != nil {
		return errno(err)
	}
	d.begin(linux.RTM_NEWROUTE, 0)
	h := [messageSize]byte{body[0], 32, 0, 0, linux.RT_TABLE_MAIN, 0, linux.RT_SCOPE_UNIVERSE, linux.RTN_UNICAST}
	if !dst.Is4() {
		h[1] = 128
	}
	switch r.To {
	case inet.Own:
		if h[7] = linux.RTN_LOCAL; !dst.Is4() { // IPv4's says main unless RTM_F_LOOKUP_TABLE asks
			h[4] = linux.RT_TABLE_LOCAL
		}
	case inet.Broadcast:
		h[7] = linux.RTN_BROADCAST
	case inet.Multicast:
		h[7] = linux.RTN_MULTICAST
	}
	d.b = append(d.b, h[:]...)
	d.attr32(linux.RTA_TABLE, uint32(h[4]))
	d.attrAddr(linux.RTA_DST, dst)
	d.attr32(linux.RTA_OIF, uint32(r.Link.Index()))
	if r.To == inet.Foreign && r.Next != r.Dst {
		d.attrAddr(linux.RTA_GATEWAY, r.Next)
	}
	d.attrAddr(linux.RTA_PREFSRC, r.Src)
	return 0
}

// addrOf reads an address of a family.
func addrOf(b []byte, family byte) (wire.Addr, bool) {
	switch {
	case family == linux.AF_INET && len(b) == 4:
		return wire.AddrFrom4([4]byte(b)), true
	case family == linux.AF_INET6 && len(b) == 16:
		a := wire.AddrFrom16([16]byte(b))
		return a, !a.Is4()
	}
	return wire.Any6, false
}

// neighbour appends a neighbour whose hardware address is known (struct ndmsg and attributes).
func (d *dump) neighbour(i netstack.InterfaceInfo, a wire.Addr, mac wire.MAC) {
	d.begin(linux.RTM_NEWNEIGH, linux.NLM_F_MULTI)
	h := [12]byte{linux.AF_INET}
	if !a.Is4() {
		h[0] = linux.AF_INET6
	}
	put32(h[4:], uint32(i.Index))
	put16(h[8:], linux.NUD_REACHABLE)
	h[11] = linux.RTN_UNICAST
	d.b = append(d.b, h[:]...)
	d.attrAddr(linux.NDA_DST, a)
	b := mac.As6()
	d.attr(linux.NDA_LLADDR, b[:])
}
