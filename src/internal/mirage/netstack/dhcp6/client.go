package dhcp6

import (
	"internal/byteorder"
	"internal/mirage/netstack/wire"
)

// Config is what a Client needs to know.
type Config struct {
	MAC    wire.MAC      // the DUID and the IAID are made of it: they are the same after each boot
	Random func() uint64 // random numbers
}

// state is what the client is at: RFC 9915 section 18.2.
type state uint8

const (
	idle state = iota
	informing
	soliciting
	requesting
	bound // also of what was asked for without an address
	renewing
	rebinding
	declining
	releasing
)

// leaving reports whether the address is not used any more.
func (s state) leaving() bool { return s == declining || s == releasing }

const second = int64(1e9)

// An Event is a change that the interface has to follow.
type Event uint8

const (
	None       Event = iota
	Bound            // use the lease from now on; it may be the old one, prolonged
	Deprecated       // begin nothing with the address any more: RFC 4862 section 5.5.4
	Lost             // stop using the address
)

// A Lease is what a server gave.
type Lease struct {
	Addr             wire.Addr // :: if none was asked for
	Preferred, Valid int64     // until when
	DNS              []wire.Addr
	Time             []wire.Addr // servers of NTP
	Domain           string
	server           []byte // its DUID
}

// An Output is what follows from an input: a message to be sent to all servers, an event, both or neither.
type Output struct {
	Message []byte // nil: none
	Event   Event
	Lease   *Lease // with Bound; with Lost the one that is over
}

// A Client keeps one interface configured. The caller serialises.
type Client struct {
	config    Config
	duid      []byte
	state     state
	stateful  bool
	xid       uint32
	begun     int64 // when this exchange began
	tries     int
	timeout   int64 // RT
	due       int64 // when Expire has to act; 0: never
	solMaxRT  int64
	infMaxRT  int64
	best      *Lease // the best that was advertised
	bestValue int    // its preference
	lease     *Lease
	old       bool  // the lease's address is deprecated
	t1, t2    int64 // of the lease; forever if never
}

// forever is a time that does not come: a lifetime of all ones (section 7.7).
const forever = int64(1) << 62

// NewClient makes a client that does nothing before Start.
func NewClient(c Config) *Client {
	mac := c.MAC.As6()
	return &Client{
		config: c, duid: append([]byte{0, 3, 0, 1}, mac[:]...), // section 11.4: DUID-LL, of Ethernet
		solMaxRT: 3600 * second, infMaxRT: 3600 * second,
	}
}

// Next returns when Expire is due, 0 if never.
func (c *Client) Next() int64 {
	if c.ages() {
		return min(c.due, c.lease.Preferred)
	}
	return c.due
}

// ages reports whether there is an address that will be deprecated.
func (c *Client) ages() bool {
	return c.lease != nil && c.stateful && !c.old && !c.state.leaving()
}

// Start begins to ask, for an address too if stateful is set. Sections 18.2.1 and 18.2.6 would have it wait up to a second
// first, so that hosts that were switched on together do not ask together; hosts that boot in milliseconds do not wait.
// Starting again as it was started does nothing.
func (c *Client) Start(now int64, stateful bool) Output {
	if c.state != idle && (c.stateful || !stateful) {
		return Output{}
	}
	c.stateful = stateful
	if stateful {
		return c.begin(now, soliciting)
	}
	return c.begin(now, informing)
}

// A schedule says how a message is repeated: section 15, with the values of section 7.6.
type schedule struct {
	typ      uint8
	irt, mrt int64
	mrc      int
}

func (c *Client) schedule() schedule {
	switch c.state {
	case informing:
		return schedule{wire.DHCP6InfoRequest, second, c.infMaxRT, 0}
	case soliciting:
		return schedule{wire.DHCP6Solicit, second, c.solMaxRT, 0}
	case requesting:
		return schedule{wire.DHCP6Request, second, 30 * second, 10}
	case renewing:
		return schedule{wire.DHCP6Renew, 10 * second, 600 * second, 0}
	case rebinding:
		return schedule{wire.DHCP6Rebind, 10 * second, 600 * second, 0}
	}
	if c.state == releasing {
		return schedule{wire.DHCP6Release, second, 0, 4}
	}
	return schedule{wire.DHCP6Decline, second, 0, 4}
}

// begin enters a state that begins with a message.
func (c *Client) begin(now int64, s state) Output {
	c.state, c.tries, c.begun = s, 0, now
	c.xid = uint32(c.config.Random()) & 0xffffff
	if s == soliciting {
		c.best, c.bestValue = nil, -1
	}
	return Output{Message: c.send(now)}
}

// send makes the message of the state, for the first time or again, and sets the time-out: section 15.
func (c *Client) send(now int64) []byte {
	s := c.schedule()
	rand := func(v int64) int64 { return int64(c.config.Random()%uint64(v/5)) - v/10 }
	switch {
	case c.tries == 0 && c.state == soliciting: // section 18.2.1: RAND is greater than 0
		c.timeout = s.irt + 1 + int64(c.config.Random()%uint64(s.irt/10))
	case c.tries == 0:
		c.timeout = s.irt + rand(s.irt)
	default:
		c.timeout = 2*c.timeout + rand(c.timeout)
	}
	if s.mrt != 0 && c.timeout > s.mrt {
		c.timeout = s.mrt + rand(s.mrt)
	}
	c.tries++
	c.due = min(now+c.timeout, c.end())
	return c.message(now, s.typ)
}

// message builds a message: sections 18.2.1 to 18.2.8.
func (c *Client) message(now int64, typ uint8) []byte {
	b := wire.AppendDHCP6(nil, typ, c.xid)
	b = wire.AppendDHCP6Option(b, wire.DHCP6ClientID, c.duid...)
	hundredths := min((now-c.begun)/(second/100), 0xffff)
	b = wire.AppendDHCP6Option(b, wire.DHCP6Elapsed, byte(hundredths>>8), byte(hundredths))
	lease := c.lease
	switch c.state {
	case requesting:
		lease = c.best
	case soliciting, informing:
		lease = nil
	}
	if lease != nil && c.state != rebinding {
		b = wire.AppendDHCP6Option(b, wire.DHCP6ServerID, lease.server...)
	}
	if c.state != informing {
		b = wire.AppendDHCP6Option(b, wire.DHCP6IANA, c.association(lease)...)
	}
	if c.state == soliciting {
		b = wire.AppendDHCP6Option(b, wire.DHCP6RapidCommit)
	}
	if c.state.leaving() {
		return b
	}
	wanted := []byte{0, wire.DHCP6DNS, 0, wire.DHCP6Domains, 0, wire.DHCP6SNTP, 0, wire.DHCP6NTP, 0, wire.DHCP6SolMaxRT}
	if c.state == informing { // section 21.23
		wanted = append(wanted, 0, wire.DHCP6InfMaxRT, 0, wire.DHCP6Refresh)
	}
	return wire.AppendDHCP6Option(b, wire.DHCP6ORO, wanted...)
}

// iaid names the client's only association: it needs to be unique among those of one DUID.
func (c *Client) iaid() uint32 { return uint32(c.config.MAC) }

// association is the data of an IA_NA option: with a lease's address, if there is one.
func (c *Client) association(l *Lease) []byte {
	b := byteorder.BEAppendUint32(nil, c.iaid())
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	if l == nil {
		return b
	}
	ip := l.Addr.As16()
	return wire.AppendDHCP6Option(b, wire.DHCP6IAAddr, append(ip[:], 0, 0, 0, 0, 0, 0, 0, 0)...)
}

// Expire does what is due at now.
func (c *Client) Expire(now int64) Output {
	if c.due == 0 || now < c.Next() {
		return Output{}
	}
	if c.ages() && now >= c.lease.Preferred && now < c.lease.Valid {
		c.old = true
		return Output{Event: Deprecated}
	}
	if c.lease != nil && c.stateful && !c.state.leaving() && now >= c.lease.Valid {
		return c.lose(now)
	}
	switch c.state {
	case bound:
		if !c.stateful {
			return c.begin(now, informing) // section 18.2.12: the information is old
		}
		return c.begin(now, renewing)
	case renewing:
		if now >= c.t2 {
			return c.begin(now, rebinding)
		}
	case soliciting:
		if c.best != nil { // section 18.2.1: who answered within the first time-out has been heard
			return c.begin(now, requesting)
		}
	}
	if s := c.schedule(); s.mrc != 0 && c.tries >= s.mrc {
		if c.lease = nil; c.state == releasing {
			c.state, c.due = idle, 0
			return Output{}
		}
		return c.begin(now, soliciting)
	}
	return Output{Message: c.send(now)}
}

// end is when the state ends, whatever is or is not answered.
func (c *Client) end() int64 {
	switch {
	case c.lease == nil || !c.stateful:
	case c.state == renewing:
		return c.t2
	case c.state == rebinding:
		return c.lease.Valid
	}
	return forever
}

// lose gives up the lease and begins anew.
func (c *Client) lose(now int64) Output {
	old := c.lease
	c.lease = nil
	o := c.begin(now, soliciting)
	o.Event, o.Lease = Lost, old
	return o
}

// Decline tells the server that another station has the address: section 18.2.8.
func (c *Client) Decline(now int64) Output {
	if c.lease == nil || !c.stateful {
		return Output{}
	}
	o := c.begin(now, declining)
	o.Event, o.Lease = Lost, c.lease
	return o
}

// Release gives the address back and ends the client: section 18.2.7. It is asked for a while to be heard.
func (c *Client) Release(now int64) Output {
	if c.lease == nil || !c.stateful || c.state.leaving() {
		c.state, c.due = idle, 0
		return Output{}
	}
	o := c.begin(now, releasing)
	o.Event, o.Lease = Lost, c.lease
	return o
}
