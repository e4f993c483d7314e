package vm

import (
	"fmt"
	"net/netip"
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

// String is how QEMU takes it: the value of a user network's hostfwd.
func (f Forward) String() string {
	protocol := "tcp"
	if f.UDP {
		protocol = "udp"
	}
	return fmt.Sprintf("%s:%s:%d-:%d", protocol, f.Host.Addr(), f.Host.Port(), f.Guest)
}
