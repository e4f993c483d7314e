//go:build !mirage

package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"testing"
)

// A fuzzer drives a host with segments and calls that bytes choose.
type fuzzer struct {
	t      *testing.T
	net    *fakeNet
	tcp    *Protocol
	listen *Socket
	all    []*Socket
	in     []byte
	sent   int
	seq    [4]uint32 // what the host acknowledged last, by peer
	ack    [4]uint32 // and what it sent
	local  [4]uint16
}

func (f *fuzzer) next() int {
	if len(f.in) == 0 {
		return 0
	}
	b := f.in[0]
	f.in = f.in[1:]
	return int(b)
}

var fuzzPeer = wire.V4(10, 0, 0, 2)

// heard looks at what the host sends.
func (f *fuzzer) heard(src, dst wire.Addr, b []byte) {
	f.sent++
	s, ok := wire.ParseTCP(b)
	var o wire.TCPOptions
	if !ok || !s.ChecksumOK(src, dst) || !o.Parse(s.Options()) || len(b) > f.net.mtu-wire.IPv4Len {
		f.t.Fatalf("sent % x", b)
	}
	if i := int(s.DstPort()) - 4000; i >= 0 && i < len(f.seq) {
		f.local[i] = s.SrcPort()
		f.ack[i] = s.Seq() + uint32(len(s.Payload()))
		if s.Flags()&(wire.SYN|wire.FIN) != 0 {
			f.ack[i]++
		}
		if s.Flags()&wire.ACK != 0 {
			f.seq[i] = s.Ack()
		}
	}
}

// segment gives the host a segment, near to what it waits for or far from it.
func (f *fuzzer) segment() {
	i, flags, near := f.next()%len(f.seq), f.next(), f.next()
	h := wire.TCPFields{SrcPort: uint16(4000 + i), DstPort: 80, Seq: f.seq[i], Ack: f.ack[i], Flags: uint8(flags)}
	if f.local[i] != 0 {
		h.DstPort = f.local[i]
	}
	if flags&0xc0 != 0 {
		h.Flags = wire.ACK | uint8(flags)&(wire.FIN|wire.PSH)
	}
	steps := [...]uint32{0, 0, 0, 1, ^uint32(0), 1000, ^uint32(999), 65536, 1 << 30, 1 << 31}
	h.Seq += steps[near%len(steps)]
	h.Ack += steps[near/16%len(steps)]
	h.Window = uint16(f.next() << 8)
	n := f.next() * 5
	options := make([]byte, min(f.next()%44&^3, len(f.in)&^3, 40))
	copy(options, f.in)
	f.in = f.in[len(options):]
	b := make(wire.TCP, wire.TCPLen+len(options)+n)
	copy(b[wire.TCPLen:], options)
	b.Put(&h, len(options), fuzzPeer, f.net.addr, false)
	f.net.deliver(fuzzPeer, f.net.addr, b)
}

// call makes one of the program's calls.
func (f *fuzzer) call() {
	what := f.next()
	if s, _, err := f.listen.Accept(); err == nil {
		f.all = append(f.all, s)
	}
	if what%16 == 0 && len(f.all) < 8 {
		s := f.tcp.NewSocket(false)
		f.all = append(f.all, s)
		s.Connect(wire.AddrPort{Addr: fuzzPeer, Port: uint16(4000 + f.next()%4)})
		return
	}
	if len(f.all) == 0 {
		return
	}
	i := f.next() % len(f.all)
	s := f.all[i]
	switch what % 16 {
	case 1, 2, 3:
		s.Send(make([]byte, f.next()*40))
	case 4, 5, 6:
		s.Recv(make([]byte, f.next()*40), what&0x80 != 0)
	case 7:
		s.Shutdown(f.next()&1 != 0, true)
	case 8:
		s.Close()
		f.all = append(f.all[:i], f.all[i+1:]...)
	case 9:
		s.Configure(func(o *Options) {
			o.SetNoDelay(what&0x10 != 0)
			o.SetCork(what&0x20 != 0)
			o.SetKeepAlive(what&0x40 != 0)
			o.SetUserTimeout(int64(f.next()) * second)
			o.RecvBuffer = f.next() * 100
		})
	case 10:
		f.net.full = what&0x10 != 0
		if !f.net.full {
			f.net.free()
		}
	case 11:
		f.net.mtu = 576 + f.next()*8
		f.net.gen++
	case 12:
		e := inet.SendError{Src: f.net.addr, Dst: fuzzPeer, Errno: inet.EMSGSIZE, Room: 532 + f.next()*8, Payload: make([]byte, 8)}
		b := wire.TCP(append(e.Payload, make([]byte, 12)...))
		peer := f.next() % 4
		b.Put(&wire.TCPFields{SrcPort: f.local[peer], DstPort: uint16(4000 + peer), Seq: f.ack[peer] - 1}, 0, e.Src, e.Dst, false)
		e.Payload = b[:8]
		f.tcp.Error(&e)
	case 13:
		s.Disconnect()
	default:
		s.Ready()
		s.Info()
		s.TakeError()
	}
}

// check looks at what must hold at any time.
func (f *fuzzer) check() {
	for i := range f.tcp.table.parts {
		for _, s := range f.tcp.table.parts[i].lists {
			for ; s != nil; s = s.chain {
				s.conn.check(f.t)
			}
		}
	}
}

func (c *conn) check(t *testing.T) {
	t.Helper()
	o, l, k, n := 0, 0, 0, 0
	at := c.una
	for i := range c.flight.count {
		r := c.flight.get(i)
		if r.start.before(at) || !r.end.after(r.start) {
			t.Fatalf("a record %+v behind %d", r, at)
		}
		at = r.end
		switch r.mark {
		case out:
			o += r.length()
		case lost:
			l += r.length()
		case sacked:
			k += r.length()
			n++
		}
	}
	f := &c.flight
	if o != f.out || l != f.lost || k != f.sacked || n != f.sackedCount {
		t.Fatalf("the flight counts %d %d %d %d, has %d %d %d %d", f.out, f.lost, f.sacked, f.sackedCount, o, l, k, n)
	}
	if c.nxt.before(c.una) || c.top.before(c.nxt) || c.edge.before(c.rcvNxt) && c.state.synchronized() || c.queued < 0 || c.ready < 0 {
		t.Fatalf("una %d nxt %d top %d, rcvNxt %d edge %d, queued %d ready %d", c.una, c.nxt, c.top, c.rcvNxt, c.edge, c.queued, c.ready)
	}
	if c.state != closed && f.count > 0 && c.rtoAt == 0 {
		t.Fatal("something is in flight and no timer runs")
	}
	if len(c.gaps.ranges) > maxGaps {
		t.Fatalf("%d gaps", len(c.gaps.ranges))
	}
}

// FuzzConnections: whatever segments come and whatever the program does, nothing panics, each segment is answered with a
// few at most, the books balance, and at the end everything is given back.
func FuzzConnections(f *testing.F) {
	f.Add([]byte{1, 0, 2, 0, 255, 0, 0, 1, 0, 0xc0, 0, 255, 100, 0, 0, 1, 0, 100, 1, 0, 0xc0, 3, 10, 0, 0})
	f.Add([]byte{0, 16, 0, 1, 0, 18, 0, 255, 0, 8, 2, 4, 5, 180, 4, 2, 1, 1, 0, 1, 0, 200, 1, 0, 0xc0, 0, 1, 0, 16, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9})
	f.Add([]byte{1, 0, 2, 0, 255, 0, 0, 1, 0, 0xc1, 0, 255, 100, 0, 0, 8, 0, 2, 100, 2, 255})
	f.Fuzz(func(t *testing.T, in []byte) {
		z := &fuzzer{t: t, net: newFakeNet(wire.V4(10, 0, 0, 1), 1), in: in}
		z.net.carry = z.heard
		z.tcp = New(z.net)
		z.tcp.SetMemoryLimit(1 << 20)
		z.listen = z.tcp.NewSocket(false)
		z.listen.Bind(wire.AddrPort{Addr: wire.Any4, Port: 80})
		z.listen.Listen(5)
		for range 300 {
			if len(z.in) == 0 {
				break
			}
			before := z.sent
			switch what := z.next(); what % 4 {
			case 0:
				z.call()
			case 1, 2:
				z.segment()
			case 3:
				z.net.now += int64(z.next()) * 20e6
				z.net.timers.Run(z.net.now)
			}
			if z.sent > before+400 {
				t.Fatalf("%d segments at once", z.sent-before)
			}
			z.check()
		}
		z.end()
	})
}

// end closes everything, lets an hour pass, and wants nothing left.
func (f *fuzzer) end() {
	for _, s := range f.all {
		s.Close()
	}
	f.listen.Close()
	f.net.free()
	for end := f.net.now + 3600*second; f.net.now < end; {
		next := f.net.timers.Run(f.net.now)
		f.net.free()
		if next == 0 {
			break
		}
		f.net.now = max(next, f.net.now)
	}
	for i := range f.tcp.table.parts {
		if n := f.tcp.table.parts[i].count; n != 0 {
			f.t.Fatalf("%d connections are left", n)
		}
	}
	if used := f.tcp.memory.used.Load(); used != 0 {
		f.t.Fatalf("%d octets are left", used)
	}
}
