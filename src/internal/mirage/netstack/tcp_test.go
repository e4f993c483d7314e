//go:build !mirage

package netstack

import (
	"bytes"
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/wire"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// A tcpConn waits on a socket that never blocks, as the system-call layer does. One goroutine may read while another writes.
type tcpConn struct {
	s    *tcp.Socket
	mu   sync.Mutex
	next chan struct{} // closed at the next event
}

func newTCPConn(s *tcp.Socket) *tcpConn {
	c := &tcpConn{s: s, next: make(chan struct{})}
	s.Notify(func(tcp.Readiness) {
		c.mu.Lock()
		close(c.next)
		c.next = make(chan struct{})
		c.mu.Unlock()
	})
	return c
}

// event returns a channel that is closed at the next event.
func (c *tcpConn) event() chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.next
}

func (c *tcpConn) retry(f func() (int, error)) (int, error) {
	for {
		event := c.event()
		n, err := f()
		if err != inet.EAGAIN && err != inet.EINPROGRESS && err != inet.EALREADY {
			return n, err
		}
		select {
		case <-event:
		case <-time.After(5 * time.Minute): // of doubled time-outs, at worst
			return n, inet.ETIMEDOUT
		}
	}
}

func (c *tcpConn) Read(b []byte) (int, error) {
	n, err := c.retry(func() (int, error) { return c.s.Recv(b, false) })
	if n == 0 && err == nil && len(b) > 0 {
		err = io.EOF
	}
	return n, err
}

func (c *tcpConn) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var k int
		k, err = c.retry(func() (int, error) { return c.s.Send(b[n:]) })
		n += k
	}
	return n, err
}

func (c *tcpConn) Close() error { return c.s.Close() }

func dialTCP(t testing.TB, p *tcp.Protocol, to wire.AddrPort) *tcpConn {
	t.Helper()
	c := newTCPConn(p.NewSocket(!to.Addr.Is4()))
	if _, err := c.retry(func() (int, error) { return 0, c.s.Connect(to) }); err != nil {
		t.Fatal(err)
	}
	return c
}

// serveTCP accepts connections of both families at a port and gives each to f.
func serveTCP(t testing.TB, p *tcp.Protocol, port uint16, f func(*tcpConn)) {
	t.Helper()
	l := newTCPConn(p.NewSocket(true))
	if err := l.s.Bind(at(wire.Any6, port)); err != nil {
		t.Fatal(err)
	}
	if err := l.s.Listen(100); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { close(done); l.s.Close() })
	go func() {
		for {
			event := l.event()
			s, _, err := l.s.Accept()
			if err == nil {
				go f(newTCPConn(s))
				continue
			}
			select {
			case <-event:
			case <-done:
				return
			}
		}
	}()
}

// mirror sends back what comes until its end.
func mirror(c *tcpConn) {
	io.Copy(c, struct{ io.Reader }{c})
	c.s.Close()
}

// reflect sends octets to a mirror, both ways at once, and wants them back.
func reflect(t testing.TB, c *tcpConn, size int) {
	t.Helper()
	want := make([]byte, size)
	rand.NewChaCha8([32]byte{3}).Read(want)
	go func() {
		c.Write(want)
		c.s.Shutdown(false, true)
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d octets of %d came back: %v", len(got), size, err)
	}
	c.s.Close()
}

// realStack is a stack that runs by the machine's clock.
func realStack(t testing.TB) *Stack {
	begun := time.Now()
	random := rand.NewChaCha8([32]byte{5})
	var mu sync.Mutex
	s := New(Config{Now: func() int64 { return int64(time.Since(begun)) + 1 }, Rand: func(p []byte) {
		mu.Lock()
		random.Read(p)
		mu.Unlock()
	}})
	t.Cleanup(s.Start())
	return s
}

func TestTCPLoopback(t *testing.T) {
	p := tcp.New(realStack(t))
	serveTCP(t, p, 80, mirror)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { reflect(t, dialTCP(t, p, at(wire.V4(127, 0, 0, byte(1+i)), 80)), 1<<20) })
	}
	all.Wait()
	c := newTCPConn(p.NewSocket(false))
	if _, err := c.retry(func() (int, error) { return 0, c.s.Connect(at(wire.Loopback4, 81)) }); err != inet.ECONNREFUSED {
		t.Errorf("where nobody listens: %v", err)
	}
}

// Two stacks, with cards that do nothing for them, finish checksums, and hand long frames on whole.
func TestTCPBetweenStacks(t *testing.T) {
	for _, offloads := range []device.Offloads{
		0, device.TxChecksum | device.RxChecksum, device.TxChecksum | device.RxChecksum | device.TxSegments4 | device.TxSegments6,
	} {
		near, far := link.NewPair(link.ChannelConfig{Offloads: offloads, Fault: link.Fault{Loss: 2, Reorder: 5, Seed: 1}})
		var ends [2]*tcp.Protocol
		for i, card := range []*link.Channel{near, far} {
			s := realStack(t)
			ends[i] = tcp.New(s)
			must(t, s.AddNIC("eth0", card).AddAddr(wire.Prefix{Addr: wire.V4(192, 168, 0, byte(1+i)), Bits: 24}))
			t.Cleanup(card.Start())
		}
		serveTCP(t, ends[1], 80, mirror)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { reflect(t, dialTCP(t, ends[0], at(wire.V4(192, 168, 0, 2), 80)), 1<<20) })
		}
		all.Wait()
	}
}

// tcpSegment builds a segment.
func tcpSegment(src, dst wire.AddrPort, seq, ack uint32, flags uint8, payload string) []byte {
	b := make(wire.TCP, wire.TCPLen+len(payload))
	copy(b[wire.TCPLen:], payload)
	f := wire.TCPFields{SrcPort: src.Port, DstPort: dst.Port, Seq: seq, Ack: ack, Flags: flags, Window: 65535}
	b.Put(&f, 0, src.Addr, dst.Addr, false)
	return b
}

func (h *host) wantTCP(flags uint8) wire.TCP {
	h.t.Helper()
	p := h.wantIPv4()
	s, ok := wire.ParseTCP(p.Payload())
	if p.Protocol() != wire.ProtoTCP || !ok || !s.ChecksumOK(p.Src(), p.Dst()) || s.Flags() != flags || !p.DontFragment() {
		h.t.Fatalf("want TCP with flags %#x: % x", flags, []byte(p))
	}
	return s
}

func TestTCPDropped(t *testing.T) {
	h := newFriend(t)
	p := tcp.New(h.stack)
	src, dst := at(peerAddr, 4000), at(ourAddr, 80)
	frame := func(s []byte) []byte { return ipv4(peerAddr, ourAddr, wire.IPFields{Protocol: wire.ProtoTCP}, s) }
	good := func() []byte { return frame(tcpSegment(src, dst, 1, 0, wire.SYN, "")) }
	for name, b := range map[string][]byte{
		"a wrong checksum: RFC 9293 section 3.1, MUST-3":             func() []byte { b := good(); b[ipv4Room+5]++; return b }(),
		"a header of 16 octets":                                      frame(func() []byte { s := tcpSegment(src, dst, 1, 0, wire.SYN, ""); s[12] = 0x40; return s }()),
		"a header beyond the segment":                                frame(func() []byte { s := tcpSegment(src, dst, 1, 0, wire.SYN, ""); s[12] = 0x60; return s }()),
		"to a broadcast address: RFC 1122 section 4.2.3.10, MUST-57": ipv4(peerAddr, wire.V4(10, 0, 0, 255), wire.IPFields{Protocol: wire.ProtoTCP}, tcpSegment(src, at(wire.V4(10, 0, 0, 255), 80), 1, 0, wire.SYN, "")),
	} {
		h.frame(b)
		if len(h.sent) != 0 {
			t.Errorf("%s: answered", name)
			h.sent = nil
		}
	}
	if n := p.Counters().InErrs.Load(); n < 3 {
		t.Errorf("%d errors counted", n)
	}
	h.frame(good())
	if s := h.wantTCP(wire.RST | wire.ACK); s.Ack() != 2 {
		t.Errorf("refused with %d", s.Ack())
	}
}

// An ICMP error, and ARP's silence, end a connection that does not stand yet (RFC 9293 section 3.9.2.2).
func TestTCPUnreachable(t *testing.T) {
	h := newFriend(t)
	p := tcp.New(h.stack)
	s := p.NewSocket(false)
	fails(t, s.Connect(at(otherNet, 80)), inet.EINPROGRESS)
	sent := h.wantIPv4()
	m := make(wire.ICMP, wire.ICMPLen+28)
	copy(m.Body(), sent[:28])
	m.Put(wire.ICMPUnreachable, wire.CodeHost, 0)
	h.frame(icmpFrame(peerAddr, ourAddr, m))
	fails(t, s.Connect(at(otherNet, 80)), inet.EHOSTUNREACH)
	c := p.NewSocket(false)
	fails(t, c.Connect(at(wire.V4(10, 0, 0, 99), 80)), inet.EINPROGRESS)
	h.pass(10 * sec)
	fails(t, c.TakeError(), inet.EHOSTUNREACH)
	h.sent = nil
	must(t, s.Close())
	must(t, c.Close())
}

// Many connections come and go while others move data: for the race detector.
func TestTCPChurn(t *testing.T) {
	p := tcp.New(realStack(t))
	serveTCP(t, p, 80, mirror)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 50 {
				c := dialTCP(t, p, at(wire.Loopback4, 80))
				switch i % 3 {
				case 0:
					reflect(t, c, 1000*i)
				case 1:
					c.Write([]byte("and gone"))
					c.s.Close()
				default:
					c.s.Configure(func(o *tcp.Options) { o.Linger = 0 })
					c.Write(make([]byte, 100_000))
					c.s.Close()
				}
			}
		})
	}
	all.Wait()
}
