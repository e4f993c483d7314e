//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/wire"
	"io"
	"testing"
)

// TestReplay runs the stack over a capture: a neighbour asks for us and sends a query; we ask for it, and answer.
func TestReplay(t *testing.T) {
	h := newFriend(t)
	handlerEcho(h.udp)
	var file, answers bytes.Buffer
	w := link.NewPcapWriter(&file)
	own, peer := wire.V4(192, 168, 0, 1), wire.V4(192, 168, 0, 2)
	ask, reply := make([]byte, 60), make([]byte, 60)
	wire.Ethernet(ask).Put(wire.BroadcastMAC, peerMAC, wire.TypeARP)
	wire.ARP(ask[14:]).Put(wire.ARPRequest, peerMAC, peer, 0, own)
	wire.Ethernet(reply).Put(ourMAC, peerMAC, wire.TypeARP)
	wire.ARP(reply[14:]).Put(wire.ARPReply, peerMAC, peer, ourMAC, own)
	for n, b := range [][]byte{ask, datagram(at(peer, 4000), at(own, 53), "query"), reply} {
		w.Write(int64(n)*sec, b)
	}
	in, err := link.NewPcapReader(&file)
	must(t, err)
	card := link.NewReplay(in, link.NewPcapWriter(&answers), ourMAC.As6())
	must(t, h.stack.AddNIC("pcap0", card).AddAddr(wire.Prefix{Addr: own, Bits: 24}))
	for err == nil {
		_, err = card.Step()
	}
	fails(t, err, io.EOF)
	out, err := link.NewPcapReader(&answers)
	must(t, err)
	for n, want := range []string{"answer", "question", "echo"} {
		b, at, err := out.Next()
		must(t, err)
		e := wire.Ethernet(b)
		m, isARP := wire.ParseARP(e.Payload())
		got := ""
		switch {
		case isARP && m.Op() == wire.ARPReply && m.Target() == peer:
			got = "answer"
		case isARP && m.Op() == wire.ARPRequest && m.Target() == peer:
			got = "question"
		case e.Type() == wire.TypeIPv4 && bytes.HasSuffix(b, []byte("query")) && e.Dst() == peerMAC:
			got = "echo"
		}
		if got != want || at != int64(n)*sec {
			t.Errorf("frame %d at %d is %q, want %q", n, at, got, want)
		}
	}
}
