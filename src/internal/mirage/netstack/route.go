package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A RouteEntry is one line of the routing table.
type RouteEntry struct {
	Dst     wire.Prefix // 0 bits: the default route
	Gateway wire.Addr   // unspecified if the destination is on the link
	Src     wire.Addr   // preferred source, unspecified to let the stack choose
	Iface   int
	Metric  uint32
}

// Routes lists the routing table, IPv4's first, most specific first.
func (s *Stack) Routes() []RouteEntry {
	v := s.view.Load()
	all := make([]RouteEntry, 0, len(v.routes)+len(v.routes6))
	for _, r := range v.routes {
		all = append(all, r.RouteEntry)
	}
	for _, r := range v.routes6 {
		all = append(all, r.RouteEntry)
	}
	return all
}

// AddRoute adds r. The errors are ENODEV, EINVAL (the families differ), ENETUNREACH (the gateway is not on the
// interface's link) and EEXIST.
func (s *Stack) AddRoute(r RouteEntry) error {
	return s.change(func() error { return s.addRoute(r) })
}

func (s *Stack) addRoute(r RouteEntry) error {
	if r.Iface < 1 || r.Iface > len(s.ifaces) {
		return inet.ENODEV
	}
	direct := r.Gateway.IsUnspecified()
	if int(r.Dst.Bits) > r.Dst.Addr.BitLen() || !direct && r.Gateway.Is4() != r.Dst.Addr.Is4() {
		return inet.EINVAL
	}
	r.Dst = r.Dst.Masked()
	if !direct && !s.onLink(r.Gateway, r.Iface) {
		return inet.ENETUNREACH
	}
	for _, q := range s.routes {
		if q.Dst == r.Dst && q.Metric == r.Metric && q.Iface == r.Iface {
			return inet.EEXIST
		}
	}
	s.routes = append(s.routes, r)
	return nil
}

// onLink reports whether a is a neighbour on an interface. s.mu is held.
func (s *Stack) onLink(a wire.Addr, iface int) bool {
	if a.IsLinkLocal() {
		return true
	}
	for _, p := range s.ifaces[iface-1].addrs {
		if p.prefix.Contains(a) && !p.auto {
			return true
		}
	}
	for _, q := range s.routes {
		if q.Iface == iface && q.Gateway.IsUnspecified() && q.Dst.Contains(a) {
			return true
		}
	}
	return false
}

// RemoveRoute removes the route with r's destination, metric and interface. The error is ESRCH.
func (s *Stack) RemoveRoute(r RouteEntry) error {
	return s.change(func() error {
		for k, q := range s.routes {
			if q.Dst == r.Dst.Masked() && q.Metric == r.Metric && q.Iface == r.Iface {
				s.routes = append(s.routes[:k:k], s.routes[k+1:]...)
				return nil
			}
		}
		return inet.ESRCH
	})
}

// Route finds the way to dst: through the interface with that index only, if it is not 0; from the address src, if
// it is specified. The errors are ENETUNREACH, EADDRNOTAVAIL (src is not ours, or there is none), EINVAL (src is loopback and
// dst is not, or dst is link-local without an interface) and ENODEV.
func (s *Stack) Route(dst, src wire.Addr, iface int) (inet.Route, error) {
	v := s.view.Load()
	if iface < 0 || iface > len(v.ifaces) {
		return inet.Route{}, inet.ENODEV
	}
	if !dst.Is4() {
		return s.route6(v, dst, src, iface)
	}
	if !src.Is4() && src != wire.Any6 {
		return inet.Route{}, inet.ENETUNREACH
	}
	if !src.IsUnspecified() && v.local(src, 0) != inet.Own {
		return inet.Route{}, inet.EADDRNOTAVAIL
	}
	if dst == wire.Any4 { // RFC 1122 section 3.2.1.3 (a) forbids it on a wire; to sockets it is this host
		if dst = src; src.IsUnspecified() {
			dst = wire.Loopback4
		}
	}
	r := inet.Route{Dst: dst, Src: src, Next: dst, To: v.local(dst, iface)}
	var link *Interface
	switch {
	case r.To == inet.Own:
		link = v.ifaces[0]
		if src.IsUnspecified() {
			if r.Src = dst; dst.IsLoopback() {
				r.Src = wire.Loopback4
			}
		}
	case r.To == inet.Foreign || dst != wire.Broadcast4 && r.To == inet.Broadcast:
		found := v.lookup(dst, iface)
		if found == nil {
			s.counters.OutNoRoutes.Add(1)
			return inet.Route{}, inet.ENETUNREACH
		}
		if link = found.link; !found.direct {
			r.Next = found.Gateway
		}
		if src.IsUnspecified() {
			r.Src = found.Src
		}
	default: // limited broadcast and multicast go where they are sent, or where they come from, or where most goes
		if iface == 0 && !src.IsUnspecified() {
			iface = v.ifaceOf(src)
		}
		if link = v.groupLink(iface); link == nil {
			s.counters.OutNoRoutes.Add(1)
			return inet.Route{}, inet.ENETUNREACH
		}
	}
	if r.Src.IsUnspecified() {
		r.Src = v.source(r.Next, link)
	}
	if r.Src.IsUnspecified() && dst != wire.Broadcast4 {
		s.counters.OutNoRoutes.Add(1)
		return inet.Route{}, inet.ENETUNREACH
	}
	if r.Src.IsLoopback() && r.To != inet.Own && !link.loopback {
		return inet.Route{}, inet.EINVAL // RFC 1122 section 3.2.1.3 (g): not outside the host
	}
	r.Link, r.Most, r.Whole = link, int(link.mtu.Load())-wire.IPv4Len, link.whole4
	if r.Room = r.Most; len(v.paths) > 0 && r.To == inet.Foreign {
		if mtu := v.paths[dst].mtu; mtu != 0 {
			r.Room = min(r.Room, mtu-wire.IPv4Len)
		}
	}
	return r, nil
}

// lookup returns the longest match (RFC 1122 section 3.3.1.2, RFC 1812 section 5.2.4.3).
func (v *view) lookup(dst wire.Addr, iface int) *viewRoute {
	for k := range v.routes {
		if r := &v.routes[k]; r.net.Match(dst) && (iface == 0 || iface == r.Iface) {
			return r
		}
	}
	return nil
}

// groupLink returns the interface for limited broadcasts and multicasts: that one, else that of the default route,
// else the first that is not lo.
func (v *view) groupLink(iface int) *Interface {
	if iface != 0 {
		return v.ifaces[iface-1]
	}
	for _, r := range v.routes {
		if r.Dst.Bits == 0 {
			return r.link
		}
	}
	if len(v.ifaces) > 1 {
		return v.ifaces[1]
	}
	return nil
}

// source returns the address to send to a neighbour from: the one on its subnet, else the interface's first, else
// 0.0.0.0.
func (v *view) source(next wire.Addr, link *Interface) wire.Addr {
	if r := v.lookup(next, link.index); r != nil && !r.Src.IsUnspecified() {
		return r.Src
	}
	for _, l := range v.addrs {
		if l.to == inet.Own && l.iface == link.index && l.addr.Is4() == next.Is4() {
			return l.addr
		}
	}
	return wire.Any4
}
