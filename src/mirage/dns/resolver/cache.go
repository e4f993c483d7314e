package resolver

import (
	"mirage/dns"
	"sync"
	"time"
)

// A use is what something in the cache is good for. What was learned for one use is never taken for another (RFC 2181
// section 5.4.1): glue is no answer, and a zone's own NS records do not prolong its delegation.
type use uint8

const (
	forAnswer     use = iota // from a server responsible for the name
	forDelegation            // NS records of the zone above
	forGlue                  // addresses that came with those
	forFailure               // nothing could be learned (RFC 2308 section 7, RFC 9520)
)

// A key is what the cache finds things by. Its name is in lower case. The type 0 is of all types of a name that does not
// exist (RFC 2308 section 5).
type key struct {
	name dns.Name
	typ  dns.Type
	use  use
}

// A kind is what a question has for an answer.
type kind uint8

const (
	hasRecords kind = iota
	noData          // the name has no records of the type
	noName          // the name does not exist
)

// An entry is something learned, never changed but for its links.
type entry struct {
	key     key
	kind    kind
	records []dns.Record // of a negative answer: the SOA record, or nothing
	expires time.Time

	prev, next *entry // the ring of use, the one used last being next to the cache's
}

// size is the memory that e takes, bytes, about.
func (e *entry) size() int {
	n := 200 + len(e.key.name)
	for _, r := range e.records {
		n += 80 + len(r.Name) + len(r.Data)
	}
	return n
}

// left returns e's records with the time that they have left, stale ones with what RFC 8767 section 4 gives them.
func (e *entry) left(now time.Time, stale bool) []dns.Record {
	ttl := uint32(staleTTL)
	if !stale {
		ttl = uint32((max(e.expires.Sub(now), 0) + time.Second - 1) / time.Second)
	}
	list := make([]dns.Record, len(e.records))
	for i, r := range e.records {
		r.TTL = ttl
		list[i] = r
	}
	return list
}

// A cache keeps entries within a bound of memory; those not used for longest go first.
type cache struct {
	mu      sync.Mutex
	entries map[key]*entry
	ring    entry
	bytes   int
	limit   int
}

func newCache(limit int) *cache {
	c := &cache{entries: map[key]*entry{}, limit: limit}
	c.ring.prev, c.ring.next = &c.ring, &c.ring
	return c
}

// get returns what is kept for k, fresh or not, or nil.
func (c *cache) get(k key) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[k]
	if e != nil {
		e.unlink()
		c.link(e)
	}
	return e
}

// fresh returns what is kept for k and still holds at now, or nil.
func (c *cache) fresh(k key, now time.Time) *entry {
	if e := c.get(k); e != nil && now.Before(e.expires) {
		return e
	}
	return nil
}

// put keeps e in place of what there was.
func (c *cache) put(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.entries[e.key]; old != nil {
		c.remove(old)
	}
	c.entries[e.key] = e
	c.link(e)
	for c.bytes += e.size(); c.bytes > c.limit; {
		c.remove(c.ring.prev)
	}
}

func (c *cache) remove(e *entry) {
	e.unlink()
	delete(c.entries, e.key)
	c.bytes -= e.size()
}

func (c *cache) link(e *entry) {
	e.prev, e.next = &c.ring, c.ring.next
	e.prev.next, e.next.prev = e, e
}

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }
