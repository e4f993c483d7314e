//go:build !mirage

package dhcp

import (
	"bytes"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"slices"
	"testing"
)

const ourMAC wire.MAC = 0x020000000001

var (
	server = wire.V4(10, 0, 0, 254)
	evil   = wire.V4(10, 0, 0, 66)
	leased = wire.V4(10, 0, 0, 9)
)

// A trace is a client and the test as its server, in virtual time.
type trace struct {
	t   *testing.T
	now int64
	c   *Client
	out Output
}

func newTrace(t *testing.T) *trace {
	random := rand.NewChaCha8([32]byte{2})
	c := NewClient(Config{MAC: ourMAC, Hostname: "unikernel", MaxSize: 1500, Random: func(p []byte) { random.Read(p) }})
	return &trace{t: t, now: 100 * second, c: c}
}

// answer is a message from a server, with options, as the client's last one wants it.
func (r *trace) answer(kind byte, yiaddr, from wire.Addr, options ...byte) []byte {
	m := make([]byte, wire.DHCPLen)
	wire.DHCP(m).Put(r.c.xid, 0, false, wire.Any4, ourMAC)
	m[0] = wire.BootReply
	b := yiaddr.As4()
	copy(m[16:], b[:])
	m = wire.AppendDHCPOption(m, wire.OptMessageType, kind)
	m = appendAddr(m, wire.OptServerID, from)
	return append(append(m, options...), wire.OptEnd)
}

var (
	mask24  = []byte{wire.OptSubnetMask, 4, 255, 255, 255, 0}
	lease1h = []byte{wire.OptLeaseTime, 4, 0, 0, 0x0e, 0x10}
	usual   = slices.Concat(mask24, lease1h)
)

func (r *trace) input(b []byte) { r.out = r.c.Input(r.now, b) }

// want checks the message that the client has just sent.
func (r *trace) want(kind byte, to wire.Addr) wire.DHCP {
	r.t.Helper()
	m, ok := wire.ParseDHCP(r.out.Message)
	if !ok {
		r.t.Fatalf("no message: %+v", r.out)
	}
	got, _ := byteOption(m, wire.OptMessageType)
	if got != kind || r.out.To != to || m.Op() != wire.BootRequest || !m.Ethernet() || m.Hardware() != ourMAC || len(m) < wire.DHCPMinLen {
		r.t.Fatalf("message %d to %v, want %d to %v", got, r.out.To, kind, to)
	}
	if id, _ := m.Option(nil, wire.OptClientID); !bytes.Equal(id, []byte{1, 2, 0, 0, 0, 0, 1}) { // RFC 2132 section 9.14
		r.t.Fatalf("client identifier % x", id)
	}
	return m
}

func (r *trace) nothing() {
	r.t.Helper()
	if r.out.Message != nil || r.out.Event != None {
		r.t.Fatalf("%+v, want nothing", r.out)
	}
}

// expire lets time pass until the client acts, and returns how much it was.
func (r *trace) expire() int64 {
	r.t.Helper()
	next := r.c.Next()
	if next <= r.now {
		r.t.Fatalf("next at %d, now %d", next, r.now)
	}
	r.out = r.c.Expire(next - 1)
	r.nothing()
	d := next - r.now
	r.now = next
	r.out = r.c.Expire(r.now)
	return d
}

func (r *trace) option(m wire.DHCP, code byte) wire.Addr {
	a, _ := addrOption(m, code)
	return a
}

// bind brings the client to the state bound.
func (r *trace) bind(options ...byte) *Lease {
	r.t.Helper()
	r.out = r.c.Start(r.now)
	r.want(wire.DHCPDiscover, wire.Broadcast4)
	r.input(r.answer(wire.DHCPOffer, leased, server, options...))
	r.want(wire.DHCPRequest, wire.Broadcast4)
	r.input(r.answer(wire.DHCPAck, leased, server, options...))
	if r.out.Event != Bound || r.out.Message != nil {
		r.t.Fatalf("%+v, want a lease", r.out)
	}
	return r.out.Lease
}

// RFC 2131 sections 3.1 and 4.4.1, table 5.
func TestBind(t *testing.T) {
	r := newTrace(t)
	r.out = r.c.Start(r.now)
	m := r.want(wire.DHCPDiscover, wire.Broadcast4)
	if m.Client() != wire.Any4 || m[10]&0x80 == 0 {
		t.Errorf("ciaddr %v, flags %#x: section 4.1: without an address answers must be broadcast", m.Client(), m[10])
	}
	if name, _ := m.Option(nil, wire.OptHostname); string(name) != "unikernel" {
		t.Errorf("host name %q", name)
	}
	if p, _ := m.Option(nil, wire.OptParameters); !bytes.Contains(p, []byte{wire.OptSubnetMask, wire.OptRouters, wire.OptDNS}) {
		t.Errorf("parameters % d", p)
	}
	r.now += 7 * second / 2
	r.input(r.answer(wire.DHCPOffer, leased, server, usual...))
	m = r.want(wire.DHCPRequest, wire.Broadcast4)
	if m.Client() != wire.Any4 || r.option(m, wire.OptRequestedIP) != leased || r.option(m, wire.OptServerID) != server || m[9] != 0 {
		t.Errorf("ciaddr %v, requested %v of %v, secs %d: section 4.3.2, secs as in the DHCPDISCOVER: 4.4.1",
			m.Client(), r.option(m, wire.OptRequestedIP), r.option(m, wire.OptServerID), m[9])
	}
	r.input(r.answer(wire.DHCPAck, leased, server, slices.Concat(usual,
		[]byte{wire.OptRouters, 8, 10, 0, 0, 1, 10, 0, 0, 2},
		[]byte{wire.OptDNS, 8, 10, 0, 0, 3, 9, 9, 9, 9},
		[]byte{wire.OptDomain, 11}, []byte("example.org"),
		[]byte{wire.OptHostname, 5}, []byte("box-1"),
		[]byte{wire.OptBroadcast, 4, 10, 0, 0, 255},
		[]byte{wire.OptMTU, 2, 0x05, 0x78},
		[]byte{wire.OptT1, 4, 0, 0, 0, 100}, []byte{wire.OptT2, 4, 0, 0, 0, 200})...))
	l := r.out.Lease
	if r.out.Event != Bound || l.Prefix != (wire.Prefix{Addr: leased, Bits: 24}) || l.Broadcast != wire.V4(10, 0, 0, 255) ||
		!slices.Equal(l.Routers, []wire.Addr{wire.V4(10, 0, 0, 1), wire.V4(10, 0, 0, 2)}) ||
		!slices.Equal(l.DNS, []wire.Addr{wire.V4(10, 0, 0, 3), wire.V4(9, 9, 9, 9)}) ||
		l.Domain != "example.org" || l.Hostname != "box-1" || l.MTU != 1400 || l.Server != server ||
		l.Duration != 3600*second || l.T1 != 100*second || l.T2 != 200*second {
		t.Errorf("%+v", l)
	}
}

// RFC 2131 section 4.1: 4, 8, 16, 32, 64, 64 seconds, each give or take one.
func TestDiscoverBackoff(t *testing.T) {
	r := newTrace(t)
	begun := r.now
	r.out = r.c.Start(r.now)
	for _, want := range []int64{4, 8, 16, 32, 64, 64, 64} {
		d := r.expire()
		if d < (want-1)*second || d > (want+1)*second {
			t.Errorf("waited %d ns, want about %d s", d, want)
		}
		m := r.want(wire.DHCPDiscover, wire.Broadcast4)
		if secs := int64(m[8])<<8 | int64(m[9]); secs != (r.now-begun)/second {
			t.Errorf("secs %d after %d s", secs, (r.now-begun)/second)
		}
	}
}

// RFC 2131 section 3.1 (5): after four requests without an answer all begins anew.
func TestRequestGivesUp(t *testing.T) {
	r := newTrace(t)
	r.out = r.c.Start(r.now)
	xid := r.c.xid
	r.input(r.answer(wire.DHCPOffer, leased, server, usual...))
	for range maxRequests - 1 {
		r.want(wire.DHCPRequest, wire.Broadcast4)
		r.expire()
	}
	r.want(wire.DHCPRequest, wire.Broadcast4)
	r.expire()
	if r.want(wire.DHCPDiscover, wire.Broadcast4); r.c.xid == xid {
		t.Error("with the old transaction number")
	}
}

// What does not answer the client's question is dropped.
func TestForgeries(t *testing.T) {
	for name, change := range map[string]func(m []byte) []byte{
		"another transaction: RFC 2131 section 4.4.1": func(m []byte) []byte { m[7]++; return m },
		"another client":     func(m []byte) []byte { m[33]++; return m },
		"another hardware":   func(m []byte) []byte { m[1] = 6; return m },
		"a request":          func(m []byte) []byte { m[0] = wire.BootRequest; return m },
		"no cookie":          func(m []byte) []byte { m[239] = 0; return m },
		"no server":          func(m []byte) []byte { return bytes.Replace(m, []byte{wire.OptServerID, 4}, []byte{250, 4}, 1) },
		"no type":            func(m []byte) []byte { return bytes.Replace(m, []byte{wire.OptMessageType, 1}, []byte{250, 1}, 1) },
		"an unknown type":    func(m []byte) []byte { m[242] = 77; return m },
		"a short one":        func(m []byte) []byte { return m[:100] },
		"no lease time":      func(m []byte) []byte { return bytes.Replace(m, []byte{wire.OptLeaseTime, 4}, []byte{250, 4}, 1) },
		"a lease of 0 s":     func(m []byte) []byte { return bytes.Replace(m, lease1h, []byte{51, 4, 0, 0, 0, 0}, 1) },
		"address 0.0.0.0":    func(m []byte) []byte { copy(m[16:], []byte{0, 0, 0, 0}); return m },
		"a group":            func(m []byte) []byte { copy(m[16:], []byte{224, 0, 0, 1}); return m },
		"limited broadcast":  func(m []byte) []byte { copy(m[16:], []byte{255, 255, 255, 255}); return m },
		"loopback":           func(m []byte) []byte { copy(m[16:], []byte{127, 0, 0, 1}); return m },
		"its own broadcast":  func(m []byte) []byte { m[19] = 255; return m },
		"its own network":    func(m []byte) []byte { m[19] = 0; return m },
		"a mask with a hole": func(m []byte) []byte { return bytes.Replace(m, mask24, []byte{1, 4, 255, 0, 255, 0}, 1) },
		"a mask of nothing":  func(m []byte) []byte { return bytes.Replace(m, mask24, []byte{1, 4, 0, 0, 0, 0}, 1) },
	} {
		r := newTrace(t)
		r.out = r.c.Start(r.now)
		r.input(change(r.answer(wire.DHCPOffer, leased, server, usual...)))
		if r.out.Message != nil || r.c.state != selecting {
			t.Errorf("%s: an offer was taken", name)
		}
		r.input(r.answer(wire.DHCPOffer, leased, server, usual...))
		r.input(change(r.answer(wire.DHCPAck, leased, server, usual...)))
		if r.out.Event != None {
			t.Errorf("%s: an acknowledgement was taken: %+v", name, r.out.Lease)
		}
	}
	// From another server than the chosen one, or for another address.
	r := newTrace(t)
	r.out = r.c.Start(r.now)
	r.input(r.answer(wire.DHCPAck, leased, server, usual...))
	r.nothing() // not asked for yet
	r.input(r.answer(wire.DHCPOffer, leased, server, usual...))
	r.input(r.answer(wire.DHCPOffer, leased, evil, usual...))
	r.nothing()
	r.input(r.answer(wire.DHCPAck, leased, evil, usual...))
	r.nothing()
	r.input(r.answer(wire.DHCPNak, wire.Any4, evil))
	r.nothing()
	r.input(r.answer(wire.DHCPAck, wire.V4(10, 0, 0, 10), server, usual...))
	r.nothing()
	r.input(r.answer(wire.DHCPAck, leased, server, usual...))
	if r.out.Event != Bound {
		t.Error("the right one was not taken")
	}
	r.input(r.answer(wire.DHCPNak, wire.Any4, server))
	r.nothing() // bound: nothing was asked
}

// RFC 2131 section 3.1 (4): a refusal begins all anew, not at once.
func TestNak(t *testing.T) {
	r := newTrace(t)
	r.out = r.c.Start(r.now)
	r.input(r.answer(wire.DHCPOffer, leased, server, usual...))
	r.input(r.answer(wire.DHCPNak, wire.Any4, server))
	r.nothing()
	if d := r.expire(); d < second {
		t.Errorf("anew after %d ns", d)
	}
	r.want(wire.DHCPDiscover, wire.Broadcast4)
}

// RFC 2131 section 4.4.5: at T1 the server is asked, at T2 any, at the end the address is given up.
func TestRenewRebindExpire(t *testing.T) {
	r := newTrace(t)
	l := r.bind(usual...)
	begun := r.now
	if l.T1 != 1800*second || l.T2 != 3150*second {
		t.Errorf("T1 %d, T2 %d", l.T1, l.T2)
	}
	r.expire()
	if d := r.now - begun; d > l.T1 || d < l.T1-l.T1/64 {
		t.Errorf("renewed after %d ns", d)
	}
	m := r.want(wire.DHCPRequest, server)
	if m.Client() != leased || m[10] != 0 {
		t.Errorf("ciaddr %v, flags %#x: table 4", m.Client(), m[10])
	}
	for _, code := range []byte{wire.OptRequestedIP, wire.OptServerID} {
		if _, has := m.Option(nil, code); has {
			t.Errorf("option %d in a renewal: section 4.3.2: MUST NOT", code)
		}
	}
	for r.expire() < 675*second && r.out.To == server { // half of what is left, but not within a minute
		r.want(wire.DHCPRequest, server)
	}
	for r.out.To == server {
		r.expire()
	}
	if r.now-begun != l.T2 {
		t.Errorf("rebinding after %d ns, want T2", r.now-begun)
	}
	m = r.want(wire.DHCPRequest, wire.Broadcast4)
	if _, has := m.Option(nil, wire.OptServerID); has || m.Client() != leased {
		t.Error("table 4")
	}
	for r.out.Event == None {
		if d := r.expire(); d < 60*second && r.now-begun != l.Duration {
			t.Errorf("asked again after %d ns", d)
		}
	}
	if r.out.Event != Lost || r.now-begun != l.Duration {
		t.Errorf("%+v after %d ns", r.out, r.now-begun)
	}
	r.want(wire.DHCPDiscover, wire.Broadcast4)
}

func TestRenewed(t *testing.T) {
	r := newTrace(t)
	r.bind(slices.Concat(usual, []byte{wire.OptDNS, 4, 10, 0, 0, 3})...)
	for range 5 {
		r.expire()
		r.want(wire.DHCPRequest, server)
		r.input(r.answer(wire.DHCPAck, leased, evil, usual...))
		r.nothing() // renewing: only its own server
		r.input(r.answer(wire.DHCPAck, wire.V4(10, 0, 0, 10), server, usual...))
		r.nothing() // only its own address
		r.input(r.answer(wire.DHCPAck, leased, server, lease1h...))
		l := r.out.Lease
		if r.out.Event != Bound || l.Prefix.Bits != 24 || len(l.DNS) != 1 {
			t.Fatalf("%+v: what is left out stays as it was", l)
		}
	}
	// At T2 another server may prolong it.
	for r.c.state != rebinding {
		r.expire()
	}
	r.input(r.answer(wire.DHCPAck, leased, evil, usual...))
	if r.out.Event != Bound || r.out.Lease.Server != evil {
		t.Errorf("%+v", r.out)
	}
	// A refusal while renewing takes the address away.
	r.expire()
	r.input(r.answer(wire.DHCPNak, wire.Any4, evil))
	if r.out.Event != Lost || r.out.Message != nil {
		t.Errorf("%+v", r.out)
	}
	r.expire()
	r.want(wire.DHCPDiscover, wire.Broadcast4)
}

// RFC 2131 section 4.4.1: an address that another station has is declined; section 3.1 (5): and ten seconds pass.
func TestDecline(t *testing.T) {
	r := newTrace(t)
	if r.out = r.c.Decline(r.now); r.out.Message != nil {
		t.Error("declined nothing")
	}
	r.bind(usual...)
	r.out = r.c.Decline(r.now)
	m := r.want(wire.DHCPDecline, wire.Broadcast4)
	if r.out.Event != Lost || m.Client() != wire.Any4 || r.option(m, wire.OptRequestedIP) != leased || r.option(m, wire.OptServerID) != server {
		t.Errorf("event %d, ciaddr %v: table 5", r.out.Event, m.Client())
	}
	if d := r.expire(); d < 10*second {
		t.Errorf("anew after %d ns", d)
	}
	r.want(wire.DHCPDiscover, wire.Broadcast4)
}

// Two addresses in a row are declined, and none that the server gives again, until a lease has stood.
func TestContestable(t *testing.T) {
	r := newTrace(t)
	decline := func() { r.c.Decline(r.now) }
	stand := func() {
		r.expire()
		r.want(wire.DHCPRequest, server)
	}
	bind := func() { r.bind(usual...) }
	for i, step := range []struct {
		then func()
		want bool
	}{{bind, true}, {decline, false}, {bind, false}, {stand, true}, {decline, false}} {
		if step.then(); r.c.Contestable() != step.want {
			t.Errorf("step %d: contestable is not %v", i, step.want)
		}
	}
	// Another address each time.
	bind()
	stand()
	for i := range maxDeclines + 1 {
		if r.c.declined = evil; r.c.Contestable() != (i < maxDeclines) {
			t.Errorf("after %d: contestable is not %v", i, i < maxDeclines)
		}
		decline()
		bind()
	}
}

// RFC 2131 section 4.4.6.
func TestRelease(t *testing.T) {
	r := newTrace(t)
	r.bind(usual...)
	r.out = r.c.Release()
	m := r.want(wire.DHCPRelease, server)
	if r.out.Event != Lost || m.Client() != leased || r.option(m, wire.OptServerID) != server || r.c.Next() != 0 {
		t.Errorf("event %d, ciaddr %v, next at %d", r.out.Event, m.Client(), r.c.Next())
	}
	r.input(r.answer(wire.DHCPAck, leased, server, usual...))
	r.nothing()
}

// FuzzInput: whatever servers say, the client stays in its states, its leases make sense, and it never asks in a loop.
func FuzzInput(f *testing.F) {
	r := &trace{c: NewClient(Config{MAC: ourMAC, Random: func(p []byte) { clear(p) }})}
	f.Add(r.answer(wire.DHCPOffer, leased, server, usual...), r.answer(wire.DHCPAck, leased, server, usual...))
	f.Add(r.answer(wire.DHCPOffer, leased, server, lease1h...), r.answer(wire.DHCPNak, leased, server))
	f.Fuzz(func(t *testing.T, first, second_ []byte) {
		c := NewClient(Config{MAC: ourMAC, MaxSize: 1500, Random: func(p []byte) { clear(p) }})
		now := 100 * second
		c.Start(now)
		for range 20 {
			for _, b := range [][]byte{first, second_} {
				o := c.Input(now, b)
				if l := o.Lease; o.Event == Bound && (!isHost(l.Prefix.Addr) || l.Prefix.Bits == 0 || l.Prefix.Bits > 32 ||
					len(l.DNS) > maxAddrs || l.Duration < 0 || l.T1 > l.T2 || l.T2 > l.Duration) {
					t.Fatalf("%+v", l)
				}
				if c.lease == nil && c.state >= bound && c.state != released {
					t.Fatal("bound without a lease")
				}
			}
			if c.Next() == 0 || now > 100*365*86400*second {
				break // the clock ends after 292 years, and a lease may last 136
			}
			if c.Next() <= now {
				t.Fatalf("due at %d, now %d, in state %d", c.Next(), now, c.state)
			}
			now = c.Next()
			c.Expire(now)
		}
		if c.Decline(now); c.lease != nil {
			t.Fatal("declined and kept")
		}
	})
}
