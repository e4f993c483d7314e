//go:build !mirage

package linuxabi

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// isolatedMTU is lo's MTU in both worlds: less than a datagram may be long.
const isolatedMTU = 1500

// isolated is hostWorld in a network of its own, with lo alone, which the test may set as it likes. The test's goroutine keeps
// its thread, which ends with it.
func isolated(t *testing.T) *world {
	runtime.LockOSThread()
	if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
		t.Skip("a network namespace: ", err)
	}
	w := hostWorld(t)
	fd := w.must(t, syscall.SYS_SOCKET, linux.AF_INET, linux.SOCK_DGRAM, 0)
	request := make([]byte, ifreqSize)
	copy(request, "lo")
	request[linux.IFNAMSIZ] = syscall.IFF_UP | syscall.IFF_RUNNING
	w.must(t, syscall.SYS_IOCTL, fd, syscall.SIOCSIFFLAGS, request)
	put32(request[linux.IFNAMSIZ:], isolatedMTU)
	w.must(t, syscall.SYS_IOCTL, fd, syscall.SIOCSIFMTU, request)
	w.do(syscall.SYS_CLOSE, fd)
	if err := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 2147483647"), 0); err != nil {
		t.Skip(err)
	}
	return w
}

// sameAsIsolated compares what f sees of both kernels, a line at a time.
func sameAsIsolated(t *testing.T, traces map[string]func(*trace6)) {
	host := isolated(t)
	ours, p := ourWorld(t)
	if err := p.net.stack.Interface(1).SetMTU(isolatedMTU); err != nil {
		t.Fatal(err)
	}
	for name, f := range traces {
		a, b := &trace6{t: t, w: host}, &trace6{t: t, w: ours}
		f(a)
		f(b)
		want, got := strings.Split(a.b.String(), "\n"), strings.Split(b.b.String(), "\n")
		for k := range max(len(want), len(got)) {
			if at(want, k) != at(got, k) {
				t.Errorf("%s, line %d: %q, the host: %q (after %q)", name, k, at(got, k), at(want, k), at(want, max(k-1, 0)))
			}
		}
	}
}

// open makes a socket whose calls wait at most half a second.
func (r *trace6) open(domain, kind, protocol int) int {
	fd := r.w.must(r.t, syscall.SYS_SOCKET, domain, kind, protocol)
	timeout := [2]int64{0, 500000}
	r.w.must(r.t, syscall.SYS_SETSOCKOPT, fd, linux.SOL_SOCKET, linux.SO_RCVTIMEO, unsafe.Pointer(&timeout), 16)
	return fd
}

// receive notes what is received, from where, and with which ancillary data; what a kernel chooses at random is left out.
func (r *trace6) receive(what string, fd, flags int) []byte {
	b, from, control := make([]byte, 3000), make([]byte, 28), make([]byte, 512)
	iov := linux.Iovec{Base: addressOf(&b[0]), Len: uintptr(len(b))}
	h := linux.Msghdr{
		Name: addressOf(&from[0]), Namelen: 28, Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: 512,
	}
	n, e := r.w.do(syscall.SYS_RECVMSG, fd, unsafe.Pointer(&h), flags)
	if e != 0 {
		fmt.Fprintf(&r.b, "%s: %v\n", what, e)
		return nil
	}
	b = b[:n]
	shown := append([]byte(nil), b...)
	if n >= 20 && b[0] == 0x45 { // an IPv4 header: without the identification, DF, which is the route's, and the checksum of both
		copy(shown[4:8], "\x00\x00\x00\x00")
		shown[10], shown[11] = 0, 0
	}
	fmt.Fprintf(&r.b, "%s: %x from %x, flags %#x\n", what, shown, from[:h.Namelen], h.Flags)
	messages, err := syscall.ParseSocketControlMessage(control[:h.Controllen])
	if err != nil {
		r.t.Error(r.w.name, err)
	}
	for _, m := range messages {
		fmt.Fprintf(&r.b, "  level %d type %d: %x\n", m.Header.Level, m.Header.Type, m.Data)
	}
	return b
}

func (r *trace6) send(what string, fd int, b, to []byte) {
	if to == nil {
		r.do(what, syscall.SYS_SENDTO, fd, b, len(b), 0, 0, 0)
		return
	}
	r.do(what, syscall.SYS_SENDTO, fd, b, len(b), 0, to, len(to))
}

// echo makes a request for an echo.
func echo(typ byte, ident uint16, text string) []byte {
	b := append([]byte{typ, 0, 0, 0, byte(ident >> 8), byte(ident), 0, 7}, text...)
	sum := uint32(0)
	for k := 0; k < len(b); k += 2 {
		if sum += uint32(b[k]) << 8; k+1 < len(b) {
			sum += uint32(b[k+1])
		}
	}
	sum = sum>>16 + sum&0xffff
	b[2], b[3] = ^byte(sum>>8), ^byte(sum)
	return b
}

// sockets tries which protocols and kinds there are.
func (r *trace6) kinds() {
	for _, domain := range []int{linux.AF_INET, linux.AF_INET6} {
		for _, kind := range []int{linux.SOCK_DGRAM, linux.SOCK_RAW, linux.SOCK_STREAM} {
			for _, protocol := range []int{0, 1, 2, 6, 17, 41, 58, 253, 255, 263, 1000, -1} {
				fd, e := r.w.do(syscall.SYS_SOCKET, domain, kind, protocol)
				fmt.Fprintf(&r.b, "socket %d %d %d: %v\n", domain, kind, protocol, e)
				if e == 0 {
					r.get(fd, linux.SOL_SOCKET, linux.SO_TYPE)
					r.get(fd, linux.SOL_SOCKET, linux.SO_PROTOCOL)
					r.name("its name", syscall.SYS_GETSOCKNAME, fd)
					r.close(fd)
				}
			}
		}
	}
}

// raw4 sends and receives on raw sockets of IPv4 (raw(7)).
func (r *trace6) raw4() {
	const icmp, odd = linux.IPPROTO_ICMP, 253 // RFC 3692
	lo := sockaddr(127, 0, 0, 1, 0)
	one, two := r.open(linux.AF_INET, linux.SOCK_RAW, odd), r.open(linux.AF_INET, linux.SOCK_RAW, odd)
	r.send("nowhere", one, []byte("abc"), nil)
	r.send("a short address", one, []byte("abc"), lo[:15])
	r.send("another family", one, []byte("abc"), sockaddr6("::1", 0, 0))
	for _, option := range []int{linux.IP_PKTINFO, linux.IP_RECVTTL, linux.IP_RECVTOS} {
		r.set(two, linux.IPPROTO_IP, option, 1)
	}
	r.set(one, linux.IPPROTO_IP, linux.IP_TTL, 9)
	r.set(one, linux.IPPROTO_IP, linux.IP_TOS, 0x28)
	r.send("to both", one, []byte("abc"), lo)
	r.receive("one", one, 0)
	r.receive("two", two, 0)
	r.do("bind", syscall.SYS_BIND, two, sockaddr(127, 0, 0, 9, 77), 16)
	if port := r.name("name", syscall.SYS_GETSOCKNAME, two); port != odd {
		r.t.Errorf("%s: protocol %d for a port", r.w.name, port)
	}
	r.send("past the bound one", one, []byte("def"), lo)
	r.send("to the bound one", one, []byte("ghi"), sockaddr(127, 0, 0, 9, 0))
	r.receive("two", two, 0)
	r.do("bind again", syscall.SYS_BIND, two, sockaddr(0, 0, 0, 0, 0), 16)
	r.do("bind elsewhere", syscall.SYS_BIND, two, sockaddr(192, 0, 2, 1, 0), 16)
	r.do("bind to a group", syscall.SYS_BIND, two, sockaddr(224, 0, 0, 251, 0), 16)
	r.do("bind, short", syscall.SYS_BIND, two, lo, 15)
	r.do("bind", syscall.SYS_BIND, two, sockaddr(0, 0, 0, 0, 0), 16)
	r.do("connect", syscall.SYS_CONNECT, two, sockaddr(127, 0, 0, 2, 5), 16)
	r.name("name", syscall.SYS_GETSOCKNAME, two)
	if port := r.name("peer", syscall.SYS_GETPEERNAME, two); port != 5 {
		r.t.Errorf("%s: the peer's port is %d", r.w.name, port)
	}
	r.do("bind, connected", syscall.SYS_BIND, two, lo, 16)
	r.receive("one", one, 0)
	r.receive("one", one, 0)
	r.send("to the peer", two, []byte("jkl"), nil)
	r.receive("one", one, 0)
	r.receive("nothing from another than the peer", two, linux.MSG_DONTWAIT)
	r.do("disconnect", syscall.SYS_CONNECT, two, make([]byte, 16), 16)
	r.do("peer", syscall.SYS_GETPEERNAME, two, make([]byte, 16), unsafe.Pointer(new(int32)))
	// On Linux a raw socket that has had a peer receives nothing any more (raw_prot.disconnect unhashes it): here it does.
	r.do("listen", syscall.SYS_LISTEN, one, 1)
	r.do("accept", syscall.SYS_ACCEPT, one, 0, 0)
	r.send("to all", one, []byte("x"), sockaddr(255, 255, 255, 255, 0))
	r.get(one, linux.SOL_SOCKET, linux.SO_REUSEADDR)
	r.send("too long", one, make([]byte, 65536), lo)
	r.send("too long with a header", one, make([]byte, 65516), lo)
	r.send("in fragments", one, make([]byte, 2000), lo)
	r.receive("whole", one, 0)
	r.do("out of band", syscall.SYS_SENDTO, one, []byte("x"), 1, linux.MSG_OOB, lo, 16)
	r.receive("out of band", one, linux.MSG_OOB|linux.MSG_DONTWAIT)
	r.close(one, two)

	filtered := r.open(linux.AF_INET, linux.SOCK_RAW, icmp)
	for _, fd := range []int{filtered, r.open(linux.AF_INET, linux.SOCK_RAW, odd)} {
		r.get(fd, linux.SOL_RAW, linux.ICMP_FILTER)
		r.set(fd, linux.SOL_RAW, linux.ICMP_FILTER, 1<<8) // no requests
		r.get(fd, linux.SOL_RAW, linux.ICMP_FILTER)
		r.set(fd, linux.SOL_RAW, 2, 1)
		r.get(fd, linux.SOL_RAW, 2)
		r.get(fd, linux.IPPROTO_IP, linux.IP_HDRINCL)
		r.set(fd, linux.IPPROTO_IPV6, linux.IPV6_CHECKSUM, 2)
	}
	pinger := r.open(linux.AF_INET, linux.SOCK_RAW, icmp)
	r.send("a request", pinger, echo(8, 0x1234, "hello"), lo)
	r.receive("the request itself", pinger, 0)
	r.receive("the reply", pinger, 0)
	r.receive("the reply alone", filtered, 0)
	r.receive("no more", filtered, linux.MSG_DONTWAIT)
	bad := echo(8, 0x1234, "bad")
	bad[2]++
	r.send("a bad request", pinger, bad, lo)
	r.receive("it comes all the same", pinger, 0)
	r.close(filtered, pinger)
}

// headers sends datagrams with a header of their own (raw(7), IP_HDRINCL).
func (r *trace6) headers() {
	lo := sockaddr(127, 0, 0, 1, 0)
	in := r.open(linux.AF_INET, linux.SOCK_RAW, 253)
	out := r.open(linux.AF_INET, linux.SOCK_RAW, linux.IPPROTO_RAW)
	r.get(out, linux.IPPROTO_IP, linux.IP_HDRINCL)
	header := func(first, protocol byte, src byte) []byte {
		return append([]byte{first, 0x10, 0, 9, 0, 5, 0, 0, 7, protocol, 1, 2, src, 0, 0, src / 127, 127, 0, 0, 3}, "data"...)
	}
	r.send("without a source", out, header(0x45, 253, 0), lo)
	r.receive("it", in, 0)
	r.send("with one", out, header(0x45, 253, 127), lo)
	r.receive("it", in, 0)
	r.send("too short", out, header(0x45, 253, 0)[:19], lo)
	r.send("with more header than there is", out, header(0x4f, 253, 0), lo)
	r.send("longer than a frame", out, append(header(0x45, 253, 0), make([]byte, 1477)...), lo)
	r.set(in, linux.IPPROTO_IP, linux.IP_HDRINCL, 1)
	r.get(in, linux.IPPROTO_IP, linux.IP_HDRINCL)
	r.do("connect", syscall.SYS_CONNECT, in, lo, 16)
	r.send("to the peer", in, header(0x45, 253, 0), nil)
	r.receive("it", in, 0)
	r.close(in, out)
}

// raw6 sends and receives on raw sockets of IPv6 (RFC 3542 section 3).
func (r *trace6) raw6() {
	const v6, odd = linux.IPPROTO_IPV6, 253
	lo := sockaddr6("::1", 0, 0)
	one, two := r.open(linux.AF_INET6, linux.SOCK_RAW, odd), r.open(linux.AF_INET6, linux.SOCK_RAW, odd)
	for _, option := range []int{linux.IPV6_RECVPKTINFO, linux.IPV6_RECVHOPLIMIT, linux.IPV6_RECVTCLASS} {
		r.set(two, v6, option, 1)
	}
	r.set(one, v6, linux.IPV6_UNICAST_HOPS, 9)
	r.set(one, v6, linux.IPV6_TCLASS, 0x28)
	r.send("nowhere", one, []byte("abc"), nil)
	r.send("short", one, []byte("abc"), lo[:23])
	r.send("another family", one, []byte("abc"), append(sockaddr(127, 0, 0, 1, 0), make([]byte, 12)...))
	r.send("as another protocol", one, []byte("abc"), sockaddr6("::1", 58, 0))
	r.send("as itself", one, []byte("abc"), sockaddr6("::1", odd, 0))
	r.receive("one", one, 0)
	r.receive("two", two, 0)
	r.do("bind elsewhere", syscall.SYS_BIND, two, sockaddr6("2001:db8::1", 0, 0), 28)
	r.do("bind to IPv4", syscall.SYS_BIND, two, sockaddr6("::ffff:127.0.0.1", 0, 0), 28)
	r.do("bind without a link", syscall.SYS_BIND, two, sockaddr6("fe80::1", 0, 0), 28)
	r.do("bind short", syscall.SYS_BIND, two, lo, 23)
	r.do("bind", syscall.SYS_BIND, two, lo, 28)
	r.name("name", syscall.SYS_GETSOCKNAME, two)
	r.do("connect", syscall.SYS_CONNECT, two, sockaddr6("::1", 99, 0), 28)
	r.name("peer", syscall.SYS_GETPEERNAME, two)
	r.get(one, v6, linux.IPV6_CHECKSUM)
	r.get(one, linux.SOL_RAW, linux.IPV6_CHECKSUM)
	r.set(one, v6, linux.IPV6_CHECKSUM, 3)
	r.set(one, v6, linux.IPV6_CHECKSUM, 2)
	r.get(one, v6, linux.IPV6_CHECKSUM)
	r.send("no room", one, []byte("abc"), lo)
	r.send("with a checksum", one, []byte("abcdefg"), lo)
	r.receive("two", two, 0)
	r.receive("one checks it", one, 0)
	r.set(two, v6, linux.IPV6_CHECKSUM, -5)
	r.get(two, v6, linux.IPV6_CHECKSUM)
	r.set(two, v6, linux.SOL_RAW, 99)
	r.get(two, v6, 999)
	r.get(two, linux.SOL_ICMPV6, linux.ICMPV6_FILTER)
	r.close(one, two)

	pinger, filtered := r.open(linux.AF_INET6, linux.SOCK_RAW, linux.IPPROTO_ICMPV6), r.open(linux.AF_INET6, linux.SOCK_RAW, linux.IPPROTO_ICMPV6)
	r.get(pinger, linux.SOL_RAW, linux.IPV6_CHECKSUM)
	r.set(pinger, linux.SOL_RAW, linux.IPV6_CHECKSUM, 2)
	r.set(pinger, v6, linux.IPV6_CHECKSUM, 2)
	block := make([]byte, 32)
	block[128/8] = 1 // requests
	r.do("filter", syscall.SYS_SETSOCKOPT, filtered, linux.SOL_ICMPV6, linux.ICMPV6_FILTER, block, 32)
	size := int32(40)
	got := make([]byte, 40)
	r.do("filter", syscall.SYS_GETSOCKOPT, filtered, linux.SOL_ICMPV6, linux.ICMPV6_FILTER, got, unsafe.Pointer(&size))
	fmt.Fprintf(&r.b, "%x, %d\n", got, size)
	r.do("another", syscall.SYS_SETSOCKOPT, filtered, linux.SOL_ICMPV6, 2, block, 32)
	r.send("a request", pinger, []byte("\x80\x00ab\x12\x34\x00\x07hello"), lo)
	r.receive("the request itself", pinger, 0)
	r.receive("the reply", pinger, 0)
	r.receive("the reply alone", filtered, 0)
	r.receive("no more", filtered, linux.MSG_DONTWAIT)
	r.close(pinger, filtered)
}

// pings asks for echoes on sockets for that (icmp(7)).
func (r *trace6) pings() {
	for _, v6 := range []bool{false, true} {
		domain, protocol, typ, lo := linux.AF_INET, linux.IPPROTO_ICMP, byte(8), func(ident uint16) []byte { return sockaddr(127, 0, 0, 1, ident) }
		if v6 {
			domain, protocol, typ, lo = linux.AF_INET6, linux.IPPROTO_ICMPV6, 128, func(ident uint16) []byte { return sockaddr6("::1", ident, 0) }
		}
		one, two := r.open(domain, linux.SOCK_DGRAM, protocol), r.open(domain, linux.SOCK_DGRAM, protocol)
		r.name("unbound", syscall.SYS_GETSOCKNAME, one)
		r.send("nowhere", one, echo(typ, 1, "abc"), nil)
		r.send("too short", one, echo(typ, 1, "")[:7], lo(0))
		r.send("no request", one, echo(typ+1, 1, "abc"), lo(0))
		r.send("a code", one, append([]byte{typ, 1}, make([]byte, 10)...), lo(0))
		r.send("a request", one, echo(typ, 1, "abc"), lo(0))
		ident := r.name("now it has a name", syscall.SYS_GETSOCKNAME, one)
		r.get(two, linux.SOL_SOCKET, linux.SO_REUSEADDR)
		r.set(two, linux.SOL_SOCKET, linux.SO_REUSEADDR, 0)
		r.do("bind to the same", syscall.SYS_BIND, two, lo(ident), len(lo(0)))
		r.do("bind", syscall.SYS_BIND, two, lo(ident^1), len(lo(0)))
		r.do("bind again", syscall.SYS_BIND, two, lo(ident^2), len(lo(0)))
		if got := r.name("name", syscall.SYS_GETSOCKNAME, two); got != ident^1 {
			r.t.Errorf("%s: identifier %d, want %d", r.w.name, got, ident^1)
		}
		reply := r.reply("the reply", one)
		if len(reply) > 8 && uint16(reply[4])<<8|uint16(reply[5]) != ident {
			r.t.Errorf("%s: identifier %x, want %x", r.w.name, reply[4:6], ident)
		}
		r.do("connect", syscall.SYS_CONNECT, two, lo(9), len(lo(0)))
		if port := r.name("peer", syscall.SYS_GETPEERNAME, two); port != 9 {
			fmt.Fprintf(&r.b, "the peer's port is %d\n", port)
		}
		r.send("to the peer", two, echo(typ, 1, "defgh"), nil)
		r.reply("the reply", two)
		r.receive("not to the other", one, linux.MSG_DONTWAIT)
		three := r.open(domain, linux.SOCK_DGRAM, protocol)
		r.do("bind to the same, both share", syscall.SYS_BIND, three, lo(ident), len(lo(0)))
		r.send("to oneself", one, echo(typ, 1, "ijk"), lo(0))
		r.reply("the youngest has it", three)
		r.receive("and nobody else", one, linux.MSG_DONTWAIT)
		r.close(three)
		r.do("bind elsewhere", syscall.SYS_BIND, r.open(domain, linux.SOCK_DGRAM, protocol), map[bool][]byte{false: sockaddr(192, 0, 2, 1, 0), true: sockaddr6("2001:db8::1", 0, 0)}[v6], len(lo(0)))
		r.do("another family", syscall.SYS_BIND, r.open(domain, linux.SOCK_DGRAM, protocol), map[bool][]byte{true: append(sockaddr(127, 0, 0, 1, 0), make([]byte, 12)...), false: sockaddr6("::1", 0, 0)}[v6], 28)
		r.close(one, two)
	}
}

// reply is receive without the identifier, and the checksum that it is in.
func (r *trace6) reply(what string, fd int) []byte {
	b, size := make([]byte, 100), int32(28)
	from := make([]byte, size)
	n, e := r.w.do(syscall.SYS_RECVFROM, fd, b, len(b), 0, from, unsafe.Pointer(&size))
	if e != 0 {
		fmt.Fprintf(&r.b, "%s: %v\n", what, e)
		return nil
	}
	fmt.Fprintf(&r.b, "%s: %x and %x from %x\n", what, b[:2], b[6:n], from[:size])
	return b[:n]
}

// Raw sockets and those for echoes answer as the host's do.
func TestRawAsHost(t *testing.T) {
	sameAsIsolated(t, map[string]func(*trace6){
		"kinds": (*trace6).kinds, "raw4": (*trace6).raw4, "headers": (*trace6).headers, "raw6": (*trace6).raw6, "pings": (*trace6).pings,
	})
}
