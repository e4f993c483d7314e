//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/ndp"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"slices"
	"testing"
)

// Tests of IPv6 read as a trace: what the link says (ra, ns, na, datagram6), and what the stack must say (want6 and those that
// are made of it).

var (
	secret6    = inet.SecretFrom("test")
	linkOur    = ndp.StableAddr(secret6, ourMAC, wire.LinkLocal6.Addr, 0)
	linkPeer   = addr6("fe80::2")
	linkRouter = addr6("fe80::1")
	globalOur  = ndp.StableAddr(secret6, ourMAC, addr6("2001:db8:1::"), 0)
	globalPeer = addr6("2001:db8:1::2")
	far6       = addr6("2001:db8:9::7") // behind the router
	routerMAC  = wire.MAC(0x0200000000fe)
)

func addr6(s string) wire.Addr {
	a, ok := wire.ParseAddr(s)
	if !ok {
		panic(s)
	}
	return a
}

func prefix6(s string) wire.Prefix {
	p, ok := wire.ParsePrefix(s)
	if !ok {
		panic(s)
	}
	return p
}

// newBare6 makes a host that has just begun to speak IPv6.
func newBare6(t testing.TB, o IPv6Options) *host {
	h := newBare(t, link.ChannelConfig{})
	o.Secret = secret6
	if err := h.iface.StartIPv6(o); err != nil {
		t.Fatal(err)
	}
	return h
}

// newHost6 makes a host on a link with a router that advertises 2001:db8:1::/64, when all that begins with it is over.
func newHost6(t testing.TB) *host {
	h := newBare6(t, IPv6Options{Auto: true})
	h.ra(advert{prefix: "2001:db8:1::/64"})
	h.pass(5 * sec)
	h.sent = nil
	return h
}

// newFriend6 makes one that knows its peer's hardware address.
func newFriend6(t testing.TB) *host {
	h := newHost6(t)
	h.meet6(globalPeer, peerMAC)
	return h
}

// meet6 lets the stack ask for a neighbour and answers.
func (h *host) meet6(a wire.Addr, mac wire.MAC) {
	h.t.Helper()
	s := h.udp.NewSocket(true)
	if _, err := s.SendTo([]byte("hello"), wire.On(a, 9, 2), udp.Control{}); err != nil {
		h.t.Fatal(err)
	}
	h.wantNS(a)
	h.na(a, linkOur, mac, wire.Neighbour{Solicited: true, Override: true})
	h.want6()
	s.Close()
}

// An advert is a router advertisement: RFC 4861 section 4.2.
type advert struct {
	from            wire.Addr // linkRouter
	hop             uint8     // of the IP header; 255
	lifetime        uint16    // 1800; noLifetime for 0
	hopLimit, flags uint8
	prefix          string
	prefixFlags     uint8  // on the link, and for addresses
	valid, prefer   uint32 // 86400, 14400
	mtu             uint32
	reachable       uint32
	more            []byte // options
	noLink          bool
}

const noLifetime = 0xffff

func (h *host) ra(a advert) {
	set := func(p *uint32, v uint32) {
		if *p == 0 {
			*p = v
		}
	}
	set(&a.valid, 86400)
	set(&a.prefer, 14400)
	if a.from == wire.Any6 {
		a.from = linkRouter
	}
	if a.hop == 0 {
		a.hop = 255
	}
	if a.prefixFlags == 0 {
		a.prefixFlags = 0xc0
	}
	switch a.lifetime {
	case 0:
		a.lifetime = 1800
	case noLifetime:
		a.lifetime = 0
	}
	m := append(make([]byte, 4), a.hopLimit, a.flags, byte(a.lifetime>>8), byte(a.lifetime))
	m = append(m, be32(a.reachable)...)
	m = append(m, 0, 0, 0, 0)
	if !a.noLink {
		mac := routerMAC.As6()
		m = append(append(m, wire.NDPSourceLink, 1), mac[:]...)
	}
	if a.prefix != "" {
		p := prefix6(a.prefix)
		ip := p.Addr.As16()
		m = append(m, wire.NDPPrefix, 4, p.Bits, a.prefixFlags)
		m = append(append(m, be32(a.valid)...), be32(a.prefer)...)
		m = append(append(m, 0, 0, 0, 0), ip[:]...)
	}
	if a.mtu != 0 {
		m = append(append(m, wire.NDPMTU, 1, 0, 0), be32(a.mtu)...)
	}
	h.icmp6(a.from, wire.AllNodes6, a.hop, wire.ICMPv6RouterAdvert, append(m, a.more...))
}

func be32(v uint32) []byte { return []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)} }

// icmp6 gives the stack a message whose first four octets are filled in here.
func (h *host) icmp6(src, dst wire.Addr, hop, typ uint8, m []byte) {
	c := wire.ICMPv6(m)
	c.Put(typ, m[1], c.Rest(), src, dst)
	h.frame(ipv6(src, dst, wire.IPFields{Protocol: wire.ProtoICMPv6, TTL: hop}, m))
}

// ipv6 builds a frame with a datagram from the peer's link.
func ipv6(src, dst wire.Addr, f wire.IPFields, payload []byte) []byte {
	b := make([]byte, ipv6Room+len(payload))
	to := ourMAC
	if dst.IsMulticast() {
		to = wire.MulticastMAC(dst)
	}
	wire.Ethernet(b).Put(to, peerMAC, wire.TypeIPv6)
	if f.TTL == 0 {
		f.TTL = 64
	}
	wire.IPv6(b[wire.EthernetLen:]).Put(&f, 0, wire.IPv6Len+len(payload), src, dst)
	copy(b[ipv6Room:], payload)
	return b
}

// datagram6 builds a frame with a UDP datagram from the peer's link.
func datagram6(src, dst wire.AddrPort, payload string) []byte {
	return ipv6(src.Addr, dst.Addr, wire.IPFields{Protocol: wire.ProtoUDP}, segment(src, dst, payload))
}

// ns gives the stack a neighbour solicitation, na an advertisement.
func (h *host) ns(src, target wire.Addr, link wire.MAC, nonce uint64) {
	n := wire.Neighbour{Target: target, Link: link, HasLink: link != 0, Nonce: nonce}
	m := make(wire.ICMPv6, n.Len())
	dst := target.SolicitedNode()
	n.Put(m, wire.ICMPv6NeighbourAsk, src, dst)
	h.frame(ipv6(src, dst, wire.IPFields{Protocol: wire.ProtoICMPv6, TTL: 255}, m))
}

func (h *host) na(target, dst wire.Addr, link wire.MAC, n wire.Neighbour) {
	n.Target, n.Link, n.HasLink = target, link, link != 0
	m := make(wire.ICMPv6, n.Len())
	n.Put(m, wire.ICMPv6NeighbourAdvert, target, dst)
	h.frame(ipv6(target, dst, wire.IPFields{Protocol: wire.ProtoICMPv6, TTL: 255}, m))
}

// want6 takes the next frame that the stack has sent, an IPv6 datagram.
func (h *host) want6() wire.IPv6 {
	h.t.Helper()
	e := h.want()
	p, ok := wire.ParseIPv6(e.Payload())
	if e.Type() != wire.TypeIPv6 || !ok {
		h.t.Fatalf("no IPv6 datagram: % x", []byte(e))
	}
	if dst := p.Dst(); dst.IsMulticast() && e.Dst() != wire.MulticastMAC(dst) {
		h.t.Fatalf("to %v at %v: RFC 2464 section 7", dst, e.Dst())
	}
	return p
}

// wantUDP6 takes a datagram with a right checksum and a certain payload.
func (h *host) wantUDP6(src, dst wire.AddrPort, payload string) wire.IPv6 {
	h.t.Helper()
	p := h.want6()
	u, ok := wire.ParseUDP(p.Payload())
	if p.Next() != wire.ProtoUDP || !ok || !u.ChecksumOK(p.Src(), p.Dst()) {
		h.t.Fatalf("no UDP datagram: % x", []byte(p))
	}
	gotSrc, gotDst := at(p.Src(), u.SrcPort()), at(p.Dst(), u.DstPort())
	if gotSrc != src || gotDst != dst || string(u.Payload()) != payload {
		h.t.Fatalf("%v to %v: %.40q; want %v to %v: %.40q", gotSrc, gotDst, u.Payload(), src, dst, payload)
	}
	return p
}

// wantICMP6 takes a message of a type with a right checksum.
func (h *host) wantICMP6(typ, code uint8) (wire.IPv6, wire.ICMPv6) {
	h.t.Helper()
	p := h.want6()
	chain, problem := wire.Walk(p)
	m, ok := wire.ParseICMPv6(p[chain.At:])
	if problem.Verdict != wire.Accept || chain.Next != wire.ProtoICMPv6 || !ok || !m.ChecksumOK(p.Src(), p.Dst()) ||
		m.Type() != typ || m.Code() != code {
		h.t.Fatalf("want ICMPv6 %d, %d: % x", typ, code, []byte(p))
	}
	return p, m
}

// wantNS takes a solicitation for a target's group: RFC 4861 section 7.2.2.
func (h *host) wantNS(target wire.Addr) (wire.IPv6, wire.Neighbour) {
	h.t.Helper()
	p, m := h.wantICMP6(wire.ICMPv6NeighbourAsk, 0)
	n, ok := wire.ParseNeighbour(m)
	if !ok || n.Target != target || p.HopLimit() != 255 || p.Dst() != target.SolicitedNode() && p.Dst() != target {
		h.t.Fatalf("%v asks %v for %v, want %v", p.Src(), p.Dst(), n.Target, target)
	}
	return p, n
}

func (h *host) wantNA(target wire.Addr) (wire.IPv6, wire.Neighbour) {
	h.t.Helper()
	p, m := h.wantICMP6(wire.ICMPv6NeighbourAdvert, 0)
	n, ok := wire.ParseNeighbour(m)
	if !ok || n.Target != target || p.HopLimit() != 255 || !n.HasLink || n.Link != ourMAC {
		h.t.Fatalf("%v tells %v: %+v, want %v", p.Src(), p.Dst(), n, target)
	}
	return p, n
}

// drop6 forgets what the stack has sent of ICMPv6 messages of some types.
func (h *host) drop6(types ...uint8) {
	h.far.Deliver(h.now)
	h.sent = slices.DeleteFunc(h.sent, func(b []byte) bool {
		p, ok := wire.ParseIPv6(wire.Ethernet(b).Payload())
		if !ok || wire.Ethernet(b).Type() != wire.TypeIPv6 {
			return false
		}
		chain, _ := wire.Walk(p)
		return chain.Next == wire.ProtoICMPv6 && len(p) > chain.At && slices.Contains(types, p[chain.At])
	})
}

// addrs6 are the interface's addresses but the link-local one.
func (h *host) addrs6() (all []InterfaceAddr) {
	for _, a := range h.stack.Interfaces()[1].Addrs {
		if !a.Prefix.Addr.Is4() && !a.Prefix.Addr.IsLinkLocal() {
			all = append(all, a)
		}
	}
	return all
}
