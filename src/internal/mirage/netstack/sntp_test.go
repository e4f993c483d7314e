//go:build !mirage

package netstack

import (
	"internal/byteorder"
	"internal/mirage/netstack/wire"
	"slices"
	"testing"
)

// A timepiece is a wall clock whose changes are kept.
type timepiece struct {
	h      *host
	offset int64
	steps  []int64
	slews  []int64
}

func (p *timepiece) clock() WallClock {
	return WallClock{
		Now:    func() int64 { return p.h.now + p.offset },
		Step:   func(ns int64) { p.steps = append(p.steps, ns-p.h.now-p.offset); p.offset = ns - p.h.now },
		Adjust: func(ns, over, rate int64) { p.slews = append(p.slews, ns); p.offset += ns },
	}
}

// wantQuestion takes a question to a time server and returns the port that it came from and its number.
func (h *host) wantQuestion(server wire.Addr) (from wire.AddrPort, number []byte) {
	h.t.Helper()
	h.far.Deliver(h.now)
	h.forgetARP()
	p := h.wantIPv4()
	u, ok := wire.ParseUDP(p.Payload())
	m, fits := wire.ParseNTP(u.Payload())
	if !ok || !fits || p.Dst() != server || u.DstPort() != 123 || m.Mode() != 3 || m.Version() != 4 {
		h.t.Fatalf("% x", []byte(p))
	}
	return at(p.Src(), u.SrcPort()), m[40:48]
}

// tell answers that it is so many seconds since 1900.
func (h *host) tell(server wire.Addr, to wire.AddrPort, number []byte, seconds uint32) {
	m := make([]byte, wire.NTPLen)
	m[0], m[1] = 4<<3|4, 1
	copy(m[24:], number)
	byteorder.BEPutUint32(m[32:], seconds)
	byteorder.BEPutUint32(m[40:], seconds)
	h.frame(datagram(at(server, 123), to, string(m)))
}

// RFC 4330 section 5, over the wire: the clock is set by the server that was named, and kept from then on.
func TestSNTP(t *testing.T) {
	h := newFriend(t)
	p := &timepiece{h: h}
	StartSNTP(h.stack, h.udp, p.clock(), []wire.AddrPort{at(peerAddr, 123)})
	h.pass(0)
	from, number := h.wantQuestion(peerAddr)
	const seconds = 4102444800 // 2030-01-01
	h.tell(wire.V4(10, 0, 0, 66), from, number, seconds)
	if len(p.steps) != 0 {
		t.Error("somebody else sets the clock")
	}
	h.tell(peerAddr, from, number, seconds)
	if want := int64(seconds-2208988800) * sec; len(p.steps) != 1 || h.now+p.offset != want {
		t.Fatalf("the clock shows %d, want %d", h.now+p.offset, want)
	}
	h.pass(65 * sec)
	h.answerARP(peerAddr, peerMAC) // it has not heard of it for a minute
	from, number = h.wantQuestion(peerAddr)
	h.tell(peerAddr, from, number, seconds+64)
	if len(p.steps) != 1 || len(p.slews) != 2 {
		t.Errorf("steps %d, slews %d", p.steps, p.slews)
	}
}

// RFC 2132 section 8.3: without a word servers are those of DHCP, for as long as the lease lasts.
func TestSNTPByDHCP(t *testing.T) {
	l := newLessor(t)
	p := &timepiece{h: l.host}
	StartSNTP(l.stack, l.udp, p.clock(), nil)
	l.lease(append(slices.Clone(leaseOptions), wire.OptTimeServers, 4, 10, 0, 0, 2)...)
	if got := l.stack.TimeServers(); len(got) != 1 || got[0] != at(peerAddr, 123) {
		t.Fatalf("time servers %v", got)
	}
	l.forgetARP()
	l.stack.Poll(l.now)
	l.far.Deliver(l.now)
	l.answerARP(peerAddr, peerMAC)
	from, number := l.wantQuestion(peerAddr)
	l.tell(peerAddr, from, number, 4102444800)
	if len(p.steps) != 1 {
		t.Error("the clock was not set")
	}
	l.client.Release()
	if got := l.stack.TimeServers(); len(got) != 0 {
		t.Errorf("time servers %v", got)
	}
}
