//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"slices"
	"strings"
	"testing"
)

// echoRequest builds an echo request with data of a size.
func echoRequest(size int) wire.ICMP {
	m := make(wire.ICMP, wire.ICMPLen+size)
	for i := range m.Body() {
		m.Body()[i] = byte(i)
	}
	m.Put(wire.ICMPEcho, 0, 0x00070001)
	return m
}

func icmpFrame(src, dst wire.Addr, m wire.ICMP) []byte {
	return ipv4(src, dst, wire.IPFields{Protocol: wire.ProtoICMP, TOS: 0x20}, m)
}

// RFC 792, "Echo"; RFC 1122 section 3.2.2.6.
func TestPing(t *testing.T) {
	h := newFriend(t)
	for _, size := range []int{0, 1, 56, 1472} {
		request := echoRequest(size)
		h.frame(icmpFrame(peerAddr, ourAddr, request))
		p, m := h.wantICMP(wire.ICMPEchoReply, 0)
		if p.Src() != ourAddr || p.Dst() != peerAddr || p.TOS() != 0x20 || !bytes.Equal(m.Body(), request.Body()) || m.Rest() != request.Rest() {
			t.Errorf("% x", []byte(p))
		}
	}
	bad := echoRequest(10)
	bad[9]++
	h.frame(icmpFrame(peerAddr, ourAddr, bad))
	h.wantNothing()
	for _, dst := range []wire.Addr{wire.Broadcast4, wire.V4(10, 0, 0, 255), wire.AllHosts4} {
		frame := icmpFrame(peerAddr, dst, echoRequest(1))
		wire.Ethernet(frame).Put(wire.BroadcastMAC, peerMAC, wire.TypeIPv4)
		h.frame(frame)
		h.wantNothing() // RFC 1122 section 3.2.2.6: may be dropped, lest we help a smurf
	}
	for _, typ := range []uint8{0, 5, 9, 10, 13, 15, 17, 40, 255} { // answers, redirects, obsolete and unknown types
		m := echoRequest(20)
		m.Put(typ, 0, 0)
		h.frame(icmpFrame(peerAddr, ourAddr, m))
		h.wantNothing()
	}
}

// RFC 1122 sections 3.2.2.1 and 4.1.3.1; RFC 1812 sections 4.3.2.3 and 4.3.2.8.
func TestUnreachable(t *testing.T) {
	h := newFriend(t)
	frame := datagram(at(peerAddr, 4000), at(ourAddr, 9), strings.Repeat("x", 1000))
	h.frame(frame)
	p, m := h.wantICMP(wire.ICMPUnreachable, wire.CodePort)
	if p.Src() != ourAddr || p.Dst() != peerAddr || len(p) != 576 || !bytes.Equal(m.Body(), frame[14:14+548]) {
		t.Errorf("% x", []byte(p))
	}
	h.frame(ipv4(peerAddr, ourAddr, wire.IPFields{Protocol: 132}, make([]byte, 20)))
	h.wantICMP(wire.ICMPUnreachable, wire.CodeProtocol)
	// None about an error, nor about a broadcast.
	h.frame(icmpFrame(peerAddr, ourAddr, m))
	b := datagram(at(peerAddr, 4000), at(wire.Broadcast4, 9), "x")
	wire.Ethernet(b).Put(wire.BroadcastMAC, peerMAC, wire.TypeIPv4)
	h.frame(b)
	h.wantNothing()
	for range 1000 {
		h.frame(frame)
	}
	if n := len(h.sent); n > 10 {
		t.Errorf("%d errors to one host at once", n)
	}
	h.sent = nil
	h.now += 10 * sec
	h.frame(frame)
	h.wantICMP(wire.ICMPUnreachable, wire.CodePort)
}

// fragments cuts a datagram's payload.
func fragments(src, dst wire.Addr, payload []byte, size int) (frames [][]byte) {
	for from := 0; from < len(payload); from += size {
		end := min(from+size, len(payload))
		f := wire.IPFields{Protocol: wire.ProtoUDP, ID: 77, Offset: uint16(from / 8), More: end < len(payload)}
		frames = append(frames, ipv4(src, dst, f, payload[from:end]))
	}
	return frames
}

// RFC 791 section 3.2: both ways, and the largest.
func TestFragments(t *testing.T) {
	h := newFriend(t)
	s := h.bind(53)
	for _, size := range []int{1473, 8000, 65507} {
		payload := strings.Repeat("0123456789abcdefghijk", size/21+1)[:size]
		frames := fragments(peerAddr, ourAddr, segment(at(peerAddr, 4000), at(ourAddr, 53), payload), 1480)
		slices.Reverse(frames)
		must(t, s.Configure(func(o *udp.Options) { o.RecvBuffer = 1 << 20 }))
		for _, f := range frames {
			empty(t, s)
			h.frame(f)
		}
		recv(t, s, payload, at(peerAddr, 4000))
		s.SendTo([]byte(payload), at(peerAddr, 4000), udp.Control{})
		var whole []byte
		var id uint16
		for more := true; more; {
			p := h.wantIPv4()
			if len(whole) == 0 {
				id = p.ID()
			}
			if p.FragmentOffset() != len(whole) || p.ID() != id || p.DontFragment() || len(p) > 1500 {
				t.Fatalf("a fragment at %d after %d octets: % x", p.FragmentOffset(), len(whole), []byte(p[:20]))
			}
			whole, more = append(whole, p.Payload()...), p.MoreFragments()
		}
		u, ok := wire.ParseUDP(whole)
		if !ok || !u.ChecksumOK(ourAddr, peerAddr) || string(u.Payload()) != payload {
			t.Fatalf("%d octets came out wrong", size)
		}
		h.wantNothing()
	}
	// Different identifications for different datagrams that may be fragmented: RFC 6864 section 4.3.
	must(t, s.Configure(func(o *udp.Options) { o.Discover = dgram.DiscoverDont }))
	ids := make(map[uint16]bool)
	for range 100 {
		s.SendTo([]byte("x"), at(peerAddr, 4000), udp.Control{})
		ids[h.wantIPv4().ID()] = true
	}
	if len(ids) != 100 {
		t.Errorf("%d identifications for 100 datagrams", len(ids))
	}
}

// RFC 1122 section 3.3.2: after a time the sender is told, if the first fragment is there.
func TestReassemblyTimeout(t *testing.T) {
	h := newFriend(t)
	frames := fragments(peerAddr, ourAddr, segment(at(peerAddr, 4000), at(ourAddr, 53), strings.Repeat("x", 3000)), 1480)
	h.frame(frames[0])
	h.frame(frames[1])
	h.pass(29 * sec)
	h.wantNothing()
	h.pass(2 * sec)
	p, m := h.wantICMP(wire.ICMPTimeExceeded, wire.CodeReassemblyTime)
	if p.Dst() != peerAddr || !bytes.Equal(m.Body()[20:], frames[0][34:34+528]) {
		t.Errorf("% x", []byte(p))
	}
	h.frame(frames[2])
	h.pass(31 * sec)
	h.forgetARP()
	h.wantNothing()
	if n := h.stack.Counters().ReasmTimeout.Load(); n != 2 {
		t.Errorf("%d time-outs, want 2", n)
	}
}

// RFC 1122 section 2.3.2; RFC 826.
func TestARPResolution(t *testing.T) {
	h := newHost(t)
	s := h.udp.NewSocket(false)
	must(t, s.Bind(at(any4, 99)))
	for _, text := range []string{"1", "2", "3"} {
		s.SendTo([]byte(text), at(peerAddr, 9), udp.Control{})
	}
	h.answerARP(peerAddr, peerMAC)
	for _, text := range []string{"1", "2", "3"} {
		h.wantUDP(at(ourAddr, 99), at(peerAddr, 9), text)
	}
	h.wantNothing()
	h.arp(peerMAC, wire.BroadcastMAC, wire.ARPRequest, peerMAC, peerAddr, 0, ourAddr)
	if m := h.wantARP(); m.Op() != wire.ARPReply || m.Sender() != ourAddr || m.SenderMAC() != ourMAC || m.TargetMAC() != peerMAC || m.Target() != peerAddr {
		t.Errorf("% x", []byte(m))
	}
	h.arp(peerMAC, wire.BroadcastMAC, wire.ARPRequest, peerMAC, peerAddr, 0, wire.Loopback4)
	h.wantNothing() // 127.0.0.1 is nobody's on a link
	// In use, it is asked by unicast before it is forgotten.
	s.SendTo([]byte("x"), at(peerAddr, 9), udp.Control{})
	h.wantUDP(at(ourAddr, 99), at(peerAddr, 9), "x")
	h.pass(61 * sec)
	e := h.want()
	if e.Type() != wire.TypeARP || e.Dst() != peerMAC {
		t.Errorf("to %v", e.Dst())
	}
}

// A neighbour that does not answer is EHOSTUNREACH to a socket that wants to hear such, after three seconds.
func TestARPFailure(t *testing.T) {
	h := newHost(t)
	s := h.udp.NewSocket(false)
	must(t, s.Configure(func(o *udp.Options) { o.RecvErr = true }))
	must(t, s.Connect(at(wire.V4(10, 0, 0, 77), 9)))
	s.Send([]byte("x"), udp.Control{})
	h.pass(10 * sec)
	if len(h.sent) != 3 {
		t.Errorf("%d questions, want 3", len(h.sent))
	}
	_, err := s.Send([]byte("x"), udp.Control{})
	fails(t, err, inet.EHOSTUNREACH)
}

// RFC 5227: three probes, two announcements, a defence in ten seconds.
func TestAddressClaim(t *testing.T) {
	h := newBare(t, link.ChannelConfig{})
	must(t, h.iface.AddAddr(wire.Prefix{Addr: ourAddr, Bits: 24}))
	h.pass(20 * sec)
	for n := range 5 {
		m := h.wantARP()
		want := ourAddr
		if n < 3 {
			want = any4
		}
		if m.Op() != wire.ARPRequest || m.Sender() != want || m.Target() != ourAddr {
			t.Errorf("message %d: % x", n, []byte(m))
		}
	}
	h.wantNothing()
	for range 3 {
		h.arp(evilMAC, wire.BroadcastMAC, wire.ARPRequest, evilMAC, ourAddr, 0, ourAddr)
	}
	if m := h.wantARP(); m.Sender() != ourAddr || m.Target() != ourAddr {
		t.Errorf("% x", []byte(m))
	}
	h.wantNothing()
	h.now += 10 * sec
	h.arp(evilMAC, wire.BroadcastMAC, wire.ARPReply, evilMAC, ourAddr, peerMAC, peerAddr)
	h.wantARP()
	must(t, h.iface.RemoveAddr(ourAddr))
	h.arp(evilMAC, wire.BroadcastMAC, wire.ARPRequest, evilMAC, ourAddr, 0, ourAddr)
	h.arp(peerMAC, wire.BroadcastMAC, wire.ARPRequest, peerMAC, peerAddr, 0, ourAddr)
	h.wantNothing()
}

func TestRoutes(t *testing.T) {
	h := newHost(t)
	s := h.stack
	prefix := func(text string) wire.Prefix {
		p, ok := wire.ParsePrefix(text)
		if !ok {
			t.Fatal(text)
		}
		return p
	}
	add := func(dst string, gateway wire.Addr, metric uint32) error {
		return s.AddRoute(RouteEntry{Dst: prefix(dst), Gateway: gateway, Iface: 2, Metric: metric})
	}
	gw3, gw4 := wire.V4(10, 0, 0, 3), wire.V4(10, 0, 0, 4)
	must(t, add("172.16.5.9/12", gw3, 10))
	must(t, add("172.16.0.0/12", gw4, 5))
	must(t, add("172.20.0.0/16", gw3, 0))
	fails(t, add("172.20.0.0/16", gw4, 0), inet.EEXIST)
	fails(t, add("1.0.0.0/8", otherNet, 0), inet.ENETUNREACH)
	fails(t, s.AddRoute(RouteEntry{Dst: prefix("1.0.0.0/8"), Gateway: gw3, Iface: 9}), inet.ENODEV)
	fails(t, s.AddRoute(RouteEntry{Dst: prefix("2001:db8::/32"), Gateway: gw3, Iface: 2}), inet.EINVAL)
	next := func(dst wire.Addr) wire.Addr {
		r, err := s.Route(dst, any4, 0)
		must(t, err)
		if r.Src != ourAddr || r.Room != 1480 || r.Link.Index() != 2 {
			t.Errorf("to %v: %+v", dst, r)
		}
		return r.Next
	}
	for dst, want := range map[wire.Addr]wire.Addr{ // RFC 1122 section 3.3.1: the longest match, then the metric
		wire.V4(10, 0, 0, 200): wire.V4(10, 0, 0, 200), wire.V4(172, 20, 1, 1): gw3, wire.V4(172, 21, 1, 1): gw4,
		otherNet: peerAddr,
	} {
		if got := next(dst); got != want {
			t.Errorf("to %v by %v, want %v", dst, got, want)
		}
	}
	must(t, s.RemoveRoute(RouteEntry{Dst: prefix("172.16.0.0/12"), Iface: 2, Metric: 5}))
	fails(t, s.RemoveRoute(RouteEntry{Dst: prefix("172.16.0.0/12"), Iface: 2, Metric: 5}), inet.ESRCH)
	if got := next(wire.V4(172, 21, 1, 1)); got != gw3 {
		t.Errorf("by %v after the better route is gone", got)
	}
	var list []string
	for _, r := range s.Routes() {
		list = append(list, r.Dst.String())
	}
	if want := []string{"10.0.0.0/24", "172.20.0.0/16", "172.16.0.0/12", "0.0.0.0/0"}; !slices.Equal(list, want) {
		t.Errorf("%v, want %v", list, want) // 172.16.0.0/12 at metric 10 is left, /16 goes before
	}
	// Our own, 0.0.0.0 and loopback go to lo.
	for dst, src := range map[wire.Addr]wire.Addr{ourAddr: ourAddr, any4: wire.Loopback4, wire.V4(127, 9, 9, 9): wire.Loopback4} {
		if r, err := s.Route(dst, any4, 0); err != nil || r.Link.Index() != 1 || r.Src != src {
			t.Errorf("to %v: %+v, %v", dst, r, err)
		}
	}
	// With the address its routes go.
	generation := s.Generation()
	must(t, h.iface.RemoveAddr(ourAddr))
	if s.Generation() == generation || len(s.Routes()) != 0 {
		t.Errorf("left over: %v", s.Routes())
	}
}

func TestInterfaces(t *testing.T) {
	h := newBare(t, link.ChannelConfig{MTU: 1400})
	changes := 0
	h.stack.Watch(func() { changes++ })
	select {
	case <-h.iface.Configured():
		t.Error("configured before it is")
	default:
	}
	must(t, h.iface.Configure(Static{
		Addr: wire.Prefix{Addr: ourAddr, Bits: 24}, Gateway: peerAddr,
		DNS: []wire.Addr{peerAddr, wire.V4(9, 9, 9, 9)}, Domain: "example.org",
	}))
	<-h.iface.Configured()
	if changes == 0 {
		t.Error("nobody was told")
	}
	if got, want := string(h.stack.ResolvConf()), "search example.org\nnameserver 10.0.0.2\nnameserver 9.9.9.9\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	all := h.stack.Interfaces()
	lo, eth := all[0], all[1]
	if lo.Name != "lo" || lo.Index != 1 || !lo.Loopback || lo.Addrs[0].Prefix.String() != "127.0.0.1/8" || lo.MTU < 65535 {
		t.Errorf("%+v", lo)
	}
	if eth.Name != "eth0" || eth.Index != 2 || eth.Loopback || eth.MTU != 1400 || eth.MAC != ourMAC.As6() || !eth.Running ||
		len(eth.Addrs) != 1 || eth.Addrs[0].Broadcast != wire.V4(10, 0, 0, 255) {
		t.Errorf("%+v", eth)
	}
	fails(t, h.iface.AddAddr(wire.Prefix{Addr: ourAddr, Bits: 24}), inet.EEXIST)
	fails(t, h.iface.RemoveAddr(peerAddr), inet.EADDRNOTAVAIL)
	for _, a := range []wire.Addr{any4, wire.Broadcast4, wire.AllHosts4, wire.Loopback4, wire.V4(10, 9, 0, 255)} {
		fails(t, h.iface.AddAddr(wire.Prefix{Addr: a, Bits: 24}), inet.EINVAL)
	}
	fails(t, h.iface.AddAddr(wire.Prefix{Addr: wire.Loopback6, Bits: 64}), inet.EINVAL)
	fails(t, h.iface.SetMTU(1401), inet.EINVAL)
	fails(t, h.iface.SetMTU(575), inet.EINVAL)
	must(t, h.iface.SetMTU(576))
	if r, _ := h.stack.Route(peerAddr, any4, 0); r.Room != 556 {
		t.Errorf("%d octets go into a frame", r.Room)
	}
	if h.stack.Interface(2) != h.iface || h.stack.Interface(0) != nil || h.stack.Interface(3) != nil {
		t.Error("Interface")
	}
}

// Two interfaces on two networks: each answer goes out where its destination is.
func TestTwoInterfaces(t *testing.T) {
	h := newFriend(t)
	card, far := link.NewPair(link.ChannelConfig{})
	second := h.stack.AddNIC("eth1", card)
	must(t, second.Configure(Static{Addr: wire.Prefix{Addr: wire.V4(192, 168, 5, 1), Bits: 24}}))
	var got []wire.Ethernet
	far.Receive(func(f *device.Frame) { got = append(got, bytes.Clone(f.Bytes)) })
	s := h.bind(53)
	s.SendTo([]byte("x"), at(wire.V4(192, 168, 5, 2), 9), udp.Control{})
	far.Deliver(h.now)
	if len(got) != 1 || wire.ARP(got[0].Payload()).Sender() != wire.V4(192, 168, 5, 1) {
		t.Fatalf("%d frames", len(got))
	}
	s.SendTo([]byte("x"), at(wire.V4(192, 168, 5, 2), 9), udp.Control{Iface: 2})
	h.wantUDP(at(ourAddr, 53), at(wire.V4(192, 168, 5, 2), 9), "x") // by the default route of that interface
}

func TestLoopback(t *testing.T) {
	h := newHost(t)
	server := h.bind(53)
	client := h.udp.NewSocket(false)
	for _, dst := range []wire.Addr{wire.Loopback4, wire.V4(127, 1, 2, 3), ourAddr, any4} {
		must(t, client.Connect(at(dst, 53)))
		came := make(chan struct{}, 10)
		tell := func(r, _ bool) { came <- struct{}{} }
		server.Notify(tell)
		client.Notify(tell)
		for _, size := range []int{0, 100, 65507} {
			text := strings.Repeat("q", size)
			client.Send([]byte(text), udp.Control{})
			<-came
			d := recv(t, server, text, client.Local())
			if d.Iface != 1 {
				t.Errorf("by interface %d", d.Iface)
			}
			server.SendTo([]byte("a"), d.From, udp.Control{Src: d.Dst})
			<-came
			remote, _ := client.Remote()
			recv(t, client, "a", remote)
		}
		must(t, client.Disconnect())
	}
	// Nobody there: the refusal comes back.
	must(t, client.Connect(at(wire.Loopback4, 9)))
	came := make(chan struct{}, 10)
	client.Notify(func(_, _ bool) { came <- struct{}{} })
	client.Send([]byte("x"), udp.Control{})
	<-came
	fails(t, client.TakeError(), inet.ECONNREFUSED)
	h.wantNothing()
}
