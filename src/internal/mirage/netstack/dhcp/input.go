package dhcp

import "internal/mirage/netstack/wire"

// Input takes a message from a server. What does not answer the client's own question is dropped.
func (c *Client) Input(now int64, b []byte) Output {
	m, ok := wire.ParseDHCP(b)
	if !ok || m.Op() != wire.BootReply || !m.Ethernet() || m.Hardware() != c.config.MAC || m.XID() != c.xid {
		return Output{} // RFC 2131 section 4.4.1: "Any DHCPACK messages that ... do not match ... are silently discarded"
	}
	server, ok := addrOption(m, wire.OptServerID)
	if !ok || !isHost(server) {
		return Output{} // RFC 2131 table 3: MUST
	}
	switch kind, _ := byteOption(m, wire.OptMessageType); kind {
	case wire.DHCPOffer:
		return c.takeOffer(now, m, server)
	case wire.DHCPAck:
		return c.takeAck(now, m, server)
	case wire.DHCPNak:
		return c.takeNak(now, server)
	}
	return Output{}
}

// takeOffer asks for the first offer that makes sense: RFC 2131 section 4.4.1 leaves the choice to us.
func (c *Client) takeOffer(now int64, m wire.DHCP, server wire.Addr) Output {
	if c.state != selecting || parseLease(m, server, nil) == nil {
		return Output{}
	}
	c.offer = offer{m.Your(), server}
	c.state, c.tries = requesting, 0
	o := c.request()
	c.due = now + c.backoff()
	return o
}

func (c *Client) takeAck(now int64, m wire.DHCP, server wire.Addr) Output {
	switch c.state {
	case requesting:
		if server != c.offer.server || m.Your() != c.offer.addr {
			return Output{}
		}
	case renewing, rebinding:
		if c.state == renewing && server != c.lease.Server || m.Your() != c.lease.Prefix.Addr {
			return Output{}
		}
	default:
		return Output{}
	}
	l := parseLease(m, server, c.lease)
	if l == nil {
		return Output{}
	}
	c.lease, c.state, c.tries = l, bound, 0
	c.due = 0
	if l.Duration != 0 {
		// RFC 2131 section 4.4.5: "T1 and T2 SHOULD be chosen with some random fuzz".
		fuzz := int64(c.random() % uint64(l.T1/64+1))
		c.expires.t1, c.expires.t2, c.expires.end = now+l.T1-fuzz, now+l.T2, now+l.Duration
		c.due = c.expires.t1
	}
	return Output{Event: Bound, Lease: l}
}

// takeNak begins anew, in a second or two lest a server that always refuses makes a storm: RFC 2131 section 3.1 (4).
func (c *Client) takeNak(now int64, server wire.Addr) Output {
	var o Output
	switch {
	case c.state == requesting && server == c.offer.server:
	case c.state == renewing && server == c.lease.Server, c.state == rebinding:
		o.Event = Lost
	default:
		return Output{}
	}
	c.restart(now, second+int64(c.random()%uint64(second)))
	return o
}
