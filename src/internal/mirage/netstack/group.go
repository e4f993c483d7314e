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
	if first && !i.loopback && !a.Is4() {
		i.v6.mu.Lock()
		i.v6.member.Join(i.stack.Now(), a)
		i.v6.mu.Unlock()
		i.poll6(i.stack.Now())
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
	if last && !i.loopback && !a.Is4() {
		i.v6.mu.Lock()
		i.v6.member.Leave(i.stack.Now(), a)
		i.v6.mu.Unlock()
		i.poll6(i.stack.Now())
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

// queried takes a query of MLD: RFC 3810 section 6.2, from a router of this link alone.
func (i *Interface) queried(p *inet.Packet, m wire.ICMPv6) {
	q, ok := wire.ParseMLDQuery(m)
	if !ok || !p.Src.IsLinkLocal() || p.TTL != 1 || i.loopback {
		i.stack.counters6.ICMPInErrors.Add(1)
		return
	}
	i.v6.mu.Lock()
	i.v6.member.Query(i.stack.Now(), &q)
	i.v6.mu.Unlock()
	i.arm6()
}

// report sends what there is to say about groups. RFC 3810 section 5.2.13 has it come from the link-local address, or, while
// that is not sure, from the unspecified one.
func (i *Interface) report(reports []mcast.Report) {
	src := i.stack.view.Load().askFrom(wire.Any6, i.index, true)
	for _, r := range reports {
		if r.V1 == 0 {
			i.signal(src, wire.AllMLDv2Routers, 0, wire.MLDReportLen(len(r.Records)), func(m wire.ICMPv6) {
				wire.PutMLDReport(m, r.Records, src, wire.AllMLDv2Routers)
			})
			continue
		}
		dst := r.Group // RFC 2710 section 4
		if r.V1 == wire.ICMPv6MLDv1Done {
			dst = wire.AllRouters6
		}
		i.signal(src, dst, 0, wire.MLDv1Len, func(m wire.ICMPv6) { wire.PutMLDv1(m, r.V1, r.Group, src, dst) })
	}
}
