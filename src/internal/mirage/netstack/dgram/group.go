package dgram

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A group is a multicast group that the socket has joined on an interface.
type group struct {
	addr  wire.Addr
	iface int
}

// maxGroups bounds the groups of a socket: Linux's net.ipv4.igmp_max_memberships.
const maxGroups = 20

// Join makes the interface with that index, or, if it is 0, the one by which the group would be sent to, receive a group for
// as long as the socket is open and has not left it. The errors are EINVAL (no group), EADDRINUSE (joined already), ENODEV and
// ENOBUFS.
func (s *Socket) Join(a wire.Addr, iface int) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	switch {
	case s.Closed:
		return inet.EBADF
	case len(s.groups) == maxGroups:
		return inet.ENOBUFS
	}
	iface, err := s.Net.JoinGroup(a, iface)
	if err != nil {
		return err
	}
	if s.joined(a, iface) >= 0 {
		s.Net.LeaveGroup(a, iface)
		return inet.EADDRINUSE
	}
	s.groups = append(s.groups, group{a, iface})
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
	g := s.groups[k]
	s.groups = append(s.groups[:k], s.groups[k+1:]...)
	return s.Net.LeaveGroup(g.addr, g.iface)
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
		s.Net.LeaveGroup(g.addr, g.iface)
	}
	s.groups = nil
}
