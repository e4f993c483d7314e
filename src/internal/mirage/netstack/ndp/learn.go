package ndp

import (
	"internal/mirage/device"
	"internal/mirage/netstack/wire"
)

// A Result is what a message leads to.
type Result struct {
	Released []*device.Frame // frames that waited, to be sent to MAC
	MAC      wire.MAC
	Host     bool // it says that it is no router: RFC 4861 section 7.2.5
	Wrong    bool // it made no sense or was not asked for
}

// Heard takes the hardware address that a solicitation, a router's advertisement or a redirect gives for its sender or
// target: RFC 4861 sections 7.2.3, 6.3.4 and 8.3.
func (c *Cache) Heard(now int64, a wire.Addr, mac wire.MAC) (r Result) {
	if !mac.IsStation() {
		return Result{Wrong: true}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[a]
	if e == nil {
		if !c.makeRoom(now) {
			return Result{}
		}
		e = &entry{addr: a, mac: mac, state: stale, used: now}
		c.entries[a] = e
		return Result{}
	}
	switch {
	case e.state == incomplete:
		return c.complete(now, e, mac, false)
	case e.mac != mac:
		c.setStale(c.moved(e, mac))
	}
	return Result{}
}

// Advertised takes a neighbour advertisement: RFC 4861 section 7.2.5. It is not believed where nobody asked or sent.
func (c *Cache) Advertised(now int64, n *wire.Neighbour) (r Result) {
	if n.HasLink && !n.Link.IsStation() {
		return Result{Wrong: true}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[n.Target]
	switch {
	case e == nil:
		return Result{Wrong: true}
	case e.state == incomplete:
		if !n.HasLink {
			return Result{Wrong: true}
		}
		r = c.complete(now, e, n.Link, n.Solicited)
		r.Host = !n.Router
		return r
	}
	differs := n.HasLink && n.Link != e.mac
	if differs && !n.Override {
		if e.state == reachable {
			c.setStale(e)
		}
		return Result{}
	}
	r.Host = !n.Router
	if differs {
		e = c.moved(e, n.Link)
	}
	switch {
	case n.Solicited:
		c.confirm(now, e)
	case differs:
		c.setStale(e)
	}
	return r
}

// complete makes a neighbour known.
func (c *Cache) complete(now int64, e *entry, mac wire.MAC, confirmed bool) Result {
	r := Result{Released: e.held, MAC: mac}
	c.pending--
	e.mac, e.held = mac, nil
	switch {
	case confirmed:
		c.confirm(now, e)
	case len(r.Released) > 0: // sending to it begins DELAY: section 7.3.3
		c.set(e, delay)
		c.wait(e, now+firstProbe)
	default:
		c.setStale(e)
	}
	return r
}

// confirm notes that a neighbour has answered.
func (c *Cache) confirm(now int64, e *entry) {
	c.set(e, reachable)
	e.asked = 0
	c.wait(e, now+c.reachable)
	c.slot(e.addr).Store(e)
}

// moved puts an entry with another hardware address in place of e: those who read without the lock may have e in hand.
func (c *Cache) moved(e *entry, mac wire.MAC) *entry {
	f := *e
	f.mac = mac
	c.slot(e.addr).CompareAndSwap(e, nil)
	c.entries[e.addr] = &f
	return &f
}

// Confirm says that a transport has heard from what lies behind a neighbour, in answer to what was sent there: RFC 4861
// section 7.3.1. While no neighbour is in doubt, it costs nothing.
func (c *Cache) Confirm(now int64, a wire.Addr) {
	if c.doubts.Load() == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[a]; e != nil && (e.state == delay || e.state == probing) {
		c.confirm(now, e)
	}
}
