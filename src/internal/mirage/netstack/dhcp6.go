package netstack

import (
	"internal/mirage/netstack/dhcp6"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"sync"
)

// A DHCPv6 is the client of one interface: a dhcp6.Client with a socket, a timer and an interface. It asks when routers say that
// there is something to be had (RFC 4861 section 4.2).
type DHCPv6 struct {
	stack  *Stack
	iface  *Interface
	udp    *udp.Protocol
	socket *udp.Socket
	timer  inet.Timer

	mu     sync.Mutex
	client *dhcp6.Client
	addr   wire.Addr // in use, :: if there is none
	buf    [1500]byte
}

// StartDHCPv6 makes i be configured by DHCPv6 (RFC 9915) as far as routers say. The errors are EADDRINUSE (a client runs
// already) and EINVAL (IPv6 has not been started there).
func StartDHCPv6(s *Stack, u *udp.Protocol, i *Interface) (*DHCPv6, error) {
	d := &DHCPv6{stack: s, iface: i, udp: u, socket: u.NewSocket(true)}
	d.client = dhcp6.NewClient(dhcp6.Config{MAC: i.mac, Random: s.random64})
	d.timer.F = d.expire
	err := d.socket.Configure(func(o *udp.Options) { o.Iface, o.V6Only = i.index, true })
	if err == nil {
		err = d.socket.Bind(wire.AddrPort{Addr: wire.Any6, Port: wire.DHCP6ClientPort})
	}
	i.v6.mu.Lock()
	if err == nil && i.v6.host == nil {
		err = inet.EINVAL
	}
	if err != nil {
		i.v6.mu.Unlock()
		d.socket.Close()
		return nil, err
	}
	i.v6.flags = d.told
	state := i.v6.state
	i.v6.mu.Unlock()
	d.socket.Notify(func(readable, _ bool) {
		if readable {
			d.receive()
		}
	})
	d.told(state.Managed, state.Other)
	return d, nil
}

// told hears of the routers' flags. What has begun goes on when they say that there is nothing any more: the leases end it.
func (d *DHCPv6) told(managed, other bool) {
	if !managed && !other {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.client.Start(d.stack.Now(), managed))
}

// receive takes what has come. It runs in the driver's goroutine.
func (d *DHCPv6) receive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		n, from, err := d.socket.Recv(d.buf[:], false)
		if err == inet.EAGAIN || err == inet.EBADF {
			return
		}
		if err == nil && from.From.Port == wire.DHCP6ServerPort && from.From.Addr.IsLinkLocal() {
			d.do(d.client.Input(d.stack.Now(), d.buf[:n]))
		}
	}
}

func (d *DHCPv6) expire(now int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.client.Expire(now))
}

// conflict is called when another station has the address of the lease.
func (d *DHCPv6) conflict() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.client.Decline(d.stack.Now()))
}

// do carries out what the client wants. d.mu is held.
func (d *DHCPv6) do(o dhcp6.Output) {
	if o.Message != nil { // what is lost here is sent again, as what is lost on the way
		d.socket.SendTo(o.Message, wire.On(wire.AllDHCPv6Servers, wire.DHCP6ServerPort, d.iface.index), udp.Control{})
	}
	switch o.Event {
	case dhcp6.Bound:
		d.use(o.Lease)
	case dhcp6.Deprecated:
		d.deprecate(true)
	case dhcp6.Lost:
		d.drop()
	}
	if next := d.client.Next(); next != 0 {
		d.stack.Schedule(&d.timer, next)
	}
}

// use configures the interface as a lease says. A lease says nothing about what is on the link: RFC 5942 section 4.
func (d *DHCPv6) use(l *dhcp6.Lease) {
	if l.Addr != d.addr {
		d.drop()
	}
	if l.Addr != wire.Any6 && d.addr == wire.Any6 &&
		d.iface.add6(address{prefix: wire.Prefix{Addr: l.Addr, Bits: 128}}, d.conflict, nil) == nil {
		d.addr = l.Addr
	}
	d.deprecate(false)
	d.stack.change(func() error {
		d.iface.v6.dhcpResolver, d.iface.v6.timeServers = Resolver{l.DNS, l.Domain}, l.Time
		return nil
	})
}

// deprecate says whether the lease's address is to be used for what begins.
func (d *DHCPv6) deprecate(on bool) {
	d.stack.change(func() error {
		for k := range d.iface.addrs {
			if a := &d.iface.addrs[k]; a.prefix.Addr == d.addr && a.deprecated != on {
				a.deprecated = on
				return nil
			}
		}
		return inet.EAGAIN // nothing changes
	})
}

// drop takes the lease's address from the interface.
func (d *DHCPv6) drop() {
	if d.addr != wire.Any6 {
		d.iface.RemoveAddr(d.addr)
		d.addr = wire.Any6
	}
}

// Release gives the lease back (RFC 9915 section 18.2.7), removes the address, and ends the client: it asks until it is heard, or a
// few times, and then no more.
func (d *DHCPv6) Release() {
	d.iface.v6.mu.Lock()
	d.iface.v6.flags = nil
	d.iface.v6.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.do(d.client.Release(d.stack.Now()))
}
