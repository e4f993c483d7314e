package vm

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A Forward makes a port of the host lead to one of the machine.
type Forward struct {
	Host  netip.AddrPort
	Guest uint16
	UDP   bool
}

// ParseForward reads [ADDR:]HOSTPORT:GUESTPORT[/udp|/tcp]. Without ADDR the port is open to this host alone.
func ParseForward(text string) (Forward, error) {
	f, err := parseForward(text)
	if err != nil {
		return Forward{}, fmt.Errorf("%q is not [ADDR:]HOSTPORT:GUESTPORT[/udp]: %w", text, err)
	}
	return f, nil
}

func parseForward(text string) (f Forward, err error) {
	ports, protocol, _ := strings.Cut(text, "/")
	switch protocol {
	case "", "tcp":
	case "udp":
		f.UDP = true
	default:
		return f, fmt.Errorf("no protocol %q", protocol)
	}
	i := strings.LastIndexByte(ports, ':')
	if i < 0 {
		return f, fmt.Errorf("one port is missing")
	}
	if f.Guest, err = port(ports[i+1:]); err != nil {
		return f, err
	}
	host := ports[:i]
	if !strings.Contains(host, ":") {
		host = "127.0.0.1:" + host
	}
	if f.Host, err = netip.ParseAddrPort(host); err != nil {
		return f, err
	}
	if !f.Host.Addr().Is4() || f.Host.Port() == 0 {
		return f, fmt.Errorf("%s is not an IPv4 address with a port from 1 to 65535", f.Host)
	}
	return f, nil
}

func port(text string) (uint16, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a port from 1 to 65535", text)
	}
	return uint16(n), nil
}

// checkPorts refuses ports that this host has no more: QEMU does not say why it cannot have them.
func checkPorts(forwards []Forward) error {
	for i, f := range forwards {
		if slices.ContainsFunc(forwards[:i], func(g Forward) bool { return g.Host == f.Host && g.UDP == f.UDP }) {
			return fmt.Errorf("port %s cannot lead to two: it is named twice", f.Host)
		}
	}
	for _, f := range forwards {
		if err := f.try(); err != nil {
			return fmt.Errorf("port %d of this host cannot be had (%w): name another before the colon", f.Host.Port(), err)
		}
	}
	return nil
}

// try takes the host's port, and gives it back.
func (f Forward) try() error {
	if f.UDP {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(f.Host))
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(f.Host))
	if err != nil {
		return err
	}
	return l.Close()
}

// String is how QEMU takes it: the value of a user network's hostfwd.
func (f Forward) String() string {
	protocol := "tcp"
	if f.UDP {
		protocol = "udp"
	}
	return fmt.Sprintf("%s:%s:%d-:%d", protocol, f.Host.Addr(), f.Host.Port(), f.Guest)
}
