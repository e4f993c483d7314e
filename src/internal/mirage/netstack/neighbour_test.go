//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"slices"
	"testing"
)

// What a host says when IPv6 begins: RFC 4862 section 5.3 and 5.4, RFC 3810 section 6.1, RFC 4861 section 6.3.7.
func TestIPv6Begins(t *testing.T) {
	h := newBare6(t, IPv6Options{Auto: true})
	p, m := h.wantICMP6(wire.ICMPv6MLDv2Report, 0)
	if p.HopLimit() != 1 || p.Next() != wire.ProtoHopByHop || p.Src() != wire.Any6 || p.Dst() != wire.AllMLDv2Routers {
		t.Errorf("RFC 3810 section 5: % x", []byte(p))
	}
	if g := wire.AddrFrom16([16]byte(m[12:28])); m[8] != wire.GroupToExclude || g != linkOur.SolicitedNode() {
		t.Errorf("joins %v by %d", g, m[8])
	}
	h.pass(0)
	p, n := h.wantNS(linkOur)
	if p.Src() != wire.Any6 || n.HasLink || n.Nonce == 0 {
		t.Errorf("RFC 4862 section 5.4.2, RFC 7527 section 4.1: from %v: %+v", p.Src(), n)
	}
	p, m = h.wantICMP6(wire.ICMPv6RouterSolicit, 0)
	if p.Src() != wire.Any6 || p.Dst() != wire.AllRouters6 || p.HopLimit() != 255 || len(m) != 8 {
		t.Errorf("RFC 4861 section 4.1: % x", []byte(p))
	}
	// RFC 7559 section 2: about 4 s, then twice as long each time, never given up.
	h.pass(3 * sec)
	h.drop6(wire.ICMPv6MLDv2Report)
	h.wantNothing()
	h.pass(2 * sec)
	p, m = h.wantICMP6(wire.ICMPv6RouterSolicit, 0)
	if p.Src() != linkOur || len(m) != 16 || wire.MACFrom([6]byte(m[10:])) != ourMAC {
		t.Errorf("RFC 4861 section 4.1: the source link-layer address is missing: % x", []byte(p))
	}
	h.pass(10 * sec)
	h.wantICMP6(wire.ICMPv6RouterSolicit, 0)
	h.wantNothing()
	h.pass(100 * 3600 * sec)
	if n := len(h.sent); n < 80 || n > 130 {
		t.Errorf("%d solicitations in a hundred hours", n)
	}
}

// RFC 4861 section 7.2: an unknown neighbour is asked for three times; what waits is sent when it answers.
func TestNeighbourResolved(t *testing.T) {
	h := newHost6(t)
	s := h.bind6(1000)
	for _, text := range []string{"1", "2", "3", "4", "5"} {
		s.SendTo([]byte(text), at(globalPeer, 7), udp.Control{})
	}
	p, n := h.wantNS(globalPeer)
	if p.Src() != globalOur || !n.HasLink || n.Link != ourMAC {
		t.Errorf("section 7.2.2: from %v: %+v", p.Src(), n)
	}
	h.pass(sec + sec/10)
	h.wantNS(globalPeer)
	h.wantNothing()
	h.na(globalPeer, globalOur, peerMAC, wire.Neighbour{Solicited: true, Override: true})
	for _, text := range []string{"2", "3", "4", "5"} { // section 7.2.2: the latest
		h.wantUDP6(at(globalOur, 1000), at(globalPeer, 7), text)
	}
	s.SendTo([]byte("6"), at(globalPeer, 7), udp.Control{})
	h.wantUDP6(at(globalOur, 1000), at(globalPeer, 7), "6")
}

// RFC 4861 section 7.2.2: who does not answer is unreachable, and a socket that wants to hear such does.
func TestNeighbourSilent(t *testing.T) {
	h := newHost6(t)
	s := h.bind6(1000)
	must(t, s.Configure(func(o *udp.Options) { o.RecvErr6 = true }))
	must(t, s.Connect(at(globalPeer, 7)))
	s.Send([]byte("x"), udp.Control{})
	h.pass(4 * sec)
	for range 3 {
		h.wantNS(globalPeer)
	}
	h.wantNothing()
	fails(t, s.TakeError(), inet.EHOSTUNREACH)
}

// RFC 4861 section 7.3.3: REACHABLE to STALE, and on use DELAY and PROBE.
func TestReachability(t *testing.T) {
	h := newFriend6(t)
	s := h.bind6(1000)
	send := func() {
		t.Helper()
		s.SendTo([]byte("x"), at(globalPeer, 7), udp.Control{})
		h.wantUDP6(at(globalOur, 1000), at(globalPeer, 7), "x")
	}
	h.pass(60 * sec) // more than 1.5 times BaseReachableTime
	h.wantNothing()
	send() // to whom it was
	h.pass(4 * sec)
	h.wantNothing()
	h.pass(sec + sec/2)
	p, _ := h.wantNS(globalPeer)
	if p.Dst() != globalPeer {
		t.Errorf("a probe goes to %v", p.Dst())
	}
	h.na(globalPeer, globalOur, 0, wire.Neighbour{Solicited: true}) // section 7.2.5: without the address
	h.pass(10 * sec)
	send()
	h.wantNothing()
	h.pass(60 * sec)
	send()
	h.pass(20 * sec)
	for range 3 {
		h.wantNS(globalPeer)
	}
	h.wantNothing()
	s.SendTo([]byte("y"), at(globalPeer, 7), udp.Control{})
	if p, _ := h.wantNS(globalPeer); p.Dst() != globalPeer.SolicitedNode() {
		t.Error("what does not answer is still known")
	}
}

// RFC 4861 sections 7.1.1 and 7.1.2: what is not to be believed.
func TestNeighbourInvalid(t *testing.T) {
	h := newHost6(t)
	ask := func(name string, src, dst wire.Addr, hop uint8, m []byte) {
		t.Helper()
		h.icmp6(src, dst, hop, wire.ICMPv6NeighbourAsk, m)
		h.drop6(wire.ICMPv6Parameter)
		if len(h.sent) > 0 {
			t.Errorf("%s: answered", name)
			h.sent = nil
		}
	}
	message := func(target wire.Addr, options ...byte) []byte {
		b := target.As16()
		return append(append(make([]byte, 8), b[:]...), options...)
	}
	group := globalOur.SolicitedNode()
	ask("a router has passed it on", globalPeer, group, 254, message(globalOur))
	ask("too short", globalPeer, group, 255, message(globalOur)[:23])
	ask("a code", globalPeer, group, 255, append([]byte{0, 1, 0, 0}, message(globalOur)[4:]...))
	ask("a group", globalPeer, group, 255, message(wire.AllNodes6))
	ask("an option without length", globalPeer, group, 255, message(globalOur, 1, 0, 2, 0, 0, 0, 0, 9))
	ask("an option too long", globalPeer, group, 255, message(globalOur, 1, 2, 2, 0, 0, 0, 0, 9))
	ask("from nobody to a host", wire.Any6, globalOur, 255, message(globalOur))
	ask("from nobody with an address", wire.Any6, group, 255, message(globalOur, 1, 1, 2, 0, 0, 0, 0, 9))
	ask("not ours", globalPeer, group, 255, message(wire.Addr(globalOur).WithID(7)))
	if h.stack.Counters6().ICMPInErrors.Load() == 0 {
		t.Error("not counted")
	}
	// Section 7.1.1: options that are not known are passed over. The asker is asked for, since it does not say where it is.
	h.icmp6(globalPeer, globalOur, 255, wire.ICMPv6NeighbourAsk, message(globalOur, 99, 1, 0, 0, 0, 0, 0, 0))
	h.wantNS(globalPeer)
}

// RFC 4861 section 7.2.4.
func TestNeighbourAnswers(t *testing.T) {
	h := newHost6(t)
	h.ns(globalPeer, globalOur, peerMAC, 0)
	p, n := h.wantNA(globalOur)
	if p.Src() != globalOur || p.Dst() != globalPeer || !n.Solicited || !n.Override || n.Router {
		t.Errorf("from %v to %v: %+v", p.Src(), p.Dst(), n)
	}
	h.ns(globalPeer, linkOur, peerMAC, 0)
	h.wantNA(linkOur)
	// Someone else wants the address: RFC 4862 section 5.4.3 and RFC 4861 section 7.2.4.
	h.ns(wire.Any6, globalOur, 0, 99)
	p, n = h.wantNA(globalOur)
	if p.Dst() != wire.AllNodes6 || n.Solicited || !n.Override {
		t.Errorf("to %v: %+v", p.Dst(), n)
	}
	// The asker is known now.
	s := h.bind6(1000)
	s.SendTo([]byte("x"), at(globalPeer, 7), udp.Control{})
	h.wantUDP6(at(globalOur, 1000), at(globalPeer, 7), "x")
}

// RFC 4861 section 7.2.5, and what nobody asked for.
func TestNeighbourMoves(t *testing.T) {
	h := newFriend6(t)
	s := h.bind6(1000)
	to := func(mac wire.MAC) {
		t.Helper()
		s.SendTo([]byte("x"), at(globalPeer, 7), udp.Control{})
		if e := h.want(); e.Dst() != mac {
			t.Errorf("sent to %v, want %v", e.Dst(), mac)
		}
	}
	h.na(globalPeer, wire.AllNodes6, evilMAC, wire.Neighbour{}) // without override: it is doubted
	to(peerMAC)
	h.na(globalPeer, wire.AllNodes6, evilMAC, wire.Neighbour{Override: true})
	to(evilMAC)
	h.pass(6 * sec)
	h.wantNS(globalPeer) // and is asked whether it is there
	h.na(addr6("2001:db8:1::99"), wire.AllNodes6, evilMAC, wire.Neighbour{Override: true})
	h.na(globalPeer, wire.AllNodes6, wire.BroadcastMAC, wire.Neighbour{Override: true})
	to(evilMAC)
}

// RFC 4862 section 5.4: an address that is someone else's is not ours; RFC 7217 section 6 has another one made.
func TestDuplicate(t *testing.T) {
	for name, claim := range map[string]func(h *host, a wire.Addr){
		"section 5.4.4: it is defended":  func(h *host, a wire.Addr) { h.na(a, wire.AllNodes6, evilMAC, wire.Neighbour{Override: true}) },
		"section 5.4.3: it is asked for": func(h *host, a wire.Addr) { h.ns(wire.Any6, a, 0, 77) },
		"section 5.4.3: without a nonce": func(h *host, a wire.Addr) { h.ns(wire.Any6, a, 0, 0) },
	} {
		h := newBare6(t, IPv6Options{Auto: true})
		h.ra(advert{prefix: "2001:db8:1::/64"})
		if a := h.addrs6(); len(a) != 1 || a[0].Prefix.Addr != globalOur || !a[0].Optimistic {
			t.Fatalf("%s: %+v", name, a)
		}
		claim(h, globalOur)
		a := h.addrs6()
		if len(a) != 1 || a[0].Prefix.Addr == globalOur {
			t.Errorf("%s: %+v", name, a)
		}
		claim(h, a[0].Prefix.Addr)
		claim(h, h.addrs6()[0].Prefix.Addr)
		if a := h.addrs6(); len(a) != 0 {
			t.Errorf("%s: three times: %+v", name, a) // IDGEN_RETRIES
		}
		claim(h, linkOur)
		h.pass(5 * sec)
		h.drop6(wire.ICMPv6MLDv2Report)
		if r, err := h.stack.Route(linkPeer, wire.Any6, 2); err != nil || r.Src == linkOur {
			t.Errorf("%s: link-local: %v %v", name, r.Src, err)
		}
	}
}

// RFC 7527 section 4.2: our own question, sent back by the link, is no one else's.
func TestProbeComesBack(t *testing.T) {
	h := newBare6(t, IPv6Options{})
	h.pass(0)
	h.drop6(wire.ICMPv6MLDv2Report)
	_, n := h.wantNS(linkOur)
	h.ns(wire.Any6, linkOur, 0, n.Nonce)
	h.pass(3 * sec)
	if r, err := h.stack.Route(linkPeer, wire.Any6, 2); err != nil || r.Src != linkOur {
		t.Error(r.Src, err)
	}
}

// RFC 4429: an address is used before it is sure, but asks for nobody and overrides nothing.
func TestOptimistic(t *testing.T) {
	h := newBare6(t, IPv6Options{Auto: true})
	h.ra(advert{prefix: "2001:db8:1::/64"})
	h.drop6(wire.ICMPv6MLDv2Report, wire.ICMPv6RouterSolicit, wire.ICMPv6NeighbourAsk)
	h.ns(globalPeer, globalOur, peerMAC, 0)
	if _, n := h.wantNA(globalOur); n.Override || !n.Solicited {
		t.Errorf("section 3.3: %+v", n)
	}
	s := h.bind6(1000)
	s.SendTo([]byte("far"), at(far6, 7), udp.Control{}) // the router is known by its advertisement
	h.wantUDP6(at(globalOur, 1000), at(far6, 7), "far")
	near := addr6("2001:db8:1::77")
	s.SendTo([]byte("near"), at(near, 7), udp.Control{})
	h.far.Deliver(h.now)
	h.drop6(wire.ICMPv6MLDv2Report)
	h.wantNothing() // section 3.2
	h.pass(4 * sec)
	h.drop6(wire.ICMPv6MLDv2Report)
	asked := slices.ContainsFunc(h.sent, func(b []byte) bool {
		n, _ := wire.ParseNeighbour(wire.ICMPv6(b[ipv6Room:]))
		return n.Target == near && wire.IPv6(b[wire.EthernetLen:]).Src() != wire.Any6
	})
	if !asked || h.addrs6()[0].Optimistic {
		t.Errorf("asked %v, %+v", asked, h.addrs6())
	}
}

// bind6 makes a socket of both families at a port.
func (h *host) bind6(port uint16) *udp.Socket {
	h.t.Helper()
	s := h.udp.NewSocket(true)
	if err := s.Bind(at(wire.Any6, port)); err != nil {
		h.t.Fatal(err)
	}
	return s
}
