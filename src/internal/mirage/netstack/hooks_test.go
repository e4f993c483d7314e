//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"testing"
)

// other builds a frame of a type of its own from the peer's link.
func other(typ uint16, payload string) []byte {
	b := make([]byte, wire.EthernetLen+len(payload))
	wire.Ethernet(b).Put(ourMAC, peerMAC, typ)
	copy(b[wire.EthernetLen:], payload)
	return b
}

// IEEE 802.3 section 3.2.6: who has a type has the frames that say so, and sends such.
func TestEtherHandler(t *testing.T) {
	const typ = 0x88b5 // IEEE 802 section 9.2.4: for experiments
	h := newHost(t)
	var got []byte
	handler := func(i *Interface, e wire.Ethernet) {
		got = bytes.Clone(e.Payload())
		if i != h.iface || e.Src() != peerMAC {
			t.Errorf("from %v by %s", e.Src(), i.Name())
		}
		i.SendEther(e.Src(), typ, []byte("answer"))
	}
	must(t, h.stack.HandleEther(typ, handler))
	h.frame(other(typ, "question"))
	if string(got) != "question" || len(h.sent) != 1 {
		t.Fatalf("received %q, sent %x", got, h.sent)
	}
	if e := wire.Ethernet(h.sent[0]); e.Type() != typ || e.Dst() != peerMAC || e.Src() != ourMAC || string(e.Payload()) != "answer" {
		t.Errorf("sent %x", h.sent[0])
	}
	for _, c := range []struct {
		typ  uint16
		want error
	}{{typ, inet.EADDRINUSE}, {wire.TypeIPv4, inet.EADDRINUSE}, {wire.TypeARP, inet.EADDRINUSE}, {0x5dc, inet.EINVAL}} {
		if err := h.stack.HandleEther(c.typ, handler); err != c.want {
			t.Errorf("type %#x: %v, want %v", c.typ, err, c.want)
		}
	}
	if err := h.iface.SendEther(peerMAC, typ, make([]byte, 1501)); err != inet.EMSGSIZE {
		t.Errorf("a frame beyond the MTU: %v", err)
	}
	must(t, h.stack.HandleEther(typ, nil))
	dropped := h.stack.Interfaces()[1].Counters.RxDropped
	h.frame(other(typ, "again"))
	if string(got) != "question" || h.stack.Interfaces()[1].Counters.RxDropped != dropped+1 {
		t.Error("a handler that was taken away got a frame")
	}
}

// A whole frame goes as it is, as far as it is one.
func TestSendFrame(t *testing.T) {
	h := newHost(t)
	whole := other(0x88b5, "whole")
	wire.Ethernet(whole).Put(peerMAC, ourMAC, 0x88b5)
	send := func(n int) error { return h.iface.SendFrame(n, func(frame []byte) { copy(frame, whole) }) }
	must(t, send(len(whole)))
	if sent := h.want(); !bytes.Equal(sent, whole) {
		t.Errorf("sent %x", sent)
	}
	must(t, send(wire.EthernetLen+1500))
	h.want()
	for n, want := range map[int]error{wire.EthernetLen - 1: inet.EINVAL, wire.EthernetLen + 1501: inet.EMSGSIZE} {
		if err := send(n); err != want {
			t.Errorf("%d octets: %v, want %v", n, err, want)
		}
	}
}

// A filter sees each frame once, before anybody else, and what it refuses has not happened.
func TestFilter(t *testing.T) {
	h := newFriend(t)
	const port = 7
	seen := map[bool]int{}
	refuse := ""
	stop := h.stack.Filter(func(i *Interface, out bool, frame []byte) bool {
		seen[out]++
		return refuse == "" || !bytes.Contains(frame, []byte(refuse))
	})
	watched := map[bool]int{}
	stopWatching := h.stack.WatchFrames(func(i *Interface, out bool, frame []byte) bool { watched[out]++; return false })
	must(t, h.udp.Handle(port, func(dst, query []byte, from wire.AddrPort) []byte {
		return append(append(dst, query...), " answered"...)
	}))
	ask := func(s string) int {
		h.sent = nil
		h.frame(datagram(at(peerAddr, 9), at(ourAddr, port), s))
		return len(h.sent)
	}
	if ask("one") != 1 || seen[false] != 1 || seen[true] != 1 || watched[false] != 1 || watched[true] != 1 {
		t.Errorf("seen %v, watched %v", seen, watched)
	}
	refuse = "two"
	if ask("two") != 0 || seen[false] != 2 || seen[true] != 1 || watched[false] != 2 {
		t.Errorf("what comes is not refused: seen %v, watched %v", seen, watched)
	}
	refuse = "answered"
	if ask("three") != 0 || seen[true] != 2 || watched[true] != 1 {
		t.Errorf("what goes is not refused: seen %v, watched %v", seen, watched)
	}
	c := h.stack.Interfaces()[1].Counters
	if c.RxDropped != 1 || c.TxDropped != 1 {
		t.Errorf("dropped %d and %d", c.RxDropped, c.TxDropped)
	}
	stop()
	if ask("four") != 1 || seen[false] != 3 || watched[false] != 4 {
		t.Errorf("a filter that has stopped sees %v, a watcher that has not %v", seen, watched)
	}
	if stopWatching(); h.stack.hooks.Load() != nil {
		t.Error("frames are still looked at")
	}
	// Frames to this host itself pass filters too.
	stop = h.stack.Filter(func(i *Interface, out bool, frame []byte) bool { return i.Name() != "lo" })
	defer stop()
	s, r := h.udp.NewSocket(false), h.udp.NewSocket(false)
	must(t, r.Bind(at(wire.Loopback4, 99)))
	if _, err := s.SendTo([]byte("x"), at(wire.Loopback4, 99), udp.Control{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Recv(make([]byte, 9), false); err != inet.EAGAIN {
		t.Errorf("lo is not filtered: %v", err)
	}
}

// An IP protocol number of a program's own.
type ownProtocol struct {
	got    []byte
	errors int
}

func (o *ownProtocol) Input(p *inet.Packet)             { o.got = bytes.Clone(p.Payload) }
func (o *ownProtocol) Error(e *inet.SendError) (b bool) { o.errors++; return true }

// RFC 3692 section 2.1: protocol numbers 253 and 254 are for experiments.
func TestHandleIP(t *testing.T) {
	h := newFriend(t)
	own := &ownProtocol{}
	if !h.stack.HandleIP(253, own) || h.stack.HandleIP(253, own) || h.stack.HandleIP(wire.ProtoUDP, own) || h.stack.HandleIP(wire.ProtoFragment, own) {
		t.Error("numbers that are taken are given, or one that is free is not")
	}
	give := func() { h.frame(ipv4(peerAddr, ourAddr, wire.IPFields{Protocol: 253}, []byte("hello"))) }
	h.sent = nil
	if give(); string(own.got) != "hello" || len(h.sent) != 0 {
		t.Errorf("received %q, sent %x", own.got, h.sent)
	}
	h.stack.HandleIP(253, nil)
	own.got = nil
	if give(); own.got != nil || len(h.sent) != 1 { // RFC 1122 section 3.2.2.1: protocol unreachable
		t.Errorf("received %q, sent %x", own.got, h.sent)
	}
}
