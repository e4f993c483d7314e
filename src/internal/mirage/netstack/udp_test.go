//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"strings"
	"testing"
)

var any4 = wire.Any4

// recv takes a datagram from a socket.
func recv(t *testing.T, s *udp.Socket, payload string, from wire.AddrPort) udp.Datagram {
	t.Helper()
	b := make([]byte, 70000)
	n, d, err := s.Recv(b, false)
	if err != nil || string(b[:n]) != payload || d.From != from || d.Size != len(payload) {
		t.Fatalf("%.40q from %v: %v; want %.40q from %v", b[:n], d.From, err, payload, from)
	}
	return d
}

func empty(t *testing.T, s *udp.Socket) {
	t.Helper()
	if n, d, err := s.Recv(make([]byte, 100), false); err != inet.EAGAIN {
		t.Fatalf("%d octets from %v: %v; want EAGAIN", n, d.From, err)
	}
}

func fails(t *testing.T, err, want error) {
	t.Helper()
	if err != want {
		t.Errorf("%v, want %v", err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUDPReceive(t *testing.T) {
	h := newFriend(t)
	s := h.bind(53)
	var readable, writable int
	s.Notify(func(r, w bool) {
		if r {
			readable++
		}
		if w {
			writable++
		}
	})
	empty(t, s)
	h.frame(datagram(at(peerAddr, 4000), at(ourAddr, 53), "one"))
	h.frame(datagram(at(otherNet, 4001), at(ourAddr, 53), ""))
	if readable != 2 || writable != 0 || s.NextSize() != 3 {
		t.Errorf("told %d times readable, %d writable; next %d octets", readable, writable, s.NextSize())
	}
	if r, w, f, up := s.Ready(); !r || !w || f || up {
		t.Error("Ready:", r, w, f, up)
	}
	b := make([]byte, 2)
	if n, d, err := s.Recv(b, true); n != 2 || d.Size != 3 || err != nil { // MSG_PEEK, MSG_TRUNC
		t.Errorf("peeked %d of %d: %v", n, d.Size, err)
	}
	d := recv(t, s, "one", at(peerAddr, 4000))
	if d.Dst != ourAddr || d.Iface != h.iface.Index() || d.TTL != 64 || d.Time != h.now {
		t.Errorf("%+v", d)
	}
	recv(t, s, "", at(otherNet, 4001))
	empty(t, s)
	h.wantNothing()
}

func TestUDPDropped(t *testing.T) {
	h := newFriend(t)
	s := h.bind(53)
	good := func() []byte { return datagram(at(peerAddr, 4000), at(ourAddr, 53), "query") }
	for name, change := range map[string]func(b []byte) []byte{
		"a wrong checksum: RFC 1122 section 4.1.3.4":    func(b []byte) []byte { b[len(b)-1]++; return b },
		"a length beyond the datagram":                  func(b []byte) []byte { b[ipv4Room+5]++; return b },
		"a length below the header":                     func(b []byte) []byte { b[ipv4Room+5] = 7; return b },
		"a wrong IP checksum: RFC 1122 section 3.2.1.2": func(b []byte) []byte { b[24]++; return b },
		"another version: RFC 1122 section 3.2.1.1":     func(b []byte) []byte { b[14] = 0x55; return b },
		"a cut off frame":                               func(b []byte) []byte { return b[:20] },
		"no Ethernet header":                            func(b []byte) []byte { return b[:13] },
		"another station's frame":                       func(b []byte) []byte { b[5]++; return b },
		"another type":                                  func(b []byte) []byte { b[12] = 0x88; return b },
		"a group's frame for one address: RFC 1122 section 3.3.6": func(b []byte) []byte {
			wire.Ethernet(b).Put(wire.BroadcastMAC, peerMAC, wire.TypeIPv4)
			return b
		},
	} {
		h.frame(change(good()))
		if n, _, err := s.Recv(make([]byte, 100), false); err != inet.EAGAIN {
			t.Errorf("%s: received %d octets", name, n)
		}
		h.wantNothing()
	}
	b := good()
	b[ipv4Room+6], b[ipv4Room+7] = 0, 0
	h.frame(b)
	recv(t, s, "query", at(peerAddr, 4000)) // RFC 768: no checksum
	h.frame(append(good(), "padding"...))   // Ethernet's least length
	recv(t, s, "query", at(peerAddr, 4000))
}

// RFC 1122 section 3.2.1.3: addresses that no datagram may come from, or go to.
func TestMartians(t *testing.T) {
	h := newFriend(t)
	s := h.bind(53)
	for name, ends := range map[string][2]wire.Addr{
		"from loopback (g)":            {wire.Loopback4, ourAddr},
		"to loopback (g)":              {peerAddr, wire.V4(127, 0, 0, 1)},
		"from ourselves":               {ourAddr, ourAddr},
		"from 0.0.0.0 (a)":             {any4, ourAddr},
		"from a broadcast address (d)": {wire.V4(10, 0, 0, 255), ourAddr},
		"from the old broadcast":       {wire.V4(10, 0, 0, 0), ourAddr},
		"from 255.255.255.255 (c)":     {wire.Broadcast4, ourAddr},
		"from a group":                 {wire.V4(224, 0, 0, 1), ourAddr},
		"to another host":              {peerAddr, wire.V4(10, 0, 0, 77)},
		"to a group nobody joined":     {peerAddr, wire.V4(224, 0, 0, 251)},
		"to another net's broadcast":   {peerAddr, wire.V4(10, 0, 1, 255)},
	} {
		h.frame(datagram(at(ends[0], 4000), at(ends[1], 53), "x"))
		if _, d, err := s.Recv(make([]byte, 100), false); err != inet.EAGAIN {
			t.Errorf("%s: received %+v", name, d)
		}
		h.wantNothing()
	}
	// Source routes: RFC 7126 sections 4.3 and 4.4.
	u := segment(at(peerAddr, 4000), at(ourAddr, 53), "x")
	b := ipv4(peerAddr, ourAddr, wire.IPFields{Protocol: wire.ProtoUDP}, append([]byte{131, 3, 4, 0}, u...))
	b[14] = 0x46
	wire.IPv4(b[14:]).SetWhole()
	h.frame(b)
	empty(t, s)
	b[34] = 7 // record route instead
	wire.IPv4(b[14:]).SetWhole()
	h.frame(b)
	recv(t, s, "x", at(peerAddr, 4000))
}

func TestUDPBroadcastReceive(t *testing.T) {
	h := newFriend(t)
	a, b, c := h.udp.NewSocket(false), h.bind(67), h.bind(68)
	must(t, b.Close())
	b = h.udp.NewSocket(false)
	for _, s := range []*udp.Socket{a, b} {
		must(t, s.Configure(func(o *udp.Options) { o.ReuseAddr = true }))
		must(t, s.Bind(at(any4, 67)))
	}
	for _, dst := range []wire.Addr{wire.Broadcast4, wire.V4(10, 0, 0, 255), wire.AllHosts4} {
		for _, src := range []wire.Addr{peerAddr, any4} {
			frame := datagram(at(src, 68), at(dst, 67), "discover")
			wire.Ethernet(frame).Put(wire.BroadcastMAC, peerMAC, wire.TypeIPv4)
			h.frame(frame)
			if src == any4 && dst == wire.AllHosts4 {
				continue
			}
			recv(t, a, "discover", at(src, 68)) // RFC 1122 section 4.1.3: to all that it matches
			if d := recv(t, b, "discover", at(src, 68)); d.Dst != dst {
				t.Errorf("sent to %v, want %v", d.Dst, dst)
			}
			empty(t, c)
		}
	}
	h.wantNothing()
}

func TestUDPSend(t *testing.T) {
	for _, offload := range []bool{false, true} {
		config := link.ChannelConfig{}
		if offload {
			config.Offloads = both
		}
		h := newHostOn(t, config)
		h.meet(peerAddr, peerMAC)
		s := h.bind(53)
		n, err := s.SendTo([]byte("answer"), at(peerAddr, 4000), udp.Control{})
		if n != 6 || err != nil {
			t.Fatal(n, err)
		}
		p := h.wantUDP(at(ourAddr, 53), at(peerAddr, 4000), "answer")
		if p.TTL() != 64 || !p.DontFragment() || p.TOS() != 0 {
			t.Errorf("% x", []byte(p[:20]))
		}
		// Off the link: through the gateway.
		s.SendTo([]byte("far"), at(otherNet, 9), udp.Control{TTL: 3, TOS: 0x10})
		p = h.wantUDP(at(ourAddr, 53), at(otherNet, 9), "far")
		if p.TTL() != 3 || p.TOS() != 0x10 {
			t.Errorf("% x", []byte(p[:20]))
		}
		must(t, s.Configure(func(o *udp.Options) { o.TTL, o.TOS, o.Discover = 9, 8, dgram.DiscoverDo }))
		s.SendTo([]byte("opt"), at(peerAddr, 9), udp.Control{})
		p = h.wantUDP(at(ourAddr, 53), at(peerAddr, 9), "opt")
		if p.TTL() != 9 || p.TOS() != 8 || !p.DontFragment() {
			t.Errorf("% x", []byte(p[:20]))
		}
		_, err = s.SendTo(make([]byte, 1473), at(peerAddr, 9), udp.Control{})
		fails(t, err, inet.EMSGSIZE) // RFC 1191: not to be fragmented
		h.wantNothing()
	}
}

func TestUDPSendErrors(t *testing.T) {
	h := newFriend(t)
	s := h.udp.NewSocket(false)
	send := func(n int, to wire.AddrPort, c udp.Control) error {
		_, err := s.SendTo(make([]byte, n), to, c)
		return err
	}
	fails(t, send(1, at(peerAddr, 0), udp.Control{}), inet.EINVAL)
	fails(t, send(65508, at(peerAddr, 1), udp.Control{}), inet.EMSGSIZE)
	fails(t, send(1, at(wire.Any6, 1), udp.Control{}), inet.EAFNOSUPPORT)
	fails(t, send(1, at(wire.Broadcast4, 1), udp.Control{}), inet.EACCES)
	fails(t, send(1, at(wire.V4(10, 0, 0, 255), 1), udp.Control{}), inet.EACCES)
	fails(t, send(1, at(peerAddr, 1), udp.Control{Src: otherNet}), inet.EADDRNOTAVAIL)
	fails(t, send(1, at(peerAddr, 1), udp.Control{Src: wire.Loopback4}), inet.EINVAL) // RFC 1122 section 3.2.1.3 (g)
	fails(t, send(1, at(peerAddr, 1), udp.Control{Iface: 99}), inet.ENODEV)
	_, err := s.Send(nil, udp.Control{})
	fails(t, err, inet.EDESTADDRREQ)
	must(t, h.iface.RemoveAddr(ourAddr))
	fails(t, send(1, at(otherNet, 1), udp.Control{}), inet.ENETUNREACH)
	must(t, s.Close())
	fails(t, send(1, at(peerAddr, 1), udp.Control{}), inet.EBADF)
	fails(t, s.Close(), inet.EBADF)
	fails(t, s.Bind(at(any4, 1)), inet.EBADF)
	fails(t, s.Connect(at(peerAddr, 1)), inet.EBADF)
	_, _, err = s.Recv(nil, false)
	fails(t, err, inet.EBADF)
	h.wantNothing()
}

func TestUDPBroadcastSend(t *testing.T) {
	h := newHost(t)
	s := h.udp.NewSocket(false)
	must(t, s.Configure(func(o *udp.Options) { o.Broadcast = true }))
	for _, dst := range []wire.Addr{wire.Broadcast4, wire.V4(10, 0, 0, 255)} {
		must(t, s.Connect(at(dst, 9)))
		s.Send([]byte("all"), udp.Control{})
		e := h.want()
		if p := wire.IPv4(e.Payload()); e.Dst() != wire.BroadcastMAC || p.Dst() != dst || p.Src() != ourAddr {
			t.Errorf("to %v, %v", e.Dst(), p.Dst())
		}
	}
	must(t, s.Disconnect())
	s.SendTo([]byte("group"), at(wire.V4(224, 0, 0, 251), 5353), udp.Control{})
	e := h.want()
	if p := wire.IPv4(e.Payload()); e.Dst() != 0x01005e0000fb || p.TTL() != 1 { // RFC 1112 sections 6.4 and 6.1
		t.Errorf("to %v with TTL %d", e.Dst(), p.TTL())
	}
}

func TestUDPQueueBound(t *testing.T) {
	h := newFriend(t)
	s := h.bind(53)
	must(t, s.Configure(func(o *udp.Options) { o.RecvBuffer = 4096 }))
	frame := datagram(at(peerAddr, 1), at(ourAddr, 53), strings.Repeat("x", 256))
	for range 100 {
		h.frame(frame)
	}
	if n := h.udp.Counters().RcvbufErrors.Load(); n != 92 { // 4096 / (256 + 256) fit
		t.Errorf("%d dropped, want 92", n)
	}
	for range 8 {
		recv(t, s, strings.Repeat("x", 256), at(peerAddr, 1))
	}
	empty(t, s)
	// All sockets together.
	h.udp.SetMemoryLimit(100 << 10)
	for port := uint16(1000); port < 1100; port++ {
		h.bind(port)
		for range 5 {
			h.frame(datagram(at(peerAddr, 1), at(ourAddr, port), "x"))
		}
	}
	if n := h.udp.Counters().MemErrors.Load(); n < 300 {
		t.Errorf("%d dropped for want of memory", n)
	}
}

// RFC 1122 section 4.1.3.3: errors reach the application.
func TestUDPErrors(t *testing.T) {
	h := newFriend(t)
	s := h.udp.NewSocket(false)
	must(t, s.Connect(at(peerAddr, 53)))
	told := 0
	s.Notify(func(r, w bool) {
		if r && w {
			told++
		}
	})
	s.Send([]byte("q"), udp.Control{})
	sent := h.wantIPv4()
	say := func(typ, code uint8, about []byte) {
		m := make(wire.ICMP, wire.ICMPLen+len(about))
		copy(m.Body(), about)
		m.Put(typ, code, 0)
		h.frame(ipv4(peerAddr, ourAddr, wire.IPFields{Protocol: wire.ProtoICMP}, m))
	}
	say(3, 3, sent)
	if _, _, failed, _ := s.Ready(); !failed || told != 1 {
		t.Error("nothing was told")
	}
	_, _, err := s.Recv(make([]byte, 10), false)
	fails(t, err, inet.ECONNREFUSED)
	empty(t, s) // told once
	say(3, 13, sent[:28])
	_, err = s.Send([]byte("q"), udp.Control{})
	fails(t, err, inet.EHOSTUNREACH)
	say(3, 1, sent) // section 3.2.2.1: a hint, not a proof
	fails(t, s.TakeError(), nil)
	// Errors that are not about what we sent: RFC 5927 section 4.
	forge := func(change func(p wire.IPv4)) {
		p := wire.IPv4(append([]byte(nil), sent...))
		change(p)
		say(3, 3, p)
		if err := s.TakeError(); err != nil {
			t.Errorf("a forged error was believed: %v, % x", err, []byte(p))
		}
	}
	forge(func(p wire.IPv4) { p[15]++ }) // source address
	forge(func(p wire.IPv4) { p[19]++ }) // destination address
	forge(func(p wire.IPv4) { p[21]++ }) // source port
	forge(func(p wire.IPv4) { p[23]++ }) // destination port
	forge(func(p wire.IPv4) { p[9] = 6 })
	// Without DF nobody can need to fragment: RFC 1191 section 3.
	must(t, s.Configure(func(o *udp.Options) { o.Discover = dgram.DiscoverDont }))
	say(3, 4, sent)
	if err := s.TakeError(); err != nil {
		t.Error(err)
	}
	must(t, s.Configure(func(o *udp.Options) { o.Discover = dgram.DiscoverDo }))
	say(3, 4, sent)
	fails(t, s.TakeError(), inet.EMSGSIZE)
	h.sent = nil
	// An unconnected socket is not told, as on Linux.
	u := h.bind(99)
	u.SendTo([]byte("q"), at(peerAddr, 53), udp.Control{})
	say(3, 3, h.wantIPv4())
	empty(t, u)
}

func TestUDPShutdown(t *testing.T) {
	h := newFriend(t)
	s := h.bind(53)
	fails(t, s.Shutdown(true, true), inet.ENOTCONN) // and done all the same
	_, err := s.SendTo([]byte("x"), at(peerAddr, 1), udp.Control{})
	fails(t, err, inet.EPIPE)
	if n, d, err := s.Recv(nil, false); n != 0 || err != nil || d.Size != 0 {
		t.Error(n, d, err)
	}
	h.frame(datagram(at(peerAddr, 1), at(ourAddr, 53), "x"))
	if _, _, _, up := s.Ready(); !up || s.NextSize() != 0 {
		t.Error("not hung up")
	}
	c := h.udp.NewSocket(false)
	must(t, c.Connect(at(peerAddr, 1)))
	must(t, c.Shutdown(false, true))
	h.frame(datagram(at(peerAddr, 1), c.Local(), "x"))
	recv(t, c, "x", at(peerAddr, 1))
}

// A full card: EAGAIN, and Notify when it is worth trying again.
func TestUDPFullCard(t *testing.T) {
	h := newHostOn(t, link.ChannelConfig{Frames: 8})
	h.meet(peerAddr, peerMAC)
	s := h.bind(53)
	writable := 0
	s.Notify(func(_, w bool) { writable++ })
	var err error
	n := 0
	for ; err == nil && n < 100; n++ {
		_, err = s.SendTo([]byte("x"), at(peerAddr, 1), udp.Control{})
	}
	if err != inet.EAGAIN || n != 9 {
		t.Fatalf("%v after %d", err, n)
	}
	if _, w, _, _ := s.Ready(); w {
		t.Error("writable")
	}
	h.far.Deliver(h.now)
	h.pass(10 * 1e6)
	if _, w, _, _ := s.Ready(); !w || writable != 1 {
		t.Errorf("writable %v, told %d times", w, writable)
	}
	if _, err := s.SendTo([]byte("x"), at(peerAddr, 1), udp.Control{}); err != nil {
		t.Error(err)
	}
}

func TestUDPBothFamilies(t *testing.T) {
	h := newFriend(t)
	s := h.udp.NewSocket(true)
	must(t, s.Bind(at(wire.Any6, 53)))
	h.frame(datagram(at(peerAddr, 1), at(ourAddr, 53), "x"))
	recv(t, s, "x", at(peerAddr, 1))
	s.SendTo([]byte("y"), at(peerAddr, 1), udp.Control{})
	h.wantUDP(at(ourAddr, 53), at(peerAddr, 1), "y")
	_, err := s.SendTo([]byte("y"), at(wire.Loopback6, 1), udp.Control{})
	must(t, err)
	o := h.udp.NewSocket(true)
	must(t, o.Configure(func(o *udp.Options) { o.V6Only = true }))
	fails(t, o.Bind(at(ourAddr, 54)), inet.EINVAL)
}
