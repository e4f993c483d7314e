//go:build !mirage

package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"testing"
)

// A mill is a card that gives the stack the same frame again and again and counts what comes back.
type mill struct {
	*link.Channel
	frame   device.Frame
	out     [2048]byte
	store   [2048]byte
	answers int
	offload device.Offloads
	receive func(*device.Frame) // the stack's
}

func (m *mill) Offloads() device.Offloads { return m.offload }
func (m *mill) Alloc(n int) *device.Frame {
	m.frame = device.Frame{Bytes: m.store[:n]}
	return &m.frame
}
func (m *mill) Transmit(f *device.Frame) { m.answers++ }
func (m *mill) Discard(*device.Frame)    {}
func (m *mill) Flush()                   {}
func (m *mill) Idle() bool               { return true }

// newMill makes a stack on a mill, with an echo service, and a query for it.
func newMill(t testing.TB, offload device.Offloads, set func(*udp.Protocol)) (*mill, *device.Frame) {
	h := newFriend(t)
	set(h.udp)
	a, _ := link.NewPair(link.ChannelConfig{})
	m := &mill{Channel: a, offload: offload, receive: h.iface.receive}
	h.iface.nic, h.iface.offload = m, offload&device.TxChecksum != 0
	query := &device.Frame{Bytes: datagram(at(peerAddr, 4000), at(ourAddr, 53), string(make([]byte, 40)))}
	if offload&device.RxChecksum != 0 {
		query.Checksum = device.ChecksumValid
	}
	return m, query
}

func benchmarkEcho(b *testing.B, offload device.Offloads, set func(*udp.Protocol)) {
	m, query := newMill(b, offload, set)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		m.receive(query)
	}
	if m.answers != b.N {
		b.Fatalf("%d answers to %d queries", m.answers, b.N)
	}
}

func handlerEcho(u *udp.Protocol) {
	u.Handle(53, func(dst, query []byte, _ wire.AddrPort) []byte { return append(dst, query...) })
}

func socketEcho(u *udp.Protocol) {
	s := u.NewSocket(false)
	s.Bind(at(wire.Any4, 53))
	buf := make([]byte, 512)
	s.Notify(func(bool, bool) {
		n, d, _ := s.Recv(buf, false)
		s.SendTo(buf[:n], d.From, udp.Control{})
	})
}

const both = device.TxChecksum | device.RxChecksum

func BenchmarkHandlerEcho(b *testing.B)         { benchmarkEcho(b, both, handlerEcho) }
func BenchmarkHandlerEchoSoftware(b *testing.B) { benchmarkEcho(b, 0, handlerEcho) }
func BenchmarkSocketEcho(b *testing.B)          { benchmarkEcho(b, both, socketEcho) }
func BenchmarkSocketEchoSoftware(b *testing.B)  { benchmarkEcho(b, 0, socketEcho) }

// BenchmarkChannelEcho is a round trip over a channel: a client's socket, the wire, a server's handler, and back.
func BenchmarkChannelEcho(b *testing.B) {
	h := newFriend(b)
	card, far := link.NewPair(link.ChannelConfig{})
	server := New(h.stack.config)
	u := udp.New(server)
	handlerEcho(u)
	for stack, nic := range map[*Stack]*link.Channel{h.stack: card, server: far} {
		a := wire.V4(192, 168, 0, 1)
		if nic == far {
			a = wire.V4(192, 168, 0, 2)
		}
		if err := stack.AddNIC("eth1", nic).AddAddr(wire.Prefix{Addr: a, Bits: 24}); err != nil {
			b.Fatal(err)
		}
	}
	s := h.udp.NewSocket(false)
	if err := s.Connect(at(wire.V4(192, 168, 0, 2), 53)); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 64)
	trip := func() {
		s.Send(buf[:40], udp.Control{})
		for far.Deliver(0)+card.Deliver(0) > 0 {
		}
		if n, _, err := s.Recv(buf, false); n != 40 || err != nil {
			b.Fatal(n, err)
		}
	}
	trip()
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		trip()
	}
}
