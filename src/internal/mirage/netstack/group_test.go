//go:build !mirage

package netstack

import (
	"bytes"
	"encoding/hex"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"strings"
	"sync"
	"testing"
)

// Multicast: RFC 3493 section 5.2, RFC 3810 section 6.
func TestGroups(t *testing.T) {
	h := newFriend6(t)
	s, group := h.bind6(5353), addr6("ff02::fb")
	arrives := func(want bool) {
		t.Helper()
		h.frame(ipv6(linkPeer, group, wire.IPFields{Protocol: wire.ProtoUDP}, segment(at(linkPeer, 5353), at(group, 5353), "q")))
		if _, _, err := s.Recv(make([]byte, 9), false); (err == nil) != want {
			t.Errorf("received: %v", err)
		}
	}
	arrives(false)
	must(t, s.Join(group, 0))
	fails(t, s.Join(group, 2), inet.EADDRINUSE)
	fails(t, s.Join(globalPeer, 2), inet.EINVAL)
	fails(t, s.Join(group, 9), inet.ENODEV)
	_, m := h.wantICMP6(wire.ICMPv6MLDv2Report, 0)
	if m[8] != wire.GroupToExclude || wire.AddrFrom16([16]byte(m[12:28])) != group {
		t.Errorf("% x", []byte(m))
	}
	h.pass(2 * sec)
	h.wantICMP6(wire.ICMPv6MLDv2Report, 0) // section 6.1: twice
	h.wantNothing()
	arrives(true)
	// What is sent comes back: RFC 3493 section 5.2, IPV6_MULTICAST_LOOP.
	s.SendTo([]byte("own"), at(group, 5353), udp.Control{})
	if p := h.wantUDP6(at(linkOur, 5353), at(group, 5353), "own"); p.HopLimit() != 1 {
		t.Errorf("hop limit %d", p.HopLimit())
	}
	h.pass(0)
	recv(t, s, "own", wire.AddrPort{Addr: linkOur, Zone: 2, Port: 5353})
	must(t, s.Configure(func(o *udp.Options) { o.NoLoop6 = true }))
	s.SendTo([]byte("own"), at(group, 5353), udp.Control{})
	h.pass(0)
	if _, _, err := s.Recv(make([]byte, 9), false); err == nil {
		t.Error("it comes back")
	}
	h.want6()
	// A router asks: section 6.2.
	query := make([]byte, 28)
	query[4], query[5] = 0, 200
	h.icmp6(linkRouter, wire.AllNodes6, 1, wire.ICMPv6MLDQuery, query)
	h.pass(sec)
	_, m = h.wantICMP6(wire.ICMPv6MLDv2Report, 0)
	if n := int(m.Rest()); n != 3 || m[8] != wire.GroupIsExclude {
		t.Errorf("%d records: % x", n, []byte(m))
	}
	h.icmp6(linkRouter, wire.AllNodes6, 2, wire.ICMPv6MLDQuery, query)
	h.icmp6(globalPeer, wire.AllNodes6, 1, wire.ICMPv6MLDQuery, query)
	h.pass(sec)
	h.wantNothing()
	// Section 8.2.1: one that speaks version 1.
	h.icmp6(linkRouter, wire.AllNodes6, 1, wire.ICMPv6MLDQuery, query[:24])
	h.pass(sec)
	for range 3 {
		if p, m := h.wantICMP6(wire.ICMPv6MLDv1Report, 0); wire.AddrFrom16([16]byte(m[8:24])) != p.Dst() {
			t.Errorf("% x", []byte(p))
		}
	}
	must(t, s.Leave(group, 0))
	if p, _ := h.wantICMP6(wire.ICMPv6MLDv1Done, 0); p.Dst() != wire.AllRouters6 {
		t.Errorf("to %v", p.Dst())
	}
	fails(t, s.Leave(group, 0), inet.EADDRNOTAVAIL)
	arrives(false)
	must(t, s.Join(wire.AllNodes6, 0))
	h.pass(300 * sec)
	h.drop6(wire.ICMPv6MLDv1Done, wire.ICMPv6NeighbourAsk)
	h.wantNothing() // section 6: of this one nothing is said
	must(t, s.Join(addr6("ff05::9"), 2))
	s.Close()
	h.pass(5 * sec)
	for _, want := range []uint8{wire.GroupToExclude, wire.GroupToInclude, wire.GroupToInclude} {
		if _, m := h.wantICMP6(wire.ICMPv6MLDv2Report, 0); m[8] != want {
			t.Errorf("record %d, want %d", m[8], want)
		}
	}
	// IPv4's: RFC 1112 section 7.
	h4 := newFriend(t)
	s4, g4 := h4.bind(5353), wire.V4(224, 0, 0, 251)
	must(t, s4.Join(g4, 0))
	h4.wantIGMP(wire.AllIGMPv3Routers, "22 00 0000 0000 0001 04 00 0000 e00000fb")
	h4.frame(datagram(at(peerAddr, 5353), at(g4, 5353), "q"))
	recv(t, s4, "q", at(peerAddr, 5353))
	h4.pass(2 * sec)
	h4.wantIGMP(wire.AllIGMPv3Routers, "22 00 0000 0000 0001 04 00 0000 e00000fb")
	ask := func(ttl uint8, text string) {
		m := octets(text)
		sum := wire.Sum(0).Add(m).Checksum()
		m[2], m[3] = byte(sum>>8), byte(sum)
		f := wire.IPFields{Protocol: wire.ProtoIGMP, TTL: ttl}
		h4.frame(ipv4(peerAddr, wire.AllHosts4, f, m))
		h4.pass(11 * sec)
		h4.forgetARP()
	}
	ask(2, "11 64 0000 00000000 02 7d 0000")
	h4.wantNothing()
	ask(1, "11 64 0000 00000000 02 7d 0000") // RFC 3376 section 5.2
	h4.wantIGMP(wire.AllIGMPv3Routers, "22 00 0000 0000 0001 02 00 0000 e00000fb")
	ask(1, "11 64 0000 00000000") // section 7.2.1
	h4.wantIGMP(g4, "16 00 0000 e00000fb")
	must(t, s4.Leave(g4, 0))
	h4.wantIGMP(wire.AllRouters4, "17 00 0000 e00000fb")
}

func octets(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// wantIGMP takes a message: RFC 3376 section 4.
func (h *host) wantIGMP(dst wire.Addr, want string) {
	h.t.Helper()
	e := h.want()
	p, ok := wire.ParseIPv4(e.Payload())
	w := octets(want)
	if ok && len(p.Payload()) == len(w) {
		copy(w[2:4], p.Payload()[2:]) // the checksum is checked by itself
	}
	if !ok || !p.ChecksumOK() || p.Dst() != dst || p.TTL() != 1 || !bytes.Equal(p.Options(), []byte{0x94, 4, 0, 0}) ||
		e.Dst() != wire.MulticastMAC(dst) || !wire.IGMP(p.Payload()).ChecksumOK() || !bytes.Equal(p.Payload(), w) {
		h.t.Fatalf("want %s to %v: % x", want, dst, []byte(e))
	}
}

// Routers are told in the end what is, in whatever order those who join and leave come to tell them.
func TestGroupsTogether(t *testing.T) {
	h := newFriend(t)
	group := wire.V4(224, 0, 0, 251)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 200 {
				if err := h.iface.join(group, wire.AllSources); err != nil {
					t.Error(err)
				}
				if err := h.iface.leave(group, wire.AllSources); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	fails(t, h.iface.leave(group, wire.AllSources), inet.EADDRNOTAVAIL)
	h.pass(10 * sec)
	h.sent = nil
	m := octets("11 64 0000 00000000 02 7d 0000")
	sum := wire.Sum(0).Add(m).Checksum()
	m[2], m[3] = byte(sum>>8), byte(sum)
	h.frame(ipv4(peerAddr, wire.AllHosts4, wire.IPFields{Protocol: wire.ProtoIGMP, TTL: 1}, m))
	h.pass(11 * sec)
	h.forgetARP()
	h.wantNothing()
}
