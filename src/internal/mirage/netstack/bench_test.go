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
	receive func(*device.Frame)
}

func (m *mill) Offloads() device.Offloads { return m.offload }
func (m *mill) Alloc(n int) *device.Frame {
	m.frame = device.Frame{Bytes: m.store[:n]}
	return &m.frame
}
func (m *mill) Transmit(f *device.Frame)      { m.answers++ }
func (m *mill) Discard(*device.Frame)         {}
func (m *mill) Flush()                        {}
func (m *mill) Receive(f func(*device.Frame)) { m.receive = f }

func newMill(b *testing.B, offload device.Offloads) (*mill, *udp.Protocol) {
	h := newFriend(b)
	a, _ := link.NewPair(link.ChannelConfig{})
	m := &mill{Channel: a, offload: offload}
	i := h.iface
	i.nic, i.offload = m, offload&device.TxChecksum != 0
	m.receive = i.receive
	return m, h.udp
}

const queryLen = 40

func benchmarkEcho(b *testing.B, offload device.Offloads, set func(*udp.Protocol)) {
	m, u := newMill(b, offload)
	set(u)
	query := device.Frame{Bytes: datagram(at(peerAddr, 4000), at(ourAddr, 53), string(make([]byte, queryLen)))}
	if offload&device.RxChecksum != 0 {
		query.Checksum = device.ChecksumValid
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n++ {
		m.receive(&query)
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

// BenchmarkChannelEcho is the whole way over a channel: client socket, wire, server's handler, wire, client.
func BenchmarkChannelEcho(b *testing.B) {
	client, server := newBare(b, link.ChannelConfig{Offloads: both}), newHostOn(b, link.ChannelConfig{Offloads: both})
	_ = client
	_ = server
	handlerEcho(server.udp)
}
