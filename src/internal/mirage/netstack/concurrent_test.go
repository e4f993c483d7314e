//go:build !mirage

package netstack

import (
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/ndp"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestConcurrent is for the race detector: frames come in by two cards while sockets, handlers, addresses, routes and
// timers come and go.
func TestConcurrent(t *testing.T) {
	var now atomic.Int64
	now.Store(sec)
	random := sync.Mutex{}
	source := rand.NewChaCha8([32]byte{9})
	s := New(Config{Now: now.Load, Rand: func(p []byte) {
		random.Lock()
		defer random.Unlock()
		source.Read(p)
	}})
	u := udp.New(s)
	must(t, u.NewSocket(true).Bind(at(wire.Any6, 4))) // something may always be received
	const rounds = 300
	var group sync.WaitGroup
	var done atomic.Bool
	worker := func(f func(r *rand.Rand)) {
		group.Add(1)
		go func() {
			defer group.Done()
			r := rand.New(rand.NewPCG(1, uint64(rounds)))
			for range rounds {
				f(r)
			}
		}()
	}
	var feeders sync.WaitGroup
	for k := range 2 {
		card, far := link.NewPair(link.ChannelConfig{})
		i := s.AddNIC("eth", card)
		own := wire.V4(10, byte(k), 0, 1)
		i.AddAddr(wire.Prefix{Addr: own, Bits: 24})
		must(t, i.StartIPv6(IPv6Options{Secret: secret6, Auto: true, Temporary: true}))
		feeders.Add(1)
		go func() { // the driver's goroutine of this card, and its wire
			defer feeders.Done()
			r := rand.New(rand.NewPCG(2, uint64(k)))
			for !done.Load() {
				b := evil(r)
				switch r.IntN(4) {
				case 0:
					b = evil6(r)
				case 1, 2:
					b = datagram(at(wire.V4(10, byte(k), 0, 9), 4000), at(own, uint16(r.IntN(5))), "x")
				}
				if f := far.Alloc(len(b)); f != nil {
					copy(f.Bytes, b)
					far.Transmit(f)
				}
				card.Deliver(0)
				far.Deliver(0)
			}
		}()
		worker(func(r *rand.Rand) {
			extra := wire.V4(10, byte(k), 0, byte(100+r.IntN(3)))
			i.AddAddr(wire.Prefix{Addr: extra, Bits: 24})
			s.AddRoute(RouteEntry{Dst: wire.Prefix{Addr: otherNet, Bits: 32}, Gateway: wire.V4(10, byte(k), 0, 2), Iface: i.Index()})
			s.RemoveRoute(RouteEntry{Dst: wire.Prefix{Addr: otherNet, Bits: 32}, Iface: i.Index()})
			i.RemoveAddr(extra)
			more := wire.Prefix{Addr: addr6("2001:db8:7::").WithID(uint64(r.IntN(3))), Bits: 64}
			i.AddAddr(more)
			s.JoinGroup(addr6("ff02::fb"), i.Index(), wire.AllSources)
			s.learnPath(far6, func(p *path) bool { p.mtu = 1280 + r.IntN(100); return true })
			i.update(func(h *ndp.Host, now int64) bool { return h.Failed(linkRouter, r.IntN(2) == 0) })
			s.LeaveGroup(addr6("ff02::fb"), i.Index(), wire.AllSources)
			i.RemoveAddr(more.Addr)
			i.Groups()
			s.Interfaces()
			s.ResolvConf()
		})
	}
	for range 3 {
		worker(func(r *rand.Rand) {
			x := u.NewSocket(r.IntN(2) == 0)
			x.Configure(func(o *udp.Options) { o.ReuseAddr, o.ReusePort = true, r.IntN(2) == 0 })
			x.Notify(func(_, _ bool) { x.Ready() })
			x.Bind(at(any4, uint16(r.IntN(5))))
			x.Connect(at(wire.V4(10, 0, 0, byte(r.IntN(20))), 4000))
			x.Send([]byte("hello"), udp.Control{})
			x.SendTo([]byte("self"), at(wire.Loopback4, uint16(1+r.IntN(5))), udp.Control{})
			x.SendTo([]byte("self"), at(wire.Loopback6, uint16(1+r.IntN(5))), udp.Control{})
			x.Join(addr6("ff02::fb"), 2)
			x.SendTo([]byte("all"), wire.On(addr6("ff02::fb"), 3, 2), udp.Control{})
			x.Recv(make([]byte, 10), false)
			x.Disconnect()
			x.TakeError()
			x.Local()
			x.Shutdown(true, false)
			x.Close()
		})
	}
	worker(func(r *rand.Rand) {
		if handlerEcho(u); r.IntN(2) == 0 {
			u.Handle(53, nil)
		}
	})
	worker(func(r *rand.Rand) { s.Poll(now.Add(sec / 10)) })
	group.Wait()
	for end := time.Now().Add(20 * time.Second); u.Counters().InDatagrams.Load() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	done.Store(true)
	feeders.Wait()
	if u.Counters().InDatagrams.Load() == 0 {
		t.Error("nothing was received")
	}
}
