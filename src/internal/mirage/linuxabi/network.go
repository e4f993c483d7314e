package linuxabi

import (
	"internal/mirage/clock"
	"internal/mirage/netstack"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"sync/atomic"
)

// network is the stack that sockets stand on, and how far its configuration has come.
type network struct {
	stack   *netstack.Stack
	udp     *udp.Protocol
	tcp     *tcp.Protocol
	settled atomic.Bool
	done    chan struct{} // closed when settled
}

// newNetwork makes a stack with the loopback interface alone, which needs no configuration.
func newNetwork() *network {
	n := &network{stack: netstack.New(netstack.Config{Now: nanotime, Rand: random}), done: make(chan struct{})}
	n.udp, n.tcp = udp.New(n.stack), tcp.New(n.stack)
	total, _ := memory()
	n.tcp.SetMemoryLimit(int64(total / 4))
	n.stack.Start()
	return n
}

// configure gives an interface the address that it is to have.
func (n *network) configure(i *netstack.Interface, a address, hostname string) error {
	if a.static != nil {
		return i.Configure(*a.static)
	}
	_, err := netstack.StartDHCP(n.stack, n.udp, i, netstack.DHCPOptions{Hostname: hostname})
	return err
}

// configurationTime bounds how long a program waits at its first use of the network, nanoseconds.
const configurationTime = 5e9

// settle makes users of the network wait until each of interfaces has an address, or the time is over.
func (n *network) settle(interfaces []*netstack.Interface) {
	deadline, over := clock.NewTimer(configurationTime)
	defer deadline.Stop()
	for _, i := range interfaces {
		select {
		case <-i.Configured():
		case <-over:
			n.finish()
			return
		}
	}
	n.finish()
}

// drain waits, for a time, until all that was sent has left, and closes connections. The time is enough for one segment, or one
// question for a neighbour, to be lost: RFC 6298 section 2.1 and RFC 1122 section 2.3.2.1 have a second for each.
func (n *network) drain() {
	const (
		patience = 2 * clock.Second
		interval = clock.Second / 1000
	)
	for end := nanotime() + int64(patience); nanotime() < end; clock.Sleep(interval) {
		if n.tcp.Finish() && n.stack.Idle() {
			return
		}
	}
}

// finish lets everybody go on.
func (n *network) finish() {
	n.settled.Store(true)
	close(n.done)
}

// wait waits until the first attempt to configure the network has ended, well or badly. It is what a caller does who
// needs an address or a route; listening does not.
func (n *network) wait() {
	if !n.settled.Load() {
		<-n.done
	}
}

// await is wait for one address: loopback is there from the start.
func (n *network) await(a wire.Addr) {
	if !n.settled.Load() && !a.IsLoopback() {
		n.wait()
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
