package ndp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Bounds of what routers may have a Host keep.
const (
	maxRouters  = 8
	maxPrefixes = 16
	maxAddrs    = 24 // addresses made from prefixes: a stable one and up to three temporary ones each
	maxServers  = 6
)

// forever is a time that does not come: a lifetime of all ones (RFC 4861 section 4.6.2).
const forever = int64(1) << 62

// until is when a lifetime of seconds that begins at now is over.
func until(now int64, seconds uint32) int64 {
	if seconds == ^uint32(0) {
		return forever
	}
	return now + int64(seconds)*second
}

// HostConfig is what a Host needs to know.
type HostConfig struct {
	MAC       wire.MAC
	Secret    inet.Secret // what the identifiers of stable addresses are made with: RFC 7217 section 5
	Auto      bool        // addresses are made from prefixes: RFC 4862 section 5.5
	Temporary bool        // and temporary ones besides: RFC 8981
	Random    func() uint64
}

type router struct {
	addr       wire.Addr
	preference int8
	until      int64
	failed     bool // it did not answer when it was last asked: RFC 4861 section 6.3.6
}

type timed[T any] struct {
	value T
	until int64
}

// A Host is what one interface knows from routers. The caller serialises.
type Host struct {
	config   HostConfig
	routers  []router
	prefixes []timed[wire.Prefix]
	addrs    []auto
	servers  []timed[wire.Addr]
	domain   timed[string]
	hopLimit uint8
	mtu      int
	managed  bool
	other    bool
	desync   int64 // DESYNC_FACTOR: RFC 8981 section 3.8

	asked     int   // solicitations sent
	interval  int64 // between the last one and the next
	solicitAt int64 // 0: never
}

// State is what a Host has come to know, as of the last call.
type State struct {
	Routers        []wire.Addr   // default routers, in the order in which to try them
	Prefixes       []wire.Prefix // on the link
	Addrs          []AutoAddr
	Servers        []wire.Addr // of names: RFC 8106
	Domain         string
	HopLimit       uint8 // 0: nobody says
	MTU            int   // 0: nobody says
	Managed, Other bool  // DHCPv6 has addresses, or something else: RFC 4861 section 4.2
}

// NewHost makes a Host that does nothing before Start.
func NewHost(c HostConfig) *Host {
	return &Host{config: c, desync: int64(c.Random() % uint64(maxDesync))}
}

// Start begins to look for routers. RFC 4861 section 6.3.7 would have it wait up to a second first, so that hosts that were
// switched on together do not ask together; hosts that boot in milliseconds do not wait.
func (h *Host) Start(now int64) { h.solicitAt = now }

// Times of RFC 7559 section 2.
const (
	firstInterval = 4 * second    // IRT
	maxInterval   = 3600 * second // MRT
)

// Next returns when Expire is due, 0 if never.
func (h *Host) Next() int64 {
	first := h.solicitAt
	earlier := func(at int64) {
		if at != 0 && at != forever && (first == 0 || at < first) {
			first = at
		}
	}
	for _, r := range h.routers {
		earlier(r.until)
	}
	for _, p := range h.prefixes {
		earlier(p.until)
	}
	for k := range h.addrs {
		earlier(h.addrs[k].next())
	}
	for _, s := range h.servers {
		earlier(s.until)
	}
	earlier(h.domain.until)
	return first
}

// Expire does what is due at now. solicit: a router solicitation is to be sent. changed: State has.
func (h *Host) Expire(now int64) (solicit, changed bool) {
	if h.solicitAt != 0 && now >= h.solicitAt {
		solicit = true
		h.solicitAgain(now)
	}
	over := func(at int64) bool {
		changed = changed || at <= now
		return at <= now
	}
	h.routers = without(h.routers, func(r router) bool { return over(r.until) })
	h.prefixes = without(h.prefixes, func(p timed[wire.Prefix]) bool { return over(p.until) })
	h.servers = without(h.servers, func(s timed[wire.Addr]) bool { return over(s.until) })
	if h.domain.until != 0 && over(h.domain.until) {
		h.domain = timed[string]{}
	}
	if h.expireAddrs(now) {
		changed = true
	}
	h.lookAgain(now)
	return solicit, changed
}

// lookAgain begins to look for routers when the last one has gone: RFC 7559 section 2.1.
func (h *Host) lookAgain(now int64) {
	if len(h.routers) == 0 && h.solicitAt == 0 {
		h.asked, h.solicitAt = 0, now+firstInterval
	}
}

// solicitAgain waits longer each time, by a random factor about 2: RFC 7559 section 2, RFC 9915 section 15.
func (h *Host) solicitAgain(now int64) {
	if h.interval *= 2; h.asked == 0 {
		h.interval = firstInterval
	}
	h.asked++
	h.interval = min(h.interval, maxInterval)
	h.interval += int64(h.config.Random()%uint64(h.interval/5)) - h.interval/10
	h.solicitAt = now + h.interval
}

func without[T any](s []T, drop func(T) bool) []T {
	kept := s[:0]
	for _, v := range s {
		if !drop(v) {
			kept = append(kept, v)
		}
	}
	clear(s[len(kept):])
	return kept
}

// Advertised takes a router's message, which has passed the checks of RFC 4861 section 6.1.2: section 6.3.4.
func (h *Host) Advertised(now int64, from wire.Addr, a *wire.RouterAdvert) {
	h.defaultRouter(now, from, a)
	if a.HopLimit != 0 {
		h.hopLimit = a.HopLimit
	}
	if a.MTU >= wire.IPv6MinMTU { // section 6.3.4; the interface's own is the most
		h.mtu = int(min(a.MTU, wire.IPv6MaxLen))
	}
	h.managed, h.other = a.Managed, a.Other
	options := a.Options
	for o, ok := options.Next(); ok; o, ok = options.Next() {
		switch o[0] {
		case wire.NDPPrefix:
			if p, ok := wire.ParsePrefixInfo(o); ok && p.Prefix.Addr != wire.LinkLocal6.Addr && !p.Prefix.Addr.IsMulticast() {
				h.onLink(now, &p)
				h.autoconfigure(now, &p, from)
			}
		case wire.NDPRDNSS:
			if lifetime, addrs, ok := wire.ParseRDNSS(o); ok {
				h.nameServers(now, lifetime, addrs)
			}
		case wire.NDPDNSSL:
			if lifetime, domain, ok := wire.ParseDNSSL(o); ok {
				if h.domain = (timed[string]{domain, until(now, lifetime)}); lifetime == 0 {
					h.domain = timed[string]{}
				}
			}
		}
	}
}

// defaultRouter keeps the list of default routers: RFC 4861 section 6.3.4, RFC 4191 section 3.1.
func (h *Host) defaultRouter(now int64, from wire.Addr, a *wire.RouterAdvert) {
	failed := false
	h.routers = without(h.routers, func(r router) bool {
		failed = failed || r.addr == from && r.failed
		return r.addr == from
	})
	if a.Lifetime == 0 || len(h.routers) == maxRouters {
		h.lookAgain(now)
		return
	}
	h.solicitAt = 0 // RFC 7559 section 2.1
	r := router{from, a.Preference, until(now, uint32(a.Lifetime)), failed}
	at := 0
	for at < len(h.routers) && h.routers[at].preference >= r.preference {
		at++
	}
	h.routers = append(h.routers[:at], append([]router{r}, h.routers[at:]...)...)
}

// Failed notes that a router does not answer, or, from what it sends, that it does again. It reports whether State has
// changed.
func (h *Host) Failed(a wire.Addr, failed bool) (changed bool) {
	for k := range h.routers {
		if r := &h.routers[k]; r.addr == a && r.failed != failed {
			r.failed, changed = failed, true
		}
	}
	return changed
}

// NotRouter forgets a router that has become a host: RFC 4861 section 7.2.5.
func (h *Host) NotRouter(a wire.Addr) (changed bool) {
	n := len(h.routers)
	h.routers = without(h.routers, func(r router) bool { return r.addr == a })
	return len(h.routers) != n
}

// onLink keeps the prefix list: RFC 4861 section 6.3.4.
func (h *Host) onLink(now int64, p *wire.PrefixInfo) {
	if !p.OnLink {
		return // which says nothing about it
	}
	h.prefixes = without(h.prefixes, func(q timed[wire.Prefix]) bool { return q.value == p.Prefix })
	if p.Valid != 0 && len(h.prefixes) < maxPrefixes {
		h.prefixes = append(h.prefixes, timed[wire.Prefix]{p.Prefix, until(now, p.Valid)})
	}
}

// nameServers takes a list of name servers: RFC 8106 section 6.1.
func (h *Host) nameServers(now int64, lifetime uint32, addrs []byte) {
	for ; len(addrs) >= 16; addrs = addrs[16:] {
		a := wire.AddrFrom16([16]byte(addrs))
		if a.Is4() || a.IsMulticast() || a.IsUnspecified() {
			continue
		}
		at := -1
		for k, s := range h.servers {
			if s.value == a {
				at = k
			}
		}
		switch {
		case lifetime == 0 && at >= 0:
			h.servers = append(h.servers[:at], h.servers[at+1:]...)
		case lifetime == 0:
		case at >= 0:
			h.servers[at].until = until(now, lifetime)
		case len(h.servers) < maxServers:
			h.servers = append(h.servers, timed[wire.Addr]{a, until(now, lifetime)})
		}
	}
}

// State returns what is known.
func (h *Host) State() State {
	s := State{Domain: h.domain.value, HopLimit: h.hopLimit, MTU: h.mtu, Managed: h.managed, Other: h.other}
	for _, failed := range [...]bool{false, true} { // RFC 4861 section 6.3.6: those that answer first
		for _, r := range h.routers {
			if r.failed == failed {
				s.Routers = append(s.Routers, r.addr)
			}
		}
	}
	for _, p := range h.prefixes {
		s.Prefixes = append(s.Prefixes, p.value)
	}
	for _, a := range h.addrs {
		s.Addrs = append(s.Addrs, a.AutoAddr)
	}
	for _, v := range h.servers {
		s.Servers = append(s.Servers, v.value)
	}
	return s
}

// Equal reports whether two states are the same.
func (s *State) Equal(t *State) bool {
	return same(s.Routers, t.Routers) && same(s.Prefixes, t.Prefixes) && same(s.Addrs, t.Addrs) && same(s.Servers, t.Servers) &&
		s.Domain == t.Domain && s.HopLimit == t.HopLimit && s.MTU == t.MTU && s.Managed == t.Managed && s.Other == t.Other
}

func same[T comparable](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if a[k] != b[k] {
			return false
		}
	}
	return true
}
