package netstack

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
)

// Config is what a Stack needs from its host.
type Config struct {
	Now  func() int64   // monotonic clock, nanoseconds, never 0
	Rand func(p []byte) // fills p from a cryptographic generator
}

// A Stack is one host on any number of links. It implements inet.Network. Its methods may be called from any goroutine.
type Stack struct {
	inet.Network
}

// New makes a Stack with the loopback interface lo (index 1, 127.0.0.1/8).
func New(c Config) *Stack { return &Stack{} }

// Start runs the stack's timers in a goroutine of their own. Without it the caller calls Poll.
func (s *Stack) Start() {}

// Poll does what is due at now and returns when the next thing will be, or 0 if there is none. Tests call it
// with virtual time.
func (s *Stack) Poll(now int64) (next int64) { return 0 }

// Watch makes f be called, without locks held, after each change of addresses, routes, links or resolver.
func (s *Stack) Watch(f func()) {}

// An Interface is a card as the stack uses it.
type Interface struct{}

// AddNIC brings a card up as an interface of that name and starts reception.
func (s *Stack) AddNIC(name string, nic device.NIC) *Interface { return nil }

// Interface returns the interface with that index, nil if there is none.
func (s *Stack) Interface(index int) *Interface { return nil }

// InterfaceInfo describes an interface as netlink and SIOCGIF... show it.
type InterfaceInfo struct {
	Index    int // from 1
	Name     string
	MAC      wire.MAC
	MTU      int
	Loopback bool
	Up       bool // administratively; always true
	Running  bool // the card has a carrier
	Addrs    []wire.Prefix
	Counters InterfaceCounters
}

// InterfaceCounters are the counts of /proc/net/dev.
type InterfaceCounters struct {
	RxPackets, RxBytes, RxErrors, RxDropped, RxMulticast uint64
	TxPackets, TxBytes, TxErrors, TxDropped              uint64
}

// Interfaces lists the interfaces in the order of their indices.
func (s *Stack) Interfaces() []InterfaceInfo { return nil }

// A RouteEntry is one line of the routing table.
type RouteEntry struct {
	Dst     wire.Prefix // 0 bits: the default route
	Gateway wire.Addr   // unspecified if the destination is on the link
	Src     wire.Addr   // preferred source, unspecified to let the stack choose
	Iface   int
	Metric  uint32
}

// Routes lists the routing table, most specific first.
func (s *Stack) Routes() []RouteEntry { return nil }

// AddRoute adds r. The errors are ENODEV, ENETUNREACH (the gateway is not on a link of ours), EEXIST.
func (s *Stack) AddRoute(r RouteEntry) error { return inet.EOPNOTSUPP }

// RemoveRoute removes r. The error is ESRCH.
func (s *Stack) RemoveRoute(r RouteEntry) error { return inet.EOPNOTSUPP }

// Static is the configuration of an interface by hand. Unset fields say nothing.
type Static struct {
	Addr    wire.Prefix
	Gateway wire.Addr
	DNS     []wire.Addr
	Domain  string
}

// Index returns the interface's index, from 1.
func (i *Interface) Index() int { return 0 }

// Configure adds the address, the default route and the resolver data of c.
func (i *Interface) Configure(c Static) error { return inet.EOPNOTSUPP }

// AddAddr adds an address with its subnet. The errors are EEXIST and EINVAL.
func (i *Interface) AddAddr(p wire.Prefix) error { return inet.EOPNOTSUPP }

// RemoveAddr removes an address. The error is EADDRNOTAVAIL.
func (i *Interface) RemoveAddr(a wire.Addr) error { return inet.EOPNOTSUPP }

// Configured returns a channel that is closed when the interface first has an address.
func (i *Interface) Configured() <-chan struct{} { return nil }

// DHCPOptions are what StartDHCP may be told.
type DHCPOptions struct {
	Hostname string // to be sent to the server (RFC 2132 section 3.14); empty: none
}

// A DHCP is the client that configures one interface.
type DHCP struct{}

// StartDHCP makes i be configured by DHCP (RFC 2131) from now on.
func StartDHCP(s *Stack, u *udp.Protocol, i *Interface, o DHCPOptions) (*DHCP, error) {
	return nil, inet.EOPNOTSUPP
}

// Release gives the lease back (RFC 2131 section 4.4.6), removes the address, and ends the client.
func (d *DHCP) Release() {}

// Hostname returns the name that the server gave this host, empty if none.
func (d *DHCP) Hostname() string { return "" }

// Resolver is what resolv.conf says.
type Resolver struct {
	Servers []wire.Addr
	Domain  string
}

// Resolver returns the name servers and the domain of all interfaces, in the order of their indices.
func (s *Stack) Resolver() Resolver { return Resolver{} }

// ResolvConf returns the same as the text of /etc/resolv.conf.
func (s *Stack) ResolvConf() []byte { return nil }
