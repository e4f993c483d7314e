package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/mcast"
	"internal/mirage/netstack/wire"
)

// A membership is a multicast group that an interface receives, and how many have asked for that.
type membership struct {
	addr  wire.Addr
	count int
}

// maxGroups bounds the groups of an interface.
const maxGroups = 512

// JoinGroup makes the interface with that index receive a group until LeaveGroup has been called as often; 0 stands for the
// interface by which it would be sent to. It returns the interface's index. The errors are EINVAL (no group), ENODEV and
// ENOBUFS.
func (s *Stack) JoinGroup(a wire.Addr, index int) (int, error) {
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
	return index, i.join(a)
}

func (s *Stack) groupInterface(a wire.Addr) *Interface {
	v := s.view.Load()
	if a.Is4() {
		return v.groupLink(0)
	}
	return v.groupLink6(0)
}

// LeaveGroup undoes one JoinGroup. The errors are ENODEV and EADDRNOTAVAIL.
func (s *Stack) LeaveGroup(a wire.Addr, index int) error {
	i := s.Interface(index)
	if i == nil {
		return inet.ENODEV
	}
	return i.leave(a)
}

func (i *Interface) join(a wire.Addr) error {
	first := false
	err := i.stack.change(func() error {
		for k := range i.groups {
			if i.groups[k].addr == a {
				i.groups[k].count++
				return nil
			}
		}
		if len(i.groups) >= maxGroups {
			return inet.ENOBUFS
		}
		i.groups = append(i.groups, membership{a, 1})
		first = true
		return nil
	})
	if first {
		i.reporterOf(a).tell(i.stack, func(m *mcast.Member, now int64) { m.Join(now, a) })
	}
	return err
}

func (i *Interface) leave(a wire.Addr) error {
	last := false
	err := i.stack.change(func() error {
		for k := range i.groups {
			if i.groups[k].addr != a {
				continue
			}
			if i.groups[k].count--; i.groups[k].count == 0 {
				i.groups = append(i.groups[:k:k], i.groups[k+1:]...)
				last = true
			}
			return nil
		}
		return inet.EADDRNOTAVAIL
	})
	if last {
		i.reporterOf(a).tell(i.stack, func(m *mcast.Member, now int64) { m.Leave(now, a) })
	}
	return err
}

// Groups lists the multicast groups that the interface receives, and how many have asked for each.
func (i *Interface) Groups() (addrs []wire.Addr, users []int) {
	i.stack.mu.Lock()
	defer i.stack.mu.Unlock()
	for _, g := range i.groups {
		addrs, users = append(addrs, g.addr), append(users, g.count)
	}
	return addrs, users
}
