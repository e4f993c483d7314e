//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"strings"
	"testing"
	"time"
)

// chained gives the stack a datagram whose headers after IPv6's are in b, the first of the type next.
func (h *host) chained(next uint8, b []byte) {
	h.frame(ipv6(globalPeer, globalOur, wire.IPFields{Protocol: next}, b))
}

func echo6(src, dst wire.Addr, text string) []byte {
	m := append(make([]byte, 8), text...)
	wire.ICMPv6(m).Put(wire.ICMPv6Echo, 0, 0x12340001, src, dst)
	return m
}

// RFC 4443 section 4.2.
func TestEcho6(t *testing.T) {
	h := newFriend6(t)
	h.chained(wire.ProtoICMPv6, echo6(globalPeer, globalOur, "hello"))
	p, m := h.wantICMP6(wire.ICMPv6EchoReply, 0)
	if p.Src() != globalOur || p.Dst() != globalPeer || p.HopLimit() != 64 || m.Rest() != 0x12340001 || string(m.Body()) != "hello" {
		t.Errorf("% x", []byte(p))
	}
	bad := echo6(globalPeer, globalOur, "hello")
	bad[9]++
	h.chained(wire.ProtoICMPv6, bad)
	h.wantNothing()
	h.frame(ipv6(globalPeer, wire.AllNodes6, wire.IPFields{Protocol: wire.ProtoICMPv6}, echo6(globalPeer, wire.AllNodes6, "all")))
	h.wantNothing()
}

// Extension headers: RFC 8200 section 4, RFC 8504 section 5.3, RFC 4443 section 3.4.
func TestExtensionHeaders(t *testing.T) {
	echo := echo6(globalPeer, globalOur, "x")
	const (
		hop, routing, dest, icmpv6 = wire.ProtoHopByHop, wire.ProtoRouting, wire.ProtoDestOptions, wire.ProtoICMPv6
		ok                         = -1
		silent                     = -2
	)
	pad := []byte{1, 4, 0, 0, 0, 0}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	many := []byte{}
	for range 7 {
		many = append(many, dest, 0, 1, 4, 0, 0, 0, 0)
	}
	for _, c := range []struct {
		name    string
		next    uint8
		b       []byte
		code    int // of a parameter problem
		pointer uint32
	}{
		{"options to pass over", hop, join([]byte{icmpv6, 0}, pad, echo), ok, 0},
		{"all kinds, in any order", hop, join([]byte{dest, 0}, pad, []byte{routing, 0}, pad, []byte{dest, 0, 9, 0, 0, 0, 0, 0, icmpv6, 0}, pad, echo), ok, 0},
		{"a router alert", hop, join([]byte{icmpv6, 0, 5, 2, 0, 0, 1, 0}, echo), ok, 0},
		{"hop-by-hop options not at first: section 4.3", dest, join([]byte{hop, 0}, pad, []byte{icmpv6, 0}, pad, echo), 1, 40},
		{"an unknown option 00", dest, join([]byte{icmpv6, 0, 0x1e, 4, 0, 0, 0, 0}, echo), ok, 0},
		{"an unknown option 01", dest, join([]byte{icmpv6, 0, 0x5e, 4, 0, 0, 0, 0}, echo), silent, 0},
		{"an unknown option 10", dest, join([]byte{icmpv6, 0, 0x9e, 4, 0, 0, 0, 0}, echo), 2, 42},
		{"an unknown option 11", dest, join([]byte{icmpv6, 0, 1, 0, 0xde, 2, 0, 0}, echo), 2, 44},
		{"an option longer than its header", dest, join([]byte{icmpv6, 0, 0x1e, 5, 0, 0, 0, 0}, echo), silent, 0},
		{"padding of 8 octets", dest, join([]byte{icmpv6, 1, 1, 6, 0, 0, 0, 0, 0, 0, 0x1e, 4, 0, 0, 0, 0}, echo), silent, 0},
		{"nine options", dest, join([]byte{icmpv6, 2}, bytes.Repeat([]byte{0x1e, 0}, 9), []byte{1, 2, 0, 0}, echo), silent, 0},
		{"segments left: section 4.4", routing, join([]byte{icmpv6, 0, 0, 1, 0, 0, 0, 0}, echo), 0, 42},
		{"segments left, of segment routing", routing, join([]byte{icmpv6, 0, 4, 1, 0, 0, 0, 0}, echo), 0, 42},
		{"no segments left", routing, join([]byte{icmpv6, 0, 0, 0, 0, 0, 0, 0}, echo), ok, 0},
		{"a header beyond the end", dest, []byte{icmpv6, 9, 1, 4, 0, 0, 0, 0}, silent, 0},
		{"half a header", dest, []byte{icmpv6, 0, 1}, silent, 0},
		{"an unknown header", 253, echo, 1, 6},
		{"an unknown header behind another", dest, join([]byte{253, 0}, pad, echo), 1, 40},
		{"ICMP for IPv4", wire.ProtoICMP, echo, 1, 6},
		{"encrypted", 50, echo, 1, 6},
		{"nothing: section 4.7", wire.ProtoNoNext, echo, silent, 0},
		{"eight headers", dest, join(many, []byte{icmpv6, 0}, pad, echo), ok, 0},
		{"nine headers", dest, join(many, []byte{dest, 0}, pad, []byte{icmpv6, 0}, pad, echo), silent, 0},
	} {
		h := newFriend6(t)
		h.chained(c.next, c.b)
		switch {
		case c.code == ok:
			if len(h.sent) == 0 {
				t.Errorf("%s: not answered", c.name)
				continue
			}
			h.wantICMP6(wire.ICMPv6EchoReply, 0)
		case c.code == silent:
			if len(h.sent) != 0 {
				t.Errorf("%s: answered: % x", c.name, h.sent[0])
				h.sent = nil
			}
		default:
			if len(h.sent) == 0 {
				t.Errorf("%s: the sender is not told", c.name)
				continue
			}
			if _, m := h.wantICMP6(wire.ICMPv6Parameter, uint8(c.code)); m.Rest() != c.pointer || !bytes.Equal(m.Body()[40:], c.b) {
				t.Errorf("%s: points at %d, want %d: % x", c.name, m.Rest(), c.pointer, m.Body())
			}
		}
		h.wantNothing()
	}
}

// Who may send what to whom: RFC 4291 sections 2.5.2, 2.5.3 and 2.7, RFC 4443 section 2.4 (e).
func TestAddresses6(t *testing.T) {
	h := newFriend6(t)
	s := h.bind6(53)
	for name, c := range map[string]struct{ src, dst wire.Addr }{
		"from loopback":               {wire.Loopback6, globalOur},
		"to loopback":                 {globalPeer, wire.Loopback6},
		"from nobody":                 {wire.Any6, globalOur},
		"from a group":                {wire.AllNodes6, globalOur},
		"from ourselves":              {globalOur, globalOur},
		"to another host":             {globalPeer, globalPeer},
		"to a group that is not ours": {globalPeer, addr6("ff02::123")},
		"from a mapped address":       {peerAddr, globalOur},
		"to a mapped address":         {globalPeer, ourAddr},
	} {
		b := ipv6(c.src, c.dst, wire.IPFields{Protocol: wire.ProtoUDP}, segment(at(c.src, 1), at(c.dst, 53), "x"))
		src, dst := c.src.As16(), c.dst.As16()
		copy(b[22:], src[:])
		copy(b[38:], dst[:])
		h.frame(b)
		if _, _, err := s.Recv(make([]byte, 9), false); err != inet.EAGAIN {
			t.Errorf("%s: received", name)
		}
	}
	b := datagram6(at(globalPeer, 1), at(globalOur, 53), "x")
	wire.Ethernet(b).Put(wire.BroadcastMAC, peerMAC, wire.TypeIPv6)
	h.frame(b)
	if _, _, err := s.Recv(make([]byte, 9), false); err != inet.EAGAIN {
		t.Error("to all stations: received")
	}
	h.wantNothing()
}

// RFC 4443 section 3.1, and as Linux has it: a port without a socket.
func TestUnreachable6(t *testing.T) {
	h := newFriend6(t)
	h.frame(datagram6(at(globalPeer, 1), at(globalOur, 99), strings.Repeat("x", 1400)))
	p, m := h.wantICMP6(wire.ICMPv6Unreachable, wire.CodePort6)
	if len(p) != wire.IPv6MinMTU || wire.IPv6(m.Body()).Src() != globalPeer {
		t.Errorf("RFC 4443 section 2.4 (c): %d octets", len(p))
	}
	// RFC 4443 section 2.4 (f): not without end.
	for range 100 {
		h.frame(datagram6(at(globalPeer, 1), at(globalOur, 99), "x"))
	}
	if n := len(h.sent); n > 15 {
		t.Errorf("%d errors at once", n)
	}
	h.sent = nil
	h.pass(10 * sec)
	// Section 2.4 (e): none about an error.
	h.chained(wire.ProtoDestOptions, append([]byte{wire.ProtoICMPv6, 0, 0x9e, 4, 0, 0, 0, 0}, make([]byte, 60)...))
	h.wantICMP6(wire.ICMPv6Parameter, 2) // it was not read as far as that
	h.frame(ipv6(globalPeer, wire.AllNodes6, wire.IPFields{Protocol: wire.ProtoUDP}, segment(at(globalPeer, 1), at(wire.AllNodes6, 99), "x")))
	h.wantNothing()

	s := h.bind6(1000)
	must(t, s.Connect(at(globalPeer, 7)))
	s.Send([]byte("x"), udp.Control{})
	sent := h.wantUDP6(at(globalOur, 1000), at(globalPeer, 7), "x")
	h.icmp6(globalPeer, globalOur, 64, wire.ICMPv6Unreachable, append([]byte{0, wire.CodePort6, 0, 0, 0, 0, 0, 0}, sent...))
	fails(t, s.TakeError(), inet.ECONNREFUSED)
}

// fragment6 builds a frame with a part of a payload.
func fragment6(src wire.Addr, id uint32, next uint8, whole []byte, from, to int, before ...byte) []byte {
	f := make(wire.Fragment6, wire.Fragment6Len+to-from)
	f.Put(next, from, to < len(whole), id)
	copy(f.Payload(), whole[from:to])
	first := uint8(wire.ProtoFragment)
	if len(before) > 0 {
		first = wire.ProtoDestOptions
	}
	return ipv6(src, globalOur, wire.IPFields{Protocol: first}, append(before, f...))
}

// RFC 8200 section 4.5.
func TestReassembly6(t *testing.T) {
	h := newFriend6(t)
	s := h.bind6(53)
	text := strings.Repeat("0123456789", 200)
	u := segment(at(globalPeer, 1), at(globalOur, 53), text)
	h.frame(fragment6(globalPeer, 1, wire.ProtoUDP, u, 1400, len(u)))
	h.frame(fragment6(globalPeer, 2, wire.ProtoUDP, u, 0, 1400)) // another's
	h.frame(fragment6(globalPeer, 1, wire.ProtoUDP, u, 0, 1400, wire.ProtoFragment, 0, 1, 4, 0, 0, 0, 0))
	recv(t, s, text, at(globalPeer, 1))
	// Destination options behind the fragment header: section 4.1, note 4.
	o := append([]byte{wire.ProtoUDP, 0, 1, 4, 0, 0, 0, 0}, u...)
	h.frame(fragment6(globalPeer, 3, wire.ProtoDestOptions, o, 0, 1400))
	h.frame(fragment6(globalPeer, 3, wire.ProtoDestOptions, o, 1400, len(o)))
	recv(t, s, text, at(globalPeer, 1))
	// RFC 6946: alone it is a whole, whatever waits.
	small := segment(at(globalPeer, 1), at(globalOur, 53), "atomic")
	h.frame(fragment6(globalPeer, 2, wire.ProtoUDP, small, 0, len(small)))
	recv(t, s, "atomic", at(globalPeer, 1))
	// RFC 5722: overlapping ones are dropped, all of them.
	h.frame(fragment6(globalPeer, 4, wire.ProtoUDP, u, 0, 1400))
	h.frame(fragment6(globalPeer, 4, wire.ProtoUDP, u, 1392, len(u)))
	h.frame(fragment6(globalPeer, 4, wire.ProtoUDP, u, 1400, len(u)))
	if _, _, err := s.Recv(make([]byte, 9), false); err != inet.EAGAIN {
		t.Error("overlapping fragments make a datagram")
	}
	h.wantNothing()
	// RFC 7112 section 5: the first one has all headers.
	h.frame(fragment6(globalPeer, 5, wire.ProtoDestOptions, o, 0, 8))
	h.frame(fragment6(globalPeer, 5, wire.ProtoDestOptions, o, 8, len(o)))
	if _, _, err := s.Recv(make([]byte, 9), false); err != inet.EAGAIN {
		t.Error("headers may be hidden")
	}
	// Section 4.5: lengths.
	h.frame(fragment6(globalPeer, 6, wire.ProtoUDP, u, 0, 1399))
	if _, m := h.wantICMP6(wire.ICMPv6Parameter, 0); m.Rest() != 4 {
		t.Errorf("points at %d", m.Rest())
	}
	far := make(wire.Fragment6, wire.Fragment6Len+16)
	far.Put(wire.ProtoUDP, 65528, false, 7)
	h.chained(wire.ProtoFragment, far)
	if _, m := h.wantICMP6(wire.ICMPv6Parameter, 0); m.Rest() != 42 {
		t.Errorf("points at %d", m.Rest())
	}
	// RFC 4443 section 3.3: what never became whole.
	h.pass(61 * sec)
	h.drop6(wire.ICMPv6NeighbourAsk)
	_, m := h.wantICMP6(wire.ICMPv6TimeExceeded, wire.CodeReassembly)
	if wire.IPv6(m.Body()).Src() != globalPeer {
		t.Errorf("% x", []byte(m))
	}
}

// RFC 6980 section 5: neighbour discovery does not come in fragments, which could hide it from those who guard a link.
func TestDiscoveryInFragments(t *testing.T) {
	h := newFriend6(t)
	n := wire.Neighbour{Target: globalOur, Link: peerMAC, HasLink: true}
	ask := make(wire.ICMPv6, n.Len())
	n.Put(ask, wire.ICMPv6NeighbourAsk, globalPeer, globalOur)
	whole := append(make(wire.Fragment6, wire.Fragment6Len), ask...)
	whole.Put(wire.ProtoICMPv6, 0, false, 9)
	fields := wire.IPFields{Protocol: wire.ProtoFragment, TTL: 255}
	h.frame(ipv6(globalPeer, globalOur, fields, whole))
	h.frame(ipv6(globalPeer, globalOur, fields, whole[:wire.Fragment6Len])) // nothing in it
	h.wantNothing()
	fields.Protocol = wire.ProtoICMPv6
	h.frame(ipv6(globalPeer, globalOur, fields, ask))
	h.wantNA(globalOur)
}

// RFC 8200 section 5: what is longer than a frame goes in fragments.
func TestFragments6(t *testing.T) {
	h := newFriend6(t)
	s := h.bind6(1000)
	text := strings.Repeat("0123456789", 400)
	n, err := s.SendTo([]byte(text), at(globalPeer, 7), udp.Control{})
	if err != nil || n != len(text) {
		t.Fatal(n, err)
	}
	var whole []byte
	var id uint32
	for k := 0; ; k++ {
		p := h.want6()
		f := wire.Fragment6(p.Payload())
		if p.Next() != wire.ProtoFragment || f.Next() != wire.ProtoUDP || f.Offset() != len(whole) || len(p) > 1500 || k > 0 && f.ID() != id {
			t.Fatalf("% x", []byte(p)[:60])
		}
		id = f.ID()
		if whole = append(whole, f.Payload()...); !f.More() {
			break
		}
	}
	u, ok := wire.ParseUDP(whole)
	if !ok || !u.ChecksumOK(globalOur, globalPeer) || string(u.Payload()) != text {
		t.Error("they do not make what was sent")
	}
	must(t, s.Configure(func(o *udp.Options) { o.DontFragment6 = true }))
	_, err = s.SendTo([]byte(text), at(globalPeer, 7), udp.Control{})
	fails(t, err, inet.EMSGSIZE) // RFC 3542 section 11.2
	_, err = h.bind6(1001).SendTo(make([]byte, 65528), at(globalPeer, 7), udp.Control{})
	fails(t, err, inet.EMSGSIZE)
	_, err = h.bind6(1002).SendTo(make([]byte, 65527), at(globalPeer, 7), udp.Control{})
	must(t, err)
}

// RFC 8201: paths that take less than the link.
func TestPathMTU(t *testing.T) {
	h := newHost6(t)
	room := func(dst wire.Addr) int {
		r, err := h.stack.Route(dst, wire.Any6, 0)
		must(t, err)
		return r.Room
	}
	s := h.bind6(1000)
	s.SendTo(make([]byte, 1400), at(far6, 7), udp.Control{})
	sent := h.want6()
	tooBig := func(from wire.Addr, mtu uint32, quoted []byte) {
		h.icmp6(from, globalOur, 64, wire.ICMPv6TooBig, append(append(make([]byte, 4), be32(mtu)...), quoted...))
	}
	tooBig(far6, 1300, sent[:1200])
	if room(far6) != 1260 || room(globalPeer) != 1460 {
		t.Errorf("room for %d, and %d elsewhere", room(far6), room(globalPeer))
	}
	tooBig(far6, 1400, sent[:1200])
	if room(far6) != 1260 {
		t.Error("section 4: it has been made larger")
	}
	tooBig(far6, 1000, sent[:1200])
	if room(far6) != 1260 {
		t.Error("section 4: less than every path takes")
	}
	alien := bytes.Clone(sent)
	copy(alien[8:], make([]byte, 16))
	tooBig(far6, 1290, alien[:1200])
	if room(far6) != 1260 {
		t.Error("RFC 4443 section 2.4 (d): nothing of ours")
	}
	s.SendTo(make([]byte, 1400), at(far6, 7), udp.Control{})
	if p := h.want6(); p.Next() != wire.ProtoFragment || len(p) > 1300 {
		t.Errorf("%d octets are sent", len(p))
	}
	h.want6()
	h.pass(11 * 60 * sec)
	if room(far6) != 1460 {
		t.Error("section 5.3: for ever")
	}
	// Nobody can make us remember without end.
	h.sent = nil
	for k := range 2000 {
		q := bytes.Clone(sent[:1200])
		q[30], q[31] = byte(k>>8), byte(k)
		tooBig(far6, 1300, q)
		h.pass(sec / 100)
	}
	if n := len(h.stack.view.Load().paths); n > maxPaths {
		t.Errorf("%d paths", n)
	}
}

// RFC 6724 section 5.
func TestSourceSelection(t *testing.T) {
	h := newBare6(t, IPv6Options{})
	for _, a := range []string{"2001:db8:1::1/64", "2001:db8:2::1/64", "fd00::1/64", "fec0::1/64", "2002:c000:204::1/48"} {
		must(t, h.iface.AddAddr(prefix6(a)))
	}
	must(t, h.stack.AddRoute(RouteEntry{Gateway: linkRouter, Iface: 2}))
	h.pass(5 * sec)
	for dst, want := range map[string]string{
		"2001:db8:1::9":     "2001:db8:1::1",    // rule 8
		"2001:db8:2::9":     "2001:db8:2::1",    // rule 8
		"2001:db8:2::1":     "2001:db8:2::1",    // rule 1
		"fd00::9":           "fd00::1",          // rule 6
		"fec0::9":           "fec0::1",          // rule 2
		"fe80::9":           linkOur.String(),   // rule 2
		"2002:c633:6401::1": "2002:c000:204::1", // rule 6
		"ff02::1":           linkOur.String(),
		"ff05::1":           "fec0::1", // rule 2
	} {
		r, err := h.stack.Route(addr6(dst), wire.Any6, 2)
		if err != nil || r.Src != addr6(want) {
			t.Errorf("to %s from %v, want %s: %v", dst, r.Src, want, err)
		}
	}
	h.ra(advert{prefix: "2001:db8:1::/64"})
	if _, err := h.stack.Route(linkPeer, wire.Any6, 0); err != inet.EINVAL {
		t.Errorf("RFC 4007 section 6: a link-local address without a link: %v", err)
	}
	if _, err := h.stack.Route(far6, ourAddr, 0); err != inet.EAFNOSUPPORT {
		t.Errorf("from the other family: %v", err)
	}
}

// RFC 6724 section 5, rule 5.5: what goes by a router comes from a prefix that this router advertises, though another matches longer.
func TestSourceOfNextHop(t *testing.T) {
	h := newBare6(t, IPv6Options{Auto: true, Temporary: true})
	second := addr6("fe80::2:2")
	const preferred = 8 // RFC 4191 section 2.2
	h.ra(advert{prefix: "2001:db8:1::/64"})
	h.ra(advert{prefix: "2001:db8:2::/64", from: second, flags: preferred})
	h.pass(5 * sec)
	check := func(next wire.Addr, from string) {
		t.Helper()
		r, err := h.stack.Route(addr6("2001:db8:1:1::9"), wire.Any6, 0)
		if err != nil || r.Next != next || !prefix6(from).Contains(r.Src) {
			t.Errorf("by %v from %v, want by %v from %s: %v", r.Next, r.Src, next, from, err)
		}
	}
	check(second, "2001:db8:2::/64")
	h.ra(advert{from: second, lifetime: noLifetime})
	check(linkRouter, "2001:db8:1::/64")
	for n := range 8 { // one that advertises the other's prefix too may be used with either
		h.ra(advert{prefix: "2001:db8:1::/64", from: second.WithID(uint64(n) + 7), flags: preferred, lifetime: noLifetime})
	}
	h.ra(advert{prefix: "2001:db8:1::/64", from: second, flags: preferred})
	check(second, "2001:db8:1::/64")
}

// A UDP socket and its peers: RFC 3493 section 3.7, link-local addresses with their link (RFC 4007 section 6).
func TestUDP6(t *testing.T) {
	h := newFriend6(t)
	s := h.bind6(53)
	h.frame(datagram6(at(globalPeer, 1), at(globalOur, 53), "x"))
	recv(t, s, "x", at(globalPeer, 1))
	zero := datagram6(at(globalPeer, 1), at(globalOur, 53), "x")
	zero[ipv6Room+6], zero[ipv6Room+7] = 0, 0
	h.frame(zero) // RFC 8200 section 8.1: without a checksum
	wrong := datagram6(at(globalPeer, 1), at(globalOur, 53), "x")
	wrong[ipv6Room+7]++
	h.frame(wrong)
	if _, _, err := s.Recv(make([]byte, 9), false); err != inet.EAGAIN {
		t.Error("a wrong checksum is taken")
	}
	h.meet6(linkPeer, peerMAC)
	h.frame(datagram6(at(linkPeer, 1), at(linkOur, 53), "link"))
	from := recv(t, s, "link", wire.AddrPort{Addr: linkPeer, Zone: 2, Port: 1})
	s.SendTo([]byte("back"), from.From, udp.Control{})
	h.wantUDP6(at(linkOur, 53), at(linkPeer, 1), "back")
	_, err := s.SendTo([]byte("x"), at(linkPeer, 1), udp.Control{})
	fails(t, err, inet.EINVAL)

	c := h.udp.NewSocket(true)
	must(t, c.Connect(wire.On(linkPeer, 7, 2)))
	if got := c.Local(); got.Addr != linkOur || got.Zone != 2 {
		t.Errorf("local %+v", got)
	}
	h.frame(datagram6(at(linkPeer, 7), at(linkOur, c.Local().Port), "yes"))
	recv(t, c, "yes", wire.AddrPort{Addr: linkPeer, Zone: 2, Port: 7})
	b := h.udp.NewSocket(true)
	fails(t, b.Bind(at(linkOur, 99)), inet.EINVAL)
	must(t, b.Bind(wire.On(linkOur, 99, 2)))
	must(t, h.udp.Handle(1053, func(dst, q []byte, from wire.AddrPort) []byte { return append(append(dst, q...), "!"...) }))
	h.frame(datagram6(at(globalPeer, 1), at(globalOur, 1053), "ask"))
	h.wantUDP6(at(globalOur, 1053), at(globalPeer, 1), "ask!")
	must(t, s.Configure(func(o *udp.Options) { o.Hops, o.Class = 9, 0x28 }))
	s.SendTo([]byte("x"), at(globalPeer, 1), udp.Control{})
	if p := h.wantUDP6(at(globalOur, 53), at(globalPeer, 1), "x"); p.HopLimit() != 9 || p.Class() != 0x28 || p.Flow() == 0 {
		t.Errorf("hop limit %d, class %x, flow %x", p.HopLimit(), p.Class(), p.Flow())
	}
}

// To ourselves, by every address.
func TestLoopback6(t *testing.T) {
	h := newFriend6(t)
	s, c := h.bind6(53), h.bind6(54)
	for _, a := range []wire.Addr{wire.Loopback6, globalOur, wire.Any6, linkOur} {
		if _, err := c.SendTo([]byte("x"), wire.On(a, 53, 2), udp.Control{}); err != nil {
			t.Fatal(err)
		}
		d := recvSoon(t, s)
		if want := wire.On(a, 54, 2); a != wire.Any6 && d.From != want {
			t.Errorf("from %+v, want %+v", d.From, want)
		}
	}
	h.wantNothing()
}

// recvSoon waits for what comes over loopback, whose goroutine is the host's.
func recvSoon(t *testing.T, s *udp.Socket) udp.Datagram {
	t.Helper()
	for range 1000 {
		if _, d, err := s.Recv(make([]byte, 9), false); err == nil {
			return d
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("nothing comes")
	return udp.Datagram{}
}

// A card finishes checksums of IPv6 too.
func TestOffload6(t *testing.T) {
	h := newBare(t, link.ChannelConfig{Offloads: both})
	must(t, h.iface.StartIPv6(IPv6Options{Secret: secret6, Auto: true}))
	h.ra(advert{prefix: "2001:db8:1::/64"})
	h.pass(5 * sec)
	h.sent = nil
	h.meet6(globalPeer, peerMAC)
	s := h.bind6(53)
	s.SendTo([]byte("x"), at(globalPeer, 1), udp.Control{})
	h.wantUDP6(at(globalOur, 53), at(globalPeer, 1), "x")
	f := h.far.Alloc(100)
	b := datagram6(at(globalPeer, 1), at(globalOur, 53), "partial")
	b[ipv6Room+7]++ // the card says that it is right
	f.Bytes = f.Bytes[:copy(f.Bytes, b)]
	f.Checksum = device.ChecksumValid
	h.far.Transmit(f)
	h.card.Deliver(h.now)
	recv(t, s, "partial", at(globalPeer, 1))
}
