//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"testing"
)

// next returns the neighbour to which what goes to dst is handed, :: if there is no way.
func (h *host) next(dst wire.Addr) wire.Addr {
	r, err := h.stack.Route(dst, wire.Any6, 0)
	if err != nil {
		return wire.Any6
	}
	return r.Next
}

// RFC 4861 section 6.1.2: which advertisements are none.
func TestRouterInvalid(t *testing.T) {
	h := newBare6(t, IPv6Options{Auto: true})
	h.ra(advert{prefix: "2001:db8:1::/64", hop: 254})
	h.ra(advert{prefix: "2001:db8:1::/64", from: globalPeer})
	h.ra(advert{prefix: "2001:db8:1::/64", more: []byte{1, 0}})
	h.ra(advert{prefix: "2001:db8:1::/64", more: []byte{1, 0, 0, 0, 0, 0, 0, 0}})
	h.ra(advert{prefix: "2001:db8:1::/64", from: wire.V4(10, 0, 0, 2)})
	if a := h.addrs6(); len(a) != 0 || h.next(far6) != wire.Any6 {
		t.Errorf("%+v, by %v", a, h.next(far6))
	}
}

// RFC 4861 section 6.3.4 and 6.3.5: routers and prefixes for as long as they say; RFC 5942: a prefix is on the link if it says so.
func TestRouterLifetimes(t *testing.T) {
	h := newHost6(t)
	if h.next(globalPeer) != globalPeer || h.next(far6) != linkRouter {
		t.Errorf("by %v and %v", h.next(globalPeer), h.next(far6))
	}
	h.ra(advert{lifetime: noLifetime})
	if h.next(far6) != wire.Any6 {
		t.Error("section 6.3.4: a lifetime of zero ends it at once")
	}
	h.ra(advert{lifetime: 60, prefix: "2001:db8:2::/64", prefixFlags: 0x40, valid: 100, prefer: 50})
	if h.next(addr6("2001:db8:2::9")) != linkRouter {
		t.Error("RFC 4861 section 6.3.4: a prefix without the flag L is on the link")
	}
	h.pass(59 * sec)
	if h.next(far6) != linkRouter {
		t.Error("gone too early")
	}
	if a := h.addrs6(); len(a) != 2 || !a[1].Deprecated || a[0].Deprecated {
		t.Errorf("RFC 4862 section 5.5.4: %+v", a)
	}
	h.pass(2 * sec)
	if h.next(far6) != wire.Any6 {
		t.Error("not gone")
	}
	h.pass(50 * sec)
	if a := h.addrs6(); len(a) != 1 {
		t.Errorf("%+v", a)
	}
	h.pass(86400 * sec)
	if a := h.addrs6(); len(a) != 0 || h.next(globalPeer) != wire.Any6 {
		t.Errorf("after a day: %+v", a)
	}
	groups, _ := h.iface.Groups()
	if len(groups) != 2 { // all nodes, and the link-local address's
		t.Errorf("groups left over: %v", groups)
	}
}

// RFC 4862 section 5.5.3 (e): nobody ends an address at once.
func TestTwoHours(t *testing.T) {
	h := newHost6(t)
	h.ra(advert{prefix: "2001:db8:1::/64", valid: 1, prefer: 1})
	h.pass(7199 * sec)
	if len(h.addrs6()) != 1 {
		t.Error("gone within two hours")
	}
	h.ra(advert{prefix: "2001:db8:1::/64", valid: 5, prefer: 5}) // longer than what is left
	h.pass(3 * sec)
	if len(h.addrs6()) != 1 {
		t.Error("not prolonged")
	}
	h.pass(3 * sec)
	if len(h.addrs6()) != 0 {
		t.Error("there for ever")
	}
}

// RFC 4862 section 5.5.3 (a) to (d): prefixes that make no address.
func TestNoAddress(t *testing.T) {
	h := newBare6(t, IPv6Options{Auto: true})
	for name, a := range map[string]advert{
		"without the flag A":         {prefix: "2001:db8:1::/64", prefixFlags: 0x80},
		"link-local":                 {prefix: "fe80::/64"},
		"a length that is not 64":    {prefix: "2001:db8:1::/80"},
		"preferred after it is over": {prefix: "2001:db8:1::/64", valid: 10, prefer: 20},
		"a group":                    {prefix: "ff02::/64"},
	} {
		if h.ra(a); len(h.addrs6()) != 0 {
			t.Errorf("%s: %+v", name, h.addrs6())
		}
	}
}

// RFC 8981: temporary addresses are preferred, change every day, and are never the same.
func TestTemporary(t *testing.T) {
	h := newBare6(t, IPv6Options{Auto: true, Temporary: true})
	h.ra(advert{prefix: "2001:db8:1::/64", valid: ^uint32(0), prefer: ^uint32(0), lifetime: 9000})
	h.pass(3 * sec)
	seen := map[wire.Addr]bool{}
	for day := range 10 {
		r, err := h.stack.Route(far6, wire.Any6, 0)
		must(t, err)
		if r.Src == globalOur || seen[r.Src] && day%2 == 1 {
			t.Errorf("day %d: from %v", day, r.Src)
		}
		seen[r.Src] = true
		temporary := 0
		for _, a := range h.addrs6() {
			if a.Temporary {
				temporary++
			}
		}
		if temporary < 1 || temporary > 4 {
			t.Errorf("day %d: %d temporary addresses", day, temporary)
		}
		for range 12 {
			h.ra(advert{prefix: "2001:db8:1::/64", valid: ^uint32(0), prefer: ^uint32(0), lifetime: 9000})
			h.pass(7200 * sec)
			h.sent = nil
		}
	}
	if len(seen) < 8 {
		t.Errorf("%d different ones in ten days", len(seen))
	}
}

// RFC 4861 section 6.3.6 and RFC 4191: routers that answer first, then as they are preferred.
func TestRouterChoice(t *testing.T) {
	h := newHost6(t)
	other := addr6("fe80::99")
	h.ra(advert{from: other, flags: 0x18, noLink: true}) // low
	if h.next(far6) != linkRouter {
		t.Errorf("by %v", h.next(far6))
	}
	h.ra(advert{from: other, flags: 0x08, noLink: true}) // high
	if h.next(far6) != other {
		t.Errorf("RFC 4191 section 3.2: by %v", h.next(far6))
	}
	s := h.bind6(1000)
	s.SendTo([]byte("x"), at(far6, 7), udp.Control{})
	h.pass(4 * sec)
	if h.next(far6) != linkRouter {
		t.Errorf("RFC 4861 section 6.3.6: one that does not answer is kept to: %v", h.next(far6))
	}
	h.na(other, wire.AllNodes6, peerMAC, wire.Neighbour{Router: true})
	h.ra(advert{from: other, flags: 0x08})
	if h.next(far6) != other {
		t.Errorf("it is there again: by %v", h.next(far6))
	}
	// Section 7.2.5: a router that says that it is none.
	s.SendTo([]byte("x"), at(far6, 7), udp.Control{})
	h.na(other, linkOur, peerMAC, wire.Neighbour{Solicited: true, Override: true})
	if h.next(far6) != linkRouter {
		t.Errorf("by %v", h.next(far6))
	}
}

// RFC 4861 sections 8.1 and 8.3.
func TestRedirect(t *testing.T) {
	h := newHost6(t)
	better := addr6("fe80::b")
	redirect := func(from wire.Addr, hop uint8, target, dst wire.Addr) {
		a, b := target.As16(), dst.As16()
		m := append(append(make([]byte, 8), a[:]...), b[:]...)
		mac := peerMAC.As6()
		h.icmp6(from, globalOur, hop, wire.ICMPv6Redirect, append(append(m, wire.NDPTargetLink, 1), mac[:]...))
	}
	for name, f := range map[string]func(){
		"passed on":            func() { redirect(linkRouter, 254, better, far6) },
		"not the first hop":    func() { redirect(linkPeer, 255, better, far6) },
		"not a link address":   func() { redirect(globalPeer, 255, better, far6) },
		"to an address beyond": func() { redirect(linkRouter, 255, globalPeer, far6) },
		"of a group":           func() { redirect(linkRouter, 255, better, wire.AllNodes6) },
		"to ourselves":         func() { redirect(linkRouter, 255, linkOur, far6) },
	} {
		if f(); h.next(far6) != linkRouter {
			t.Errorf("%s: believed", name)
		}
	}
	redirect(linkRouter, 255, better, far6)
	if h.next(far6) != better || h.next(addr6("2001:db8:9::8")) != linkRouter {
		t.Errorf("by %v and %v", h.next(far6), h.next(addr6("2001:db8:9::8")))
	}
	s := h.bind6(1000)
	s.SendTo([]byte("x"), at(far6, 7), udp.Control{})
	if e := h.want(); e.Dst() != peerMAC {
		t.Errorf("sent to %v", e.Dst())
	}
	h.pass(700 * sec)
	if h.next(far6) != linkRouter {
		t.Error("for ever")
	}
	h.sent = nil
	redirect(linkRouter, 255, far6, far6) // it is on the link
	if h.next(far6) != far6 {
		t.Errorf("by %v", h.next(far6))
	}
}

// RFC 4861 section 6.3.4 and RFC 8106.
func TestRouterParameters(t *testing.T) {
	h := newHost6(t)
	dns := func(lifetime uint32, addrs ...string) (b []byte) {
		b = append([]byte{wire.NDPRDNSS, byte(1 + 2*len(addrs)), 0, 0}, be32(lifetime)...)
		for _, a := range addrs {
			ip := addr6(a).As16()
			b = append(b, ip[:]...)
		}
		return b
	}
	domain := append(append([]byte{wire.NDPDNSSL, 3, 0, 0}, be32(600)...), "\x07example\x03net\x00\x00\x00\x00"...)
	h.ra(advert{mtu: 1400, hopLimit: 33, more: append(dns(600, "2001:db8::53", "fe80::1", "::ffff:1.2.3.4"), domain...)})
	if got, want := string(h.stack.ResolvConf()), "search example.net\nnameserver 2001:db8::53\nnameserver fe80::1%eth0\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r, err := h.stack.Route(far6, wire.Any6, 0)
	if must(t, err); r.Room != 1400-wire.IPv6Len {
		t.Errorf("room for %d", r.Room)
	}
	s := h.bind6(1000)
	s.SendTo([]byte("x"), at(far6, 7), udp.Control{})
	if p := h.wantUDP6(at(globalOur, 1000), at(far6, 7), "x"); p.HopLimit() != 33 {
		t.Errorf("hop limit %d", p.HopLimit())
	}
	h.ra(advert{mtu: 1279, more: dns(0, "2001:db8::53")}) // RFC 8106 section 5.1: a lifetime of zero
	if r, _ = h.stack.Route(far6, wire.Any6, 0); r.Room != 1400-wire.IPv6Len {
		t.Errorf("section 6.3.4: an MTU below the least is taken: %d", r.Room)
	}
	if got, want := string(h.stack.ResolvConf()), "search example.net\nnameserver fe80::1%eth0\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	h.pass(601 * sec)
	if got := string(h.stack.ResolvConf()); got != "" {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"\x07exam/le\x03net\x00\x00\x00\x00", "\x3fexample\x03net\x00\x00\x00\x00", "\x07exa\nple\x03net\x00\x00\x00\x00"} {
		h.ra(advert{more: append(append([]byte{wire.NDPDNSSL, 3, 0, 0}, be32(600)...), bad...)})
		if got := string(h.stack.ResolvConf()); got != "" {
			t.Errorf("%q gives %q", bad, got)
		}
	}
}

// A router cannot make a host keep more than it wants.
func TestRouterFlood(t *testing.T) {
	h := newBare6(t, IPv6Options{Auto: true, Temporary: true})
	for k := range 200 {
		h.ra(advert{from: addr6("fe80::").WithID(uint64(100 + k)), prefix: "2001:db8:" + hexDigits(k) + "::/64", noLink: k%2 == 0})
	}
	if n := len(h.addrs6()); n > 24 {
		t.Errorf("%d addresses", n)
	}
	if n := len(h.stack.Routes()); n > 60 {
		t.Errorf("%d routes", n)
	}
	h.pass(100 * sec)
}

func hexDigits(k int) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[k>>8&15], digits[k>>4&15], digits[k&15]})
}
