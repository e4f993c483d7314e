//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	for _, offloads := range []device.Offloads{0, both} {
		h := newHostOn(t, link.ChannelConfig{Offloads: offloads})
		h.meet(peerAddr, peerMAC)
		var answer string
		var from wire.AddrPort
		var query []byte
		room := 0
		must(t, h.udp.Handle(53, func(dst, q []byte, f wire.AddrPort) []byte {
			room, query, from = cap(dst), bytes.Clone(q), f
			return append(dst, answer...)
		}))
		ask := func(src wire.AddrPort) { h.frame(datagram(src, at(ourAddr, 53), "query")) }
		for _, src := range []wire.AddrPort{at(peerAddr, 4000), at(otherNet, 4001)} {
			answer = "an answer"
			ask(src)
			h.wantUDP(at(ourAddr, 53), src, answer)
			if string(query) != "query" || from != src || room != 1472 {
				t.Errorf("%q from %v with room for %d", query, from, room)
			}
		}
		answer = ""
		ask(at(peerAddr, 4000))
		h.wantNothing()
		answer = strings.Repeat("x", 1472)
		ask(at(peerAddr, 4000))
		h.wantUDP(at(ourAddr, 53), at(peerAddr, 4000), answer)
		answer = strings.Repeat("x", 1473) // outgrows the frame: it goes in two
		ask(at(peerAddr, 4000))
		if p, q := h.wantIPv4(), h.wantIPv4(); !p.MoreFragments() || q.FragmentOffset() != 1480 || len(q.Payload()) != 1 {
			t.Errorf("% x, % x", []byte(p[:20]), []byte(q))
		}
		answer = strings.Repeat("x", 65508) // longer than UDP can be
		ask(at(peerAddr, 4000))
		h.wantNothing()
		ask(at(peerAddr, 0)) // RFC 768: no answer is wanted
		h.wantNothing()
		frame := datagram(at(peerAddr, 4000), at(wire.V4(10, 0, 0, 255), 53), "query")
		wire.Ethernet(frame).Put(wire.BroadcastMAC, peerMAC, wire.TypeIPv4)
		h.frame(frame) // answers to broadcasts help an attacker to multiply
		h.wantNothing()
		fails(t, h.udp.NewSocket(false).Bind(at(ourAddr, 53)), inet.EADDRINUSE)
		must(t, h.udp.Handle(53, nil))
		ask(at(peerAddr, 4000))
		h.wantICMP(wire.ICMPUnreachable, wire.CodePort)
		h.bind(53)
	}
}

// The answer to a host that is not known yet waits for ARP; what the asker says of itself is not believed.
func TestHandlerAsksARP(t *testing.T) {
	h := newHost(t)
	handlerEcho(h.udp)
	stranger := wire.V4(10, 0, 0, 9)
	h.arp(evilMAC, wire.BroadcastMAC, wire.ARPRequest, evilMAC, stranger, 0, ourAddr)
	h.wantARP()
	h.frame(datagram(at(stranger, 4000), at(ourAddr, 53), "q"))
	h.answerARP(stranger, 0x020000000009)
	if e := h.want(); e.Dst() != 0x020000000009 {
		t.Errorf("sent to %v", e.Dst())
	}
}

// A full card loses the answer, no more.
func TestHandlerFullCard(t *testing.T) {
	h := newHostOn(t, link.ChannelConfig{Frames: 4})
	h.meet(peerAddr, peerMAC)
	handlerEcho(h.udp)
	var held []*device.Frame
	for f := h.card.Alloc(100); f != nil; f = h.card.Alloc(100) {
		held = append(held, f)
	}
	h.frame(datagram(at(peerAddr, 1), at(ourAddr, 53), "q"))
	h.frame(icmpFrame(peerAddr, ourAddr, echoRequest(10)))
	h.wantNothing()
	for _, f := range held {
		h.card.Discard(f)
	}
	h.frame(datagram(at(peerAddr, 1), at(ourAddr, 53), "q"))
	h.wantUDP(at(ourAddr, 53), at(peerAddr, 1), "q")
}

// Neither path allocates.
func TestEchoDoesNotAllocate(t *testing.T) {
	for name, set := range map[string]func(*udp.Protocol){"handler": handlerEcho, "socket": socketEcho} {
		for _, offload := range []device.Offloads{0, both} {
			m, query := newMill(t, offload, set)
			if n := testing.AllocsPerRun(1000, func() { m.receive(query) }); n != 0 || m.answers < 1000 {
				t.Errorf("%s: %v allocations, %d answers", name, n, m.answers)
			}
		}
	}
}
