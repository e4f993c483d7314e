//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"testing"
)

// ssm is a group for what certain sources send: RFC 4607 section 1.
var ssm = wire.V4(232, 1, 2, 3)

// RFC 3376 section 3: what a socket wants of a group is what it gets, whatever others want (3.1), and the interface receives what
// any of them does (3.2).
func TestSources(t *testing.T) {
	h := newFriend(t)
	open := func() *udp.Socket {
		s := h.udp.NewSocket(false)
		must(t, s.Configure(func(o *udp.Options) { o.ReuseAddr = true }))
		must(t, s.Bind(at(ssm, 9)))
		return s
	}
	good, bad := wire.V4(192, 0, 2, 1), wire.V4(192, 0, 2, 66)
	one, none, stranger, joinedOnly := open(), open(), open(), open()
	must(t, joinedOnly.Configure(func(o *udp.Options) { o.JoinedOnly = true }))
	gets := func(s *udp.Socket, src wire.Addr, want bool) {
		t.Helper()
		n, _, err := s.Recv(make([]byte, 10), false)
		if got := err == nil && n == 1; got != want {
			t.Errorf("what %v sends: %v, want %v", src, got, want)
		}
	}
	send := func(src wire.Addr, wanted ...bool) {
		t.Helper()
		h.frame(datagram(at(src, 9), at(ssm, 9), "x"))
		for k, s := range []*udp.Socket{one, none, stranger, joinedOnly} {
			gets(s, src, wanted[k])
		}
	}
	must(t, one.JoinSource(ssm, good, 2))
	dropped := h.stack.Counters().InAddrErrors.Load()
	send(good, true, true, true, false)
	send(bad, false, false, false, false)
	if h.stack.Counters().InAddrErrors.Load() != dropped+1 {
		t.Error("the interface receives what nobody wants")
	}
	must(t, none.Join(ssm, 2))
	must(t, none.BlockSource(ssm, bad, 2))
	send(good, true, true, true, false)
	send(bad, false, false, false, false)
	must(t, joinedOnly.Join(ssm, 2))
	send(bad, false, false, true, true)
	must(t, none.UnblockSource(ssm, bad, 2))
	send(bad, false, true, true, true)
	must(t, one.LeaveSource(ssm, good, 2)) // the last one: it has left
	fails(t, one.Leave(ssm, 2), inet.EADDRNOTAVAIL)
	none.Close()
	joinedOnly.Close()
	if groups, _ := h.iface.Groups(); len(groups) != 0 {
		t.Errorf("still in %v", groups)
	}
}

// RFC 3376 sections 5.1 and 5.2: changes are said as often as the robustness variable says, and questions answered with what is
// asked about.
func TestSourceReports(t *testing.T) {
	h := newFriend(t)
	s, other := h.bind(1), h.bind(2)
	one, two := wire.V4(192, 0, 2, 1), wire.V4(192, 0, 2, 2)
	said := func(records string) {
		t.Helper()
		h.wantIGMP(wire.AllIGMPv3Routers, "22 00 0000 0000 0001 "+records)
	}
	again := func(records string) {
		t.Helper()
		said(records)
		h.pass(2 * sec)
		h.forgetARP()
		said(records)
	}
	must(t, s.JoinSource(ssm, one, 2))
	again("05 00 0001 e8010203 c0000201") // ALLOW
	must(t, s.JoinSource(ssm, two, 2))
	again("05 00 0001 e8010203 c0000202")
	must(t, other.JoinSource(ssm, two, 2)) // the interface's filter stays
	h.wantNothing()
	must(t, s.LeaveSource(ssm, two, 2))
	h.wantNothing()
	must(t, other.LeaveSource(ssm, two, 2))
	again("06 00 0001 e8010203 c0000202") // BLOCK
	must(t, other.Join(ssm, 2))
	again("04 00 0000 e8010203") // TO_EX
	must(t, other.BlockSource(ssm, one, 2))
	h.wantNothing() // the first socket wants it
	must(t, other.BlockSource(ssm, two, 2))
	again("06 00 0001 e8010203 c0000202")

	ask := func(text string) {
		t.Helper()
		m := octets(text)
		sum := wire.Sum(0).Add(m).Checksum()
		m[2], m[3] = byte(sum>>8), byte(sum)
		h.frame(ipv4(peerAddr, wire.AllHosts4, wire.IPFields{Protocol: wire.ProtoIGMP, TTL: 1}, m))
		h.pass(11 * sec)
		h.forgetARP()
	}
	ask("11 64 0000 e8010203 02 7d 0000")
	said("02 00 0001 e8010203 c0000202") // IS_EX
	ask("11 64 0000 e8010203 02 7d 0002 c0000202 c0000203")
	said("01 00 0001 e8010203 c0000203") // IS_IN, of those asked about what is wanted
	ask("11 64 0000 e8010203 02 7d 0001 c0000202")
	h.wantNothing()
	other.Close()
	again("03 00 0001 e8010203 c0000201") // TO_IN
	ask("11 64 0000 00000000 02 7d 0000")
	said("01 00 0001 e8010203 c0000201")
	s.Close()
	again("06 00 0001 e8010203 c0000201")
	h.pass(5 * sec)
	h.forgetARP()
	h.wantNothing()
}

// RFC 3810 is the same of IPv6: a record has a source of 16 octets (section 5.2), and the socket gets it alone (section 4.1).
func TestSources6(t *testing.T) {
	h := newFriend6(t)
	group := addr6("ff3e::4321")
	s := h.bind6(9)
	must(t, s.JoinSource(group, far6, 2))
	_, m := h.wantICMP6(wire.ICMPv6MLDv2Report, 0)
	far := far6.As16()
	if m[8] != wire.GroupAllow || m[11] != 1 || len(m) != 44 || string(m[28:44]) != string(far[:]) {
		t.Errorf("% x", []byte(m))
	}
	for src, want := range map[wire.Addr]bool{far6: true, globalPeer: false} {
		h.frame(datagram6(at(src, 9), at(group, 9), "x"))
		if _, _, err := s.Recv(make([]byte, 10), false); (err == nil) != want {
			t.Errorf("from %v: %v", src, err)
		}
	}
}
