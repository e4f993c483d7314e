//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// A town is two hosts on a bad line, in virtual time, between which connections come and go.
type town struct {
	t      *testing.T
	r      *rand.Rand
	now    int64
	hosts  [2]*Stack
	tcp    [2]*tcp.Protocol
	udp    [2]*udp.Protocol
	cards  [2]*link.Channel
	visits map[*visit]bool
	begun  int
	ended  int // those whose octets all came, and the answer
}

func newTown(t *testing.T) *town {
	w := &town{t: t, r: rand.New(rand.NewPCG(24, 3600)), now: 1000 * sec, visits: map[*visit]bool{}}
	random := rand.NewChaCha8([32]byte{24})
	fault := link.Fault{Loss: 20, Duplicate: 5, Reorder: 20, Corrupt: 2, Delay: 3e6, Seed: 7}
	clock := func() int64 { return w.now }
	w.cards[0], w.cards[1] = link.NewPair(link.ChannelConfig{Frames: 4096, Fault: fault, Now: clock})
	for i := range w.hosts {
		s := New(Config{Now: clock, Rand: func(p []byte) { random.Read(p) }})
		w.hosts[i], w.tcp[i], w.udp[i] = s, tcp.New(s), udp.New(s)
		must(t, s.AddNIC("eth0", w.cards[i]).Configure(Static{Addr: wire.Prefix{Addr: townAddr(i), Bits: 24}}))
	}
	return w
}

func townAddr(host int) wire.Addr { return wire.V4(10, 0, 0, byte(1+host)) }

// pass lets time pass.
func (w *town) pass(d int64) {
	for end := w.now + d; ; {
		next := end
		earliest := func(at int64, ok bool) {
			if ok && at < next {
				next = at
			}
		}
		for i, s := range w.hosts {
			w.cards[i].Deliver(w.now)
			at := s.Poll(w.now)
			earliest(at, at != 0)
			earliest(w.cards[i].Next())
		}
		for i := range w.cards { // what Poll of the second host sent to the first
			earliest(w.cards[i].Next())
		}
		if w.now = max(next, w.now); next >= end {
			return
		}
	}
}

// A visit is one end of a connection that a program holds.
type visit struct {
	town    *town
	s       *tcp.Socket
	client  bool
	toSend  int
	shut    bool
	patient int64 // until when
	rude    bool  // it goes without a word
	busy    bool  // in drive: what it does makes events too
}

// hold keeps a socket for a program that drives it whenever something happens.
func (w *town) hold(s *tcp.Socket, v visit) *visit {
	v.town, v.s = w, s
	v.patient = w.now + int64(1+w.r.IntN(300))*sec
	v.rude = w.r.IntN(10) == 0
	h := &v
	w.visits[h] = true
	s.Notify(func(tcp.Readiness) { h.drive() })
	return h
}

func (v *visit) leave() {
	if v.town.visits[v] {
		delete(v.town.visits, v)
		if v.rude {
			v.s.Configure(func(o *tcp.Options) { o.Linger = 0 })
		}
		v.s.Close()
	}
}

// drive sends and receives what it can. A client sends, then waits for the answer; a server answers at the end.
func (v *visit) drive() {
	if v.busy || !v.town.visits[v] {
		return
	}
	v.busy = true
	defer func() { v.busy = false }()
	var b [4096]byte
	for v.toSend > 0 {
		n, err := v.s.Send(b[:min(v.toSend, len(b))])
		if err == inet.EAGAIN {
			break
		} else if err != nil {
			v.leave()
			return
		}
		v.toSend -= n
	}
	if v.toSend == 0 && !v.shut && v.client {
		v.shut = v.s.Shutdown(false, true) == nil
	}
	for {
		n, err := v.s.Recv(b[:], false)
		switch {
		case err == inet.EAGAIN || err == inet.ENOTCONN:
			return
		case err != nil:
			v.leave()
			return
		case n == 0:
			if v.client {
				v.town.ended++
			} else {
				v.s.Send(b[:100])
			}
			v.leave()
			return
		}
	}
}

// serve makes a server at a port of a host.
func (w *town) serve(host int, port uint16) *tcp.Socket {
	l := w.tcp[host].NewSocket(false)
	must(w.t, l.Configure(func(o *tcp.Options) { o.ReuseAddr = true }))
	must(w.t, l.Bind(at(wire.Any4, port)))
	must(w.t, l.Listen(20))
	l.Notify(func(tcp.Readiness) {
		for s, _, err := l.Accept(); err == nil; s, _, err = l.Accept() {
			w.hold(s, visit{}).drive()
		}
	})
	return l
}

// event lets something happen in the town.
func (w *town) event() {
	from := w.r.IntN(2)
	to := at(townAddr(1-from), 80)
	switch w.r.IntN(12) {
	case 0:
		to.Port = 81 // nobody listens there
	case 1:
		to.Addr = wire.V4(10, 0, 0, byte(100+w.r.IntN(100))) // nobody is there
	case 2: // a server comes, and goes while connections wait for it
		l := w.serve(1-from, 82)
		w.connect(from, at(to.Addr, 82))
		w.pass(int64(w.r.IntN(20)) * 1e6)
		l.Close()
		return
	case 3: // datagrams, in fragments too
		s := w.udp[from].NewSocket(false)
		s.SendTo(make([]byte, w.r.IntN(5000)), at(to.Addr, uint16(53+w.r.IntN(2))), udp.Control{})
		s.Close()
		return
	}
	w.connect(from, to)
}

func (w *town) connect(host int, to wire.AddrPort) {
	s := w.tcp[host].NewSocket(false)
	v := w.hold(s, visit{client: true, toSend: w.r.IntN(20000)})
	w.begun++
	if w.r.IntN(4) == 0 {
		s.Configure(func(o *tcp.Options) { o.SetKeepAlive(true); o.SetKeepIdle(30 * sec) })
	}
	if err := s.Connect(to); err != inet.EINPROGRESS {
		v.leave()
	}
}

// impatience ends visits that have lasted too long.
func (w *town) impatience() {
	for v := range w.visits {
		if w.now > v.patient {
			v.leave()
		}
	}
}

// heap is what is reachable.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// churn lets a time pass in which connections come and go, closes the rest, and waits until none is left.
func (w *town) churn(d int64) {
	servers := []*tcp.Socket{w.serve(0, 80), w.serve(1, 80)}
	for end := w.now + d; w.now < end; {
		w.event()
		w.pass(w.r.Int64N(sec / 2))
		w.impatience()
	}
	for v := range w.visits {
		v.leave()
	}
	for _, l := range servers {
		l.Close()
	}
	w.pass(1800 * sec) // the longest that a peer who does not answer is asked, and TIME-WAIT
}

// TestChurn: after ten minutes of connections that come and go, as programs and a bad line make them, nothing is left of them: no
// memory, no timer, no goroutine; nor, with MIRAGE_CHURN=24, after 24 hours.
func TestChurn(t *testing.T) {
	rounds, length := 1, 600*sec
	if n, err := strconv.Atoi(os.Getenv("MIRAGE_CHURN")); err == nil {
		rounds, length = n, 3600*sec
	}
	goroutines := runtime.NumGoroutine()
	w := newTown(t)
	w.churn(length) // tables and buffers are as large as they get
	before := heap()
	for range rounds {
		w.churn(length)
		for i, p := range w.tcp {
			if used := p.MemoryUsed(); used != 0 {
				t.Errorf("host %d: %d octets of buffers are left", i, used)
			}
			if n := p.Counters().CurrEstab.Load(); n != 0 {
				t.Errorf("host %d: %d connections stand", i, n)
			}
			if n := w.hosts[i].timers.Waiting(); n > 2 { // the caches of neighbours and of paths are looked at now and then
				t.Errorf("host %d: %d timers wait", i, n)
			}
			if n, octets := w.hosts[i].Fragments(); n != 0 || octets != 0 {
				t.Errorf("host %d: %d datagrams in fragments, %d octets", i, n, octets)
			}
		}
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, before %d", n, goroutines)
	}
	after := heap()
	if after > before+256<<10 {
		t.Errorf("the heap grew from %d to %d octets", before, after)
	}
	if w.ended < w.begun/2 {
		t.Errorf("only %d of %d connections came to their end", w.ended, w.begun)
	}
	t.Logf("%d connections, of which %d came to their end; the heap has %d KiB, had %d", w.begun, w.ended, after>>10, before>>10)
	runtime.KeepAlive(w)
}
