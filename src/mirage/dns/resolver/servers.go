package resolver

import (
	"iter"
	"math/rand/v2"
	"mirage/dns"
	"net/netip"
	"slices"
	"time"
)

const (
	badTime    = 30 * time.Second // how long a server that did not answer is asked last
	maxBad     = 4096             // servers
	maxServers = 13               // of a zone that are looked at: more are of no use but to make work
)

// addresses are where to ask zone: those known in a random order (RFC 5452 section 9.2), those that did not answer last
// time behind them, then those of servers whose addresses have to be asked for.
func (r *Resolver) addresses(w *work, zone *entry) iter.Seq[netip.AddrPort] {
	return func(yield func(netip.AddrPort) bool) {
		if zone.key.name == dns.Root {
			r.each(slices.Clone(r.options.Roots), yield)
			return
		}
		now := time.Now()
		var known []netip.AddrPort
		var unknown []dns.Name
		servers := slices.Clone(zone.records)
		rand.Shuffle(len(servers), func(i, j int) { servers[i], servers[j] = servers[j], servers[i] })
		for _, s := range servers[:min(len(servers), maxServers)] {
			host := dns.Name(s.Data).Lower()
			list := r.knownOf(host, now)
			if known = append(known, list...); len(list) == 0 {
				unknown = append(unknown, host)
			}
		}
		if !r.each(known, yield) {
			return
		}
		for _, host := range unknown[:min(len(unknown), maxNames)] {
			a, err := r.chain(w, host, dns.TypeA)
			if err != nil {
				continue
			}
			if !r.each(r.addrs(a.Records), yield) {
				return
			}
		}
	}
}

// each yields list at random, bad ones last.
func (r *Resolver) each(list []netip.AddrPort, yield func(netip.AddrPort) bool) bool {
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for _, bad := range []bool{false, true} {
		for i, addr := range list {
			if !addr.IsValid() || r.isBad(addr) != bad {
				continue
			}
			list[i] = netip.AddrPort{}
			if !yield(addr) {
				return false
			}
		}
	}
	return true
}

// knownOf returns the addresses of host in the cache.
func (r *Resolver) knownOf(host dns.Name, now time.Time) (list []netip.AddrPort) {
	for _, typ := range []dns.Type{dns.TypeA, dns.TypeAAAA} {
		for _, u := range []use{forAnswer, forGlue} {
			if e := r.cache.fresh(key{host, typ, u}, now); e != nil && e.kind == hasRecords {
				list = append(list, r.addrs(e.records)...)
				break
			}
		}
	}
	return list
}

// addrs returns the addresses in records that can be asked.
func (r *Resolver) addrs(records []dns.Record) (list []netip.AddrPort) {
	for _, rec := range records {
		if rec.Type != dns.TypeA && (rec.Type != dns.TypeAAAA || !r.options.IPv6) {
			continue
		}
		if a, ok := netip.AddrFromSlice(rec.Data); ok && !a.IsUnspecified() && !a.IsMulticast() {
			list = append(list, netip.AddrPortFrom(a, r.options.Port))
		}
	}
	return list[:min(len(list), maxServers)]
}

func (r *Resolver) isBad(addr netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.bad[addr])
}

func (r *Resolver) setBad(addr netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.bad) >= maxBad {
		clear(r.bad)
	}
	r.bad[addr] = time.Now().Add(badTime)
}

// publicRoots are the servers of the root by IPv4 (https://www.iana.org/domains/root/servers).
var publicRoots = func() (list []netip.AddrPort) {
	for _, a := range [...][4]byte{
		{198, 41, 0, 4}, {170, 247, 170, 2}, {192, 33, 4, 12}, {199, 7, 91, 13}, {192, 203, 230, 10}, {192, 5, 5, 241}, {192, 112, 36, 4},
		{198, 97, 190, 53}, {192, 36, 148, 17}, {192, 58, 128, 30}, {193, 0, 14, 129}, {199, 7, 83, 42}, {202, 12, 27, 33},
	} {
		list = append(list, netip.AddrPortFrom(netip.AddrFrom4(a), 53))
	}
	return list
}()
