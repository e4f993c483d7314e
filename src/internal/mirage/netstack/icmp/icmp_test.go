//go:build !mirage

package icmp

import (
	"bytes"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"testing"
)

var us, peer = wire.V4(10, 0, 0, 1), wire.V4(192, 0, 2, 1)

// datagram makes one of ours that an error could quote, or one of the peer's.
func datagram(src, dst wire.Addr, protocol uint8, offset uint16, payload []byte) wire.IPv4 {
	p := make(wire.IPv4, wire.IPv4Len+len(payload))
	p.Put(&wire.IPFields{TTL: 64, Protocol: protocol, Offset: offset}, len(p), src, dst)
	copy(p.Payload(), payload)
	return p
}

// RFC 1122 section 3.2.2: "An ICMP error message MUST NOT be sent as the result of receiving".
func TestMayAnswer(t *testing.T) {
	udp := make([]byte, 8)
	for _, c := range []struct {
		name string
		p    wire.IPv4
		to   inet.Locality
		want bool
	}{
		{"a datagram for us", datagram(peer, us, 17, 0, udp), inet.Own, true},
		{"an echo request", datagram(peer, us, 1, 0, []byte{8, 0}), inet.Own, true},
		{"an ICMP error", datagram(peer, us, 1, 0, []byte{3, 3}), inet.Own, false},
		{"another ICMP message", datagram(peer, us, 1, 0, []byte{13, 0}), inet.Own, false},
		{"an empty ICMP message", datagram(peer, us, 1, 0, nil), inet.Own, false},
		{"a broadcast", datagram(peer, us, 17, 0, udp), inet.Broadcast, false},
		{"a multicast", datagram(peer, us, 17, 0, udp), inet.Multicast, false},
		{"a fragment that is not the first", datagram(peer, us, 17, 1, udp), inet.Own, false},
		{"from 0.0.0.0", datagram(wire.Any4, us, 17, 0, udp), inet.Own, false},
		{"from a group", datagram(wire.V4(224, 0, 0, 1), us, 17, 0, udp), inet.Own, false},
		{"from class E", datagram(wire.V4(240, 0, 0, 1), us, 17, 0, udp), inet.Own, false},
		{"from the limited broadcast", datagram(wire.Broadcast4, us, 17, 0, udp), inet.Own, false},
	} {
		if MayAnswer(c.p, c.p.Payload(), c.to) != c.want {
			t.Errorf("%s: %v", c.name, !c.want)
		}
	}
}

func TestError(t *testing.T) {
	long := datagram(peer, us, 17, 0, bytes.Repeat([]byte("x"), 1400))
	for n, want := range map[int]int{28: 36, 548: 556, 549: 556, 1420: 556} { // RFC 1812 section 4.3.2.3: 576 in all
		if got := ErrorLen(n); got != want {
			t.Errorf("about %d octets: %d, want %d", n, got, want)
		}
		m := make(wire.ICMP, ErrorLen(n))
		PutError(m, wire.ICMPUnreachable, wire.CodePort, long[:n])
		if !m.ChecksumOK() || m.Type() != 3 || m.Code() != 3 || m.Rest() != 0 || !bytes.Equal(m.Body(), long[:len(m)-8]) {
			t.Errorf("about %d octets: % x", n, m[:28])
		}
	}
}

func TestEchoReply(t *testing.T) {
	for _, size := range []int{0, 1, 56, 1472} {
		request := make(wire.ICMP, wire.ICMPLen+size)
		for i := range request.Body() {
			request.Body()[i] = byte(i)
		}
		request.Put(wire.ICMPEcho, 0, 0xbeef0001)
		reply := make(wire.ICMP, len(request))
		PutEchoReply(reply, request)
		if reply.Type() != 0 || reply.Code() != 0 || reply.Rest() != 0xbeef0001 || !reply.ChecksumOK() ||
			!bytes.Equal(reply.Body(), request.Body()) { // RFC 792, "Echo": the data must be returned
			t.Errorf("% x", []byte(reply))
		}
	}
}

// quote makes an error about a datagram.
func quote(typ, code uint8, rest uint32, p []byte) wire.ICMP {
	m := make(wire.ICMP, wire.ICMPLen+len(p))
	copy(m.Body(), p)
	m.Put(typ, code, rest)
	return m
}

// RFC 1122 sections 3.2.2.1 and 4.2.3.9, with Linux's numbers.
func TestParseError(t *testing.T) {
	sent := datagram(us, peer, 17, 0, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	for _, c := range []struct {
		typ, code uint8
		want      inet.Errno
		hard      bool
	}{
		{3, 0, inet.ENETUNREACH, false}, {3, 1, inet.EHOSTUNREACH, false}, {3, 2, inet.ENOPROTOOPT, true},
		{3, 3, inet.ECONNREFUSED, true}, {3, 4, inet.EMSGSIZE, true}, {3, 5, inet.EOPNOTSUPP, false},
		{3, 6, inet.ENETUNREACH, true}, {3, 7, inet.EHOSTDOWN, true}, {3, 13, inet.EHOSTUNREACH, true},
		{11, 0, inet.EHOSTUNREACH, false}, {12, 0, inet.EPROTO, true},
	} {
		e, protocol, ok := ParseError(quote(c.typ, c.code, 1280, sent))
		if !ok || protocol != 17 || e.Errno != c.want || e.Hard != c.hard || e.Src != us || e.Dst != peer ||
			e.Type != c.typ || e.Code != c.code || !bytes.Equal(e.Payload, sent.Payload()) {
			t.Errorf("%d, %d: %+v %v", c.typ, c.code, e, ok)
		}
		if want := map[bool]int{true: 1260}[c.code == 4]; e.Room != want {
			t.Errorf("%d, %d: room for %d, want %d", c.typ, c.code, e.Room, want) // RFC 1191 section 4
		}
	}
	for name, m := range map[string]wire.ICMP{
		"source quench: RFC 6633 section 3": quote(4, 0, 0, sent),
		"redirect":                          quote(5, 1, 0x0a000066, sent),
		"echo reply":                        quote(0, 0, 0, sent),
		"an unknown code":                   quote(3, 16, 0, sent),
		"too little quoted":                 quote(3, 3, 0, sent[:27]),
		"nothing quoted":                    quote(3, 3, 0, nil),
		"version 6 quoted":                  quote(3, 3, 0, append([]byte{0x65}, sent[1:]...)),
		"a bad header length quoted":        quote(3, 3, 0, append([]byte{0x41}, sent[1:]...)),
		"a header beyond what is quoted":    quote(3, 3, 0, append([]byte{0x4f}, sent[1:]...)),
		"a later fragment quoted":           quote(3, 3, 0, datagram(us, peer, 17, 2, make([]byte, 8))),
	} {
		if e, _, ok := ParseError(m); ok {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// RFC 1812 section 4.3.2.8.
func TestLimiter(t *testing.T) {
	const second = int64(1e9)
	l := NewLimiter(1)
	now := second
	count := func(to func(i int) wire.Addr, random uint8) (n int) {
		for i := range 1000 {
			if l.Allow(now, to(i), random) {
				n++
			}
		}
		return n
	}
	one := func(int) wire.Addr { return peer }
	many := func(i int) wire.Addr { return wire.V4From(uint32(i)) }
	if n := count(one, 0); n != hostBurst {
		t.Errorf("one host got %d at once, want %d", n, hostBurst)
	}
	now += second
	if n := count(many, 0); n != totalBurst {
		t.Errorf("all hosts got %d at once, want %d", n, totalBurst)
	}
	now += second
	if n := count(many, 2); n >= totalBurst/2 {
		t.Errorf("with chance %d of %d", n, totalBurst)
	}
	total := 0
	for range 1000 {
		now += second / 100
		total += count(one, 0)
	}
	if total > 10*hostRate+hostBurst {
		t.Errorf("one host got %d in ten seconds", total)
	}
}

func FuzzParseError(f *testing.F) {
	f.Add([]byte(quote(3, 3, 0, datagram(us, peer, 17, 0, make([]byte, 8)))))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := wire.ParseICMP(b[:len(b):len(b)])
		if !ok {
			return
		}
		if e, _, ok := ParseError(m); ok && (len(e.Payload) < 8 || e.Errno == 0) {
			t.Fatalf("%+v", e)
		}
		if len(m) >= wire.ICMPLen {
			PutEchoReply(make(wire.ICMP, len(m)), m)
		}
	})
}
