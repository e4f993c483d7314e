//go:build !mirage

package linuxabi

import (
	"fmt"
	"syscall"
	"testing"

	"internal/mirage/linuxabi/linux"
)

// sources says what may be asked about the sources of groups, and in which order (RFC 3678 section 4.1.3, ip(7)).
func (r *trace6) sources() {
	put := func(fd, level, name int, value []byte) {
		r.do(fmt.Sprintf("%d of %x", name, value[:min(12, len(value))]), syscall.SYS_SETSOCKOPT, fd, level, name, value, len(value))
	}
	const v4 = linux.IPPROTO_IP
	fd := r.open(linux.AF_INET, linux.SOCK_DGRAM, 0)
	member := func(group, source byte) []byte { return []byte{239, 1, 2, group, 127, 0, 0, 1, 192, 0, 2, source} }
	put(fd, v4, linux.IP_BLOCK_SOURCE, member(1, 1))
	put(fd, v4, linux.IP_DROP_SOURCE_MEMBERSHIP, member(1, 1))
	put(fd, v4, linux.IP_ADD_SOURCE_MEMBERSHIP, member(1, 1)[:8])
	put(fd, v4, linux.IP_ADD_SOURCE_MEMBERSHIP, append([]byte{10}, member(1, 1)[1:]...))
	put(fd, v4, linux.IP_ADD_SOURCE_MEMBERSHIP, member(1, 1))
	put(fd, v4, linux.IP_ADD_SOURCE_MEMBERSHIP, member(1, 1))
	put(fd, v4, linux.IP_ADD_MEMBERSHIP, member(1, 1)[:8])
	put(fd, v4, linux.IP_BLOCK_SOURCE, member(1, 2))
	for k := range byte(11) {
		put(fd, v4, linux.IP_ADD_SOURCE_MEMBERSHIP, member(1, 2+k))
	}
	put(fd, v4, linux.IP_DROP_SOURCE_MEMBERSHIP, member(1, 100))
	for k := range byte(11) {
		put(fd, v4, linux.IP_DROP_SOURCE_MEMBERSHIP, member(1, 1+k))
	}
	put(fd, v4, linux.IP_DROP_MEMBERSHIP, member(1, 1)[:8])
	put(fd, v4, linux.IP_ADD_MEMBERSHIP, member(2, 1)[:8])
	put(fd, v4, linux.IP_UNBLOCK_SOURCE, member(2, 1))
	put(fd, v4, linux.IP_BLOCK_SOURCE, member(2, 1))
	put(fd, v4, linux.IP_BLOCK_SOURCE, member(2, 1))
	put(fd, v4, linux.IP_ADD_SOURCE_MEMBERSHIP, member(2, 3))
	put(fd, v4, linux.IP_UNBLOCK_SOURCE, member(2, 1))
	put(fd, v4, linux.IP_ADD_SOURCE_MEMBERSHIP, member(2, 3)) // what once had a list keeps its kind
	put(fd, v4, linux.IP_BLOCK_SOURCE, member(2, 1))
	put(fd, v4, linux.IP_DROP_MEMBERSHIP, member(2, 1)[:8])
	r.get(fd, v4, linux.IP_MULTICAST_ALL)
	r.set(fd, v4, linux.IP_MULTICAST_ALL, 2)
	r.set(fd, v4, linux.IP_MULTICAST_ALL, 0)
	r.get(fd, v4, linux.IP_MULTICAST_ALL)
	r.close(fd)

	request := func(index uint32, group, source []byte) []byte {
		b := make([]byte, 8+2*linux.SizeofSockaddr)
		put32(b, index)
		copy(b[8:], group)
		copy(b[8+linux.SizeofSockaddr:], source)
		return b
	}
	const v6 = linux.IPPROTO_IPV6
	fd = r.open(linux.AF_INET6, linux.SOCK_DGRAM, 0)
	group, source := sockaddr6("ff05::1:3", 0, 0), func(k int) []byte { return sockaddr6(fmt.Sprintf("2001:db8::%x", k), 0, 0) }
	for _, name := range []int{linux.MCAST_BLOCK_SOURCE, linux.MCAST_LEAVE_SOURCE_GROUP, linux.MCAST_JOIN_SOURCE_GROUP, linux.MCAST_JOIN_SOURCE_GROUP} {
		put(fd, v6, name, request(1, group, source(1)))
	}
	put(fd, v6, linux.MCAST_JOIN_SOURCE_GROUP, request(1, group, source(2))[:100])
	put(fd, v6, linux.MCAST_JOIN_SOURCE_GROUP, request(77, group, source(2)))
	put(fd, v6, linux.MCAST_JOIN_SOURCE_GROUP, request(1, group, sockaddr(10, 0, 0, 1, 0)))
	put(fd, v6, linux.MCAST_JOIN_SOURCE_GROUP, request(1, source(1), source(2)))
	put(fd, v6, linux.MCAST_BLOCK_SOURCE, request(1, group, source(2)))
	for k := range 65 {
		put(fd, v6, linux.MCAST_JOIN_SOURCE_GROUP, request(1, group, source(2+k)))
	}
	put(fd, v6, linux.MCAST_LEAVE_SOURCE_GROUP, request(1, group, source(1)))
	put(fd, v6, linux.MCAST_LEAVE_SOURCE_GROUP, request(1, group, source(1)))
	put(fd, v6, linux.MCAST_LEAVE_GROUP, request(1, group, source(1)))
	put(fd, v6, linux.MCAST_LEAVE_GROUP, request(1, group, source(1)))
	r.get(fd, v6, linux.IPV6_MULTICAST_ALL)
	r.set(fd, v6, linux.IPV6_MULTICAST_ALL, 0)
	r.get(fd, v6, linux.IPV6_MULTICAST_ALL)
	r.close(fd)
	fd = r.open(linux.AF_INET, linux.SOCK_DGRAM, 0)
	for _, name := range []int{linux.MCAST_JOIN_SOURCE_GROUP, linux.MCAST_JOIN_SOURCE_GROUP, linux.MCAST_LEAVE_SOURCE_GROUP, linux.MCAST_LEAVE_SOURCE_GROUP} {
		put(fd, v4, name, request(1, sockaddr(239, 1, 2, 3, 0), sockaddr(192, 0, 2, 1, 0)))
	}
	put(fd, v4, linux.MCAST_JOIN_SOURCE_GROUP, request(1, group, source(2)))
	r.close(fd)
}

// groupsOverLo sends to groups on the machine itself, where nobody is a member unless they say so (ip(7)).
func (r *trace6) groupsOverLo() {
	lo, group := []byte{127, 0, 0, 1}, sockaddr(239, 1, 1, 1, 5353)
	in, out := r.open(linux.AF_INET, linux.SOCK_DGRAM, 0), r.open(linux.AF_INET, linux.SOCK_DGRAM, 0)
	r.do("bind", syscall.SYS_BIND, in, sockaddr(0, 0, 0, 0, 5353), 16)
	r.do("bind", syscall.SYS_BIND, out, sockaddr(127, 0, 0, 1, 4444), 16)
	r.send("by no card", out, []byte("0"), group)
	r.do("by lo", syscall.SYS_SETSOCKOPT, out, linux.IPPROTO_IP, linux.IP_MULTICAST_IF, lo, len(lo))
	r.send("to no member", out, []byte("1"), group)
	settled := func() { // what was sent before this has come or not
		r.send("to the socket", out, []byte("."), sockaddr(127, 0, 0, 1, 5353))
		r.receive("what came", in, 0)
	}
	settled()
	member := append([]byte{239, 1, 1, 1}, lo...)
	r.do("join", syscall.SYS_SETSOCKOPT, in, linux.IPPROTO_IP, linux.IP_ADD_MEMBERSHIP, member, len(member))
	r.send("to a member", out, []byte("2"), group)
	fmt.Fprintf(&r.b, "%q\n", r.receive("what came", in, 0))
	r.do("leave", syscall.SYS_SETSOCKOPT, in, linux.IPPROTO_IP, linux.IP_DROP_MEMBERSHIP, member, len(member))
	r.send("to no member again", out, []byte("3"), group)
	settled()
	r.send("to all hosts", out, []byte("4"), sockaddr(224, 0, 0, 1, 5353))
	fmt.Fprintf(&r.b, "%q\n", r.receive("what came", in, 0))
	r.close(in, out)

	six := r.open(linux.AF_INET6, linux.SOCK_DGRAM, 0)
	r.set(six, linux.IPPROTO_IPV6, linux.IPV6_MULTICAST_IF, 1)
	r.send("of IPv6", six, []byte("5"), sockaddr6("ff05::99", 5353, 0))
	r.close(six)
}

func TestGroupsOverLoAsHost(t *testing.T) {
	sameAsIsolated(t, map[string]func(*trace6){"groups over lo": (*trace6).groupsOverLo})
}

// The sources of groups are as the host has them.
func TestSourcesAsHost(t *testing.T) {
	sameAsIsolated(t, map[string]func(*trace6){"sources": (*trace6).sources})
}
