package dgram

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A group is a multicast group that the socket has joined on an interface, and what it wants of it.
type group struct {
	addr   wire.Addr
	iface  int
	filter wire.SourceFilter
	listed bool // the filter has had a list: it stays of its kind
}

// Bounds of the groups of a socket: Linux's net.ipv4.igmp_max_memberships, and of the sources of one: igmp_max_msf, and
// net.ipv6.mld_max_msf.
const (
	maxGroups   = 20
	maxSources  = 10
	maxSources6 = 64
)

// Join makes the interface with that index, or, if it is 0, the one by which the group would be sent to, receive a group for
// as long as the socket is open and has not left it. The errors are EINVAL (no group), EADDRINUSE (joined already), ENODEV and
// ENOBUFS.
func (s *Socket) Join(a wire.Addr, iface int) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return inet.EBADF
	}
	return s.join(a, iface, wire.AllSources)
}

func (s *Socket) join(a wire.Addr, iface int, f wire.SourceFilter) error {
	if len(s.groups) == maxGroups {
		return inet.ENOBUFS
	}
	iface, err := s.Net.JoinGroup(a, iface, f)
	if err != nil {
		return err
	}
	if s.joined(a, iface) >= 0 {
		s.Net.LeaveGroup(a, iface, f)
		return inet.EADDRINUSE
	}
	s.groups = append(s.groups, group{a, iface, f, !f.Exclude})
	s.judge()
	return nil
}

// Leave undoes Join. The errors are EADDRNOTAVAIL and EBADF.
func (s *Socket) Leave(a wire.Addr, iface int) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return inet.EBADF
	}
	k := s.joined(a, iface)
	if k < 0 {
		return inet.EADDRNOTAVAIL
	}
	return s.leave(k)
}

func (s *Socket) leave(k int) error {
	g := s.groups[k]
	s.groups = append(s.groups[:k], s.groups[k+1:]...)
	s.judge()
	return s.Net.LeaveGroup(g.addr, g.iface, g.filter)
}

// joined returns which of the socket's groups it is, -1 if it is none. iface 0 stands for any.
func (s *Socket) joined(a wire.Addr, iface int) int {
	for k, g := range s.groups {
		if g.addr == a && (iface == 0 || g.iface == iface) {
			return k
		}
	}
	return -1
}

func (s *Socket) leaveAll() {
	for _, g := range s.groups {
		s.Net.LeaveGroup(g.addr, g.iface, g.filter)
	}
	s.groups = nil
}

// JoinSource joins a group for what one source sends, or adds a source to those for which it is joined, and LeaveSource undoes
// that (RFC 3678 section 4.1.2). The errors are Join's, EINVAL (it is joined for all sources but some) and EADDRNOTAVAIL (the source is
// wanted already, or is not).
func (s *Socket) JoinSource(a, src wire.Addr, iface int) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Closed {
		return inet.EBADF
	}
	if s.joined(a, iface) < 0 {
		return s.join(a, iface, wire.SourceFilter{Sources: []wire.Addr{src}})
	}
	return s.changeSource(a, src, iface, false, true)
}

func (s *Socket) LeaveSource(a, src wire.Addr, iface int) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.changeSource(a, src, iface, false, false)
}

// BlockSource makes the socket not receive what a source sends to a group that it has joined for all, and UnblockSource undoes
// that. The errors are EINVAL (not joined, or for some sources alone), EADDRNOTAVAIL (it is blocked already, or is not) and
// ENOBUFS.
func (s *Socket) BlockSource(a, src wire.Addr, iface int) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.changeSource(a, src, iface, true, true)
}

func (s *Socket) UnblockSource(a, src wire.Addr, iface int) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.changeSource(a, src, iface, true, false)
}

// changeSource adds a source to the filter of a group, or takes it away. A filter that has never had a list may change from one
// kind to the other, and one that includes nothing ends (net/ipv4/igmp.c, ip_mc_source).
func (s *Socket) changeSource(a, src wire.Addr, iface int, exclude, add bool) error {
	if s.Closed {
		return inet.EBADF
	}
	k := s.joined(a, iface)
	if k < 0 {
		return inet.EINVAL
	}
	g := &s.groups[k]
	f, most := g.filter, maxSources
	if !a.Is4() {
		most = maxSources6
	}
	switch {
	case f.Exclude != exclude && g.listed:
		return inet.EINVAL
	case add && len(f.Sources) == most:
		return inet.ENOBUFS
	case f.Has(src) == add:
		return inet.EADDRNOTAVAIL
	}
	if f.Exclude = exclude; add {
		f = f.With(src)
	} else if f = f.Without(src); f.IsZero() {
		return s.leave(k)
	}
	if err := s.Net.ChangeGroup(a, g.iface, g.filter, f); err != nil {
		return err
	}
	g.filter, g.listed = f, true
	s.judge()
	return nil
}

// judge notes whether what comes to groups has to be looked at. Mu is held.
func (s *Socket) judge() {
	s.picky = s.Opts.JoinedOnly || s.Opts.JoinedOnly6
	for k := range s.groups {
		s.picky = s.picky || !s.groups[k].filter.Equal(&wire.AllSources)
	}
}

// wants reports whether the socket wants what was sent to a group: RFC 3376 section 3.1 and RFC 3810 section 4.1. What it has not joined itself
// it gets as Linux gives it, unless it says otherwise (ip(7), IP_MULTICAST_ALL). Mu is held.
func (s *Socket) wants(d *Datagram) bool {
	if !d.Dst.IsMulticast() {
		return true
	}
	if k := s.joined(d.Dst, d.Iface); k >= 0 {
		return s.groups[k].filter.Allows(d.From.Addr)
	}
	if d.Dst.Is4() {
		return !s.Opts.JoinedOnly
	}
	return !s.Opts.JoinedOnly6
}
