package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Metrics of IPv6 routes, as Linux has them: what follows from an address, and from a router.
const (
	connectedMetric = 256
	routerMetric    = 1024
)

// A path is what is known of one destination besides the routes: RFC 4861 section 5.1, the destination cache, of which only
// the exceptions are kept. Of IPv4 there is the MTU alone.
type path struct {
	next    wire.Addr // the neighbour that a router says is the better first hop; :: if none has
	iface   int
	mtu     int // of the path, 0 if it is the link's: RFC 8201, RFC 1191
	expires int64
}

// Bounds of paths.
const (
	maxPaths = 256
	pathTime = 600 * sec1 // RFC 8201 section 5.3, RFC 1191 section 6.3: ten minutes
	pathRate = 64         // changes a second: each makes a new view
	sec1     = int64(1e9)
)

// route6 is Route for an IPv6 destination.
func (s *Stack) route6(v *view, dst, src wire.Addr, iface int) (inet.Route, error) {
	fail := func(e inet.Errno) (inet.Route, error) {
		s.counters6.OutNoRoutes.Add(1)
		return inet.Route{}, e
	}
	if src == wire.Any4 {
		src = wire.Any6
	}
	if iface == 0 && src.IsLinkLocal() {
		iface = v.ifaceOf(src)
	}
	switch {
	case iface == 0 && dst.IsLinkLocal() && !dst.IsMulticast():
		return inet.Route{}, inet.EINVAL // RFC 4007 section 6: it does not say which link
	case src.Is4():
		return inet.Route{}, inet.EAFNOSUPPORT
	case src != wire.Any6 && v.local(src, 0) != inet.Own:
		return inet.Route{}, inet.EADDRNOTAVAIL
	}
	if dst == wire.Any6 { // to sockets it is this host, as 0.0.0.0 is
		if dst = src; src == wire.Any6 {
			dst = wire.Loopback6
		}
	}
	r := inet.Route{Dst: dst, Src: src, Next: dst, To: v.local(dst, iface)}
	var link *Interface
	mtu := wire.IPv6MaxLen
	switch {
	case r.To == inet.Own:
		if link = v.ifaces[0]; src == wire.Any6 {
			r.Src = dst
		}
	case r.To == inet.Multicast:
		if link = v.groupLink6(iface); link == nil {
			return fail(inet.ENETUNREACH)
		}
	case dst.IsLinkLocal():
		link = v.ifaces[iface-1]
	default:
		found, p := v.lookup6(dst, iface)
		if found == nil {
			return fail(inet.ENETUNREACH)
		}
		if link = found.link; !found.direct {
			r.Next = found.Gateway
		}
		if p.next != wire.Any6 && p.iface == link.index {
			r.Next = p.next
		}
		if p.mtu != 0 {
			mtu = p.mtu
		}
		if src == wire.Any6 && found.Src != wire.Any4 {
			r.Src = found.Src
		}
	}
	if link.loopback && r.To != inet.Own {
		return fail(inet.ENETUNREACH)
	}
	if r.Src == wire.Any6 {
		if r.Src = v.source6(dst, r.Next, link.index); r.Src == wire.Any6 {
			return fail(inet.EADDRNOTAVAIL)
		}
	}
	if r.Src == wire.Loopback6 && r.To != inet.Own {
		return inet.Route{}, inet.EINVAL // RFC 4291 section 2.5.3: not outside the host
	}
	r.Link, r.Most, r.Whole = link, link.mtu6()-wire.IPv6Len, link.whole6
	r.Room = min(r.Most, mtu-wire.IPv6Len)
	return r, nil
}

// lookup6 returns the longest match, and what else is known of the way. Of routes that match as well the first one is taken:
// they are in the order in which RFC 4861 section 6.3.6 tries routers.
func (v *view) lookup6(dst wire.Addr, iface int) (*viewRoute, path) {
	for k := range v.routes6 {
		if r := &v.routes6[k]; r.net.Match(dst) && (iface == 0 || iface == r.Iface) {
			if len(v.paths) == 0 {
				return r, path{}
			}
			return r, v.paths[dst]
		}
	}
	return nil, path{}
}

// groupLink6 returns the interface for multicasts: that one, else that of the default route, else the first that is not lo.
func (v *view) groupLink6(iface int) *Interface {
	switch {
	case iface != 0:
		return v.ifaces[iface-1]
	case len(v.routes6) > 0:
		if r := &v.routes6[len(v.routes6)-1]; r.Dst.Bits == 0 {
			return r.link
		}
	}
	if len(v.ifaces) > 1 {
		return v.ifaces[1]
	}
	return nil
}

// ifaceOf returns the index of the interface that has an address of ours.
func (v *view) ifaceOf(a wire.Addr) int {
	for _, l := range v.addrs {
		if l.addr == a && l.to == inet.Own {
			return l.iface
		}
	}
	return 0
}

// mtu6 is the largest IPv6 datagram that goes into one frame: a router may say that it is less than the card takes (RFC 4861
// section 6.3.4). What IPv4 was told to keep to does not count below the least that RFC 8200 section 5 knows.
func (i *Interface) mtu6() int {
	n := i.mtu.Load()
	if said := i.v6.mtu.Load(); said != 0 {
		n = min(n, said)
	}
	return int(max(n, wire.IPv6MinMTU))
}

// learnMTU notes that the way to a destination takes room octets behind the IP header: RFC 1191 section 3 and RFC 8201 section 4,
// never more than what is known.
func (s *Stack) learnMTU(dst wire.Addr, room int) {
	mtu := room + wire.IPv4Len
	if !dst.Is4() {
		mtu = room + wire.IPv6Len
	}
	s.learnPath(dst, func(k *path) bool {
		if k.mtu != 0 && k.mtu <= mtu {
			return false
		}
		k.mtu = mtu
		return true
	})
}

// learnPath changes what is known of a destination, by f, unless others ask for too many such changes.
func (s *Stack) learnPath(dst wire.Addr, f func(p *path) bool) {
	s.change(func() error {
		now := s.Now()
		p := s.paths[dst]
		if p.expires <= now {
			p = path{}
		}
		if !f(&p) || !s.redirects.Take(now) {
			return inet.EAGAIN
		}
		p.expires = now + pathTime
		kept := make(map[wire.Addr]path, len(s.paths)+1) // the old one is being read
		for d, q := range s.paths {
			if len(kept) < maxPaths-1 {
				kept[d] = q
			}
		}
		kept[dst] = p
		s.keepPaths(kept, now)
		return nil
	})
}

// keepPaths puts paths in place of those that there are, without those that are old. s.mu is held.
func (s *Stack) keepPaths(paths map[wire.Addr]path, now int64) {
	next := int64(0)
	for d, q := range paths {
		if q.expires <= now || q.next == wire.Any6 && q.mtu == 0 {
			delete(paths, d)
		} else if next == 0 || q.expires < next {
			next = q.expires
		}
	}
	if s.paths = paths; next != 0 {
		s.Schedule(&s.pathTimer, next)
	}
}

// expirePaths forgets what is old, so that a path that has become better is found out: RFC 8201 section 4.
func (s *Stack) expirePaths(now int64) {
	s.change(func() error {
		kept := make(map[wire.Addr]path, len(s.paths))
		for d, q := range s.paths {
			kept[d] = q
		}
		s.keepPaths(kept, now)
		return nil
	})
}

// forgetNext forgets that a neighbour is the better first hop to somewhere: it does not answer.
func (s *Stack) forgetNext(next wire.Addr, iface int) {
	s.change(func() error {
		if len(s.paths) == 0 {
			return inet.EAGAIN // nothing changes
		}
		kept := make(map[wire.Addr]path, len(s.paths))
		for d, q := range s.paths {
			if q.next == next && q.iface == iface {
				q.next = wire.Any6
			}
			kept[d] = q
		}
		s.keepPaths(kept, s.Now())
		return nil
	})
}
