package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ndp"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// inet6 is what an interface has for IPv6.
type inet6 struct {
	neighbours *ndp.Cache
	packet     inet.Packet // the one being received, as Interface.packet
	timer      inet.Timer
	hops, mtu  atomic.Int32 // what a router says; 0: nothing
	configured chan struct{}

	mu     sync.Mutex // taken before stack.mu
	host   *ndp.Host  // nil before StartIPv6
	secret inet.Secret
	tries  int // link-local addresses that were someone else's
	claims []claim6
	state  ndp.State                 // the host's, as it was last applied
	flags  func(managed, other bool) // hears of the routers' flags, without locks held; may be nil

	routes                               []RouteEntry // from routers; under stack.mu
	timeServers                          []wire.Addr  // by DHCPv6; under stack.mu
	resolver, dhcpResolver, autoResolver Resolver     // by hand, by DHCPv6 and from routers; under stack.mu
}

// A claim6 is an IPv6 address that is being asked for on the link.
type claim6 struct {
	probe    *ndp.Probe
	conflict func() // called, without locks held, when another station has it; may be nil
}

func (i *Interface) init6() {
	i.v6.neighbours = ndp.NewCache(i.stack.random64)
	i.v6.timer.F = i.poll6
	i.v6.configured = make(chan struct{})
}

// IPv6Options are what StartIPv6 may be told.
type IPv6Options struct {
	Secret    inet.Secret // of this machine, the same after each boot: RFC 7217 section 5; addresses are made with it
	Auto      bool        // routers' prefixes make addresses: RFC 4862 section 5.5
	Temporary bool        // and temporary ones besides: RFC 8981
}

// StartIPv6 gives the interface a link-local address (RFC 4862 section 5.3) and begins to listen to routers. Addresses are used
// as soon as they are made, while they are still being asked for on the link (RFC 4429): waiting as RFC 4862 wants would cost
// every boot a second. The errors are EEXIST (it has been started) and EINVAL (the loopback interface, or a link whose MTU is
// less than RFC 8200 section 5 wants).
func (i *Interface) StartIPv6(o IPv6Options) error {
	if i.loopback || i.nic.MTU() < wire.IPv6MinMTU {
		return inet.EINVAL
	}
	s := i.stack
	i.v6.mu.Lock()
	if i.v6.host != nil {
		i.v6.mu.Unlock()
		return inet.EEXIST
	}
	i.v6.secret = o.Secret
	i.v6.host = ndp.NewHost(ndp.HostConfig{
		MAC: i.mac, Secret: o.Secret, Auto: o.Auto, Temporary: o.Temporary, Random: s.random64,
	})
	i.v6.mu.Unlock()
	i.join(wire.AllNodes6, wire.AllSources) // RFC 4291 section 2.8
	i.addLinkLocal()
	i.v6.mu.Lock()
	i.v6.host.Start(s.Now())
	i.v6.mu.Unlock()
	i.poll6(s.Now())
	return nil
}

func (i *Interface) addLinkLocal() {
	a := ndp.StableAddr(i.v6.secret, i.mac, wire.LinkLocal6.Addr, i.v6.tries)
	i.add6(address{prefix: wire.Prefix{Addr: a, Bits: 64}}, nil, nil)
}

// IPv6Configured returns a channel that is closed when the interface first has an IPv6 address that is not link-local.
func (i *Interface) IPv6Configured() <-chan struct{} { return i.v6.configured }

// HasRouter reports whether an IPv6 router has been heard.
func (i *Interface) HasRouter() bool {
	i.v6.mu.Lock()
	defer i.v6.mu.Unlock()
	return len(i.v6.state.Routers) > 0
}

// add6 is add for an IPv6 address; conflict, if it is not nil, is called if another station has it.
func (i *Interface) add6(a address, conflict func(), more func() error) error {
	p := a.prefix
	if p.Addr == wire.Any6 || p.Addr.IsMulticast() || p.Bits > 128 || (p.Addr == wire.Loopback6) != i.loopback {
		return inet.EINVAL
	}
	a.optimistic = !i.loopback
	err := i.stack.change(func() error { return i.enter(a, more) })
	if err != nil || i.loopback {
		return err
	}
	i.join(p.Addr.SolicitedNode(), wire.AllSources) // RFC 4861 section 7.2.1, RFC 4862 section 5.4.2
	i.v6.mu.Lock()
	i.claim6(p.Addr, conflict)
	i.v6.mu.Unlock()
	i.arm6()
	return nil
}

// claim6 begins to ask for an address on the link. v6.mu is held.
func (i *Interface) claim6(a wire.Addr, conflict func()) {
	p := ndp.NewProbe(i.stack.Now(), a, i.stack.random64(), !i.hasAuto(a))
	i.v6.claims = append(i.v6.claims, claim6{p, conflict})
}

// hasAuto reports whether an address was made from a router's prefix. v6.mu is held.
func (i *Interface) hasAuto(a wire.Addr) bool {
	for _, b := range i.v6.state.Addrs {
		if b.Prefix.Addr == a {
			return true
		}
	}
	return false
}

// unclaim6 ends what an address that was removed had: its group, and the question for it.
func (i *Interface) unclaim6(a wire.Addr) {
	i.v6.mu.Lock()
	for k, c := range i.v6.claims {
		if c.probe.Addr == a {
			i.v6.claims = append(i.v6.claims[:k:k], i.v6.claims[k+1:]...)
			break
		}
	}
	i.v6.mu.Unlock()
	i.leave(a.SolicitedNode(), wire.AllSources)
}

// confirmed notes that an address is nobody else's: RFC 4862 section 5.4.
func (i *Interface) confirmed(a wire.Addr) {
	i.stack.change(func() error {
		for k := range i.addrs {
			if i.addrs[k].prefix.Addr == a {
				i.addrs[k].optimistic = false
			}
		}
		return nil
	})
}

// duplicate gives up an address that another station has, and makes another if it was made here: RFC 4862 section 5.4.5, RFC
// 7217 section 6. The claim has been taken away.
func (i *Interface) duplicate(a wire.Addr, conflict func()) {
	i.stack.counters6.ARPInConflicts.Add(1)
	i.RemoveAddr(a)
	switch {
	case conflict != nil:
		conflict()
	case a.IsLinkLocal():
		if i.v6.tries++; i.v6.tries < 3 {
			i.addLinkLocal()
		}
	default:
		i.update(func(h *ndp.Host, now int64) bool { return h.Duplicate(now, a) })
	}
}

// update lets f change what is known from routers, and makes the interface follow if it says that it has.
func (i *Interface) update(f func(h *ndp.Host, now int64) bool) {
	var begun, over []wire.Addr
	i.v6.mu.Lock()
	h := i.v6.host
	if h == nil || !f(h, i.stack.Now()) {
		i.v6.mu.Unlock()
		return
	}
	state := h.State()
	flags, told := i.v6.flags, state.Managed != i.v6.state.Managed || state.Other != i.v6.state.Other
	if !state.Equal(&i.v6.state) {
		i.v6.state = state
		i.v6.hops.Store(int32(state.HopLimit))
		i.v6.mtu.Store(int32(state.MTU))
		i.stack.change(func() error {
			begun, over = i.apply(&state)
			return nil
		})
		for _, a := range begun {
			i.claim6(a, nil)
		}
	}
	i.v6.mu.Unlock()
	for _, a := range begun {
		i.join(a.SolicitedNode(), wire.AllSources)
	}
	for _, a := range over {
		i.unclaim6(a)
	}
	if told && flags != nil {
		flags(state.Managed, state.Other)
	}
	i.arm6()
}

// apply configures the interface as routers say. It returns the addresses that are new and those that are no longer. s.mu is
// held.
func (i *Interface) apply(state *ndp.State) (begun, over []wire.Addr) {
	wanted := func(a wire.Addr) *ndp.AutoAddr {
		for k := range state.Addrs {
			if state.Addrs[k].Prefix.Addr == a {
				return &state.Addrs[k]
			}
		}
		return nil
	}
	kept := make([]address, 0, len(i.addrs)+len(state.Addrs))
	for _, a := range i.addrs {
		if a.auto {
			w := wanted(a.prefix.Addr)
			if w == nil {
				over = append(over, a.prefix.Addr)
				continue
			}
			a.deprecated, a.routers = w.Deprecated, w.Routers
		}
		kept = append(kept, a)
	}
	i.addrs = kept
	for _, w := range state.Addrs {
		a := address{prefix: w.Prefix, auto: true}
		a.source = source{optimistic: true, temporary: w.Temporary, deprecated: w.Deprecated, routers: w.Routers}
		if i.enter(a, nil) == nil {
			begun = append(begun, w.Prefix.Addr)
		}
	}
	i.v6.routes = nil
	for _, p := range state.Prefixes {
		i.v6.routes = append(i.v6.routes, RouteEntry{Dst: p, Iface: i.index, Metric: connectedMetric})
	}
	for k, r := range state.Routers {
		i.v6.routes = append(i.v6.routes, RouteEntry{Gateway: r, Iface: i.index, Metric: routerMetric + uint32(k)})
	}
	i.v6.autoResolver = Resolver{state.Servers, state.Domain}
	return begun, over
}
