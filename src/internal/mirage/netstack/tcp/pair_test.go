//go:build !mirage

package tcp

import (
	"fmt"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"slices"
	"testing"
)

// A pair is two hosts with a bad line between them, in virtual time.
type pair struct {
	line
	ends  [2]*fakeNet
	tcp   [2]*Protocol
	r     *rand.Rand
	queue []arrival // by time
	sent  int
	lost  int
}

// A line says what happens to segments, chances in thousandths.
type line struct {
	loss, duplicate, reorder, corrupt int
	delay                             int64
	rate                              int64 // octets a second; 0: without limit
	room                              int64 // octets that may wait for their turn; 0: without limit
	noSACK, noTime                    bool  // somebody between takes the options out of SYNs
}

type arrival struct {
	at       int64
	to       int
	src, dst wire.Addr
	segment  []byte
}

func newPair(l line, seed uint64) *pair {
	p := &pair{line: l, r: rand.New(rand.NewPCG(seed, 99))}
	var busy [2]int64
	for i := range p.ends {
		n := newFakeNet(wire.V4(10, 0, 0, byte(1+i)), byte(seed)+byte(i))
		n.carry = func(src, dst wire.Addr, b []byte) {
			p.sent++
			at := n.now + p.delay
			if p.rate > 0 {
				if p.room > 0 && busy[i]-n.now > p.room*second/p.rate {
					p.lost++
					return
				}
				busy[i] = max(busy[i], n.now) + int64(len(b)+40)*second/p.rate
				at = busy[i] + p.delay
			}
			p.carry(1-i, src, dst, b, at)
		}
		p.ends[i], p.tcp[i] = n, New(n)
	}
	return p
}

func (p *pair) chance(thousandths int) bool { return p.r.IntN(1000) < thousandths }

func (p *pair) carry(to int, src, dst wire.Addr, b []byte, at int64) {
	if p.chance(p.loss) {
		p.lost++
		return
	}
	if p.chance(p.corrupt) {
		b = slices.Clone(b)
		b[p.r.IntN(len(b))] ^= 1 << p.r.IntN(8)
	} else {
		p.strip(b, src, dst)
	}
	if p.chance(p.reorder) {
		at += p.r.Int64N(2*p.delay + 1)
	}
	p.put(arrival{at, to, src, dst, b})
	if p.chance(p.duplicate) {
		p.put(arrival{at + p.r.Int64N(p.delay+1), to, src, dst, b})
	}
}

// strip does what a middlebox does that knows no options.
func (p *pair) strip(b []byte, src, dst wire.Addr) {
	t := wire.TCP(b)
	if !p.noSACK && !p.noTime || t.Flags()&wire.SYN == 0 {
		return
	}
	for o := t.Options(); len(o) > 1; {
		n := 1
		if o[0] != 1 {
			n = int(o[1])
			if o[0] == 4 && p.noSACK || o[0] == 8 && p.noTime {
				for i := range n {
					o[i] = 1
				}
			}
		}
		o = o[n:]
	}
	f := wire.TCPFields{
		SrcPort: t.SrcPort(), DstPort: t.DstPort(), Seq: t.Seq(), Ack: t.Ack(), Flags: t.Flags(), Window: t.Window(),
	}
	t.Put(&f, len(t.Options()), src, dst, false)
}

func (p *pair) put(a arrival) {
	i, _ := slices.BinarySearchFunc(p.queue, a, func(x, y arrival) int {
		if x.at <= y.at { // in order if at the same time
			return -1
		}
		return 1
	})
	p.queue = slices.Insert(p.queue, i, a)
}

// step goes to the next event; false if there is none.
func (p *pair) step() bool {
	next := int64(0)
	for _, n := range p.ends {
		if at := n.timers.Run(n.now); at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	if len(p.queue) > 0 && (next == 0 || p.queue[0].at <= next) {
		a := p.queue[0]
		p.queue = p.queue[1:]
		p.ends[0].now, p.ends[1].now = max(a.at, p.ends[0].now), max(a.at, p.ends[0].now)
		p.ends[a.to].deliver(a.src, a.dst, a.segment)
		return true
	}
	if next == 0 {
		return false
	}
	p.ends[0].now, p.ends[1].now = max(next, p.ends[0].now), max(next, p.ends[0].now)
	return true
}

// A talker sends and receives on one socket, in pieces of random sizes.
type talker struct {
	s                   *Socket
	toSend, sent, got   int
	shut, ended, closed bool
}

func (w *talker) talk(t *testing.T, r *rand.Rand) {
	buf := make([]byte, 1+r.IntN(20000))
	for w.sent < w.toSend {
		b := fill(buf[:min(len(buf), w.toSend-w.sent)], w.sent)
		n, err := w.s.Send(b)
		if err == inet.EAGAIN {
			break
		} else if err != nil {
			t.Fatalf("after %d of %d octets: %v", w.sent, w.toSend, err)
		}
		w.sent += n
	}
	if w.sent == w.toSend && !w.shut {
		w.shut = true
		if err := w.s.Shutdown(false, true); err != nil {
			t.Fatal(err)
		}
	}
	for !w.ended {
		n, err := w.s.Recv(buf, false)
		if err == inet.EAGAIN {
			break
		} else if err != nil {
			t.Fatalf("after %d octets received: %v", w.got, err)
		}
		for i, c := range buf[:n] {
			if c != pattern(w.got+i) {
				t.Fatalf("octet %d is wrong", w.got+i)
			}
		}
		w.got += n
		w.ended = n == 0
	}
}

// exchange moves octets both ways over a line, ends the connection, and returns how long it took.
func exchange(t *testing.T, p *pair, up, down int, options func(*Options)) int64 {
	l := p.tcp[1].NewSocket(false)
	fatal(t, l.Bind(wire.AddrPort{Addr: wire.Any4, Port: 80}))
	fatal(t, l.Configure(options))
	fatal(t, l.Listen(5))
	c := &talker{s: p.tcp[0].NewSocket(false), toSend: up}
	fatal(t, c.s.Configure(options))
	if err := c.s.Connect(wire.AddrPort{Addr: p.ends[1].addr, Port: 80}); err != inet.EINPROGRESS {
		t.Fatal(err)
	}
	var s *talker
	begun := p.ends[0].now
	for n := 0; s == nil || !c.ended || !s.ended || !c.shut || !s.shut; n++ {
		if !p.step() || p.ends[0].now-begun > 1e6*second {
			t.Fatalf("stands still at %.3f s: %+v, %+v, %+v", float64(p.ends[0].now-begun)/1e9, c, c.s.Info(), s)
		}
		if s == nil {
			if a, _, err := l.Accept(); err == nil {
				s = &talker{s: a, toSend: down}
			}
			if s == nil || c.s.Info().State == 2 {
				continue
			}
		}
		if p.r.IntN(4) == 0 || len(p.queue) == 0 { // programs are not always there
			if st := c.s.Info().State; st != 2 && st != 3 {
				c.talk(t, p.r)
			}
			s.talk(t, p.r)
		}
	}
	took := p.ends[0].now - begun
	fatal(t, c.s.Close())
	fatal(t, s.s.Close())
	fatal(t, l.Close())
	for p.step() { // to the end of TIME-WAIT
	}
	if c.got != down || s.got != up {
		t.Errorf("%d of %d and %d of %d octets came", s.got, up, c.got, down)
	}
	for i, q := range p.tcp {
		if used := q.memory.used.Load(); used != 0 {
			t.Errorf("host %d still uses %d octets", i, used)
		}
		if n := q.counters.CurrEstab.Load(); n != 0 {
			t.Errorf("host %d: %d connections stand", i, n)
		}
		for k := range q.table.parts {
			if q.table.parts[k].count != 0 {
				t.Errorf("host %d: a connection is left in the table", i)
			}
		}
	}
	return took
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestBadLines: over lines that lose, double, reorder and damage, what comes out is what went in, and nothing is left behind.
func TestBadLines(t *testing.T) {
	size := 300_000
	if testing.Short() {
		size = 60_000
	}
	const ms = int64(1e6)
	for _, l := range []line{
		{delay: 10 * ms},
		{delay: 10 * ms, loss: 10},
		{delay: 10 * ms, loss: 50},
		{delay: 10 * ms, loss: 200},
		{delay: 10 * ms, loss: 200, noSACK: true},
		{delay: 10 * ms, loss: 200, noSACK: true, noTime: true},
		{delay: 10 * ms, loss: 100, noTime: true},
		{delay: 10 * ms, reorder: 300},
		{delay: 10 * ms, reorder: 300, noSACK: true},
		{delay: 10 * ms, duplicate: 300},
		{delay: 10 * ms, corrupt: 100},
		{delay: 10 * ms, loss: 50, reorder: 100, duplicate: 100, corrupt: 20},
		{delay: 100 * ms, loss: 20, rate: 1e6},
		{delay: 0, loss: 50},
		{delay: 10 * ms, loss: 50, reorder: 100, duplicate: 100, corrupt: 20, noSACK: true, noTime: true},
	} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%+v/%d", l, seed), func(t *testing.T) {
				p := newPair(l, seed)
				took := exchange(t, p, size, size/2, func(o *Options) { o.SetNewReno(seed == 1) })
				t.Logf("%.2f s, %d segments of which %d were lost", float64(took)/1e9, p.sent, p.lost)
			})
		}
	}
}

// TestSmallBuffers: windows that close again and again, and options that make small segments.
func TestSmallBuffers(t *testing.T) {
	for seed, f := range []func(*Options){
		func(o *Options) { o.RecvBuffer = 3000 },
		func(o *Options) { o.SendBuffer = 2000 },
		func(o *Options) { o.RecvBuffer, o.SendBuffer = 1000, 10000 },
		func(o *Options) { o.SetNoDelay(true); o.SendBuffer = 500 },
		func(o *Options) { o.SetCork(true) },
	} {
		p := newPair(line{delay: 1e6, loss: 30, reorder: 50, duplicate: 20}, uint64(seed))
		exchange(t, p, 20_000, 30_000, f)
	}
}

// TestScarceMemory: with next to none, everything still comes.
func TestScarceMemory(t *testing.T) {
	p := newPair(line{delay: 1e6, loss: 30, reorder: 50}, 7)
	p.tcp[0].SetMemoryLimit(4 * chunkSize)
	p.tcp[1].SetMemoryLimit(4 * chunkSize)
	exchange(t, p, 200_000, 200_000, func(*Options) {})
}

// TestFullPath: on a path of 100 Mbit/s and 100 ms the windows and buffers grow until the path is used.
func TestFullPath(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 60 MB")
	}
	for _, reno := range []bool{false, true} {
		p := newPair(line{delay: 50e6, rate: 12_500_000}, 1)
		const size = 60_000_000
		took := exchange(t, p, size, 0, func(o *Options) { o.SetNewReno(reno) })
		rate := float64(size) / (float64(took) / 1e9)
		t.Logf("NewReno %v: %.1f Mbit/s", reno, rate*8/1e6)
		if rate < 0.7*12_500_000 {
			t.Errorf("only %.0f octets a second", rate)
		}
	}
}
