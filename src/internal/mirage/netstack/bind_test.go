//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"testing"
)

func TestUDPConnect(t *testing.T) {
	h := newFriend(t)
	s := h.udp.NewSocket(false)
	if a := s.Local(); a != at(any4, 0) {
		t.Errorf("local address %v before there is one", a)
	}
	must(t, s.Connect(at(peerAddr, 53)))
	local := s.Local()
	if local.Addr != ourAddr || local.Port < 32768 || local.Port > 60999 {
		t.Errorf("bound to %v", local)
	}
	if r, ok := s.Remote(); !ok || r != at(peerAddr, 53) {
		t.Errorf("peer %v %v", r, ok)
	}
	s.Send([]byte("q"), udp.Control{})
	h.wantUDP(local, at(peerAddr, 53), "q")
	h.frame(datagram(at(peerAddr, 53), local, "a"))
	recv(t, s, "a", at(peerAddr, 53))
	// Nobody else gets through: RFC 1122 section 4.1.3.5, and what RFC 5452 section 9.2 builds on.
	h.frame(datagram(at(peerAddr, 54), local, "forged"))
	h.wantICMP(wire.ICMPUnreachable, wire.CodePort)
	h.frame(datagram(at(otherNet, 53), local, "forged"))
	h.wantICMP(wire.ICMPUnreachable, wire.CodePort)
	empty(t, s)
	// An unconnected socket at the same port gets what the connected one does not.
	must(t, s.Connect(at(otherNet, 7)))
	if s.Local() != local {
		t.Errorf("reconnecting changed the local address to %v", s.Local())
	}
	must(t, s.Disconnect())
	if _, ok := s.Remote(); ok || s.Local() != at(any4, 0) {
		t.Errorf("after Disconnect bound to %v", s.Local())
	}
	must(t, s.Bind(at(any4, 99)))
	must(t, s.Connect(at(peerAddr, 53)))
	must(t, s.Disconnect())
	if s.Local() != at(any4, 99) {
		t.Errorf("after Disconnect bound to %v", s.Local())
	}
}

func TestUDPBind(t *testing.T) {
	h := newHost(t)
	type opt = func(o *udp.Options)
	none, addr, port := opt(func(*udp.Options) {}), opt(func(o *udp.Options) { o.ReuseAddr = true }), opt(func(o *udp.Options) { o.ReusePort = true })
	lo, eth := opt(func(o *udp.Options) { o.Iface = 1 }), opt(func(o *udp.Options) { o.Iface = 2 })
	for _, c := range []struct {
		name string
		v6   [2]bool
		opt  [2]opt
		at   [2]wire.Addr
		ok   bool
	}{
		{"twice the same", [2]bool{}, [2]opt{none, none}, [2]wire.Addr{ourAddr, ourAddr}, false},
		{"two addresses", [2]bool{}, [2]opt{none, none}, [2]wire.Addr{ourAddr, wire.Loopback4}, true},
		{"one and all", [2]bool{}, [2]opt{none, none}, [2]wire.Addr{ourAddr, any4}, false},
		{"all and one", [2]bool{}, [2]opt{none, none}, [2]wire.Addr{any4, ourAddr}, false},
		{"both reuse the address", [2]bool{}, [2]opt{addr, addr}, [2]wire.Addr{any4, any4}, true},
		{"one reuses the address", [2]bool{}, [2]opt{addr, none}, [2]wire.Addr{any4, any4}, false},
		{"both share the port", [2]bool{}, [2]opt{port, port}, [2]wire.Addr{ourAddr, ourAddr}, true},
		{"one shares the port", [2]bool{}, [2]opt{none, port}, [2]wire.Addr{ourAddr, ourAddr}, false},
		{"one each", [2]bool{}, [2]opt{addr, port}, [2]wire.Addr{ourAddr, ourAddr}, false},
		{"two interfaces", [2]bool{}, [2]opt{lo, eth}, [2]wire.Addr{any4, any4}, true},
		{"one interface and all", [2]bool{}, [2]opt{lo, none}, [2]wire.Addr{any4, any4}, false},
		{"both families", [2]bool{true, false}, [2]opt{none, none}, [2]wire.Addr{wire.Any6, any4}, false},
		{"IPv6 only and IPv4", [2]bool{true, false}, [2]opt{func(o *udp.Options) { o.V6Only = true }, none}, [2]wire.Addr{wire.Any6, any4}, true},
		{"IPv4 in an IPv6 socket", [2]bool{true, false}, [2]opt{none, none}, [2]wire.Addr{ourAddr, wire.Loopback4}, true},
	} {
		a, b := h.udp.NewSocket(c.v6[0]), h.udp.NewSocket(c.v6[1])
		must(t, a.Configure(c.opt[0]))
		must(t, b.Configure(c.opt[1]))
		must(t, a.Bind(at(c.at[0], 53)))
		if err := b.Bind(at(c.at[1], 53)); (err == nil) != c.ok || err != nil && err != inet.EADDRINUSE {
			t.Errorf("%s: %v", c.name, err)
		}
		a.Close()
		if c.ok {
			b.Close()
		} else {
			must(t, b.Bind(at(c.at[1], 53))) // free again
			b.Close()
		}
	}
	s := h.bind(53)
	fails(t, s.Bind(at(any4, 54)), inet.EINVAL)
	fails(t, h.udp.Handle(53, func(dst, _ []byte, _ wire.AddrPort) []byte { return dst }), inet.EADDRINUSE)
	fails(t, h.udp.NewSocket(false).Bind(at(otherNet, 54)), inet.EADDRNOTAVAIL)
	fails(t, h.udp.NewSocket(false).Bind(at(wire.Loopback6, 54)), inet.EAFNOSUPPORT)
	fails(t, h.udp.NewSocket(true).Bind(at(globalPeer, 54)), inet.EADDRNOTAVAIL)
	must(t, h.udp.NewSocket(true).Bind(at(wire.Loopback6, 54)))
	fails(t, s.Configure(func(o *udp.Options) { o.Iface = 99 }), inet.ENODEV)
	fails(t, s.Configure(func(o *udp.Options) { o.V6Only = true }), inet.EINVAL)
}

// RFC 6056 section 3.3.1: ports are chosen at random, from the whole range, and none twice.
func TestUDPEphemeral(t *testing.T) {
	h := newHost(t)
	seen := make(map[uint16]bool)
	var up, sockets int
	last := uint16(0)
	for {
		s := h.udp.NewSocket(false)
		err := s.Bind(at(any4, 0))
		if err == inet.EADDRINUSE {
			break
		}
		must(t, err)
		p := s.Local().Port
		if seen[p] || p < 32768 || p > 60999 {
			t.Fatalf("port %d after %d others", p, sockets)
		}
		if sockets < 200 && p == last+1 {
			up++
		}
		seen[p], last = true, p
		sockets++
	}
	if sockets != 60999-32768+1 {
		t.Errorf("%d ports were given out", sockets)
	}
	if up > 20 {
		t.Errorf("%d of the first 200 followed the one before", up)
	}
}

// The best match gets a datagram; among equals the last one bound, or the one that the flow's hash says.
func TestUDPDemux(t *testing.T) {
	h := newFriend(t)
	open := func(local wire.Addr, o func(*udp.Options)) *udp.Socket {
		s := h.udp.NewSocket(false)
		must(t, s.Configure(o))
		must(t, s.Bind(at(local, 53)))
		return s
	}
	reuse := func(o *udp.Options) { o.ReuseAddr = true }
	all, one, young := open(any4, reuse), open(ourAddr, reuse), open(any4, reuse)
	peer := open(any4, reuse)
	must(t, peer.Connect(at(peerAddr, 7)))
	q := func(src wire.AddrPort) { h.frame(datagram(src, at(ourAddr, 53), "x")) }
	q(at(peerAddr, 7))
	recv(t, peer, "x", at(peerAddr, 7))
	q(at(peerAddr, 8))
	recv(t, one, "x", at(peerAddr, 8))
	one.Close()
	q(at(peerAddr, 8))
	recv(t, young, "x", at(peerAddr, 8))
	young.Close()
	q(at(peerAddr, 8))
	recv(t, all, "x", at(peerAddr, 8))
	must(t, all.Configure(func(o *udp.Options) { o.Iface = 1 }))
	q(at(peerAddr, 8))
	empty(t, all) // bound to lo
	h.wantICMP(wire.ICMPUnreachable, wire.CodePort)
}

func TestUDPReusePort(t *testing.T) {
	h := newFriend(t)
	var sockets [4]*udp.Socket
	for i := range sockets {
		sockets[i] = h.udp.NewSocket(false)
		must(t, sockets[i].Configure(func(o *udp.Options) { o.ReusePort = true }))
		must(t, sockets[i].Bind(at(any4, 53)))
	}
	owner := func(port uint16) int {
		h.frame(datagram(at(peerAddr, port), at(ourAddr, 53), "x"))
		for i, s := range sockets {
			if s.NextSize() > 0 {
				recv(t, s, "x", at(peerAddr, port))
				return i
			}
		}
		t.Fatal("lost")
		return 0
	}
	var count [4]int
	for port := uint16(1000); port < 2000; port++ {
		i := owner(port)
		if owner(port) != i {
			t.Fatal("a flow changed its socket")
		}
		count[i]++
	}
	for i, n := range count {
		if n < 150 || n > 350 {
			t.Errorf("socket %d got %d of 1000 flows", i, n)
		}
	}
}
