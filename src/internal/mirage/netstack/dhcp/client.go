package dhcp

import (
	"internal/byteorder"
	"internal/mirage/netstack/wire"
)

// Config is what a Client needs to know.
type Config struct {
	MAC      wire.MAC
	Hostname string         // sent to the server (RFC 2132 section 3.14); empty: none
	MaxSize  int            // the largest message that can be received, octets with IP and UDP headers (RFC 2132 section 9.10)
	Random   func(p []byte) // fills p from a cryptographic generator
}

// state is one of RFC 2131 figure 5.
type state uint8

const (
	initial state = iota
	selecting
	requesting
	bound
	renewing
	rebinding
	released
)

const second = int64(1e9)

// An Event is a change that the interface has to follow.
type Event uint8

const (
	None  Event = iota
	Bound       // use the lease from now on; it may be the old one, prolonged
	Lost        // stop using the address at once: RFC 2131 section 4.4.5
)

// An Output is what follows from an input: a message to be sent, an event, both or neither.
type Output struct {
	Message []byte    // nil: none
	To      wire.Addr // 255.255.255.255 or a server
	Event   Event
	Lease   *Lease // with Bound
}

// A Client keeps one interface configured. The caller serialises.
type Client struct {
	config  Config
	state   state
	xid     uint32
	begun   int64  // when the address was first asked for: the secs field counts from it
	secs    uint16 // of the last DHCPDISCOVER
	tries   int    // messages sent in this state
	due     int64  // when Expire has to act; 0: never
	offer   offer
	lease   *Lease
	expires struct{ t1, t2, end int64 } // of the lease; 0: never

	declines int       // since a lease stood
	declined wire.Addr // the last one's address
}

// An offer is what the server that was chosen offers.
type offer struct{ addr, server wire.Addr }

// NewClient makes a client that does nothing before Start.
func NewClient(c Config) *Client { return &Client{config: c} }

// Next returns when Expire is due, 0 if never.
func (c *Client) Next() int64 { return c.due }

// Start begins to look for a server. RFC 2131 section 4.4.1 would have it wait up to ten seconds first, so that
// hosts that were switched on together do not ask together; hosts that boot in milliseconds do not wait.
func (c *Client) Start(now int64) Output {
	c.state, c.tries, c.begun, c.lease = selecting, 0, now, nil
	c.newXID()
	return c.discover(now)
}

func (c *Client) newXID() { c.xid = uint32(c.random()) }

func (c *Client) random() uint64 {
	var b [8]byte
	c.config.Random(b[:])
	return byteorder.LEUint64(b[:])
}

// backoff returns how long to wait for an answer: RFC 2131 section 4.1: 4 s, doubled up to 64 s, give or take one.
func (c *Client) backoff() int64 {
	base := 4 * second << min(max(c.tries-1, 0), 4)
	return base - second + int64(c.random()%uint64(2*second))
}

func (c *Client) discover(now int64) Output {
	c.tries++
	c.secs = uint16(min((now-c.begun)/second, 0xffff))
	c.due = now + c.backoff()
	return Output{Message: c.message(wire.DHCPDiscover), To: wire.Broadcast4}
}

// request sends a DHCPREQUEST as the state wants it: RFC 2131 section 4.3.6, table 4.
func (c *Client) request() Output {
	c.tries++
	to := wire.Broadcast4
	if c.state == renewing {
		to = c.lease.Server
	}
	return Output{Message: c.message(wire.DHCPRequest), To: to}
}

// maxRequests is how often an offer is asked for: RFC 2131 section 3.1 (4): four times.
const maxRequests = 4

// Expire does what is due at now.
func (c *Client) Expire(now int64) Output {
	if c.due == 0 || now < c.due {
		return Output{}
	}
	switch c.state {
	case initial:
		return c.Start(now)
	case selecting:
		return c.discover(now)
	case requesting:
		if c.tries == maxRequests {
			return c.Start(now)
		}
		o := c.request()
		c.due = now + c.backoff()
		return o
	case bound, renewing, rebinding:
		return c.expireLease(now)
	}
	c.due = 0
	return Output{}
}

// expireLease asks for a longer lease, first the server that gave it, then any: RFC 2131 section 4.4.5.
func (c *Client) expireLease(now int64) Output {
	e := &c.expires
	c.declines, c.declined = 0, wire.Addr{}
	switch {
	case now >= e.end:
		o := c.Start(now)
		o.Event = Lost
		return o
	case now >= e.t2:
		c.enter(rebinding)
		c.due = retryBy(now, e.end)
	default:
		c.enter(renewing)
		c.due = retryBy(now, e.t2)
	}
	return c.request()
}

func (c *Client) enter(s state) {
	if c.state != s {
		c.state, c.tries = s, 0
		c.newXID()
		c.secs = 0
	}
}

// retryBy returns when to ask again: after half of the time that is left, but not within a minute (RFC 2131 section
// 4.4.5).
func retryBy(now, limit int64) int64 { return min(now+max((limit-now)/2, 60*second), limit) }

// Decline says that another station turned out to have the address of the lease (RFC 2131 section 4.4.1): the server
// is told, and the client begins anew in ten seconds (section 3.1 (5)).
func (c *Client) Decline(now int64) Output {
	if c.lease == nil {
		return Output{}
	}
	o := Output{Message: c.message(wire.DHCPDecline), To: wire.Broadcast4, Event: Lost}
	c.declines++
	c.declined = c.lease.Prefix.Addr
	c.restart(now, 10*second)
	return o
}

// maxDeclines is how many addresses are declined in a row.
const maxDeclines = 2

// Contestable reports whether the lease is to be declined if another station claims its address. It is not if the server gives
// what was declined again, nor after several in a row: a forger of ARP would keep the host without an address for ever.
func (c *Client) Contestable() bool {
	return c.lease != nil && c.declines < maxDeclines && c.lease.Prefix.Addr != c.declined
}

// restart begins anew after a while.
func (c *Client) restart(now, after int64) {
	c.state, c.lease, c.due = initial, nil, now+after
}

// Release gives the lease back and ends the client: RFC 2131 section 4.4.6.
func (c *Client) Release() Output {
	var o Output
	if c.lease != nil {
		o = Output{Message: c.message(wire.DHCPRelease), To: c.lease.Server, Event: Lost}
	}
	c.state, c.lease, c.due = released, nil, 0
	return o
}
