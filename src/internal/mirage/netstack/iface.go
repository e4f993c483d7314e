package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/arp"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync/atomic"
)

// An Interface is a card as the stack uses it. It implements inet.Link.
type Interface struct {
	stack    *Stack
	index    int
	name     string
	nic      device.NIC
	mac      wire.MAC
	loopback bool
	offload  bool // the card finishes transport checksums
	whole4   int  // inet.Route.Whole of routes through it
	whole6   int
	mtu      atomic.Int32

	neighbours *arp.Cache
	arpTimer   inet.Timer
	counters   interfaceCounters
	packet     inet.Packet // the one being received: the receive function runs once at a time
	reply      inet.Out    // the answer to it

	claims claims
	stalls stalls

	v6               inet6
	report4, report6 reporter

	addrs       []address    // under stack.mu
	groups      []membership // under stack.mu
	resolver    Resolver     // under stack.mu
	timeServers []wire.Addr  // by DHCP; under stack.mu
	configured  chan struct{}
}

// An address is one that an interface has.
type address struct {
	prefix    wire.Prefix
	broadcast wire.Addr // 0.0.0.0 if there is none
	source              // of IPv6
	auto      bool      // made from a router's prefix, which says whether it is on the link: RFC 5942 section 4
}

// AddNIC brings a card up as an interface of that name and starts reception.
func (s *Stack) AddNIC(name string, nic device.NIC) *Interface { return s.addNIC(name, nic, false) }

func (s *Stack) addNIC(name string, nic device.NIC, loopback bool) *Interface {
	i := &Interface{
		stack: s, name: name, nic: nic, mac: wire.MACFrom(nic.MAC()), loopback: loopback,
		offload:    nic.Offloads()&device.TxChecksum != 0,
		configured: make(chan struct{}),
	}
	i.mtu.Store(int32(min(nic.MTU(), wire.IPv4MaxLen)))
	if nic.Offloads()&device.TxSegments4 != 0 {
		i.whole4 = device.MaxSegmented - ipv4Room
	}
	if nic.Offloads()&device.TxSegments6 != 0 {
		i.whole6 = device.MaxSegmented - ipv6Room
	}
	i.neighbours = arp.NewCache(i.mac, i.owns, s.random64())
	i.arpTimer.F = i.expireARP
	i.init6()
	i.initReporters()
	i.stalls.timer.F = i.retryStalled
	s.change(func() error {
		s.ifaces = append(s.ifaces, i)
		i.index = len(s.ifaces)
		return nil
	})
	nic.Receive(i.receive)
	return i
}

// Index returns the interface's index, from 1.
func (i *Interface) Index() int { return i.index }

// Name returns the name that AddNIC gave it.
func (i *Interface) Name() string { return i.name }

// MAC returns the card's hardware address.
func (i *Interface) MAC() wire.MAC { return i.mac }

// Loopback reports whether the interface is lo.
func (i *Interface) Loopback() bool { return i.loopback }

// Interface returns the interface with that index, nil if there is none.
func (s *Stack) Interface(index int) *Interface {
	v := s.view.Load()
	if index < 1 || index > len(v.ifaces) {
		return nil
	}
	return v.ifaces[index-1]
}

// InterfaceInfo describes an interface as netlink and SIOCGIF... show it.
type InterfaceInfo struct {
	Index    int // from 1
	Name     string
	MAC      [6]byte
	MTU      int
	Loopback bool
	Running  bool // the card has a carrier
	Addrs    []InterfaceAddr
	Counters InterfaceCounters
}

// An InterfaceAddr is an address with its subnet.
type InterfaceAddr struct {
	Prefix    wire.Prefix
	Broadcast wire.Addr // 0.0.0.0 if there is none

	// Of IPv6: RFC 4862 section 5.4, RFC 4429 (not known yet to be nobody else's), RFC 8981, and made from a prefix.
	Deprecated, Optimistic, Temporary, Auto bool
}

// Interfaces lists the interfaces in the order of their indices.
func (s *Stack) Interfaces() []InterfaceInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]InterfaceInfo, len(s.ifaces))
	for k, i := range s.ifaces {
		all[k] = InterfaceInfo{
			Index: i.index, Name: i.name, MAC: i.mac.As6(), MTU: int(i.mtu.Load()), Loopback: i.loopback,
			Running: i.nic.LinkUp(), Counters: i.counters.read(),
		}
		for _, a := range i.addrs {
			all[k].Addrs = append(all[k].Addrs, InterfaceAddr{
				a.prefix, a.broadcast, a.deprecated, a.optimistic, a.temporary, a.auto,
			})
		}
	}
	return all
}

// Configured returns a channel that is closed when the interface first has an IPv4 address.
func (i *Interface) Configured() <-chan struct{} { return i.configured }

// Static is the configuration of an interface by hand. Unset fields say nothing.
type Static struct {
	Addr    wire.Prefix
	Gateway wire.Addr
	DNS     []wire.Addr
	Domain  string
}

// Configure adds the address, the default route and the resolver data of c. The errors are AddAddr's and
// AddRoute's; then nothing is done.
func (i *Interface) Configure(c Static) error {
	return i.add(c.Addr, func() error {
		if !c.Gateway.IsUnspecified() {
			r := RouteEntry{Dst: wire.Prefix{Addr: wire.Any4}, Gateway: c.Gateway, Iface: i.index}
			if !c.Gateway.Is4() {
				r.Dst.Addr = wire.Any6
			}
			if err := i.stack.addRoute(r); err != nil {
				return err
			}
		}
		if c.Addr.Addr.Is4() {
			i.resolver = Resolver{c.DNS, c.Domain}
		} else {
			i.v6.resolver = Resolver{c.DNS, c.Domain}
		}
		return nil
	})
}

// AddAddr adds an address with its subnet, and claims it on the link (RFC 5227, RFC 4862). It may be used at once. The
// errors are EEXIST and EINVAL (no address of a single host).
func (i *Interface) AddAddr(p wire.Prefix) error {
	return i.add(p, nil)
}

// add is AddAddr; more, unless it is nil, goes with it in one change.
func (i *Interface) add(p wire.Prefix, more func() error) error {
	if !p.Addr.Is4() {
		return i.add6(address{prefix: p}, nil, more)
	}
	broadcast, ok := p.Broadcast()
	if !ok || i.loopback {
		broadcast = wire.Any4
	}
	return i.add4(address{prefix: p, broadcast: broadcast}, nil, more)
}

// add4 is add for an IPv4 address; conflict, if it is not nil, is called if another station has it.
func (i *Interface) add4(a address, conflict func(), more func() error) error {
	p := a.prefix
	if b, ok := p.Broadcast(); p.Addr.IsUnspecified() || p.Addr.IsMulticast() || p.Addr == wire.Broadcast4 || p.Bits > 32 ||
		ok && p.Addr == b || p.Addr.IsLoopback() != i.loopback {
		return inet.EINVAL
	}
	err := i.stack.change(func() error { return i.enter(a, more) })
	if err == nil {
		i.claim(p.Addr, conflict)
	}
	return err
}

// enter adds an address to the interface's, and does more, or nothing. s.mu is held. The errors are EEXIST and more's.
func (i *Interface) enter(a address, more func() error) error {
	for _, other := range i.stack.ifaces {
		for _, q := range other.addrs {
			if q.prefix.Addr == a.prefix.Addr && (other == i || !a.prefix.Addr.IsLinkLocal()) {
				return inet.EEXIST
			}
		}
	}
	before := i.addrs
	i.addrs = append(before[:len(before):len(before)], a)
	if more != nil {
		if err := more(); err != nil {
			i.addrs = before
			return err
		}
	}
	return nil
}

// announce wakes those who wait for an address. s.mu is held.
func (i *Interface) announce() {
	for _, a := range i.addrs {
		configured := i.configured
		if !a.prefix.Addr.Is4() {
			configured = i.v6.configured
		}
		if !a.prefix.Addr.IsLinkLocal() && !isClosed(configured) {
			close(configured)
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// RemoveAddr removes an address, and the routes through gateways that are no longer on the link. The error is EADDRNOTAVAIL.
func (i *Interface) RemoveAddr(a wire.Addr) error {
	s := i.stack
	err := s.change(func() error {
		for k, p := range i.addrs {
			if p.prefix.Addr != a {
				continue
			}
			i.addrs = append(i.addrs[:k:k], i.addrs[k+1:]...)
			var kept []RouteEntry
			for _, r := range s.routes {
				if r.Src != a && (r.Gateway.IsUnspecified() || s.onLink(r.Gateway, r.Iface)) {
					kept = append(kept, r)
				}
			}
			s.routes = kept
			return nil
		}
		return inet.EADDRNOTAVAIL
	})
	if err == nil && a.Is4() {
		i.unclaim(a)
		i.neighbours.Clear()
	} else if err == nil {
		i.unclaim6(a)
	}
	return err
}

// SetMTU sets the largest IP datagram that goes into one frame, at most the card's own, at least 576 octets (what
// every host takes: RFC 791 section 3.1). The error is EINVAL.
func (i *Interface) SetMTU(n int) error {
	if n < 576 || n > i.nic.MTU() {
		return inet.EINVAL
	}
	return i.stack.change(func() error {
		i.mtu.Store(int32(n))
		return nil
	})
}
