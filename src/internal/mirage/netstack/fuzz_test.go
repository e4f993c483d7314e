//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/raw"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"runtime"
	"testing"
)

// repair puts right what would stop a random frame at the door: addresses, lengths and checksums, as far as the bits
// of how say so.
func repair(b []byte, how byte) {
	if len(b) < wire.EthernetLen || how&1 == 0 {
		return
	}
	dst := ourMAC
	if how&2 != 0 {
		dst = wire.BroadcastMAC
	}
	typ := uint16(wire.TypeIPv4)
	if how&4 != 0 {
		typ = wire.TypeARP
	}
	wire.Ethernet(b).Put(dst, peerMAC, typ)
	p := b[wire.EthernetLen:]
	if typ == wire.TypeARP && len(p) >= wire.ARPLen {
		copy(p, []byte{0, 1, 8, 0, 6, 4, 0})
		return
	}
	if len(p) < wire.IPv4Len {
		return
	}
	if p[0] = 0x45; how&8 != 0 {
		p[0] = 0x46
	}
	n := min(len(p), wire.IPv4MaxLen)
	p[2], p[3] = byte(n>>8), byte(n)
	if how&16 != 0 {
		a := ourAddr.As4()
		copy(p[16:20], a[:])
	}
	if h := wire.IPv4(p).HeaderLen(); h <= n {
		p[10], p[11] = 0, 0
		sum := wire.Sum(0).Add(p[:h]).Checksum()
		p[10], p[11] = byte(sum>>8), byte(sum)
		if u := p[h:n]; how&32 != 0 && len(u) >= wire.UDPLen && p[9] == wire.ProtoUDP {
			u[4], u[5], u[6], u[7] = byte(len(u)>>8), byte(len(u)), 0, 0
		}
	}
}

// hostile is a host with all that a frame can reach: a socket, a handler, a DHCP client.
func hostile(t testing.TB) *host {
	h := newHostOn(t, link.ChannelConfig{Frames: 1024})
	handlerEcho(h.udp)
	for _, port := range []uint16{7, 9} {
		s := h.udp.NewSocket(false)
		s.Bind(at(any4, port))
	}
	c := h.udp.NewSocket(false)
	c.Connect(at(peerAddr, 53))
	StartDHCP(h.stack, h.udp, h.iface, DHCPOptions{})
	p := raw.New(h.stack)
	p.NewSocket(false, wire.ProtoUDP)
	p.NewSocket(false, wire.ProtoICMP)
	p.NewPing(false).Connect(at(peerAddr, 0))
	h.sent = nil
	return h
}

// bounded fails if something has grown beyond its bound.
func (h *host) bounded() {
	h.t.Helper()
	if n := len(h.stack.Interfaces()[1].Addrs); n != 1 {
		h.t.Fatalf("%d addresses", n)
	}
	if len(h.stack.Routes()) > 5 {
		h.t.Fatalf("%v", h.stack.Routes())
	}
}

// FuzzInput: whatever frames come, in whatever order and pace, nothing panics or hangs, each is answered with no more
// than a few frames, and the host keeps its configuration.
func FuzzInput(f *testing.F) {
	f.Add([]byte{49, 60}, datagram(at(peerAddr, 4000), at(ourAddr, 53), "query"))
	f.Add([]byte{1, 0}, icmpFrame(peerAddr, ourAddr, echoRequest(56)))
	f.Add([]byte{0, 0}, fragments(peerAddr, ourAddr, make([]byte, 3000), 1480)[1])
	f.Add([]byte{5, 42, 7, 42}, make([]byte, 84))
	f.Fuzz(func(t *testing.T, script, bytes []byte) {
		h := hostile(t)
		for ; len(script) >= 2 && len(bytes) > 0; script = script[2:] {
			n := min(int(script[1])*8+wire.EthernetLen, len(bytes), 1514)
			b := append([]byte(nil), bytes[:n]...)
			bytes = bytes[n:]
			repair(b, script[0])
			h.sent = nil
			h.frame(b)
			if len(h.sent) > 3 {
				t.Fatalf("%d frames sent for one: % x", len(h.sent), b)
			}
			h.pass(int64(script[0]>>6) * 700e6)
		}
		h.bounded()
		h.sent = nil
		h.meet(wire.V4(10, 0, 0, 200), 0x0200000000c8) // and it still works
	})
}

// TestStorm is a hostile peer for a while: random frames, forged ARP, fragments, echo requests, DHCP answers, to known ports and
// unknown ones, from random neighbours. The stack keeps answering an honest one, and its memory stays where it was.
func TestStorm(t *testing.T) {
	h := hostile(t)
	friend := wire.V4(10, 0, 0, 200)
	h.meet(friend, 0x0200000000c8)
	r := rand.New(rand.NewPCG(11, 12))
	answered := 0
	const honest = 200
	var heap uint64
	for n := range honest {
		if n == honest/2 {
			heap = heapSize()
		}
		for range 500 {
			h.frame(evil(r))
			h.now += 1e4
		}
		h.stack.Poll(h.now)
		h.sent = nil
		h.far.Deliver(h.now)
		h.arp(0x0200000000c8, ourMAC, wire.ARPReply, 0x0200000000c8, friend, ourMAC, ourAddr)
		h.sent = nil
		h.frame(datagram(at(friend, 4000), at(ourAddr, 53), "honest"))
		for _, b := range h.sent {
			e := wire.Ethernet(b)
			if p, ok := wire.ParseIPv4(e.Payload()); ok && e.Type() == wire.TypeIPv4 && p.Dst() == friend && e.Dst() == 0x0200000000c8 {
				answered++
			}
		}
	}
	if answered != honest {
		t.Errorf("%d of %d honest queries were answered", answered, honest)
	}
	h.bounded()
	if grown := int64(heapSize() - heap); grown > 2<<20 {
		t.Errorf("%d octets more than half-way", grown)
	}
}

func heapSize() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// evil makes one frame of a storm.
func evil(r *rand.Rand) []byte {
	src := wire.V4From(0x0a000000 | r.Uint32N(199))
	if r.IntN(4) == 0 {
		src = wire.V4From(r.Uint32())
	}
	junk := make([]byte, r.IntN(600))
	for i := range junk {
		junk[i] = byte(r.Uint32())
	}
	var b []byte
	switch r.IntN(6) {
	case 0:
		b = append(make([]byte, wire.EthernetLen), junk...)
		repair(b, byte(r.Uint32()))
	case 1:
		b = make([]byte, 60)
		wire.Ethernet(b).Put(wire.BroadcastMAC, evilMAC, wire.TypeARP)
		m := wire.ARP(b[wire.EthernetLen:])
		target := ourAddr
		if r.IntN(2) == 0 {
			target = src
		}
		m.Put(uint16(1+r.IntN(2)), evilMAC, wire.V4From(0x0a000000|r.Uint32N(256)), ourMAC, target)
	case 2:
		f := wire.IPFields{Protocol: wire.ProtoUDP, ID: uint16(r.IntN(50)), Offset: uint16(r.IntN(100)), More: r.IntN(3) > 0}
		b = ipv4(src, ourAddr, f, junk[:len(junk)&^7])
	case 3:
		b = icmpFrame(src, ourAddr, echoRequest(len(junk)))
	case 4:
		b = datagram(at(src, uint16(r.IntN(100))), at(ourAddr, uint16(r.IntN(100))), string(junk))
	case 5:
		b = datagram(at(src, 67), at(wire.Broadcast4, 68), string(junk))
		wire.Ethernet(b).Put(wire.BroadcastMAC, evilMAC, wire.TypeIPv4)
	}
	return b
}

// TestLossyLink: over a link that loses, doubles, reorders and damages, what arrives is what was sent.
func TestLossyLink(t *testing.T) {
	a := newBare(t, link.ChannelConfig{})
	fault := link.Fault{Loss: 50, Duplicate: 50, Reorder: 100, Corrupt: 50, Seed: 3}
	near, far := link.NewPair(link.ChannelConfig{Fault: fault})
	server := New(a.stack.config)
	u := udp.New(server)
	must(t, a.stack.AddNIC("eth1", near).AddAddr(wire.Prefix{Addr: wire.V4(192, 168, 0, 1), Bits: 24}))
	must(t, server.AddNIC("eth1", far).AddAddr(wire.Prefix{Addr: wire.V4(192, 168, 0, 2), Bits: 24}))
	s, c := u.NewSocket(false), a.udp.NewSocket(false)
	must(t, s.Bind(at(any4, 53)))
	must(t, c.Connect(at(wire.V4(192, 168, 0, 2), 53)))
	r := rand.New(rand.NewPCG(1, 1))
	buf := make([]byte, 5000)
	got, sent := 0, 2000
	for range sent {
		b := make([]byte, 1+r.IntN(4000)) // whole, or in up to three fragments
		for i := range b {
			b[i] = byte(i * len(b))
		}
		c.Send(b, udp.Control{})
		a.now += 50e6
		for far.Deliver(a.now)+near.Deliver(a.now) > 0 {
		}
		a.stack.Poll(a.now)
		server.Poll(a.now)
		for {
			n, _, err := s.Recv(buf, false)
			if err != nil {
				break
			}
			for i, o := range buf[:n] {
				if o != byte(i*n) {
					t.Fatalf("octet %d of %d is wrong", i, n)
				}
			}
			got++
		}
	}
	if got < sent*6/10 || got > sent*11/10 {
		t.Errorf("%d of %d arrived", got, sent)
	}
}
