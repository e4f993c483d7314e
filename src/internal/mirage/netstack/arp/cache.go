package arp

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// Bounds and times of a Cache.
const (
	maxEntries = 1024 // neighbours, known and asked for
	maxPending = 256  // of them asked for
	maxHeld    = 4    // frames that wait for one neighbour; RFC 1122 section 2.3.2.2 wants the latest at least
	second     = int64(1e9)
	lifetime   = 60 * second // RFC 1122 section 2.3.2.1: on the order of a minute
	interval   = second      // between questions about one address: RFC 1122 section 2.3.2.1 allows one a second
	tries      = 3           // questions before giving up
	askRate    = 256         // questions a second about unknown addresses
	doubtRate  = 64          // questions a second because of others' claims
	fastSlots  = 256         // a power of two
)

// A Message is an ARP message to be sent.
type Message struct {
	To        wire.MAC // destination of the frame
	Op        uint16
	Sender    wire.Addr
	TargetMAC wire.MAC
	Target    wire.Addr
}

type state uint8

const (
	pending   state = iota // asked for, unknown
	reachable              // known
	doubtful               // known, and being asked whether it is still so
)

type entry struct {
	addr    wire.Addr
	mac     wire.MAC // never changes once the entry is in a fast slot
	state   state
	used    atomic.Bool // since it was last confirmed
	asked   int         // questions since the state began
	asker   wire.Addr   // our address to ask from
	due     int64       // when expire has to look at it
	changed int64       // when it was made or last confirmed
	held    []*device.Frame
}

// A Cache knows the neighbours of one interface. Its methods may be called from any goroutine.
type Cache struct {
	mac  wire.MAC
	own  func(wire.Addr) bool
	seed uint64

	fast [fastSlots]atomic.Pointer[entry] // the last known neighbour of each hash, read without the lock

	mu      sync.Mutex
	entries map[wire.Addr]*entry
	waiting int // entries that are pending
	asks    inet.Bucket
	doubts  inet.Bucket
	due     int64 // the earliest entry.due, or earlier; 0 if there is none
}

// NewCache makes the cache of an interface with that hardware address. own tells whether an address is the
// interface's own; seed is random.
func NewCache(mac wire.MAC, own func(wire.Addr) bool, seed uint64) *Cache {
	return &Cache{
		mac: mac, own: own, seed: seed,
		entries: make(map[wire.Addr]*entry),
		asks:    inet.Bucket{Rate: askRate, Burst: askRate},
		doubts:  inet.Bucket{Rate: doubtRate, Burst: doubtRate},
	}
}

func (c *Cache) slot(a wire.Addr) *atomic.Pointer[entry] {
	return &c.fast[a.Hash(c.seed)%fastSlots]
}

// Lookup returns the hardware address of a neighbour that is known. It takes no lock.
func (c *Cache) Lookup(a wire.Addr) (wire.MAC, bool) {
	e := c.slot(a).Load()
	if e == nil || e.addr != a {
		return 0, false
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	return e.mac, true
}

// Known calls f for each neighbour that is known, in no order. f must not call the cache.
func (c *Cache) Known(f func(a wire.Addr, mac wire.MAC)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.state != pending {
			f(e.addr, e.mac)
		}
	}
}

// An Answer is what Resolve found.
type Answer uint8

const (
	Known   Answer = iota // the hardware address is there
	Held                  // the frame waits for an answer
	Asked                 // the frame waits, and the message is to be sent
	Refused               // too much is waiting: the frame is not kept
)

// Resolve looks a neighbour up and, if it is not known, calls frame for a copy of the frame to hold until it is.
// from is our address to ask with.
func (c *Cache) Resolve(now int64, a, from wire.Addr, frame func() *device.Frame) (wire.MAC, Answer, Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[a]
	if e != nil && e.state != pending {
		e.used.Store(true)
		c.slot(a).Store(e)
		return e.mac, Known, Message{}
	}
	if e != nil {
		if len(e.held) == maxHeld {
			copy(e.held, e.held[1:])
			e.held = e.held[:maxHeld-1]
		}
		e.held = append(e.held, frame())
		return 0, Held, Message{}
	}
	if !c.asks.Take(now) || !c.makeRoom() {
		return 0, Refused, Message{}
	}
	e = &entry{addr: a, asker: from, asked: 1, changed: now, held: append(make([]*device.Frame, 0, maxHeld), frame())}
	c.entries[a] = e
	c.waiting++
	c.wait(e, now+interval)
	return 0, Asked, c.question(e)
}

// Asking reports whether a neighbour is being asked for, and frames wait for the answer.
func (c *Cache) Asking() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting > 0
}

// makeRoom makes room for one pending entry, at the cost of the one that has been pending longest, or of a known one
// that was not used of late.
func (c *Cache) makeRoom() bool {
	if c.waiting < maxPending && len(c.entries) < maxEntries {
		return true
	}
	var victim *entry
	for _, e := range c.entries {
		if c.waiting >= maxPending && e.state != pending {
			continue
		}
		if e.state != pending && e.used.Load() {
			continue
		}
		if victim == nil || e.changed < victim.changed {
			victim = e
		}
	}
	if victim == nil {
		return false
	}
	c.forget(victim)
	return true
}

func (c *Cache) forget(e *entry) {
	if e.state == pending {
		c.waiting--
	}
	delete(c.entries, e.addr)
	c.slot(e.addr).CompareAndSwap(e, nil)
}

func (c *Cache) wait(e *entry, until int64) {
	e.due = until
	if c.due == 0 || until < c.due {
		c.due = until
	}
}

// question is the request for a pending entry, to all, or for a doubtful one, to the neighbour itself (RFC 1122
// section 2.3.2.1 (2)).
func (c *Cache) question(e *entry) Message {
	m := Message{To: wire.BroadcastMAC, Op: wire.ARPRequest, Sender: e.asker, Target: e.addr}
	if e.state == doubtful {
		m.To, m.TargetMAC = e.mac, e.mac
	}
	return m
}

// Next returns when Expire is due, 0 if nothing waits.
func (c *Cache) Next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.due
}

// A Failure is a neighbour that did not answer, and the frames that waited for it.
type Failure struct {
	Addr   wire.Addr
	Frames []*device.Frame
}

// Expire does what is due at now: it returns questions to be sent and neighbours that did not answer.
func (c *Cache) Expire(now int64) (ask []Message, failed []Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due == 0 || now < c.due {
		return nil, nil
	}
	c.due = 0
	for _, e := range c.entries {
		if e.due > now {
			c.wait(e, e.due)
			continue
		}
		switch {
		case e.state == reachable && e.used.Load():
			c.doubt(e)
			fallthrough
		case e.state != reachable && e.asked < tries:
			e.asked++
			ask = append(ask, c.question(e))
			c.wait(e, now+interval)
		default:
			if e.state == pending {
				failed = append(failed, Failure{e.addr, e.held})
			}
			c.forget(e)
		}
	}
	return ask, failed
}

func (c *Cache) doubt(e *entry) { e.state, e.asked = doubtful, 0 }

// Clear forgets all neighbours, when the interface's addresses have changed.
func (c *Cache) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		c.forget(e)
	}
}
