//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/raw"
	"internal/mirage/netstack/wire"
	"testing"
)

// oddProtocol is for experiments: RFC 3692 section 2.1.
const oddProtocol = 253

// wants takes what waits on a socket.
func wants(t *testing.T, s *raw.Socket, from wire.Addr, payload []byte) dgram.Datagram {
	t.Helper()
	b := make([]byte, 2000)
	n, d, err := s.Recv(b, false)
	if err != nil || d.From.Addr != from || d.From.Port != 0 || !bytes.Equal(b[:n], payload) {
		t.Fatalf("% x from %v: %v; want % x from %v", b[:n], d.From, err, payload, from)
	}
	return d
}

func wantsNothing(t *testing.T, s *raw.Socket) {
	t.Helper()
	if n, d, err := s.Recv(make([]byte, 2000), false); err != inet.EAGAIN {
		t.Fatalf("%d octets from %v: %v", n, d.From, err)
	}
}

// A protocol that has a socket is not unreachable (RFC 1122 section 3.2.2.1), and what nobody wants of it is.
func TestRawProtocol(t *testing.T) {
	h := newFriend(t)
	p := raw.New(h.stack)
	frame := func(protocol uint8) []byte {
		return ipv4(peerAddr, ourAddr, wire.IPFields{Protocol: protocol, TTL: 7, TOS: 4}, []byte("odd"))
	}
	h.frame(frame(oddProtocol))
	h.wantICMP(wire.ICMPUnreachable, wire.CodeProtocol)
	s, other := p.NewSocket(false, oddProtocol), p.NewSocket(false, oddProtocol)
	must(t, other.Bind(at(wire.Loopback4, 0)))
	h.frame(frame(oddProtocol))
	h.wantNothing()
	d := wants(t, s, peerAddr, frame(oddProtocol)[wire.EthernetLen:])
	if d.Dst != ourAddr || d.TTL != 7 || d.TOS != 4 || d.Iface != 2 || d.Size != 23 {
		t.Errorf("%+v", d)
	}
	wantsNothing(t, other)
	h.frame(frame(oddProtocol + 1))
	h.wantICMP(wire.ICMPUnreachable, wire.CodeProtocol)
	s.Close()
	h.frame(frame(oddProtocol))
	h.wantICMP(wire.ICMPUnreachable, wire.CodeProtocol)
	other.Close()
	if h.stack.tap.Load() != nil {
		t.Error("packets are shown to nobody")
	}
	fails(t, s.Close(), inet.EBADF)
}

// Raw sockets see what the stack itself answers, or drops: requests for echoes, also with a wrong checksum (raw(7)).
func TestRawBesideStack(t *testing.T) {
	h := newFriend(t)
	s := raw.New(h.stack).NewSocket(false, wire.ProtoICMP)
	frame := icmpFrame(peerAddr, ourAddr, echoRequest(10))
	h.frame(frame)
	h.wantICMP(wire.ICMPEchoReply, 0)
	wants(t, s, peerAddr, frame[wire.EthernetLen:])
	frame[len(frame)-1]++
	h.frame(frame)
	h.wantNothing()
	wants(t, s, peerAddr, frame[wire.EthernetLen:])
	must(t, s.Connect(at(otherNet, 0)))
	h.frame(frame)
	wantsNothing(t, s)
}

// RFC 1122 section 3.2.2.1 with raw(7): a socket with a peer hears that what it sent came to nothing, if that is not to be
// waited out; one without hears nothing.
func TestRawError(t *testing.T) {
	h := newFriend(t)
	p := raw.New(h.stack)
	connected, other := p.NewSocket(false, oddProtocol), p.NewSocket(false, oddProtocol)
	must(t, connected.Connect(at(peerAddr, 0)))
	must(t, connected.Configure(func(o *dgram.Options) { o.TTL, o.TOS = 9, 0x10 }))
	if _, err := connected.Send([]byte("12345678"), dgram.Control{}); err != nil {
		t.Fatal(err)
	}
	sent := h.wantIPv4()
	if sent.Protocol() != oddProtocol || sent.TTL() != 9 || sent.TOS() != 0x10 || string(sent.Payload()) != "12345678" {
		t.Fatalf("% x", []byte(sent))
	}
	h.frame(icmpFrame(peerAddr, ourAddr, quote(wire.ICMPUnreachable, wire.CodeHost, sent)))
	fails(t, connected.TakeError(), nil)
	h.frame(icmpFrame(peerAddr, ourAddr, quote(wire.ICMPUnreachable, wire.CodeProtocol, sent)))
	fails(t, connected.TakeError(), inet.ENOPROTOOPT)
	fails(t, other.TakeError(), nil)
}

// quote makes an error about a datagram.
func quote(typ, code uint8, original []byte) wire.ICMP {
	m := append(make(wire.ICMP, wire.ICMPLen), original...)
	m.Put(typ, code, 0)
	return m
}

// A socket for echoes hears replies with its identifier alone, and that its request came to nothing.
func TestEchoSocket(t *testing.T) {
	h := newFriend(t)
	s := raw.New(h.stack).NewPing(false)
	must(t, s.Bind(at(wire.Any4, 0x1234)))
	must(t, s.Connect(at(peerAddr, 0)))
	request := append([]byte{wire.ICMPEcho, 0, 0xff, 0xff, 0, 0, 0, 5}, "hello"...)
	if _, err := s.Send(request, dgram.Control{}); err != nil {
		t.Fatal(err)
	}
	sent, m := h.wantICMP(wire.ICMPEcho, 0)
	if m.Rest() != 0x12340005 || string(m.Body()) != "hello" {
		t.Errorf("% x", []byte(m))
	}
	for _, rest := range []uint32{0x12350005, 0x12340005} {
		reply := append(make(wire.ICMP, wire.ICMPLen), "hello"...)
		reply.Put(wire.ICMPEchoReply, 0, rest)
		h.frame(icmpFrame(peerAddr, ourAddr, reply))
		reply[2]++
		h.frame(icmpFrame(peerAddr, ourAddr, reply)) // with a wrong checksum
	}
	b := make([]byte, 100)
	if n, d, err := s.Recv(b, false); err != nil || string(b[4:n]) != "\x12\x34\x00\x05hello" || d.From != at(peerAddr, 0) {
		t.Errorf("% x from %v: %v", b[:n], d.From, err)
	}
	if n, _, err := s.Recv(b, false); err != inet.EAGAIN {
		t.Errorf("% x: %v", b[:n], err)
	}
	h.frame(icmpFrame(peerAddr, ourAddr, quote(wire.ICMPUnreachable, wire.CodeProtocol, sent)))
	fails(t, s.TakeError(), inet.ENOPROTOOPT)
}

// RFC 3542 section 3: a socket gets what follows the extension headers, with a right checksum if it asks for that; ICMPv6's is
// made and checked always (section 3.1).
func TestRaw6(t *testing.T) {
	h := newFriend6(t)
	p := raw.New(h.stack)
	s, errors := p.NewSocket(true, oddProtocol), p.NewSocket(true, wire.ProtoICMPv6)
	h.chained(wire.ProtoDestOptions, append([]byte{oddProtocol, 0, 1, 4, 0, 0, 0, 0}, "odd"...))
	h.wantNothing()
	wants(t, s, globalPeer, []byte("odd"))
	s.SetChecksumAt(2)
	payload := []byte("ab\x00\x00")
	sum := wire.PseudoSum(globalPeer, globalOur, oddProtocol, 4).Add(payload).Checksum()
	payload[2], payload[3] = byte(sum>>8), byte(sum)
	h.chained(oddProtocol, payload)
	wants(t, s, globalPeer, payload)
	payload[3]++
	h.chained(oddProtocol, payload)
	wantsNothing(t, s)

	var block [8]uint32
	block[wire.ICMPv6Echo/32] |= 1 << (wire.ICMPv6Echo % 32)
	errors.SetFilter(block) // section 3.2
	echo := echo6(globalPeer, globalOur, "x")
	h.chained(wire.ProtoICMPv6, echo)
	h.wantICMP6(wire.ICMPv6EchoReply, 0)
	wantsNothing(t, errors)
	errors.SetFilter([8]uint32{})
	h.chained(wire.ProtoICMPv6, echo)
	wants(t, errors, globalPeer, echo)
	echo[8]++
	h.chained(wire.ProtoICMPv6, echo)
	wantsNothing(t, errors)
}

// What a socket sends to a group that this host has joined comes back: RFC 1112 section 6.1. A header that lies about its length
// is sent as it is (raw(7)), and met by nobody here.
func TestWholeToGroup(t *testing.T) {
	h := newFriend(t)
	p := raw.New(h.stack)
	s, in := p.NewSocket(false, 255), p.NewSocket(false, oddProtocol)
	group := wire.V4(224, 0, 0, 251)
	must(t, s.Join(group, 2))
	h.pass(20 * sec)
	h.sent = nil
	whole := ipv4(ourAddr, group, wire.IPFields{Protocol: oddProtocol, TTL: 1, ID: 7}, []byte("all"))[wire.EthernetLen:]
	if _, err := s.SendTo(whole, at(group, 0), dgram.Control{}); err != nil {
		t.Fatal(err)
	}
	h.pass(sec)
	if p := h.wantIPv4(); !bytes.Equal(p, whole) {
		t.Errorf("% x, want % x", []byte(p), whole)
	}
	wants(t, in, ourAddr, whole)
	bad := bytes.Clone(whole)
	bad[0] = 0x41
	if _, err := s.SendTo(bad, at(group, 0), dgram.Control{}); err != nil {
		t.Fatal(err)
	}
	h.pass(sec)
	wantsNothing(t, in)
	must(t, s.Configure(func(o *dgram.Options) { o.NoLoop = true }))
	if _, err := s.SendTo(whole, at(group, 0), dgram.Control{}); err != nil {
		t.Fatal(err)
	}
	h.pass(sec)
	wantsNothing(t, in)
	bad[0] = 0x4f
	_, err := s.SendTo(bad, at(group, 0), dgram.Control{})
	fails(t, err, inet.EINVAL)
	_, err = s.SendTo(make([]byte, 1501), at(peerAddr, 0), dgram.Control{})
	fails(t, err, inet.EMSGSIZE)
	h.sent = nil
	s.SendTo([]byte("\x41 a header with nonsense in it"), at(wire.V4(10, 0, 0, 77), 0), dgram.Control{})
	h.pass(20 * sec) // the neighbour does not answer
}

// FuzzWhole: whatever a program puts in front of what it sends, it does no harm to the host that it is sent by, nor to the same
// host when it comes back.
func FuzzWhole(f *testing.F) {
	f.Add(false, ipv4(ourAddr, ourAddr, wire.IPFields{Protocol: wire.ProtoICMP}, echoRequest(8))[wire.EthernetLen:])
	f.Add(true, ipv6(globalOur, globalOur, wire.IPFields{Protocol: wire.ProtoICMPv6}, echo6(globalOur, globalOur, "x"))[wire.EthernetLen:])
	f.Fuzz(func(t *testing.T, v6 bool, b []byte) {
		h, to := newFriend(t), []wire.Addr{peerAddr, wire.V4(10, 0, 0, 99), wire.V4(224, 0, 0, 251)}
		if v6 {
			h, to = newFriend6(t), []wire.Addr{globalPeer, addr6("2001:db8:1::99"), addr6("ff05::fb")}
		}
		p := raw.New(h.stack)
		s, icmp, ping := p.NewSocket(v6, 255), p.NewSocket(v6, map[bool]uint8{false: 1, true: 58}[v6]), p.NewPing(v6)
		s.Join(to[2], 2)
		for _, a := range to {
			s.SendTo(b, at(a, 0), dgram.Control{})
			icmp.SendTo(b, at(a, 0), dgram.Control{})
			ping.SendTo(b, at(a, 0), dgram.Control{})
		}
		h.pass(10 * sec)
	})
}
