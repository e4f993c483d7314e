//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"slices"
	"testing"
)

// A host is a stack under test whose only neighbour is the test: it reads what the stack sends and writes frames of
// its own, in virtual time.
type host struct {
	t     testing.TB
	now   int64
	stack *Stack
	udp   *udp.Protocol
	iface *Interface
	card  *link.Channel // the stack's
	far   *link.Channel // the test's
	sent  [][]byte      // frames that the stack sent and no want has taken yet
}

var (
	ourAddr  = wire.V4(10, 0, 0, 1)
	peerAddr = wire.V4(10, 0, 0, 2)
	otherNet = wire.V4(192, 0, 2, 7) // behind the gateway 10.0.0.2
	ourMAC   = wire.MAC(0x020000000001)
	peerMAC  = wire.MAC(0x020000000002)
	evilMAC  = wire.MAC(0x020000000066)
)

const sec = int64(1e9)

// newBare makes a host without an address.
func newBare(t testing.TB, c link.ChannelConfig) *host {
	h := &host{t: t, now: 1000 * sec}
	random := rand.NewChaCha8([32]byte{1})
	h.stack = New(Config{Now: func() int64 { return h.now }, Rand: func(p []byte) { random.Read(p) }})
	h.udp = udp.New(h.stack)
	h.card, h.far = link.NewPair(c)
	h.far.Receive(func(f *device.Frame) {
		b := bytes.Clone(f.Bytes)
		if f.Checksum == device.ChecksumPartial { // what a card would do
			at := int(f.Start) + int(f.Offset)
			sum := wire.Sum(0).Add(b[f.Start:]).Checksum()
			b[at], b[at+1] = byte(sum>>8), byte(sum)
		}
		h.sent = append(h.sent, b)
	})
	h.iface = h.stack.AddNIC("eth0", h.card)
	return h
}

// newHost makes a host 10.0.0.1/24 with the gateway 10.0.0.2, whose probes and announcements are over.
func newHost(t testing.TB) *host { return newHostOn(t, link.ChannelConfig{}) }

func newHostOn(t testing.TB, c link.ChannelConfig) *host {
	h := newBare(t, c)
	if err := h.iface.Configure(Static{Addr: wire.Prefix{Addr: ourAddr, Bits: 24}, Gateway: peerAddr}); err != nil {
		t.Fatal(err)
	}
	h.pass(20 * sec)
	h.sent = nil
	return h
}

// newFriend makes a host that knows its peer's hardware address.
func newFriend(t testing.TB) *host {
	h := newHost(t)
	h.meet(peerAddr, peerMAC)
	return h
}

// meet lets the stack ask for a neighbour and answers.
func (h *host) meet(a wire.Addr, mac wire.MAC) {
	h.t.Helper()
	s := h.udp.NewSocket(false)
	if _, err := s.SendTo([]byte("hello"), wire.AddrPort{Addr: a, Port: 9}, udp.Control{}); err != nil {
		h.t.Fatal(err)
	}
	h.answerARP(a, mac)
	h.wantIPv4()
	s.Close()
}

// answerARP wants a broadcast request for an address among the messages of ARP that were sent, and answers it.
func (h *host) answerARP(a wire.Addr, mac wire.MAC) {
	h.t.Helper()
	if !h.asks(a) {
		h.t.Fatalf("nobody asks for %v", a)
	}
	h.forgetARP()
	h.arp(mac, ourMAC, wire.ARPReply, mac, a, ourMAC, ourAddr)
}

// asks reports whether the stack has asked all stations for an address.
func (h *host) asks(a wire.Addr) bool {
	h.far.Deliver(h.now)
	return slices.ContainsFunc(h.sent, func(b []byte) bool {
		e := wire.Ethernet(b)
		m, ok := wire.ParseARP(e.Payload())
		return ok && e.Type() == wire.TypeARP && e.Dst() == wire.BroadcastMAC && m.Op() == wire.ARPRequest && m.Target() == a
	})
}

// passUntilAsked lets time pass until the stack asks for an address.
func (h *host) passUntilAsked(a wire.Addr, limit int64) {
	h.t.Helper()
	for end := h.now + limit; !h.asks(a); {
		if h.pass(sec); h.now > end {
			h.t.Fatalf("nobody asks for %v", a)
		}
	}
}

// pass lets time pass, step by step, doing what becomes due.
func (h *host) pass(d int64) {
	end := h.now + d
	for {
		next := h.stack.Poll(h.now)
		h.far.Deliver(h.now)
		h.card.Deliver(h.now)
		h.far.Deliver(h.now)
		if next == 0 || next > end {
			break
		}
		h.now = max(next, h.now)
	}
	h.now = end
}

// frame gives the stack a frame at once.
func (h *host) frame(b []byte) {
	f := h.far.Alloc(len(b))
	if f == nil {
		h.t.Fatal("the wire is full")
	}
	copy(f.Bytes, b)
	h.far.Transmit(f)
	h.card.Deliver(h.now)
	h.far.Deliver(h.now)
}

// arp gives the stack an ARP message.
func (h *host) arp(from, to wire.MAC, op uint16, senderMAC wire.MAC, sender wire.Addr, targetMAC wire.MAC, target wire.Addr) {
	b := make([]byte, 60)
	e := wire.Ethernet(b)
	e.Put(to, from, wire.TypeARP)
	wire.ARP(e.Payload()).Put(op, senderMAC, sender, targetMAC, target)
	h.frame(b)
}

// ipv4 builds a frame with a datagram from the peer's link.
func ipv4(src, dst wire.Addr, f wire.IPFields, payload []byte) []byte {
	b := make([]byte, ipv4Room+len(payload))
	wire.Ethernet(b).Put(ourMAC, peerMAC, wire.TypeIPv4)
	if f.TTL == 0 {
		f.TTL = 64
	}
	wire.IPv4(b[wire.EthernetLen:]).Put(&f, wire.IPv4Len+len(payload), src, dst)
	copy(b[ipv4Room:], payload)
	return b
}

// segment builds a UDP datagram.
func segment(src, dst wire.AddrPort, payload string) []byte {
	u := make(wire.UDP, wire.UDPLen+len(payload))
	copy(u.Payload(), payload)
	u.Put(src.Port, dst.Port, src.Addr, dst.Addr, false)
	return u
}

// datagram builds a frame with a UDP datagram from the peer's link.
func datagram(src, dst wire.AddrPort, payload string) []byte {
	return ipv4(src.Addr, dst.Addr, wire.IPFields{Protocol: wire.ProtoUDP}, segment(src, dst, payload))
}

func at(a wire.Addr, port uint16) wire.AddrPort { return wire.AddrPort{Addr: a, Port: port} }

// want takes the next frame that the stack has sent.
func (h *host) want() wire.Ethernet {
	h.t.Helper()
	h.far.Deliver(h.now)
	if len(h.sent) == 0 {
		h.t.Fatal("nothing was sent")
	}
	b := h.sent[0]
	h.sent = h.sent[1:]
	e, ok := wire.ParseEthernet(b)
	if !ok || e.Src() != ourMAC {
		h.t.Fatalf("no frame of ours: % x", b)
	}
	return e
}

// wantNothing fails if the stack has sent a frame.
func (h *host) wantNothing() {
	h.t.Helper()
	h.far.Deliver(h.now)
	if len(h.sent) != 0 {
		h.t.Fatalf("sent: % x", h.sent[0])
	}
}

func (h *host) wantARP() wire.ARP {
	h.t.Helper()
	e := h.want()
	m, ok := wire.ParseARP(e.Payload())
	if e.Type() != wire.TypeARP || !ok {
		h.t.Fatalf("no ARP message: % x", []byte(e))
	}
	return m
}

func (h *host) wantIPv4() wire.IPv4 {
	h.t.Helper()
	e := h.want()
	p, ok := wire.ParseIPv4(e.Payload())
	if e.Type() != wire.TypeIPv4 || !ok || !p.ChecksumOK() {
		h.t.Fatalf("no IPv4 datagram: % x", []byte(e))
	}
	return p
}

// wantUDP takes a datagram with a right checksum and a certain payload.
func (h *host) wantUDP(src, dst wire.AddrPort, payload string) wire.IPv4 {
	h.t.Helper()
	p := h.wantIPv4()
	u, ok := wire.ParseUDP(p.Payload())
	if p.Protocol() != wire.ProtoUDP || !ok || !u.ChecksumOK(p.Src(), p.Dst()) {
		h.t.Fatalf("no UDP datagram: % x", []byte(p))
	}
	gotSrc, gotDst := at(p.Src(), u.SrcPort()), at(p.Dst(), u.DstPort())
	if gotSrc != src || gotDst != dst || string(u.Payload()) != payload {
		h.t.Fatalf("%v to %v: %.40q; want %v to %v: %.40q", gotSrc, gotDst, u.Payload(), src, dst, payload)
	}
	return p
}

func (h *host) wantICMP(typ, code uint8) (wire.IPv4, wire.ICMP) {
	h.t.Helper()
	p := h.wantIPv4()
	m, ok := wire.ParseICMP(p.Payload())
	if p.Protocol() != wire.ProtoICMP || !ok || !m.ChecksumOK() || m.Type() != typ || m.Code() != code {
		h.t.Fatalf("want ICMP %d, %d: % x", typ, code, []byte(p))
	}
	return p, m
}

// forgetARP drops what the stack has sent of ARP.
func (h *host) forgetARP() {
	h.sent = slices.DeleteFunc(h.sent, func(b []byte) bool { return wire.Ethernet(b).Type() == wire.TypeARP })
}

// bind makes a socket at a port of all addresses.
func (h *host) bind(port uint16) *udp.Socket {
	h.t.Helper()
	s := h.udp.NewSocket(false)
	if err := s.Bind(at(wire.Any4, port)); err != nil {
		h.t.Fatal(err)
	}
	return s
}
