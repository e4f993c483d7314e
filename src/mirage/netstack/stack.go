package netstack

import (
	"internal/mirage/netstack"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/udp"
	"internal/mirage/netstack/wire"
	"net/netip"
	"os"
	"syscall"
)

// Config says how Open makes a stack on a system that has one of its own already. On GOOS=mirage the machine's command line says
// these things.
type Config struct {
	Tap     string       // the tap device; Linux makes it if there is none of that name and the program may
	Addr    netip.Prefix // the stack's address with its subnet; the zero Prefix: by DHCP, and by IPv6 routers
	Gateway netip.Addr   // of Addr's family; the zero Addr: none
	MAC     MAC          // the stack's hardware address; zero: a random one
	MTU     int          // octets; 0: 1500
}

// A Stack is a network stack. Its methods may be called from any goroutine.
type Stack struct {
	under *netstack.Stack
	udp   *udp.Protocol
	ready func() // waits until the addresses are there
	close func()
}

// Open returns the machine's stack on GOOS=mirage, and on Linux a new one as c says.
func Open(c Config) (*Stack, error) { return open(c) }

// Wait waits until the first attempt to configure the stack's addresses has ended, well or badly: a few seconds at most.
func (s *Stack) Wait() { s.ready() }

// Close ends a stack that Open has made. The machine's stays.
func (s *Stack) Close() { s.close() }

// Under is the stack as packages of this source tree know it.
func (s *Stack) Under() *netstack.Stack { return s.under }

// An Interface is a card of a stack.
type Interface struct {
	Index int // from 1, which is lo
	Name  string
	MAC   MAC
	MTU   int
	Addrs []netip.Prefix
}

// Interfaces lists the cards in the order of their indices.
func (s *Stack) Interfaces() []Interface {
	var all []Interface
	for _, i := range s.under.Interfaces() {
		one := Interface{Index: i.Index, Name: i.Name, MAC: i.MAC, MTU: i.MTU}
		for _, a := range i.Addrs {
			one.Addrs = append(one.Addrs, netip.PrefixFrom(fromWire(a.Prefix.Addr), int(a.Prefix.Bits)))
		}
		all = append(all, one)
	}
	return all
}

// fromWire and toWire translate addresses. An IPv4-mapped one is the IPv4 address.
func fromWire(a wire.Addr) netip.Addr {
	if a.Is4() {
		return netip.AddrFrom4(a.As4())
	}
	return netip.AddrFrom16(a.As16())
}

func toWire(a netip.Addr) wire.Addr { return wire.AddrFrom16(a.As16()) }

// peer is one end of a flow with the name of the card that a link-local address is behind.
func (s *Stack) peer(a wire.AddrPort) netip.AddrPort {
	addr := fromWire(a.Addr)
	if a.Zone != 0 {
		addr = addr.WithZone(s.under.Interface(int(a.Zone)).Name())
	}
	return netip.AddrPortFrom(addr, a.Port)
}

// zone returns the index of the card that an address names, 0 if it names none. The error is ENODEV.
func (s *Stack) zone(a netip.Addr) (int, error) {
	if a.Zone() == "" {
		return 0, nil
	}
	for _, i := range s.under.Interfaces() {
		if i.Name == a.Zone() {
			return i.Index, nil
		}
	}
	return 0, inet.ENODEV
}

// failed makes an error of the stack's one of the system's, of what was attempted.
func failed(op string, err error) error {
	if e, ok := err.(inet.Errno); ok {
		return os.NewSyscallError(op, syscall.Errno(e))
	}
	return err
}
