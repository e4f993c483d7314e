//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"testing"
)

// syn gives the stack a SYN.
func (h *host) syn(dst wire.AddrPort, ttl uint8) {
	b := make(wire.TCP, wire.TCPLen)
	b.Put(&wire.TCPFields{SrcPort: 5000, DstPort: dst.Port, Seq: 1, Flags: wire.SYN, Window: 1000}, 0, peerAddr, dst.Addr, false)
	h.frame(ipv4(peerAddr, dst.Addr, wire.IPFields{Protocol: wire.ProtoTCP, TTL: ttl}, b))
}

// wantSynAck takes the answer to a SYN, and returns the MSS in it.
func (h *host) wantSynAck() uint16 {
	h.t.Helper()
	s, ok := wire.ParseTCP(h.wantIPv4().Payload())
	var o wire.TCPOptions
	if !ok || s.Flags() != wire.SYN|wire.ACK || !o.Parse(s.Options()) {
		h.t.Fatalf("no SYN-ACK: % x", s)
	}
	return o.MSS
}

// listenWith makes a socket listen at an address.
func (h *host) listenWith(local wire.AddrPort, options func(o *tcp.Options)) {
	h.t.Helper()
	s := tcp.New(h.stack).NewSocket(false)
	for _, err := range []error{s.Configure(options), s.Bind(local), s.Listen(1)} {
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// RFC 5082 section 3: what comes from farther away than the user says is passed over in silence.
func TestTCPLeastTTL(t *testing.T) {
	h := newFriend(t)
	h.listenWith(at(ourAddr, 179), func(o *tcp.Options) { o.LeastTTL = 255 })
	h.syn(at(ourAddr, 179), 254)
	h.wantNothing()
	h.syn(at(ourAddr, 179), 255)
	h.wantSynAck()
}

// tcp(7), TCP_MAXSEG: no longer segments are asked for.
func TestTCPMaxSegment(t *testing.T) {
	h := newFriend(t)
	h.listenWith(at(ourAddr, 80), func(o *tcp.Options) { o.MaxSegment = 1000 })
	h.syn(at(ourAddr, 80), 64)
	if mss := h.wantSynAck(); mss != 1000 {
		t.Errorf("the MSS is %d", mss)
	}
}

// ip(7), IP_FREEBIND: who has bound an address that is not ours yet is there when it is.
func TestFreeBind(t *testing.T) {
	h := newFriend(t)
	later := at(wire.V4(10, 0, 0, 9), 80)
	u := h.udp.NewSocket(false)
	if err := u.Bind(later); err != inet.EADDRNOTAVAIL {
		t.Errorf("bind: %v", err)
	}
	u.Configure(func(o *udp.Options) { o.FreeBind = true })
	if err := u.Bind(later); err != nil {
		t.Errorf("free bind: %v", err)
	}
	h.listenWith(later, func(o *tcp.Options) { o.FreeBind = true })
	h.syn(later, 64)
	h.wantNothing()
	h.iface.AddAddr(wire.Prefix{Addr: later.Addr, Bits: 24})
	h.sent = nil // what it says of the new address
	h.syn(later, 64)
	h.wantSynAck()
}
