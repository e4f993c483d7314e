package icmp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
)

// Rates of a Limiter: RFC 1812 section 4.3.2.8 asks for a limit, of errors sent in all and, here, to each host.
const (
	totalRate  = 1000 // errors a second
	totalBurst = 50
	hostRate   = 10
	hostBurst  = 10
	hostSlots  = 256
)

// A Limiter says how many errors may be sent. Its methods may be called from any goroutine.
type Limiter struct {
	mu    sync.Mutex
	seed  uint64
	total inet.Bucket
	hosts [hostSlots]host
}

// A host is one bucket, of the last host that hashed to it.
type host struct {
	addr   wire.Addr
	bucket inet.Bucket
}

// NewLimiter makes a limiter. seed is random.
func NewLimiter(seed uint64) *Limiter {
	return &Limiter{seed: seed, total: inet.Bucket{Rate: totalRate, Burst: totalBurst}}
}

// Allow reports whether an error may be sent to a host at now, and counts it if so. random is a random number: now
// and then an error counts for more than one, so that nobody can read from the limit in all how many errors
// others were sent (CVE-2020-25705).
func (l *Limiter) Allow(now int64, to wire.Addr, random uint8) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := &l.hosts[to.Hash(l.seed)%hostSlots]
	if h.addr != to {
		*h = host{to, inet.Bucket{Rate: hostRate, Burst: hostBurst}}
	}
	if !h.bucket.Take(now) {
		return false
	}
	for i := uint8(0); i < random%3; i++ {
		l.total.Take(now)
	}
	return l.total.Take(now)
}
