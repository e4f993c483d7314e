package dhcp6

import "internal/mirage/netstack/wire"

// Input takes a message that came to the client's port: sections 16 and 18.2.9, 18.2.10.
func (c *Client) Input(now int64, b []byte) Output {
	m, ok := wire.ParseDHCP6(b)
	if !ok || m.XID() != c.xid || c.state == idle || c.state == bound {
		return Output{}
	}
	o := m.Options()
	id, _ := o.Find(wire.DHCP6ClientID)
	server, ok := o.Find(wire.DHCP6ServerID)
	if !ok || len(server) == 0 || len(server) > maxDUID || !equal(id, c.duid) {
		return Output{} // sections 16.3 and 16.10
	}
	switch {
	case m.Type() == wire.DHCP6Advertise && c.state == soliciting:
		c.limits(o)
		return c.advertised(now, o, server)
	case m.Type() == wire.DHCP6Reply:
		return c.replied(now, o, server)
	}
	return Output{}
}

// maxDUID is the longest DUID: section 11.1.
const maxDUID = 130

func equal(a, b []byte) bool { return string(a) == string(b) }

// limits takes what a server says of how seldom it is to be asked: sections 21.24 and 21.25.
func (c *Client) limits(o wire.DHCP6Options) {
	for _, l := range [...]struct {
		code uint16
		to   *int64
	}{{wire.DHCP6SolMaxRT, &c.solMaxRT}, {wire.DHCP6InfMaxRT, &c.infMaxRT}} {
		if v, ok := o.Word(l.code); ok && v >= 60 && v <= 86400 {
			*l.to = int64(v) * second
		}
	}
}

// advertised takes an offer: section 18.2.9. The best of those that come within the first time-out is taken, or one that
// says that it is the best there can be.
func (c *Client) advertised(now int64, o wire.DHCP6Options, server []byte) Output {
	const greatest = 255
	value := 0
	if b, ok := o.Find(wire.DHCP6Preference); ok && len(b) == 1 {
		value = int(b[0])
	}
	l, status := c.read(now, o, server)
	if l == nil || status != wire.DHCP6Success || value <= c.bestValue {
		return Output{}
	}
	c.best, c.bestValue = l, value
	if value == greatest || c.tries > 1 {
		return c.begin(now, requesting)
	}
	return Output{}
}

// read reads the association and the rest of a message; nil if it has no address that may be used.
func (c *Client) read(now int64, o wire.DHCP6Options, server []byte) (l *Lease, status uint16) {
	if status = o.Status(); status != wire.DHCP6Success {
		return nil, status
	}
	rest := o
	for code, data, ok := rest.Next(); ok; code, data, ok = rest.Next() {
		a, ok := wire.ParseIANA(data)
		if code != wire.DHCP6IANA || !ok || a.IAID != c.iaid() {
			continue
		}
		if status = a.Options.Status(); status != wire.DHCP6Success {
			return nil, status
		}
		addr, preferred, valid, ok := a.Addr()
		if !ok {
			continue
		}
		l = c.information(o, server)
		l.Addr, l.Preferred, l.Valid = addr, until(now, preferred), until(now, valid)
		c.setTimes(now, &a, preferred)
		return l, status
	}
	return nil, status
}

func until(now int64, seconds uint32) int64 {
	if seconds == ^uint32(0) {
		return forever
	}
	return now + int64(seconds)*second
}

// setTimes sets T1 and T2 as the server says, or as section 21.4 recommends.
func (c *Client) setTimes(now int64, a *wire.IANA, preferred uint32) {
	c.t1, c.t2 = until(now, a.T1), until(now, a.T2)
	if a.T1 == 0 && preferred == ^uint32(0) {
		c.t1 = forever
	} else if a.T1 == 0 {
		c.t1 = now + int64(preferred)*second/2
	}
	if a.T2 == 0 && preferred == ^uint32(0) {
		c.t2 = forever
	} else if a.T2 == 0 {
		c.t2 = max(now+int64(preferred)*second*4/5, c.t1)
	}
	const least = 10 * second // a server that wants more renewals wants a flood
	c.t1 = max(c.t1, now+least)
	c.t2 = max(c.t2, c.t1)
}

// information reads what is not about addresses: RFC 3646, RFC 4075 and RFC 5908.
func (c *Client) information(o wire.DHCP6Options, server []byte) *Lease {
	l := &Lease{Domain: o.Domain(), server: append([]byte(nil), server...)}
	b, _ := o.Find(wire.DHCP6DNS)
	l.DNS = appendHosts(nil, b)
	l.Time = timeServers(o)
	return l
}

// appendHosts adds the addresses of single hosts in b, up to a number that anybody could use.
func appendHosts(to []wire.Addr, b []byte) []wire.Addr {
	const maxServers = 3
	for ; len(b) >= 16 && len(to) < maxServers; b = b[16:] {
		if a := wire.AddrFrom16([16]byte(b)); !a.Is4() && !a.IsMulticast() && a != wire.Any6 && a != wire.Loopback6 {
			to = append(to, a)
		}
	}
	return to
}

// timeServers are those of each option for NTP, which has one server as a suboption (RFC 5908 section 4.1), or, if there is none, those of
// the option for SNTP that it replaces. Names and groups are not taken.
func timeServers(o wire.DHCP6Options) (all []wire.Addr) {
	const serverAddr = 1
	rest := o
	for code, data, ok := rest.Next(); ok; code, data, ok = rest.Next() {
		if code != wire.DHCP6NTP || !wire.DHCP6Options(data).OK() {
			continue
		}
		if b, ok := wire.DHCP6Options(data).Find(serverAddr); ok && len(b) == 16 {
			all = appendHosts(all, b)
		}
	}
	if all == nil {
		b, _ := o.Find(wire.DHCP6SNTP)
		all = appendHosts(nil, b)
	}
	return all
}

// Bounds of the time after which information is asked for again, seconds: sections 7.6 and 21.23.
const (
	defaultRefresh = 86400
	leastRefresh   = 600
)

// replied takes a server's last word: section 18.2.10.
func (c *Client) replied(now int64, o wire.DHCP6Options, server []byte) Output {
	switch c.state {
	case informing:
		c.limits(o)
		c.lease, c.state = c.information(o, server), bound
		refresh, ok := o.Word(wire.DHCP6Refresh)
		if !ok {
			refresh = defaultRefresh
		}
		c.due = until(now, max(refresh, leastRefresh))
		return Output{Event: Bound, Lease: c.lease}
	case releasing:
		c.lease, c.state, c.due = nil, idle, 0
		return Output{}
	case declining:
		c.lease = nil
		return c.begin(now, soliciting)
	case soliciting:
		if _, rapid := o.Find(wire.DHCP6RapidCommit); !rapid { // section 18.2.1
			return Output{}
		}
	case requesting:
		if !equal(server, c.best.server) {
			return Output{}
		}
	}
	c.limits(o)
	l, status := c.read(now, o, server)
	switch {
	case l != nil:
	case status == wire.DHCP6NoBinding && (c.state == renewing || c.state == rebinding): // section 18.2.10.1
		c.best = c.lease
		c.best.server = append([]byte(nil), server...)
		return c.begin(now, requesting)
	case c.state == requesting: // not on this link, none left: another server may do
		c.state, c.tries, c.best, c.bestValue = soliciting, 1, nil, -1
		c.timeout, c.due = second, now+second
		return Output{}
	default:
		return Output{} // the time-out sends it again
	}
	c.lease, c.old, c.best, c.state = l, false, nil, bound
	c.due = min(c.t1, l.Valid)
	return Output{Event: Bound, Lease: l}
}
