//go:build !mirage

package linuxabi

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/wire"
)

// sockaddr6 makes a struct sockaddr_in6.
func sockaddr6(a string, port uint16, zone uint32) []byte {
	var b inetName
	return b.put(&socketBase{domain: linux.AF_INET6}, wire.AddrPort{Addr: prefix6(a + "/" + map[bool]string{true: "32", false: "128"}[strings.HasPrefix(a, "::ffff:")]).Addr, Zone: zone, Port: port})
}

// A trace6 is what a world answers to the same calls, one a line.
type trace6 struct {
	t *testing.T
	w *world
	b strings.Builder
}

func (r *trace6) do(what string, num uintptr, a ...any) int {
	n, e := r.w.do(num, a...)
	if e != 0 || num != syscall.SYS_SOCKET {
		fmt.Fprintf(&r.b, "%s: %d %v\n", what, n, e)
	}
	return n
}

func (r *trace6) socket(domain, kind int) int {
	return r.w.must(r.t, syscall.SYS_SOCKET, domain, kind|linux.SOCK_NONBLOCK, 0)
}

// readable waits until fd can be read from, or has a connection to accept.
func (r *trace6) readable(fd int) {
	p := linux.Pollfd{Fd: int32(fd), Events: linux.EPOLLIN}
	if n := r.w.must(r.t, syscall.SYS_PPOLL, unsafe.Pointer(&p), 1, unsafe.Pointer(&linux.Timespec{Sec: 10}), 0, 0); n != 1 {
		r.t.Fatalf("%s: nothing to read from %d in 10 s", r.w.name, fd)
	}
}

func (r *trace6) set(fd, level, name, v int) {
	value := int32(v)
	r.do(fmt.Sprintf("setsockopt %d %d = %d", level, name, v), syscall.SYS_SETSOCKOPT, fd, level, name, unsafe.Pointer(&value), 4)
}

func (r *trace6) get(fd, level, name int) {
	value, size := int32(0), int32(4)
	r.do(fmt.Sprintf("getsockopt %d %d", level, name), syscall.SYS_GETSOCKOPT, fd, level, name, unsafe.Pointer(&value), unsafe.Pointer(&size))
	fmt.Fprintf(&r.b, "  %d, %d octets\n", value, size)
}

// name writes a socket's address, but for the port, which it returns.
func (r *trace6) name(what string, num uintptr, fd int) uint16 {
	b, size := make([]byte, 28), int32(28)
	r.do(what, num, fd, b, unsafe.Pointer(&size))
	port := uint16(b[2])<<8 | uint16(b[3])
	b[2], b[3] = 0, 0
	if size == 16 {
		b = b[:8]
	}
	fmt.Fprintf(&r.b, "  %x, %d octets, with a port: %v\n", b, size, port != 0)
	return port
}

func (r *trace6) close(fds ...int) {
	for _, fd := range fds {
		r.w.do(syscall.SYS_CLOSE, fd)
	}
}

// options sets and asks for what package net and x/net/ipv6 use.
func (r *trace6) options() {
	const v6 = linux.IPPROTO_IPV6
	for _, kind := range []int{linux.SOCK_DGRAM, linux.SOCK_STREAM} {
		fd := r.socket(linux.AF_INET6, kind)
		for _, name := range []int{linux.IPV6_V6ONLY, linux.IPV6_UNICAST_HOPS, linux.IPV6_TCLASS} {
			r.get(fd, v6, name)
			for _, v := range []int{1, 200, 0, -1, 256, -2} {
				if name == linux.IPV6_UNICAST_HOPS && v == 0 {
					continue // a hop limit of 0 is the default here
				}
				r.set(fd, v6, name, v)
				r.get(fd, v6, name)
			}
		}
		r.set(fd, v6, linux.IPV6_V6ONLY, 0)
		r.do("bind", syscall.SYS_BIND, fd, sockaddr6("::", 0, 0), 28)
		r.set(fd, v6, linux.IPV6_V6ONLY, 1)
		r.set(fd, linux.IPPROTO_IP, linux.IP_TTL, 9)
		r.get(fd, linux.IPPROTO_IP, linux.IP_TTL)
		r.close(fd)
	}
	fd := r.socket(linux.AF_INET6, linux.SOCK_DGRAM)
	for _, name := range []int{
		linux.IPV6_RECVPKTINFO, linux.IPV6_RECVHOPLIMIT, linux.IPV6_RECVTCLASS, linux.IPV6_MULTICAST_LOOP, linux.IPV6_MULTICAST_HOPS,
		linux.IPV6_MULTICAST_IF, linux.IPV6_DONTFRAG,
	} {
		r.get(fd, v6, name)
		r.set(fd, v6, name, 1)
		r.get(fd, v6, name)
		r.set(fd, v6, name, 0)
		r.get(fd, v6, name)
	}
	r.set(fd, v6, linux.IPV6_MULTICAST_HOPS, 256)
	r.set(fd, v6, 9999, 1)
	r.close(fd)
	fd = r.socket(linux.AF_INET, linux.SOCK_DGRAM)
	r.set(fd, v6, linux.IPV6_V6ONLY, 1)
	r.close(fd)
}

// binds tries which addresses go together: RFC 3493 sections 3.7 and 5.3.
func (r *trace6) binds() {
	type end struct {
		domain int
		only   bool
		addr   string
	}
	ends := []end{
		{linux.AF_INET6, false, "::"}, {linux.AF_INET6, true, "::"}, {linux.AF_INET, false, "0.0.0.0"}, {linux.AF_INET6, false, "::1"},
		{linux.AF_INET6, false, "::ffff:127.0.0.1"}, {linux.AF_INET, false, "127.0.0.1"}, {linux.AF_INET6, true, "::ffff:127.0.0.1"},
		{linux.AF_INET6, false, "2001:db8::77"}, {linux.AF_INET6, false, "fe80::77"}, {linux.AF_INET6, false, "::ffff:0.0.0.0"},
	}
	bind := func(e end, kind int, port uint16) (int, syscall.Errno) {
		fd := r.socket(e.domain, kind)
		if e.only {
			r.set(fd, linux.IPPROTO_IPV6, linux.IPV6_V6ONLY, 1)
		}
		b := sockaddr6("::", port, 0)
		if e.domain == linux.AF_INET6 {
			b = sockaddr6(e.addr, port, 0)
		} else {
			a, _ := wire.ParseAddr(e.addr)
			ip := a.As4()
			b = sockaddr(ip[0], ip[1], ip[2], ip[3], port)
		}
		_, errno := r.w.do(syscall.SYS_BIND, fd, b, len(b))
		return fd, errno
	}
	for _, kind := range []int{linux.SOCK_DGRAM, linux.SOCK_STREAM} {
		for _, a := range ends {
			fd, e := bind(a, kind, 0)
			fmt.Fprintf(&r.b, "%v: %v\n", a, e)
			if e != 0 {
				r.close(fd)
				continue
			}
			port := r.name("getsockname", syscall.SYS_GETSOCKNAME, fd)
			for _, b := range ends {
				other, e := bind(b, kind, port)
				fmt.Fprintf(&r.b, "  and %v: %v\n", b, e)
				r.close(other)
			}
			r.close(fd)
		}
	}
}

// flows sends and connects between families.
func (r *trace6) flows() {
	server := r.socket(linux.AF_INET6, linux.SOCK_DGRAM)
	r.do("bind", syscall.SYS_BIND, server, sockaddr6("::", 0, 0), 28)
	port := r.name("getsockname", syscall.SYS_GETSOCKNAME, server)
	for _, to := range []string{"::1", "::ffff:127.0.0.1", "::"} {
		c := r.socket(linux.AF_INET6, linux.SOCK_DGRAM)
		r.do("sendto "+to, syscall.SYS_SENDTO, c, []byte("hello"), 5, 0, sockaddr6(to, port, 0), 28)
		r.do("connect "+to, syscall.SYS_CONNECT, c, sockaddr6(to, port, 0), 28)
		r.name("getsockname", syscall.SYS_GETSOCKNAME, c)
		r.name("getpeername", syscall.SYS_GETPEERNAME, c)
		r.close(c)
	}
	for _, only := range []int{0, 1} {
		c := r.socket(linux.AF_INET6, linux.SOCK_DGRAM)
		r.set(c, linux.IPPROTO_IPV6, linux.IPV6_V6ONLY, only)
		for _, to := range []string{"::ffff:127.0.0.1", "fe80::77", "::1"} {
			if to != "fe80::77" { // where that goes is a matter of the host's routes
				r.do("sendto "+to, syscall.SYS_SENDTO, c, []byte("hello"), 5, 0, sockaddr6(to, port, 0), 28)
			}
			r.do("connect "+to, syscall.SYS_CONNECT, c, sockaddr6(to, port, 0), 28)
		}
		r.do("short", syscall.SYS_CONNECT, c, sockaddr6("::1", port, 0), 23)
		r.do("without a scope", syscall.SYS_CONNECT, c, sockaddr6("::1", port, 0), 24)
		r.close(c)
	}
	l := r.socket(linux.AF_INET6, linux.SOCK_STREAM)
	r.do("bind", syscall.SYS_BIND, l, sockaddr6("::", 0, 0), 28)
	r.do("listen", syscall.SYS_LISTEN, l, 5)
	port = r.name("getsockname", syscall.SYS_GETSOCKNAME, l)
	for _, to := range []string{"::1", "::ffff:127.0.0.1"} {
		c := r.w.must(r.t, syscall.SYS_SOCKET, linux.AF_INET6, linux.SOCK_STREAM, 0)
		r.do("connect "+to, syscall.SYS_CONNECT, c, sockaddr6(to, port, 0), 28)
		b, size := make([]byte, 28), int32(28)
		r.readable(l) // on the loopback too, a connection may be there for the client before it is for the server
		n := r.w.must(r.t, syscall.SYS_ACCEPT4, l, b, unsafe.Pointer(&size), 0)
		fmt.Fprintf(&r.b, "accepted from %x, %d octets\n", b[4:], size)
		r.name("getsockname", syscall.SYS_GETSOCKNAME, n)
		r.name("getpeername", syscall.SYS_GETPEERNAME, c)
		r.close(n, c)
	}
	c := r.w.must(r.t, syscall.SYS_SOCKET, linux.AF_INET6, linux.SOCK_STREAM, 0)
	r.do("connect to nobody", syscall.SYS_CONNECT, c, sockaddr6("::1", 1, 0), 28)
	r.do("connect by IPv4's address", syscall.SYS_CONNECT, c, sockaddr(127, 0, 0, 1, port), 16)
	r.close(server, l, c)
}

// Sockets of IPv6 answer as the host's do.
func TestInet6AsHost(t *testing.T) {
	host := hostWorld(t)
	fd, e := host.do(syscall.SYS_SOCKET, linux.AF_INET6, linux.SOCK_DGRAM, 0)
	if e == 0 {
		_, e = host.do(syscall.SYS_BIND, fd, sockaddr6("::1", 0, 0), 28)
		host.do(syscall.SYS_CLOSE, fd)
	}
	if e != 0 {
		t.Skip("the host has no IPv6: ", e)
	}
	ours, _ := ourWorld(t)
	for name, f := range map[string]func(*trace6){"options": (*trace6).options, "binds": (*trace6).binds, "flows": (*trace6).flows} {
		a, b := &trace6{t: t, w: host}, &trace6{t: t, w: ours}
		f(a)
		f(b)
		want, got := strings.Split(a.b.String(), "\n"), strings.Split(b.b.String(), "\n")
		for k := range min(len(want), len(got)) {
			if want[k] != got[k] {
				t.Errorf("%s, line %d: %q, the host: %q (after %q)", name, k, got[k], want[k], want[max(k-1, 0)])
			}
		}
		if len(want) != len(got) {
			t.Errorf("%s: %d lines, the host has %d", name, len(got), len(want))
		}
	}
}

// A control message says where an IPv6 datagram was sent to, by which interface and with what hop limit: RFC 3542 section 6.
func TestPacketInfo6(t *testing.T) {
	w, _ := ourWorld(t)
	r := &trace6{t: t, w: w}
	one, two := r.socket(linux.AF_INET6, linux.SOCK_DGRAM), r.socket(linux.AF_INET6, linux.SOCK_DGRAM)
	r.do("bind", syscall.SYS_BIND, two, sockaddr6("::", 0, 0), 28)
	port := r.name("", syscall.SYS_GETSOCKNAME, two)
	for _, name := range []int{linux.IPV6_RECVPKTINFO, linux.IPV6_RECVHOPLIMIT, linux.IPV6_RECVTCLASS} {
		r.set(two, linux.IPPROTO_IPV6, name, 1)
	}
	r.set(one, linux.IPPROTO_IPV6, linux.IPV6_UNICAST_HOPS, 77)
	w.must(t, syscall.SYS_SENDTO, one, []byte("abc"), 3, 0, sockaddr6("::1", port, 0), 28)
	b, control := make([]byte, 9), make([]byte, 200)
	iov := linux.Iovec{Base: addressOf(&b[0]), Len: 9}
	h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: 200}
	w.must(t, syscall.SYS_FCNTL, two, syscall.F_SETFL, 0)
	w.start(t, syscall.SYS_RECVMSG, two, unsafe.Pointer(&h), 0).wants(3, 0)
	messages, err := syscall.ParseSocketControlMessage(control[:h.Controllen])
	if err != nil || len(messages) != 3 {
		t.Fatalf("control messages %v: %v", messages, err)
	}
	for _, m := range messages {
		switch m.Header.Type {
		case linux.IPV6_PKTINFO:
			if m.Data[15] != 1 || get32(m.Data[16:]) != 1 {
				t.Errorf("packet info %x", m.Data)
			}
		case linux.IPV6_HOPLIMIT:
			if get32(m.Data) != 77 {
				t.Errorf("hop limit %d", get32(m.Data))
			}
		}
	}
}
