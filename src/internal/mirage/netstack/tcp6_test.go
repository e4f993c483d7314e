//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/wire"
	"testing"
)

// TCP over IPv6: a connection, its segment size, and ports without one.
func TestTCP6(t *testing.T) {
	h := newFriend6(t)
	p := tcp.New(h.stack)
	l := p.NewSocket(true)
	must(t, l.Bind(at(wire.Any6, 80)))
	must(t, l.Listen(5))
	in := func(src, dst wire.AddrPort, seq, ack uint32, flags uint8, text string) {
		s := make(wire.TCP, wire.TCPLen+len(text))
		copy(s[wire.TCPLen:], text)
		s.Put(&wire.TCPFields{SrcPort: src.Port, DstPort: dst.Port, Seq: seq, Ack: ack, Flags: flags, Window: 9999}, 0, src.Addr, dst.Addr, false)
		h.frame(ipv6(src.Addr, dst.Addr, wire.IPFields{Protocol: wire.ProtoTCP}, s))
	}
	out := func(flags uint8) wire.TCP {
		t.Helper()
		q := h.want6()
		s, ok := wire.ParseTCP(q.Payload())
		if q.Next() != wire.ProtoTCP || !ok || !s.ChecksumOK(q.Src(), q.Dst()) || s.Flags() != flags {
			t.Fatalf("% x", []byte(q))
		}
		return s
	}
	peer, us := at(globalPeer, 4000), at(globalOur, 80)
	in(peer, us, 100, 0, wire.SYN, "")
	s := out(wire.SYN | wire.ACK)
	var o wire.TCPOptions
	if !o.Parse(s.Options()) || o.MSS != 1440 {
		t.Errorf("RFC 9293 section 3.7.1: MSS %d", o.MSS)
	}
	in(peer, us, 101, s.Seq()+1, wire.ACK, "")
	c, from, err := l.Accept()
	must(t, err)
	if from != peer || c.Local() != us {
		t.Errorf("%v to %v", from, c.Local())
	}
	in(peer, us, 101, s.Seq()+1, wire.ACK|wire.PSH, "hello")
	buf := make([]byte, 9)
	if n, err := c.Recv(buf, false); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("%q %v", buf[:n], err)
	}
	if _, err := c.Send(make([]byte, 3000)); err != nil {
		t.Error(err)
	}
	s = out(wire.ACK)
	if len(s.Payload()) != 1220 { // the peer did not say
		t.Errorf("RFC 9293 section 3.7.1: %d octets", len(s.Payload()))
	}
	// RFC 4861 section 7.3.1: an acknowledgement says that the neighbour is there, and it is not asked.
	first := s.Seq()
	for _, octets := range []uint32{1220, 2440, 3000} {
		in(peer, us, 106, first+octets, wire.ACK, "")
		h.pass(sec / 10)
	}
	h.pass(50 * sec)
	h.sent = nil
	c.Send([]byte("more"))
	in(peer, us, 106, first+3004, wire.ACK, "")
	h.pass(10 * sec)
	for _, b := range h.sent {
		if p := wire.IPv6(b[wire.EthernetLen:]); p.Next() == wire.ProtoICMPv6 {
			t.Errorf("asked: % x", b)
		}
	}
	h.sent = nil
	in(peer, at(globalOur, 81), 1, 0, wire.SYN, "")
	for len(h.sent) > 1 {
		h.want6()
	}
	out(wire.RST | wire.ACK)
	// Both families, or one: RFC 3493 section 5.3.
	only := p.NewSocket(true)
	must(t, only.Configure(func(o *tcp.Options) { o.V6Only = true }))
	must(t, only.Bind(at(wire.Any6, 90)))
	must(t, only.Listen(5))
	four := p.NewSocket(false)
	must(t, four.Bind(at(any4, 90)))
	must(t, four.Listen(5))
	fails(t, p.NewSocket(true).Bind(at(wire.Any6, 90)), inet.EADDRINUSE)
	fails(t, p.NewSocket(false).Bind(at(globalOur, 91)), inet.EAFNOSUPPORT)
	// A connection of ours, to a link-local address.
	h.meet6(linkPeer, peerMAC)
	d := p.NewSocket(true)
	fails(t, d.Connect(at(linkPeer, 7)), inet.EINVAL)
	fails(t, d.Connect(wire.On(linkPeer, 7, 2)), inet.EINPROGRESS)
	s = out(wire.SYN)
	in(at(linkPeer, 7), at(linkOur, s.SrcPort()), 500, s.Seq()+1, wire.SYN|wire.ACK, "")
	out(wire.ACK)
	if remote, ok := d.Remote(); !ok || remote != wire.On(linkPeer, 7, 2) || d.Local().Zone != 2 {
		t.Errorf("%+v from %+v", remote, d.Local())
	}
}
