//go:build !mirage

package tcp

import (
	"bytes"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"unsafe"
)

// The test vectors of the algorithm's authors, for inputs of no octets and of eight.
func TestSipHash(t *testing.T) {
	k := inet.Secret{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	if h := k.Hash(); h != 0x726fdb47dd0e0e31 {
		t.Errorf("of nothing: %#x", h)
	}
	if h := k.Hash(0x0706050403020100); h != 0x93f5f5799a932462 {
		t.Errorf("of eight octets: %#x", h)
	}
}

// RFC 6528 section 3: initial sequence numbers grow with time, by one in four microseconds, and differ between connections.
func TestInitialSequence(t *testing.T) {
	k := inet.Secret{1, 2}
	u := tuple{wire.AddrPort{Addr: wire.V4(10, 0, 0, 1), Port: 80}, wire.AddrPort{Addr: wire.V4(10, 0, 0, 2), Port: 4000}}
	a, b := initialSequence(k, second, &u), initialSequence(k, 2*second, &u)
	if b.since(a) != 250_000 {
		t.Errorf("a second is worth %d", b.since(a))
	}
	other := u
	other.remote.Port++
	if d := initialSequence(k, second, &other).since(a); d > -1000 && d < 1000 {
		t.Errorf("another connection's is only %d away", d)
	}
	if initialSequence(inet.Secret{1, 3}, second, &u) == a {
		t.Error("it is no secret")
	}
}

// RFC 9293 section 3.4: comparisons are modulo 2**32.
func TestSeq(t *testing.T) {
	for _, c := range []struct {
		a, b   seq
		before bool
	}{{1, 2, true}, {2, 1, false}, {1, 1, false}, {0xffffffff, 0, true}, {0, 0xffffffff, false}, {0, 0x7fffffff, true}} {
		if c.a.before(c.b) != c.before || c.b.after(c.a) != c.before {
			t.Errorf("%#x before %#x: %v", c.a, c.b, !c.before)
		}
	}
	if seq(5).since(0xfffffffb) != 10 || seq(0xfffffffb).add(10) != 5 {
		t.Error("distances do not wrap")
	}
}

// A buffer gives back what was written, in whatever pieces and order, and its memory in the end.
func TestBuffer(t *testing.T) {
	var m memory
	m.limit.Store(1 << 30)
	r := rand.New(rand.NewPCG(1, 2))
	var b buffer
	var model []byte // what is in it from its beginning on
	for range 5000 {
		switch r.IntN(3) {
		case 0:
			p := make([]byte, r.IntN(3*chunkSize))
			rand.NewChaCha8([32]byte{byte(r.Uint32())}).Read(p)
			half := r.IntN(len(p) + 1) // the second half first, as behind a gap
			b.write(&m, len(model)+half, p[half:])
			b.write(&m, len(model), p[:half])
			model = append(model, p...)
		case 1:
			n := r.IntN(len(model) + 1)
			b.drop(&m, n)
			model = model[n:]
		case 2:
			at := r.IntN(len(model) + 1)
			p := make([]byte, r.IntN(len(model)-at+1))
			if b.read(p, at); !bytes.Equal(p, model[at:at+len(p)]) {
				t.Fatal("what was read is not what was written")
			}
		}
		if held := int(b.held); int(m.used.Load()) != held*chunkSize || held > len(model)/chunkSize+2+spareChunks {
			t.Fatalf("%d chunks for %d octets; %d octets counted", held, len(model), m.used.Load())
		}
	}
	b.clear(&m)
	if m.used.Load() != 0 {
		t.Errorf("%d octets are left", m.used.Load())
	}
}

// A stream that goes on uses the chunks that it has; where memory is scarce it gives them back.
func TestBufferGoesRound(t *testing.T) {
	var m memory
	m.limit.Store(1 << 30)
	var b buffer
	p := make([]byte, 10*chunkSize)
	b.write(&m, 0, p)
	for range 100 {
		b.drop(&m, len(p)/2)
		b.write(&m, len(p)/2, p[:len(p)/2])
	}
	if used := m.used.Load(); used > 16*chunkSize { // the ring
		t.Errorf("%d octets for %d", used, len(p))
	}
	b.drop(&m, len(p)-1)
	if used := m.used.Load(); used < int64(len(p)) {
		t.Errorf("%d octets are left of a stream that goes on", used)
	}
	b.write(&m, 1, p)
	m.limit.Store(1)
	b.drop(&m, len(p))
	if used := m.used.Load(); used > (16-9)*chunkSize {
		t.Errorf("%d octets are kept where memory is scarce", used)
	}
}

// What an acknowledgement tells (RFC 8985 section 6.2, RFC 6298 section 3) is the same whether each segment is looked at, or the
// last alone of those that alike says are.
func TestAlike(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	skipped := 0
	for range 3000 {
		var one, all conn
		one.rack.order.least = int64(r.IntN(2) * 5)
		start := seq(r.Uint32())
		at, ends := int64(10), []seq{start, start}
		for end := start; len(ends) < 12; ends = append(ends, end) {
			at += int64(r.IntN(4) / 3)
			end = end.add(1 + r.IntN(3))
			one.flight.push(ends[len(ends)-1], end, at)
			rec := one.flight.get(one.flight.count - 1)
			if r.IntN(8) == 0 {
				one.flight.set(rec, mark(r.IntN(3)))
			}
			if r.IntN(8) == 0 {
				one.flight.resent(rec, at)
			}
		}
		if r.IntN(2) == 0 {
			one.rack.top = ends[r.IntN(len(ends))]
		}
		all = one
		all.flight.ring = slices.Clone(one.flight.ring)
		ack := ends[r.IntN(len(ends))]
		d1, d2 := delivery{now: 20}, delivery{now: 20}
		for one.flight.count > 0 && !one.flight.get(0).end.after(ack) {
			if r := one.flight.get(0); r.mark != sacked {
				d1.arrived(&one, r)
			}
			one.flight.pop()
		}
		for all.flight.count > 0 && !all.flight.get(0).end.after(ack) {
			n := all.flight.alike(ack, all.rack.top) - 1
			skipped += max(n, 0)
			all.flight.popAlike(n)
			if r := all.flight.get(0); r.mark != sacked {
				d2.arrived(&all, r)
			}
			all.flight.pop()
		}
		f, g := one.flight, all.flight
		f.ring, g.ring = nil, nil
		if !reflect.DeepEqual(f, g) || one.rack != all.rack || d1 != d2 {
			t.Fatalf("one by one\n%+v\n%+v\n%+v\nby alike\n%+v\n%+v\n%+v", f, one.rack, d1, g, all.rack, d2)
		}
	}
	if skipped < 1000 {
		t.Errorf("only %d were alike", skipped)
	}
}

// Gaps against a model: which octets have come.
func TestGaps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var g gaps
		base := seq(r.Uint32())
		var came [200]bool
		for range r.IntN(30) {
			start := r.IntN(190)
			end := start + 1 + r.IntN(10)
			if !g.add(base.add(start), base.add(end)) {
				t.Fatal("too many gaps")
			}
			for i := start; i < end; i++ {
				came[i] = true
			}
		}
		next := r.IntN(100)
		want := next
		for i := range next {
			if i >= 0 && came[i] { // a range from before reaches as far as it reaches
				for k := i; k < len(came) && came[k]; k++ {
					want = max(want, k+1)
				}
			}
		}
		for want < len(came) && came[want] {
			want++
		}
		if got := g.take(base.add(next)).since(base); got != want {
			t.Fatalf("from %d one can go to %d, not %d", next, want, got)
		}
		at := base.add(want)
		for _, s := range g.ranges {
			if !s.start.after(at) || !s.end.after(s.start) {
				t.Fatalf("%+v", g.ranges)
			}
			at = s.end
		}
	}
}

func TestGapsAreBounded(t *testing.T) {
	var g gaps
	for i := range 1000 {
		g.add(seq(10*i), seq(10*i+1))
	}
	if len(g.ranges) != maxGaps {
		t.Errorf("%d ranges", len(g.ranges))
	}
	if !g.add(0, 5) {
		t.Error("what joins a range is refused")
	}
}

// Sockets that are in a table are found, and no others.
func TestTable(t *testing.T) {
	tab := table{secret: inet.Secret{5, 6}}
	r := rand.New(rand.NewPCG(5, 6))
	model := map[tuple]*Socket{}
	random := func() tuple {
		end := func() wire.AddrPort {
			return wire.AddrPort{Addr: wire.V4From(0x0a000000 | r.Uint32N(8)), Port: uint16(r.IntN(16))}
		}
		return tuple{end(), end()}
	}
	for range 20000 {
		u := random()
		if tab.find(&u) != model[u] {
			t.Fatalf("%+v", u)
		}
		if s := model[u]; s != nil && r.IntN(2) == 0 {
			tab.remove(s)
			delete(model, u)
			continue
		}
		s := &Socket{tuple: u}
		if tab.add(s) != (model[u] == nil) {
			t.Fatalf("adding %+v", u)
		}
		if model[u] == nil {
			model[u] = s
		}
	}
}

// SO_REUSEADDR and SO_REUSEPORT: socket(7).
func TestBindConflicts(t *testing.T) {
	p := New(newFakeNet(wire.V4(10, 0, 0, 1), 1))
	bind := func(a wire.Addr, listen bool, f func(*Options)) error {
		s := p.NewSocket(false)
		t.Cleanup(func() { s.Close() })
		s.Configure(f)
		if err := s.Bind(wire.AddrPort{Addr: a, Port: 80}); err != nil || !listen {
			return err
		}
		return s.Listen(1)
	}
	plain := func(*Options) {}
	addr := func(o *Options) { o.ReuseAddr = true }
	port := func(o *Options) { o.ReusePort = true }
	own := wire.V4(10, 0, 0, 1)
	if err := bind(own, true, addr); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(*Options){"plain": plain, "SO_REUSEADDR": addr, "SO_REUSEPORT": port} {
		if bind(own, false, f) == nil || bind(wire.Any4, false, f) == nil {
			t.Errorf("bound where somebody listens: %s", name)
		}
	}
	if err := bind(wire.Loopback4, true, plain); err != nil {
		t.Errorf("another address: %v", err)
	}
	q := New(newFakeNet(own, 1))
	p = q
	for range 3 {
		if err := bind(own, true, port); err != nil {
			t.Errorf("several with SO_REUSEPORT: %v", err)
		}
	}
	if bind(own, false, plain) == nil {
		t.Error("bound beside SO_REUSEPORT without it")
	}
}

// A hundred thousand idle connections are to fit in 1 GiB with their goroutines: these are size classes of the allocator.
func TestConnectionSize(t *testing.T) {
	if n := unsafe.Sizeof(conn{}); n > 768 {
		t.Errorf("a conn takes %d octets", n)
	}
	if n := unsafe.Sizeof(Socket{}); n > 480 {
		t.Errorf("a Socket takes %d octets", n)
	}
}
