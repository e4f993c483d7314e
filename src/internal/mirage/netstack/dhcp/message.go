package dhcp

import (
	"internal/byteorder"
	"internal/mirage/netstack/wire"
)

// parameters are the options that the client asks for (RFC 2132 section 9.8).
var parameters = []byte{
	wire.OptSubnetMask, wire.OptRouters, wire.OptDNS, wire.OptHostname, wire.OptDomain, wire.OptMTU,
	wire.OptBroadcast, wire.OptTimeServers, wire.OptLeaseTime, wire.OptServerID, wire.OptT1, wire.OptT2,
}

// message builds a message of the client's state: RFC 2131 section 4.4.1, table 5.
func (c *Client) message(kind byte) []byte {
	m := make([]byte, wire.DHCPLen, wire.DHCPMinLen+len(c.config.Hostname))
	ciaddr, secs := wire.Any4, c.secs
	switch {
	case c.state == renewing || c.state == rebinding || kind == wire.DHCPRelease:
		ciaddr = c.lease.Prefix.Addr
	case kind == wire.DHCPDecline:
		secs = 0
	}
	// Without an address we cannot be sent unicasts yet: RFC 2131 section 4.1, on the BROADCAST bit.
	broadcast := ciaddr == wire.Any4 && kind != wire.DHCPDecline
	wire.DHCP(m).Put(c.xid, secs, broadcast, ciaddr, c.config.MAC)
	m = wire.AppendDHCPOption(m, wire.OptMessageType, kind)
	mac := c.config.MAC.As6()
	m = wire.AppendDHCPOption(m, wire.OptClientID, append([]byte{1}, mac[:]...)...) // RFC 2132 section 9.14
	switch {
	case kind == wire.DHCPRequest && c.state == requesting:
		m = appendAddr(m, wire.OptRequestedIP, c.offer.addr)
		m = appendAddr(m, wire.OptServerID, c.offer.server)
	case kind == wire.DHCPDecline:
		m = appendAddr(m, wire.OptRequestedIP, c.lease.Prefix.Addr)
		m = appendAddr(m, wire.OptServerID, c.lease.Server)
	case kind == wire.DHCPRelease:
		m = appendAddr(m, wire.OptServerID, c.lease.Server)
	}
	if kind == wire.DHCPDiscover || kind == wire.DHCPRequest {
		if n := len(c.config.Hostname); n > 0 && n <= 255 {
			m = wire.AppendDHCPOption(m, wire.OptHostname, []byte(c.config.Hostname)...)
		}
		m = wire.AppendDHCPOption(m, wire.OptParameters, parameters...)
		m = wire.AppendDHCPOption(m, wire.OptMaxSize, byte(c.config.MaxSize>>8), byte(c.config.MaxSize))
	}
	m = append(m, wire.OptEnd)
	for len(m) < wire.DHCPMinLen {
		m = append(m, wire.OptPad)
	}
	return m
}

func appendAddr(m []byte, code uint8, a wire.Addr) []byte {
	b := a.As4()
	return wire.AppendDHCPOption(m, code, b[:]...)
}

// An option of the wrong length is as good as none.

func byteOption(m wire.DHCP, code uint8) (byte, bool) {
	b, ok := m.Option(nil, code)
	if !ok || len(b) != 1 {
		return 0, false
	}
	return b[0], true
}

func wordOption(m wire.DHCP, code uint8) (uint32, bool) {
	b, ok := m.Option(nil, code)
	if !ok || len(b) != 4 {
		return 0, false
	}
	return byteorder.BEUint32(b), true
}

func addrOption(m wire.DHCP, code uint8) (wire.Addr, bool) {
	v, ok := wordOption(m, code)
	return wire.V4From(v), ok
}

// maxAddrs is how many routers or name servers are taken.
const maxAddrs = 8

// hostsOption returns the single hosts among the addresses of an option.
func hostsOption(m wire.DHCP, code uint8) (hosts []wire.Addr) {
	b, _ := m.Option(nil, code)
	for ; len(b) >= 4 && len(hosts) < maxAddrs; b = b[4:] {
		if a := wire.V4From(byteorder.BEUint32(b)); isHost(a) {
			hosts = append(hosts, a)
		}
	}
	return hosts
}

// isHost reports whether a can be the address of one other host.
func isHost(a wire.Addr) bool {
	first := a.Bits32() >> 24
	return first != 0 && first < 224 && !a.IsLoopback()
}
