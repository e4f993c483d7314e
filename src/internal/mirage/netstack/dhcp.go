package netstack

import (
	"internal/mirage/netstack/dhcp"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// DHCPOptions are what StartDHCP may be told.
type DHCPOptions struct {
	Hostname string // to be sent to the server (RFC 2132 section 3.14); empty: none
}

// A DHCP is the client that configures one interface: a dhcp.Client with a socket, a timer and an interface.
type DHCP struct {
	stack  *Stack
	iface  *Interface
	socket *udp.Socket
	timer  inet.Timer
	lease  atomic.Pointer[dhcp.Lease] // in use

	mu     sync.Mutex
	client *dhcp.Client
	buf    [1500]byte
}

// StartDHCP makes i be configured by DHCP (RFC 2131) from now on. An address is used as soon as the server has
// acknowledged it, while it is still being probed for on the link: waiting as RFC 5227 wants would cost seconds of
// every boot. If another station turns out to have it, it is given up and declined, unless the server insists (dhcp.Client.Contestable).
// The errors are EADDRINUSE (a client runs already) and EINVAL (the loopback interface).
func StartDHCP(s *Stack, u *udp.Protocol, i *Interface, o DHCPOptions) (*DHCP, error) {
	if i.loopback {
		return nil, inet.EINVAL
	}
	d := &DHCP{stack: s, iface: i, socket: u.NewSocket(false)}
	d.client = dhcp.NewClient(dhcp.Config{MAC: i.mac, Hostname: o.Hostname, MaxSize: len(d.buf), Random: s.Random})
	err := d.socket.Configure(func(o *udp.Options) { o.Iface, o.Broadcast = i.index, true })
	if err == nil {
		err = d.socket.Bind(wire.AddrPort{Addr: wire.Any4, Port: wire.DHCPClientPort})
	}
	if err != nil {
		d.socket.Close()
		return nil, err
	}
	d.timer.F = d.expire
	d.socket.Notify(func(readable, _ bool) {
		if readable {
			d.receive()
		}
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.client.Start(s.Now()))
	return d, nil
}

// Hostname returns the name that the server gave this host, empty if none.
func (d *DHCP) Hostname() string {
	if l := d.lease.Load(); l != nil {
		return l.Hostname
	}
	return ""
}

// Release gives the lease back (RFC 2131 section 4.4.6), removes the address, and ends the client.
func (d *DHCP) Release() {
	d.mu.Lock()
	d.do(d.client.Release())
	d.mu.Unlock()
	d.stack.Cancel(&d.timer)
	d.socket.Close() // without the lock: it tells receive
}

// receive takes what has come. It runs in the driver's goroutine.
func (d *DHCP) receive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		n, from, err := d.socket.Recv(d.buf[:], false)
		if err == inet.EAGAIN || err == inet.EBADF {
			return
		}
		if err == nil && from.From.Port == wire.DHCPServerPort {
			d.do(d.client.Input(d.stack.Now(), d.buf[:n]))
		}
	}
}

func (d *DHCP) expire(now int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.client.Expire(now))
}

// conflict is called when another station has the address of the lease.
func (d *DHCP) conflict() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.client.Decline(d.stack.Now()))
}

// do carries out what the client wants. d.mu is held.
func (d *DHCP) do(o dhcp.Output) {
	switch {
	case o.Event == dhcp.Bound:
		d.use(o.Lease)
	case o.Event == dhcp.Lost && o.To == wire.Broadcast4:
		d.drop() // first: RFC 2131 section 4.1: without an address broadcasts come from 0.0.0.0
	}
	if o.Message != nil {
		to := wire.AddrPort{Addr: o.To, Port: wire.DHCPServerPort}
		d.socket.SendTo(o.Message, to, udp.Control{}) // what is lost here is sent again, as what is lost on the way
	}
	if o.Event == dhcp.Lost {
		d.drop()
	}
	if next := d.client.Next(); next != 0 {
		d.stack.Schedule(&d.timer, next)
	}
}

// use configures the interface as a lease says, in one change.
func (d *DHCP) use(l *dhcp.Lease) {
	i, old := d.iface, d.lease.Load()
	configure := func() error {
		i.resolver, i.timeServers = Resolver{l.DNS, l.Domain}, l.Time
		d.stack.dropRoutes(i.index, l.Prefix.Addr)
		for metric, router := range l.Routers {
			d.stack.addDefault(i.index, router, l.Prefix.Addr, uint32(metric))
		}
		return nil
	}
	if l.MTU != 0 {
		i.SetMTU(l.MTU) // a value that the card cannot do is no reason to refuse the lease
	}
	if old != nil && old.Prefix == l.Prefix && old.Broadcast == l.Broadcast {
		d.stack.change(configure)
	} else {
		d.drop()
		var conflict func() // nil: the address is defended
		if d.client.Contestable() {
			conflict = d.conflict
		}
		if i.add4(address{prefix: l.Prefix, broadcast: l.Broadcast}, conflict, configure) != nil {
			return // configured by hand with the same address: that stays
		}
	}
	d.lease.Store(l)
}

// drop takes the lease's configuration from the interface.
func (d *DHCP) drop() {
	l := d.lease.Swap(nil)
	if l == nil {
		return
	}
	d.iface.RemoveAddr(l.Prefix.Addr) // and the routes from it
	d.stack.change(func() error {
		d.iface.resolver, d.iface.timeServers = Resolver{}, nil
		return nil
	})
}

// dropRoutes removes the routes that addDefault made for an address. s.mu is held.
func (s *Stack) dropRoutes(iface int, src wire.Addr) {
	var kept []RouteEntry
	for _, r := range s.routes {
		if r.Iface != iface || r.Src != src {
			kept = append(kept, r)
		}
	}
	s.routes = kept
}

// addDefault adds a default route. A router outside the address's subnet is taken to be on the link, as providers
// that lease a /32 mean it. s.mu is held.
func (s *Stack) addDefault(iface int, router, src wire.Addr, metric uint32) {
	if !s.onLink(router, iface) {
		s.addRoute(RouteEntry{Dst: wire.Prefix{Addr: router, Bits: 32}, Gateway: wire.Any4, Src: src, Iface: iface})
	}
	s.addRoute(RouteEntry{Dst: wire.Prefix{Addr: wire.Any4}, Gateway: router, Src: src, Iface: iface, Metric: metric})
}
