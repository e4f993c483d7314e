//go:build !mirage

package tcp

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"slices"
)

// A fakeNet is a network of one link in virtual time: what the protocol sends is given to carry.
type fakeNet struct {
	now     int64
	addr    wire.Addr
	mtu     int
	random  *rand.ChaCha8
	timers  *inet.Timers
	carry   func(src, dst wire.Addr, segment []byte)
	full    bool // the card takes nothing
	whole   int  // it cuts segments of up to so much; 0: it does not
	long    int  // how many of those it still takes
	stalled []func()
	gen     uint32
	input   inet.Transport
	refused int // ICMP errors that would have been sent

	sentTOS, nextTOS uint8 // of what was sent last, and of what comes next

	confirmed int // times that a neighbour was said to be reachable
}

type fakeLink struct{}

func (fakeLink) Index() int { return 2 }

const second = int64(1e9)

func newFakeNet(addr wire.Addr, seed byte) *fakeNet {
	return &fakeNet{
		now: 1000 * second, addr: addr, mtu: 1500, random: rand.NewChaCha8([32]byte{seed}), timers: &inet.Timers{}, gen: 1,
	}
}

func (n *fakeNet) Register(protocol uint8, t inet.Transport) { n.input = t }
func (n *fakeNet) Now() int64                                { return n.now }
func (n *fakeNet) Random(p []byte)                           { n.random.Read(p) }
func (n *fakeNet) Generation() uint32                        { return n.gen }
func (n *fakeNet) Schedule(t *inet.Timer, at int64)          { n.timers.Schedule(t, at) }
func (n *fakeNet) Cancel(t *inet.Timer)                      { n.timers.Cancel(t) }
func (n *fakeNet) Unreachable(*inet.Packet)                  { n.refused++ }
func (n *fakeNet) Drop(o *inet.Out)                          {}

func (n *fakeNet) Confirm(r *inet.Route) { n.confirmed++ }

func (n *fakeNet) JoinGroup(wire.Addr, int, wire.SourceFilter) (int, error) { return 0, inet.ENODEV }
func (n *fakeNet) LeaveGroup(wire.Addr, int, wire.SourceFilter) error       { return inet.ENODEV }
func (n *fakeNet) ChangeGroup(wire.Addr, int, wire.SourceFilter, wire.SourceFilter) error {
	return inet.ENODEV
}

func (n *fakeNet) Local(a wire.Addr, iface int) inet.Locality {
	switch {
	case a == n.addr, a.IsLoopback():
		return inet.Own
	case a == wire.Broadcast4:
		return inet.Broadcast
	case a.IsMulticast():
		return inet.Multicast
	}
	return inet.Foreign
}

func (n *fakeNet) Route(dst, src wire.Addr, iface int) (inet.Route, error) {
	switch {
	case iface > 2:
		return inet.Route{}, inet.ENODEV
	case dst == wire.V4(192, 0, 2, 1):
		return inet.Route{}, inet.ENETUNREACH
	}
	return inet.Route{Link: fakeLink{}, Dst: dst, Src: n.addr, Next: dst, Room: n.mtu - wire.IPv4Len, Whole: n.whole, To: n.Local(dst, 0)}, nil
}

func (n *fakeNet) Open(o *inet.Out, size int) error {
	if n.full || o.Segment != 0 && n.long == 0 {
		return inet.EAGAIN
	}
	if o.Segment != 0 {
		n.long--
	} else if size > o.Route.Room {
		panic("a segment is longer than the path takes")
	}
	o.Bytes, o.Frame, o.PartialAt, o.Offload = make([]byte, size), &device.Frame{}, 0, false
	return nil
}

func (n *fakeNet) Reply(p *inet.Packet, size int) (*inet.Out, error) {
	o := &inet.Out{Route: inet.Route{Link: fakeLink{}, Dst: p.Src, Src: p.Dst, Room: n.mtu - wire.IPv4Len}}
	return o, n.Open(o, size)
}

func (n *fakeNet) Send(o *inet.Out) error {
	if o.IP.Protocol != wire.ProtoTCP || !o.IP.DontFrag {
		panic("not as TCP sends") // RFC 1191 section 3
	}
	n.sentTOS = o.IP.TOS
	n.carry(o.Route.Src, o.Route.Dst, slices.Clone(o.Bytes))
	return nil
}

func (n *fakeNet) Flush(inet.Route) {}

func (n *fakeNet) WhenWritable(r inet.Route, f func()) { n.stalled = append(n.stalled, f) }

// free lets the card take segments again.
func (n *fakeNet) free() {
	n.full = false
	stalled := n.stalled
	n.stalled = nil
	for _, f := range stalled {
		f()
	}
}

// deliver gives the protocol a segment.
func (n *fakeNet) deliver(src, dst wire.Addr, segment []byte) {
	tos := n.nextTOS
	n.nextTOS = 0
	n.input.Input(&inet.Packet{Src: src, Dst: dst, Payload: segment, Iface: 2, TTL: 64, TOS: tos, To: n.Local(dst, 0)})
}
