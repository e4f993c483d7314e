package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/sntp"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"sync"
)

// A WallClock is what StartSNTP keeps right.
type WallClock struct {
	Now    func() int64               // nanoseconds since 1970
	Step   func(ns int64)             // sets it to a time
	Adjust func(ns, over, rate int64) // has it gain ns within a time, and go faster for good by parts of 10^9
}

// An SNTP asks time servers and keeps the wall clock right: a sntp.Client with a socket and a timer.
type SNTP struct {
	stack  *Stack
	clock  WallClock
	socket *udp.Socket
	timer  inet.Timer

	mu      sync.Mutex
	servers func() []wire.AddrPort
	client  *sntp.Client
	buf     [512]byte
}

// StartSNTP keeps the clock right by some servers from now on, or, if there are none, by those that DHCP says.
func StartSNTP(s *Stack, u *udp.Protocol, clock WallClock, servers []wire.AddrPort) *SNTP {
	n := &SNTP{stack: s, clock: clock, socket: u.NewSocket(true), client: sntp.NewClient(s.random64)}
	n.servers = func() []wire.AddrPort { return servers }
	if len(servers) == 0 {
		n.servers = s.TimeServers
	}
	n.timer.F = n.expire
	n.socket.Notify(func(readable, _ bool) {
		if readable {
			n.receive()
		}
	})
	look := func() { s.Schedule(&n.timer, s.Now()) } // who changes the configuration has locks of its own
	s.Watch(look)
	look()
	return n
}

// expire looks who is to be asked, and asks.
func (n *SNTP) expire(now int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.client.SetServers(now, n.servers())
	requests, a, ok := n.client.Expire(now, n.clock.Now())
	for _, r := range requests {
		n.socket.SendTo(r.Message, r.To, udp.Control{}) // what is lost here is as good as lost on the way
	}
	n.follow(a, ok)
}

// receive takes what has come. It runs in the driver's goroutine.
func (n *SNTP) receive() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		size, d, err := n.socket.Recv(n.buf[:], false)
		if err == inet.EAGAIN || err == inet.EBADF {
			return
		}
		if err == nil {
			n.follow(n.client.Input(n.stack.Now(), n.clock.Now(), d.Time, d.From, n.buf[:size]))
		}
	}
}

// follow does to the clock what is to be done, and sets the timer. n.mu is held.
func (n *SNTP) follow(a sntp.Adjustment, ok bool) {
	switch {
	case ok && a.Step:
		n.clock.Step(n.clock.Now() + a.Offset)
		n.clock.Adjust(0, a.Over, a.Rate)
	case ok:
		n.clock.Adjust(a.Offset, a.Over, a.Rate)
	}
	if next := n.client.Next(); next != 0 {
		n.stack.noLater(&n.timer, next) // the configuration may just have changed
	}
}

// TimeServers returns the servers of NTP that DHCP says, in the order of the interfaces' indices.
func (s *Stack) TimeServers() (all []wire.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.ifaces {
		for _, servers := range [...][]wire.Addr{i.timeServers, i.v6.timeServers} {
			for _, a := range servers {
				all = append(all, wire.On(a, wire.NTPPort, i.index))
			}
		}
	}
	return all
}
