//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"strings"
	"testing"
)

// What is sent to a group that this host has joined comes back (RFC 1112 section 6.1), whole, also if it goes out in fragments.
func TestLongLoops(t *testing.T) {
	long := strings.Repeat("long", 1000)
	h := newFriend(t)
	s, group := h.bind(5353), wire.V4(224, 0, 0, 251)
	must(t, s.Join(group, 0))
	_, err := s.SendTo([]byte(long), at(group, 5353), udp.Control{})
	must(t, err)
	h.pass(0)
	recv(t, s, long, at(ourAddr, 5353))
	empty(t, s)

	h6 := newFriend6(t)
	s6, group6 := h6.bind6(5353), addr6("ff02::fb")
	must(t, s6.Join(group6, 0))
	_, err = s6.SendTo([]byte(long), at(group6, 5353), udp.Control{})
	must(t, err)
	h6.pass(0)
	recv(t, s6, long, wire.AddrPort{Addr: linkOur, Zone: 2, Port: 5353})
	empty(t, s6)
}

// What is broadcast comes back, as on Linux, to those who would have it from others.
func TestBroadcastLoops(t *testing.T) {
	h := newFriend(t)
	s, other := h.bind(9), h.bind(10)
	must(t, s.Configure(func(o *udp.Options) { o.Broadcast, o.NoLoop = true, true })) // which is about groups alone
	for _, dst := range []wire.Addr{wire.Broadcast4, wire.V4(10, 0, 0, 255)} {
		_, err := s.SendTo([]byte("all"), at(dst, 9), udp.Control{})
		must(t, err)
		h.wantUDP(at(ourAddr, 9), at(dst, 9), "all")
		h.pass(0)
		if d := recv(t, s, "all", at(ourAddr, 9)); d.Dst != dst {
			t.Errorf("sent to %v, want %v", d.Dst, dst)
		}
		empty(t, s)
		empty(t, other)
	}
	h.wantNothing() // nobody was at fault
}
