package resolver

import (
	"context"
	"errors"
	"mirage/dns"
	"net"
	"net/netip"
	"sync"
	"time"
)

// What bounds the work for one question, whatever the servers answer.
const (
	maxLinks    = 12 // CNAME records followed
	maxDepth    = 6  // questions about servers' addresses within questions about servers' addresses
	maxMinimise = 10 // queries for parts of a name (RFC 9156 section 2.3)
	maxNames    = 4  // servers of one zone whose addresses are asked for

	defaultWork = 60 // queries sent

	maxTTL      = 24 * time.Hour  // RFC 8767 section 4: a cap, whatever the record says
	maxNegative = 3 * time.Hour   // RFC 2308 section 5
	failureTime = 5 * time.Second // RFC 2308 section 7.1: at most 5 minutes
	staleTTL    = 30              // seconds; RFC 8767 section 4
	perQuestion = 10 * time.Second
)

// Options say how a Resolver works. The zero value is good for most.
type Options struct {
	Roots      []netip.AddrPort // servers of the root; nil is the public ones
	Port       uint16           // that all other servers have; 0 is 53
	CacheBytes int              // 0 is 16 MiB
	MaxWork    int              // queries sent for one question; 0 is 60
	Stale      time.Duration    // how long after its time an answer is given if there is no better; 0 is a day, less is never
	MixCase    bool             // mix upper and lower case in queries, to make forging harder (0x20)
	IPv6       bool             // ask servers by IPv6 too

	// Allow is who may ask Serve and HandleStream; nil is loopback, private and link-local addresses: a resolver that
	// anybody may ask is a weapon (RFC 5358).
	Allow []netip.Prefix

	// MaxQuestions bounds how many questions are being resolved at a time; 0 is 1000.
	MaxQuestions int

	// Forward, if not nil, is asked instead of all servers: with a query that wants recursion, for an answer that is believed. It may be
	// called at the same time. dot.Client.Exchange is one.
	Forward func(ctx context.Context, query *dns.Message) (*dns.Message, error)

	// Dial is how servers are reached, by "udp" and "tcp"; nil is net.Dialer's DialContext, which for each query takes
	// another port (RFC 5452 section 9.2).
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Resolver resolves. Its methods may be called at the same time.
type Resolver struct {
	options Options
	cache   *cache
	slots   chan struct{}

	mu      sync.Mutex
	flights map[key]*flight
	bad     map[netip.AddrPort]time.Time // servers that did not answer, until when they are asked last
}

// An Answer is what a question has for an answer.
type Answer struct {
	Rcode     dns.Rcode    // RcodeSuccess or RcodeNameError
	Records   []dns.Record // aliases first
	Authority []dns.Record // of a negative answer: the SOA record, if there is one
	Stale     bool         // some of it holds no more (RFC 8767)
}

// A flight is a question that is being resolved, for all who ask it meanwhile: many queries for one question would make
// it easier to forge an answer (RFC 5452 section 5).
type flight struct {
	done   chan struct{}
	answer *Answer
	err    error
}

var (
	errWork     = errors.New("resolver: the answer takes too many queries")
	errLoop     = errors.New("resolver: servers' names lead in a circle")
	errLinks    = errors.New("resolver: too many aliases, or a circle of them")
	errServers  = errors.New("resolver: no server of the zone answers")
	errFailed   = errors.New("resolver: it has failed a moment ago")
	errBusy     = errors.New("resolver: too many questions at a time")
	errQuestion = errors.New("resolver: not a name and a type that zones have")
)

// New returns a Resolver with nothing in its cache.
func New(o Options) (*Resolver, error) {
	if o.Roots == nil {
		o.Roots = publicRoots
	}
	if o.Port == 0 {
		o.Port = 53
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 16 << 20
	}
	if o.MaxWork == 0 {
		o.MaxWork = defaultWork
	}
	if o.Stale == 0 {
		o.Stale = 24 * time.Hour
	}
	if o.MaxQuestions == 0 {
		o.MaxQuestions = 1000
	}
	if o.Allow == nil {
		o.Allow = localNetworks
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.CacheBytes < 0 || o.MaxWork < 0 || o.MaxQuestions < 0 {
		return nil, errors.New("resolver: Options: a limit is negative")
	}
	return &Resolver{options: o, cache: newCache(o.CacheBytes), slots: make(chan struct{}, o.MaxQuestions),
		flights: map[key]*flight{}, bad: map[netip.AddrPort]time.Time{}}, nil
}

// Resolve answers the question for records of type typ, which is one that zones have, and class IN at name.
func (r *Resolver) Resolve(ctx context.Context, name dns.Name, typ dns.Type) (*Answer, error) {
	if _, err := dns.ParseName(name.String()); err != nil || name == "" || typ == 0 || typ == dns.TypeOPT || typ >= 249 && typ <= 255 {
		return nil, errQuestion
	}
	k := key{name: name.Lower(), typ: typ}
	r.mu.Lock()
	f := r.flights[k]
	if f == nil {
		select {
		case r.slots <- struct{}{}:
		default:
			r.mu.Unlock()
			return nil, errBusy
		}
		f = &flight{done: make(chan struct{})}
		r.flights[k] = f
		go r.fly(f, k)
	}
	r.mu.Unlock()
	select {
	case <-f.done:
		return f.answer, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// fly resolves for all who wait for f.
func (r *Resolver) fly(f *flight, k key) {
	ctx, cancel := context.WithTimeout(context.Background(), perQuestion)
	defer cancel()
	w := &work{ctx: ctx, left: r.options.MaxWork, active: map[key]bool{}}
	f.answer, f.err = r.chain(w, k.name, k.typ)
	r.mu.Lock()
	delete(r.flights, k)
	r.mu.Unlock()
	<-r.slots
	close(f.done)
}

// A work is what a question has cost.
type work struct {
	ctx    context.Context
	left   int          // queries that may still be sent
	depth  int          // questions within questions
	active map[key]bool // that are being fetched
}

// chain follows aliases from name on to records of type typ (RFC 1034 section 5.2.2).
func (r *Resolver) chain(w *work, name dns.Name, typ dns.Type) (*Answer, error) {
	a := &Answer{}
	for range maxLinks {
		e, stale, err := r.find(w, name, typ)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		a.Stale = a.Stale || stale
		if e.kind != hasRecords {
			if e.kind == noName {
				a.Rcode = dns.RcodeNameError
			}
			a.Authority = e.left(now, stale)
			return a, nil
		}
		a.Records = append(a.Records, e.left(now, stale)...)
		if e.key.typ == typ {
			return a, nil
		}
		name = dns.Name(e.records[0].Data) // CNAME
	}
	return nil, errLinks
}

// kept returns what the cache has for the question if ok says that it will do, or nil.
func (r *Resolver) kept(name dns.Name, typ dns.Type, ok func(*entry) bool) *entry {
	k := key{name: name.Lower()}
	for _, k.typ = range [...]dns.Type{typ, dns.TypeCNAME, 0} {
		if e := r.cache.get(k); e != nil && ok(e) && (k.typ == typ || e.kind != noData) {
			return e
		}
	}
	return nil
}

// find answers one question, aliases not followed: from the cache, from servers, or from what has been in the cache for
// too long (RFC 8767 section 5), and then it is stale.
func (r *Resolver) find(w *work, name dns.Name, typ dns.Type) (e *entry, stale bool, err error) {
	now := time.Now()
	if e := r.kept(name, typ, func(e *entry) bool { return now.Before(e.expires) }); e != nil {
		return e, false, nil
	}
	failure := key{name.Lower(), typ, forFailure}
	err = errFailed
	if r.cache.fresh(failure, now) == nil {
		if e, err = r.fetch(w, name, typ); err == nil {
			return e, false, nil
		}
		if err != errLoop { // that is about the question it came from
			r.cache.put(&entry{key: failure, expires: time.Now().Add(failureTime)})
		}
	}
	now = time.Now()
	if e := r.kept(name, typ, func(e *entry) bool { return now.Sub(e.expires) < r.options.Stale }); e != nil {
		return e, true, nil
	}
	return nil, false, err
}
