package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A view is the configuration as packets are looked up in it: built anew after each change, never changed
// itself, so that the paths of packets take no lock.
type view struct {
	generation uint32
	ifaces     []*Interface // by index-1
	addrs      []viewAddr   // IPv4's first
	filter     uint64       // bit n is set if n is the filterBit of an address in addrs, other than 127.0.0.0/8
	groups     []viewGroup
	routes     []viewRoute // of IPv4, most specific first, then by metric
	routes6    []viewRoute // of IPv6
	paths      map[wire.Addr]path
}

// A viewAddr is an address with a meaning to this host.
type viewAddr struct {
	addr   wire.Addr
	to     inet.Locality
	iface  int
	bound  bool // it means this on its interface alone
	source source
}

// A viewGroup is a multicast group that an interface receives.
type viewGroup struct {
	addr   wire.Addr
	iface  int
	filter wire.SourceFilter
}

type viewRoute struct {
	RouteEntry
	net    wire.Matcher
	link   *Interface
	direct bool // no gateway
}

// newView builds the view of what is configured. s.mu is held.
func newView(s *Stack) *view {
	v := &view{generation: s.view.Load().generation + 1, ifaces: append([]*Interface(nil), s.ifaces...)}
	for _, i := range s.ifaces {
		for _, a := range i.addrs {
			if !a.prefix.Addr.Is4() {
				continue
			}
			v.addrs = append(v.addrs, viewAddr{addr: a.prefix.Addr, to: inet.Own, iface: i.index})
			if a.broadcast != wire.Any4 {
				v.addrs = append(v.addrs, viewAddr{a.broadcast, inet.Broadcast, i.index, true, source{}})
			}
			if _, ok := a.prefix.Broadcast(); ok && !i.loopback {
				// The old form with zeros: RFC 1122 section 3.3.6.
				v.addrs = append(v.addrs, viewAddr{a.prefix.Masked().Addr, inet.Broadcast, i.index, true, source{}})
			}
			if !i.loopback {
				v.insert(RouteEntry{Dst: a.prefix.Masked(), Gateway: wire.Any4, Src: a.prefix.Addr, Iface: i.index})
			}
		}
	}
	v.add6(s)
	for _, r := range s.routes {
		v.insert(r)
	}
	for _, a := range v.addrs {
		if !a.addr.Is4() || !a.addr.IsLoopback() { // those are told by their first octet
			v.filter |= 1 << filterBit(a.addr)
		}
	}
	return v
}

func (v *view) insert(entry RouteEntry) {
	r := viewRoute{entry, entry.Dst.Matcher(), v.ifaces[entry.Iface-1], entry.Gateway.IsUnspecified()}
	table := &v.routes
	if !entry.Dst.Addr.Is4() {
		table = &v.routes6
	}
	at := len(*table)
	for i, q := range *table {
		if r.Dst.Bits > q.Dst.Bits || r.Dst.Bits == q.Dst.Bits && r.Metric < q.Metric {
			at = i
			break
		}
	}
	*table = append(*table, viewRoute{})
	copy((*table)[at+1:], (*table)[at:])
	(*table)[at] = r
}

// filterBit spreads addresses over 64 bits: neighbours, which differ in their ends, and networks alike (Fibonacci hashing).
func filterBit(a wire.Addr) uint32 { return a.Bits32() * 0x9e3779b1 >> 26 }

// local reports what an address is to this host, on the interface with that index or, if 0, on any.
func (v *view) local(a wire.Addr, iface int) inet.Locality {
	// Own addresses are own on every interface: the weak end system model of RFC 1122 section 3.3.4.2, as Linux has it.
	if v.filter>>filterBit(a)&1 != 0 {
		for k := range v.addrs {
			if l := &v.addrs[k]; l.addr == a && (!l.bound || iface == 0 || l.iface == iface) {
				return l.to
			}
		}
	}
	if !a.Is4() {
		if a.IsMulticast() {
			return inet.Multicast
		}
		return inet.Foreign
	}
	switch bits := a.Bits32(); {
	case bits>>24 == 127:
		return inet.Own
	case bits == ^uint32(0):
		return inet.Broadcast
	case bits>>28 == 0xe:
		return inet.Multicast
	}
	return inet.Foreign
}

// joined reports whether an interface receives what a source sends to a group.
func (v *view) joined(a, src wire.Addr, iface int) bool {
	for k := range v.groups {
		if g := &v.groups[k]; g.addr == a && g.iface == iface {
			return g.filter.Allows(src)
		}
	}
	return false
}

// ownOn reports whether a is an address of the interface with that index itself.
func (v *view) ownOn(a wire.Addr, iface int) bool {
	for _, l := range v.addrs {
		if l.addr == a && l.to == inet.Own && l.iface == iface {
			return true
		}
	}
	return false
}

// Local reports what an address is to this host, on the interface with that index or, if 0, on any.
func (s *Stack) Local(a wire.Addr, iface int) inet.Locality { return s.view.Load().local(a, iface) }

// Generation changes whenever a Route found earlier may no longer be right.
func (s *Stack) Generation() uint32 { return s.view.Load().generation }

// own returns what is known of an address of the interface with that index itself, nil if it has none such.
func (v *view) own(a wire.Addr, iface int) *viewAddr {
	for k := range v.addrs {
		if l := &v.addrs[k]; l.addr == a && l.to == inet.Own && l.iface == iface {
			return l
		}
	}
	return nil
}
