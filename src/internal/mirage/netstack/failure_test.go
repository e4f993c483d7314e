//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"testing"
)

// RFC 1191 sections 3 and 6: what an ICMP message says that a path takes is believed if we have sent what it quotes, and datagrams
// are then as long, or are sent in fragments.
func TestPathMTU4(t *testing.T) {
	h := newFriend(t)
	s := h.bind(1000)
	room := func() int {
		r, err := h.stack.Route(otherNet, wire.Any4, 0)
		must(t, err)
		return r.Room
	}
	send := func(n int) wire.IPv4 {
		_, err := s.SendTo(make([]byte, n), at(otherNet, 7), udp.Control{})
		must(t, err)
		return h.wantIPv4()
	}
	tooBig := func(mtu uint32, quoted wire.IPv4) {
		m := append(make(wire.ICMP, wire.ICMPLen), quoted[:28]...)
		m.Put(wire.ICMPUnreachable, wire.CodeFragNeeded, mtu)
		h.frame(icmpFrame(peerAddr, ourAddr, m))
	}
	sent := send(1400)
	if !sent.DontFragment() {
		t.Error("section 3: without DF nobody says what the path takes")
	}
	forged := append(wire.IPv4(nil), sent...)
	forged[21]++ // another port
	tooBig(1000, forged)
	if room() != 1480 {
		t.Error("RFC 5927 section 7.2: what nobody sent is believed")
	}
	tooBig(1000, sent)
	if room() != 980 {
		t.Errorf("room for %d", room())
	}
	tooBig(1200, sent)
	if room() != 980 {
		t.Error("it has been made larger")
	}
	if p := send(1400); !p.MoreFragments() || p.DontFragment() || len(p) > 1000 {
		t.Errorf("% x", []byte(p[:20]))
	}
	h.sent = nil
	if p := send(900); !p.DontFragment() {
		t.Error("what fits is sent without DF")
	}
	must(t, s.Configure(func(o *udp.Options) { o.Discover = dgram.DiscoverDo }))
	_, err := s.SendTo(make([]byte, 1400), at(otherNet, 7), udp.Control{})
	fails(t, err, inet.EMSGSIZE)
	for _, d := range []dgram.Discovery{dgram.DiscoverProbe, dgram.DiscoverInterface, dgram.DiscoverOmit} {
		must(t, s.Configure(func(o *udp.Options) { o.Discover = d }))
		if p := send(1400); p.IsFragment() || p.DontFragment() != (d == dgram.DiscoverProbe) {
			t.Errorf("%d: % x", d, []byte(p[:20]))
		}
		_, err := s.SendTo(make([]byte, 1473), at(otherNet, 7), udp.Control{})
		if want := map[bool]error{true: nil, false: inet.EMSGSIZE}[d == dgram.DiscoverOmit]; err != want {
			t.Errorf("%d: %v", d, err)
		}
		h.sent = nil
	}
	h.pass(11 * 60 * sec)
	if room() != 1480 {
		t.Error("section 6.3: for ever")
	}
}

// ip(7), IP_RECVERR: failures are kept in their order, no more than a bound, and the pending error follows the next one.
func TestFailures(t *testing.T) {
	h := newFriend(t)
	s := h.bind(1000)
	must(t, s.Configure(func(o *udp.Options) { o.RecvErr, o.Discover = true, dgram.DiscoverDo }))
	s.SendTo([]byte("question"), at(otherNet, 53), udp.Control{})
	sent := h.wantIPv4()
	h.frame(icmpFrame(peerAddr, ourAddr, quote(wire.ICMPUnreachable, wire.CodeHost, sent)))
	h.frame(icmpFrame(otherNet, ourAddr, quote(wire.ICMPUnreachable, wire.CodePort, sent)))
	s.SendTo(make([]byte, 2000), at(otherNet, 53), udp.Control{}) // the pending error
	if _, err := s.SendTo(make([]byte, 2000), at(otherNet, 53), udp.Control{}); err != inet.EMSGSIZE {
		t.Error(err)
	}
	if r, _, failed, _ := s.Ready(); r || !failed {
		t.Error("readable", r, "failed", failed)
	}
	f, err := s.RecvFailure()
	if err != nil || f.Errno != inet.EHOSTUNREACH || f.Local || f.Type != 3 || f.Code != 1 || f.From.Addr != peerAddr ||
		f.To != at(otherNet, 53) || string(f.Quoted) != "question" {
		t.Errorf("%+v, %v", f, err)
	}
	fails(t, s.TakeError(), inet.ECONNREFUSED)
	if f, err = s.RecvFailure(); err != nil || f.Errno != inet.ECONNREFUSED || f.From.Addr != otherNet {
		t.Errorf("%+v, %v", f, err)
	}
	fails(t, s.TakeError(), nil)
	if f, err = s.RecvFailure(); err != nil || f.Errno != inet.EMSGSIZE || !f.Local || f.Info != 1500 || len(f.Quoted) != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	_, err = s.RecvFailure()
	fails(t, err, inet.EAGAIN)
	for range 1000 {
		h.frame(icmpFrame(peerAddr, ourAddr, quote(wire.ICMPUnreachable, wire.CodeHost, sent)))
	}
	n := 0
	for ; err == nil || n == 0; n++ {
		_, err = s.RecvFailure()
	}
	if n > 100 {
		t.Errorf("%d failures are kept", n)
	}
	h.frame(icmpFrame(peerAddr, ourAddr, quote(wire.ICMPUnreachable, wire.CodeHost, sent)))
	must(t, s.Configure(func(o *udp.Options) { o.RecvErr = false }))
	_, err = s.RecvFailure()
	fails(t, err, inet.EAGAIN)
}
