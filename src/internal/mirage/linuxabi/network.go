package linuxabi

import (
	"internal/mirage/clock"
	"internal/mirage/netstack"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/raw"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"sync/atomic"
)

// network is the stack that sockets stand on, and how far its configuration has come.
type network struct {
	stack  *netstack.Stack
	udp    *udp.Protocol
	raw    *raw.Protocol
	tcp    streams
	v4, v6 settlement
}

// A settlement is how far the configuration of one family has come.
type settlement struct {
	settled atomic.Bool
	done    chan struct{} // closed when settled
}

// finish lets everybody go on.
func (s *settlement) finish() {
	s.settled.Store(true)
	close(s.done)
}

func (s *settlement) wait() {
	if !s.settled.Load() {
		<-s.done
	}
}

// newNetwork makes a stack with the loopback interface alone, which needs no configuration.
func newNetwork() *network {
	n := &network{stack: netstack.New(netstack.Config{Now: nanotime, Rand: random})}
	n.v4.done, n.v6.done = make(chan struct{}), make(chan struct{})
	n.udp, n.raw = udp.New(n.stack), raw.New(n.stack)
	total, _ := memory()
	n.tcp = streamFamily.open(n.stack, int64(total/4))
	n.stack.Start()
	return n
}

// configure gives an interface the addresses that it is to have.
func (n *network) configure(i *netstack.Interface, a address, words *settings) error {
	err := i.StartIPv6(netstack.IPv6Options{
		Secret: inet.SecretFrom(words.secret), Auto: a.static6 == nil, Temporary: !words.stable,
	})
	if err == nil && a.static6 != nil {
		if err = i.Configure(*a.static6); err != nil {
			return err
		}
	} else if err == nil {
		if _, err = netstack.StartDHCPv6(n.stack, n.udp, i); err != nil {
			return err
		}
	}
	if a.static != nil {
		return i.Configure(*a.static)
	}
	_, err = netstack.StartDHCP(n.stack, n.udp, i, netstack.DHCPOptions{Hostname: words.hostname})
	return err
}

// keepTime has the wall clock follow time servers.
func (n *network) keepTime(t timing) {
	if !t.off {
		clock := netstack.WallClock{Now: wallClock, Step: setWallClock, Adjust: adjustWallClock}
		netstack.StartSNTP(n.stack, n.udp, clock, t.servers)
	}
}

// How long a program waits at its first use of the network, nanoseconds: for an address; for a router of IPv6 to be heard, which
// answers within half a second (RFC 4861 section 6.2.6) if there is one; and for IPv4 where there is IPv6.
const (
	configurationTime = 5e9
	routerTime        = 1e9
	secondFamilyTime  = 1e9
)

// settle makes users of IPv4 wait until each of interfaces has an address, or the time is over.
func (n *network) settle(interfaces []*netstack.Interface) {
	go n.settle6(interfaces)
	deadline, over := clock.NewTimer(configurationTime)
	defer deadline.Stop()
	defer n.v4.finish()
	for _, i := range interfaces {
		has6 := i.IPv6Configured()
		for waiting := true; waiting; {
			select {
			case <-i.Configured():
				waiting = false
			case <-has6:
				has6 = nil
				deadline.Reset(secondFamilyTime)
			case <-over:
				return
			}
		}
	}
}

// drain waits, for a time, until all that was sent has left, and closes connections. The time is enough for one segment, or one
// question for a neighbour, to be lost: RFC 6298 section 2.1 and RFC 1122 section 2.3.2.1 have a second for each.
func (n *network) drain() {
	const (
		patience = 2 * clock.Second
		interval = clock.Second / 1000
	)
	for end := nanotime() + int64(patience); nanotime() < end; clock.Sleep(interval) {
		if n.tcp.finish() && n.stack.Idle() {
			return
		}
	}
}

// settle6 is the same for IPv6: one interface that has an address is enough, for links without IPv6 are the rule.
func (n *network) settle6(interfaces []*netstack.Interface) {
	deadline, over := clock.NewTimer(routerTime)
	defer deadline.Stop()
	defer n.v6.finish()
	any := make(chan struct{}, len(interfaces))
	for _, i := range interfaces {
		go func() {
			select {
			case <-i.IPv6Configured():
				any <- struct{}{}
			case <-n.v6.done:
			}
		}()
	}
	if len(interfaces) == 0 {
		return
	}
	select {
	case <-any:
		return
	case <-over:
	}
	for _, i := range interfaces {
		if i.HasRouter() { // whose addresses come by DHCPv6
			deadline.Reset(configurationTime - routerTime)
			select {
			case <-any:
			case <-over:
			}
			return
		}
	}
}

// wait waits until the first attempt to configure the network has ended, well or badly. It is what a caller does who needs to
// know what there is; listening does not.
func (n *network) wait() { n.v4.wait() }

// await is wait for what leads to one address: loopback is there from the start.
func (n *network) await(a wire.Addr) {
	switch {
	case a.IsLoopback() || a.IsLinkLocal():
	case a.Is4():
		n.v4.wait()
	default:
		n.v6.wait()
	}
}

// byName finds an interface.
func (n *network) byName(name string) (netstack.InterfaceInfo, bool) {
	for _, i := range n.stack.Interfaces() {
		if i.Name == name {
			return i, true
		}
	}
	return netstack.InterfaceInfo{}, false
}

// nameOf returns the name of the interface with that index, empty if there is none.
func (n *network) nameOf(index int) string {
	for _, i := range n.stack.Interfaces() {
		if i.Index == index {
			return i.Name
		}
	}
	return ""
}
