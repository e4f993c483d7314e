package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/mcast"
	"internal/mirage/netstack/wire"
)

// A membership is a multicast group that an interface receives, and what each of those wants of it who have joined.
type membership struct {
	addr   wire.Addr
	users  []wire.SourceFilter
	filter wire.SourceFilter // all of them together
}

// maxGroups bounds the groups of an interface.
const maxGroups = 512

// JoinGroup makes the interface with that index receive what f wants of a group until LeaveGroup is called with the same; 0
// stands for the interface by which it would be sent to. It returns the interface's index. The errors are EINVAL (no group),
// ENODEV and ENOBUFS.
func (s *Stack) JoinGroup(a wire.Addr, index int, f wire.SourceFilter) (int, error) {
	if !a.IsMulticast() {
		return 0, inet.EINVAL
	}
	if index == 0 {
		i := s.groupInterface(a)
		if i == nil {
			return 0, inet.ENODEV
		}
		index = i.index
	}
	i := s.Interface(index)
	if i == nil {
		return 0, inet.ENODEV
	}
	return index, i.join(a, f)
}

func (s *Stack) groupInterface(a wire.Addr) *Interface {
	v := s.view.Load()
	if a.Is4() {
		return v.groupLink(0)
	}
	return v.groupLink6(0)
}

// LeaveGroup undoes one JoinGroup, and ChangeGroup makes of it one with another filter. The errors are ENODEV, EADDRNOTAVAIL and
// ENOBUFS.
func (s *Stack) LeaveGroup(a wire.Addr, index int, f wire.SourceFilter) error {
	i := s.Interface(index)
	if i == nil {
		return inet.ENODEV
	}
	return i.leave(a, f)
}

func (s *Stack) ChangeGroup(a wire.Addr, index int, from, to wire.SourceFilter) error {
	i := s.Interface(index)
	if i == nil {
		return inet.ENODEV
	}
	return i.regroup(a, &from, &to)
}

func (i *Interface) join(a wire.Addr, f wire.SourceFilter) error { return i.regroup(a, nil, &f) }

func (i *Interface) leave(a wire.Addr, f wire.SourceFilter) error { return i.regroup(a, &f, nil) }

// regroup puts one user's filter in place of another, nil being none, and tells routers if the interface wants something else
// then.
func (i *Interface) regroup(a wire.Addr, from, to *wire.SourceFilter) error {
	var now, before wire.SourceFilter
	err := i.stack.change(func() error {
		m, at := i.membership(a)
		users, ok := exchanged(m.users, from, to)
		before, now = m.filter, wire.MergeFilters(users)
		switch {
		case !ok:
			return inet.EADDRNOTAVAIL
		case at >= maxGroups, len(now.Sources) > mcast.MaxSources:
			return inet.ENOBUFS
		}
		groups := append(i.groups[:at:at], i.groups[min(at+1, len(i.groups)):]...)
		if len(users) > 0 {
			groups = append(groups, membership{a, users, now})
		}
		i.groups = groups
		return nil
	})
	if err == nil && !now.Equal(&before) {
		i.reporterOf(a).tell(i.stack, func(m *mcast.Member, at int64) {
			m.Set(at, a, i.wanted(a)) // not now: somebody may have changed it since, and have told it already
		})
	}
	return err
}

// membership returns the one in a group, and where it is in groups: behind them, if it is in none. s.mu is held.
func (i *Interface) membership(a wire.Addr) (m membership, at int) {
	for k := range i.groups {
		if i.groups[k].addr == a {
			return i.groups[k], k
		}
	}
	return membership{addr: a}, len(i.groups)
}

// wanted returns what the interface receives of a group.
func (i *Interface) wanted(a wire.Addr) wire.SourceFilter {
	i.stack.mu.Lock()
	defer i.stack.mu.Unlock()
	m, _ := i.membership(a)
	return m.filter
}

// exchanged returns filters with to in place of from; nil is none. ok is false if from is not there.
func exchanged(all []wire.SourceFilter, from, to *wire.SourceFilter) (changed []wire.SourceFilter, ok bool) {
	ok = from == nil
	for k := range all {
		if !ok && all[k].Equal(from) {
			ok = true
			continue
		}
		changed = append(changed, all[k])
	}
	if to != nil {
		changed = append(changed, *to)
	}
	return changed, ok
}

// Groups lists the multicast groups that the interface receives, and how many have asked for each.
func (i *Interface) Groups() (addrs []wire.Addr, users []int) {
	i.stack.mu.Lock()
	defer i.stack.mu.Unlock()
	for _, g := range i.groups {
		addrs, users = append(addrs, g.addr), append(users, len(g.users))
	}
	return addrs, users
}
