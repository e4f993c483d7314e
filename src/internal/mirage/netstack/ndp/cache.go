package ndp

import (
	"internal/mirage/device"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// Bounds and times of a Cache: RFC 4861 section 10.
const (
	maxEntries = 1024 // neighbours
	maxPending = 256  // of them asked for and unknown
	maxHeld    = 4    // frames that wait for one neighbour; section 7.2.2 wants the latest at least
	second     = int64(1e9)
	firstProbe = 5 * second // DELAY_FIRST_PROBE_TIME
	tries      = 3          // MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT
	askRate    = 256        // questions a second about unknown addresses: RFC 6583 section 7
	fastSlots  = 256        // a power of two

	defaultReachable = 30 * second
	defaultRetrans   = 1 * second
	maxReachable     = 3600 * second // section 6.2.1
	minRetrans       = second / 10   // a router that wants less wants a flood
)

// state is a reachability state: RFC 4861 section 7.3.2.
type state uint8

const (
	incomplete state = iota
	reachable
	stale
	delay
	probing
)

// A Solicitation is a question to be sent: to the neighbour's group, or, if To is not 0, to the neighbour itself.
type Solicitation struct {
	Target wire.Addr
	To     wire.MAC
	From   wire.Addr // :: if the caller has none to ask from yet
}

type entry struct {
	addr  wire.Addr
	mac   wire.MAC // never changes once the entry is in a fast slot
	state state
	asked int
	from  wire.Addr // our address to ask from
	due   int64     // when Expire has to look at it; 0: never
	used  int64     // when it was last looked up by Resolve
	held  []*device.Frame
}

// A Cache knows the neighbours of one interface. Its methods may be called from any goroutine.
type Cache struct {
	seed uint64

	// Known neighbours that are not STALE, read without the lock. One that becomes STALE leaves its slot, so that the next
	// frame comes by Resolve, which is where RFC 4861 section 7.3.3 has DELAY begin.
	fast   [fastSlots]atomic.Pointer[entry]
	doubts atomic.Int32 // entries in DELAY and PROBE

	mu        sync.Mutex
	entries   map[wire.Addr]*entry
	pending   int
	asks      inet.Bucket
	due       int64 // the earliest entry.due, or earlier; 0 if there is none
	base      int64 // BaseReachableTime
	reachable int64 // ReachableTime: base by a random factor
	retrans   int64 // RetransTimer
	random    func() uint64
}

// NewCache makes the cache of an interface. random returns random numbers.
func NewCache(random func() uint64) *Cache {
	c := &Cache{
		seed: random(), random: random, entries: make(map[wire.Addr]*entry),
		asks: inet.Bucket{Rate: askRate, Burst: askRate},
	}
	c.SetTimes(0, 0)
	return c
}

// SetTimes takes what a router says of ReachableTime and RetransTimer, milliseconds, 0 for no word about it (RFC 4861
// section 6.3.4).
func (c *Cache) SetTimes(reachable, retrans uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	base := int64(reachable) * 1e6
	if reachable == 0 {
		if base = c.base; base == 0 {
			base = defaultReachable
		}
	}
	if base = min(base, maxReachable); base != c.base {
		c.base = base
		c.reachable = base/2 + int64(c.random()%uint64(base)) // MIN_RANDOM_FACTOR to MAX_RANDOM_FACTOR
	}
	if retrans != 0 {
		c.retrans = min(max(int64(retrans)*1e6, minRetrans), maxReachable)
	} else if c.retrans == 0 {
		c.retrans = defaultRetrans
	}
}

// Known calls f for each neighbour that is known, in no order. f must not call the cache.
func (c *Cache) Known(f func(a wire.Addr, mac wire.MAC)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.entries {
		if e.state != incomplete {
			f(e.addr, e.mac)
		}
	}
}

func (c *Cache) slot(a wire.Addr) *atomic.Pointer[entry] { return &c.fast[a.Hash(c.seed)%fastSlots] }

// Lookup returns the hardware address of a neighbour that is known and needs no thought. It takes no lock.
func (c *Cache) Lookup(a wire.Addr) (wire.MAC, bool) {
	if e := c.slot(a).Load(); e != nil && e.addr == a {
		return e.mac, true
	}
	return 0, false
}

// An Answer is what Resolve found.
type Answer uint8

const (
	Known   Answer = iota // the hardware address is there
	Held                  // the frame waits for an answer
	Asked                 // the frame waits, and the question is to be sent
	Refused               // too much is waiting: the frame is not kept
)

// Resolve looks a neighbour up and, if it is not known, calls frame for a copy of the frame to hold until it is. from is our
// address to ask from.
func (c *Cache) Resolve(now int64, a, from wire.Addr, frame func() *device.Frame) (wire.MAC, Answer, Solicitation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[a]
	switch {
	case e == nil:
	case e.state == incomplete:
		if len(e.held) == maxHeld {
			copy(e.held, e.held[1:])
			e.held = e.held[:maxHeld-1]
		}
		e.held = append(e.held, frame())
		return 0, Held, Solicitation{}
	default:
		if e.used = now; e.state == stale {
			c.set(e, delay)
			e.from = from
			c.wait(e, now+firstProbe)
		}
		c.slot(a).Store(e)
		return e.mac, Known, Solicitation{}
	}
	if !c.asks.Take(now) || !c.makeRoom(now) {
		return 0, Refused, Solicitation{}
	}
	e = &entry{addr: a, from: from, asked: 1, used: now, held: append(make([]*device.Frame, 0, maxHeld), frame())}
	c.entries[a] = e
	c.pending++
	c.wait(e, now+c.retrans)
	return 0, Asked, Solicitation{Target: a, From: from}
}

// makeRoom makes room for one entry, at the cost of the one that was used longest ago, of those that are pending if there
// are too many of them, else of those that are STALE.
func (c *Cache) makeRoom(now int64) bool {
	full := c.pending >= maxPending
	if !full && len(c.entries) < maxEntries {
		return true
	}
	var victim *entry
	for _, e := range c.entries {
		if full == (e.state == incomplete) && (full || e.state == stale) && (victim == nil || e.used < victim.used) {
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
	if e.state == incomplete {
		c.pending--
	}
	c.set(e, stale)
	delete(c.entries, e.addr)
	c.slot(e.addr).CompareAndSwap(e, nil)
}

func (c *Cache) wait(e *entry, until int64) {
	e.due = until
	if until != 0 && (c.due == 0 || until < c.due) {
		c.due = until
	}
}

// Next returns when Expire is due, 0 if nothing waits.
func (c *Cache) Next() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.due
}

// A Failure is a neighbour that does not answer, and the frames that waited for it.
type Failure struct {
	Addr   wire.Addr
	Frames []*device.Frame
}

// Expire does what is due at now: it returns questions to be sent and neighbours that do not answer (RFC 4861 sections 7.2.2
// and 7.3.3).
func (c *Cache) Expire(now int64) (ask []Solicitation, failed []Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.due == 0 || now < c.due {
		return nil, nil
	}
	c.due = 0
	for _, e := range c.entries {
		if e.due == 0 || e.due > now {
			c.wait(e, e.due)
			continue
		}
		switch e.state {
		case reachable:
			c.setStale(e)
			continue
		case delay:
			c.set(e, probing)
			e.asked = 0
		}
		if e.asked == tries {
			failed = append(failed, Failure{e.addr, e.held})
			c.forget(e)
			continue
		}
		e.asked++
		ask = append(ask, Solicitation{e.addr, e.mac, e.from})
		c.wait(e, now+c.retrans)
	}
	return ask, failed
}

// set changes the state of an entry.
func (c *Cache) set(e *entry, s state) {
	doubtful := func(s state) int32 {
		if s == delay || s == probing {
			return 1
		}
		return 0
	}
	c.doubts.Add(doubtful(s) - doubtful(e.state))
	e.state = s
}

func (c *Cache) setStale(e *entry) {
	c.set(e, stale)
	c.wait(e, 0)
	c.slot(e.addr).CompareAndSwap(e, nil)
}

// Asking reports whether frames wait for a neighbour.
func (c *Cache) Asking() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pending > 0
}
