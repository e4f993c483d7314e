//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/raw"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"testing"
)

// repair6 puts right what would stop a random IPv6 frame at the door: version, addresses, length and the checksum of an ICMPv6
// message, as far as the bits of how say so.
func repair6(b []byte, how byte) {
	if len(b) < ipv6Room || how&1 == 0 {
		return
	}
	p := wire.IPv6(b[wire.EthernetLen:])
	src, dst := linkRouter, linkOur
	if how&2 != 0 {
		dst = wire.AllNodes6
	}
	if how&4 != 0 {
		src, dst = globalPeer, globalOur
	}
	if how&8 != 0 {
		dst = globalOur.SolicitedNode()
	}
	f := wire.IPFields{Protocol: p.Next(), TTL: p.HopLimit()}
	if how&16 != 0 {
		f.Protocol, f.TTL = wire.ProtoICMPv6, 255
	}
	to := ourMAC
	if dst.IsMulticast() {
		to = wire.MulticastMAC(dst)
	}
	wire.Ethernet(b).Put(to, peerMAC, wire.TypeIPv6)
	p.Put(&f, 0, len(p), src, dst)
	chain, _ := wire.Walk(p)
	if m := p[chain.At:]; chain.Next == wire.ProtoICMPv6 && len(m) >= 8 {
		if how&32 != 0 {
			m[0] = 128 + m[0]%16
		}
		c := wire.ICMPv6(m)
		c.Put(m[0], m[1]&^(how>>1&31), c.Rest(), src, dst)
	}
}

// hostile6 is a host with all that an IPv6 frame can reach: sockets, a group, a DHCPv6 client.
func hostile6(t testing.TB) *host {
	h := newBare(t, link.ChannelConfig{Frames: 1024})
	h.iface.StartIPv6(IPv6Options{Secret: secret6, Auto: true, Temporary: true})
	StartDHCPv6(h.stack, h.udp, h.iface)
	h.ra(advert{prefix: "2001:db8:1::/64", flags: flagManaged | flagOther})
	h.pass(5 * sec)
	handlerEcho(h.udp)
	s := h.bind6(7)
	s.Join(addr6("ff02::fb"), 2)
	c := h.udp.NewSocket(true)
	c.Connect(at(globalPeer, 53))
	p := raw.New(h.stack)
	p.NewSocket(true, wire.ProtoUDP).SetChecksumAt(6)
	p.NewSocket(true, wire.ProtoICMPv6)
	p.NewPing(true).Connect(at(globalPeer, 0))
	h.sent = nil
	return h
}

// bounded6 fails if something has grown beyond its bound.
func (h *host) bounded6() {
	h.t.Helper()
	if n := len(h.stack.Interfaces()[1].Addrs); n > 30 {
		h.t.Fatalf("%d addresses", n)
	}
	if n := len(h.stack.Routes()); n > 60 {
		h.t.Fatalf("%d routes", n)
	}
	if n := len(h.stack.view.Load().paths); n > maxPaths {
		h.t.Fatalf("%d paths", n)
	}
}

// FuzzInput6 is FuzzInput for IPv6.
func FuzzInput6(f *testing.F) {
	f.Add([]byte{49, 60}, datagram6(at(globalPeer, 4000), at(globalOur, 53), "query"))
	f.Add([]byte{17, 10, 19, 10}, make([]byte, 300))
	f.Add([]byte{5, 42}, fragment6(globalPeer, 1, wire.ProtoUDP, make([]byte, 3000), 0, 1400))
	f.Add([]byte{0, 20}, ipv6(globalPeer, globalOur, wire.IPFields{Protocol: wire.ProtoICMPv6}, echo6(globalPeer, globalOur, "hello")))
	f.Fuzz(func(t *testing.T, script, bytes []byte) {
		h := hostile6(t)
		for ; len(script) >= 2 && len(bytes) > 0; script = script[2:] {
			n := min(int(script[1])*8+wire.EthernetLen, len(bytes), 1514)
			b := append([]byte(nil), bytes[:n]...)
			bytes = bytes[n:]
			repair6(b, script[0])
			h.sent = nil
			h.frame(b)
			if len(h.sent) > 70 { // an advertisement may make two dozen addresses
				t.Fatalf("%d frames sent for one: % x", len(h.sent), b)
			}
			h.pass(int64(script[0]>>6) * 700e6)
		}
		h.bounded6()
		h.sent = nil
		h.frame(ipv6(linkPeer, linkOur, wire.IPFields{Protocol: wire.ProtoICMPv6}, echo6(linkPeer, linkOur, "x")))
		h.pass(3 * sec)
		if _, err := h.stack.Route(linkPeer, wire.Any6, 2); err != nil { // and it still works
			t.Fatal(err)
		}
	})
}

// TestStorm6 is a hostile link for a while. The stack keeps answering an honest neighbour, and its memory stays where it was.
func TestStorm6(t *testing.T) {
	h := hostile6(t)
	friend, friendMAC := addr6("2001:db8:1::200"), wire.MAC(0x0200000000c8)
	r := rand.New(rand.NewPCG(11, 12))
	answered := 0
	const honest = 100
	var heap uint64
	for n := range honest {
		if n == honest/2 {
			heap = heapSize()
		}
		for range 300 {
			h.frame(evil6(r))
			h.now += 1e4
		}
		h.stack.Poll(h.now)
		h.sent = nil
		h.ns(friend, globalOur, friendMAC, 0)
		h.sent = nil
		h.frame(datagram6(at(friend, 4000), at(globalOur, 53), "honest"))
		h.far.Deliver(h.now)
		for _, b := range h.sent {
			e := wire.Ethernet(b)
			if p, ok := wire.ParseIPv6(e.Payload()); ok && p.Dst() == friend && p.Next() == wire.ProtoUDP && e.Dst() == friendMAC {
				answered++
			}
		}
	}
	if answered != honest {
		t.Errorf("%d of %d honest queries were answered", answered, honest)
	}
	h.bounded6()
	if grown := int64(heapSize() - heap); grown > 2<<20 {
		t.Errorf("%d octets more than half-way", grown)
	}
}

// evil6 makes one frame of a storm.
func evil6(r *rand.Rand) []byte {
	src := addr6("2001:db8:1::").WithID(r.Uint64())
	if r.IntN(4) == 0 {
		src = linkRouter.WithID(uint64(1000 + r.IntN(5000)))
	}
	junk := make([]byte, r.IntN(600))
	for i := range junk {
		junk[i] = byte(r.Uint32())
	}
	message := func(typ uint8, dst wire.Addr, n *wire.Neighbour) []byte {
		m := make(wire.ICMPv6, n.Len())
		n.Put(m, typ, src, dst)
		return ipv6(src, dst, wire.IPFields{Protocol: wire.ProtoICMPv6, TTL: 255}, m)
	}
	random := wire.MAC(r.Uint64() &^ (0xffff<<48 | 1<<40))
	switch r.IntN(6) {
	case 0:
		b := append(make([]byte, ipv6Room), junk...)
		b[20], b[21] = byte(r.Uint32()), byte(r.Uint32())
		repair6(b, byte(r.Uint32())|1)
		if chain, _ := wire.Walk(b[wire.EthernetLen:]); chain.Next == wire.ProtoICMPv6 && len(b) > 14+chain.At && b[14+chain.At] == wire.ICMPv6RouterAdvert {
			b[14+chain.At] = wire.ICMPv6Echo // a hostile router is another story
		}
		return b
	case 1:
		return message(wire.ICMPv6NeighbourAsk, globalOur.SolicitedNode(), &wire.Neighbour{Target: globalOur, Link: random, HasLink: true})
	case 2:
		return message(wire.ICMPv6NeighbourAdvert, wire.AllNodes6, &wire.Neighbour{Target: src, Link: random, HasLink: true, Override: true})
	case 3:
		return fragment6(src, uint32(r.IntN(50)), wire.ProtoUDP, make([]byte, 4000), r.IntN(300)*8, 2400+r.IntN(100)*8)
	case 4:
		return ipv6(src, globalOur, wire.IPFields{Protocol: wire.ProtoICMPv6}, echo6(src, globalOur, string(junk)))
	}
	return datagram6(at(src, uint16(r.IntN(100))), at(globalOur, uint16(r.IntN(100))), string(junk))
}
