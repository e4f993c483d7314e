package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/ndp"
	"internal/mirage/netstack/wire"
)

// source is what an IPv6 address is as the source of what this host begins: RFC 6724 section 5.
type source struct {
	bits       uint8       // of its prefix
	deprecated bool        // RFC 4862 section 5.5.4
	optimistic bool        // RFC 4429: not known yet to be nobody else's
	temporary  bool        // RFC 8981
	routers    ndp.Routers // that advertise its prefix
}

// add6 adds what IPv6 knows to a view. s.mu is held.
func (v *view) add6(s *Stack) {
	v.paths = s.paths
	for _, i := range s.ifaces {
		for _, a := range i.addrs {
			if a.prefix.Addr.Is4() {
				continue
			}
			a.source.bits = a.prefix.Bits
			v.addrs = append(v.addrs, viewAddr{a.prefix.Addr, inet.Own, i.index, a.prefix.Addr.IsLinkLocal(), a.source})
			if !i.loopback && !a.auto && a.prefix.Bits < 128 {
				v.insert(RouteEntry{Dst: a.prefix.Masked(), Iface: i.index, Metric: connectedMetric})
			}
		}
		for _, r := range i.v6.routes {
			v.insert(r)
		}
		for _, g := range i.groups {
			v.groups = append(v.groups, viewGroup{g.addr, i.index, g.filter})
		}
	}
}

// source6 chooses the address of an interface to send to dst from by way of next, :: if it has none: RFC 6724 section 5.
func (v *view) source6(dst, next wire.Addr, iface int) wire.Addr {
	var best *viewAddr
	for k := range v.addrs {
		a := &v.addrs[k]
		if a.to != inet.Own || a.iface != iface || a.addr.Is4() {
			continue
		}
		if best == nil || preferred(a, best, dst, next) {
			best = a
		}
	}
	if best == nil {
		return wire.Any6
	}
	return best.addr
}

// preferred reports whether a is a better source than b, of the same interface, for what goes to dst by way of next.
func preferred(a, b *viewAddr, dst, next wire.Addr) bool {
	if a.addr == dst || b.addr == dst { // rule 1
		return a.addr == dst
	}
	if sa, sb, sd := scope(a.addr), scope(b.addr), scope(dst); sa != sb { // rule 2
		if sa < sb {
			return sa >= sd
		}
		return sb < sd
	}
	// Rule 3; RFC 4429 section 3.1 counts what is optimistic as deprecated.
	if da, db := a.source.deprecated || a.source.optimistic, b.source.deprecated || b.source.optimistic; da != db {
		return db
	}
	if a.source.deprecated != b.source.deprecated {
		return b.source.deprecated
	}
	// Rules 4 and 5 are about mobility and other interfaces. Rule 5.5: a router takes what comes from the prefixes that it advertises.
	if ra, rb := a.source.routers.Has(next), b.source.routers.Has(next); next != dst && ra != rb {
		return ra
	}
	if ld := label(dst); (label(a.addr) == ld) != (label(b.addr) == ld) { // rule 6
		return label(a.addr) == ld
	}
	if a.source.temporary != b.source.temporary { // rule 7
		return a.source.temporary
	}
	common := func(s *viewAddr) int { return min(s.addr.CommonPrefix(dst), int(s.source.bits)) }
	return common(a) > common(b) // rule 8
}

// scope is how far an address reaches: RFC 6724 section 3.1 and RFC 4291 section 2.7.
func scope(a wire.Addr) int {
	const link, site, global = 2, 5, 14
	hi, _ := a.Words()
	switch {
	case hi>>56 == 0xff:
		return int(hi >> 48 & 0xf)
	case a.IsLinkLocal() || a == wire.Loopback6:
		return link
	case hi>>54 == 0xfec0>>6:
		return site
	}
	return global
}

// labels is the policy table of RFC 6724 section 2.1, longest prefixes first.
var labels = []struct {
	prefix wire.Prefix
	label  int
}{
	{wire.Prefix{Addr: wire.Loopback6, Bits: 128}, 0},
	{parsed("::/96"), 3},
	{parsed("2001::/32"), 5},
	{parsed("2002::/16"), 2},
	{parsed("3ffe::/16"), 12},
	{parsed("fec0::/10"), 11},
	{parsed("fc00::/7"), 13},
}

func parsed(s string) wire.Prefix {
	p, ok := wire.ParsePrefix(s)
	if !ok {
		panic("netstack: " + s + " is no prefix")
	}
	return p
}

func label(a wire.Addr) int {
	for _, l := range labels {
		if l.prefix.Contains(a) {
			return l.label
		}
	}
	return 1
}
