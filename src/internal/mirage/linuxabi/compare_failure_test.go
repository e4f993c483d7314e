//go:build !mirage

package linuxabi

import (
	"fmt"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// failed waits until a socket has an error, and notes what poll says then.
func (r *trace6) failed(what string, fd int) {
	p := struct {
		fd              int32
		events, revents int16
	}{fd: int32(fd)}
	n, e := r.w.do(syscall.SYS_POLL, unsafe.Pointer(&p), 1, 500)
	fmt.Fprintf(&r.b, "%s: %d %v, %#x\n", what, n, e, p.revents)
	p.events = linux.EPOLLIN | linux.EPOLLOUT
	r.w.do(syscall.SYS_POLL, unsafe.Pointer(&p), 1, 0)
	fmt.Fprintf(&r.b, "  asked for all: %#x\n", p.revents&^linux.EPOLLIN) // a pending error makes it readable here
}

// failures are what becomes of datagrams that nobody wants (ip(7), IP_RECVERR).
func (r *trace6) failures() {
	for _, family := range []struct {
		domain, level, option, discover, mtu int
		lo                                   func(port uint16) []byte
	}{
		{linux.AF_INET, linux.IPPROTO_IP, linux.IP_RECVERR, linux.IP_MTU_DISCOVER, linux.IP_MTU, func(port uint16) []byte { return sockaddr(127, 0, 0, 1, port) }},
		{linux.AF_INET6, linux.IPPROTO_IPV6, linux.IPV6_RECVERR, linux.IPV6_MTU_DISCOVER, linux.IPV6_MTU, func(port uint16) []byte { return sockaddr6("::1", port, 0) }},
		{linux.AF_INET6, linux.IPPROTO_IP, linux.IP_RECVERR, linux.IP_MTU_DISCOVER, linux.IP_MTU, func(port uint16) []byte { return sockaddr6("::ffff:127.0.0.1", port, 0) }},
	} {
		s := r.open(family.domain, linux.SOCK_DGRAM, 0)
		nobody := family.lo(9)
		r.receive("no failure", s, linux.MSG_ERRQUEUE)
		r.send("without a peer", s, []byte("lost"), nobody)
		r.failed("without a peer nothing is told", s)
		r.get(s, family.level, family.option)
		r.set(s, family.level, family.option, 1)
		r.get(s, family.level, family.option)
		r.get(s, family.level, family.mtu)
		r.send("to nobody", s, []byte("first"), nobody)
		r.failed("to nobody", s)
		r.send("the error", s, []byte("second"), nobody)
		r.send("to nobody", s, []byte("third"), nobody)
		time.Sleep(50 * time.Millisecond) // the first failure is there still, so that poll would not wait for the third
		r.failed("again", s)
		r.receive("the first", s, linux.MSG_ERRQUEUE)
		r.get(s, linux.SOL_SOCKET, linux.SO_ERROR)
		r.receive("the third", s, linux.MSG_ERRQUEUE)
		r.get(s, linux.SOL_SOCKET, linux.SO_ERROR)
		r.receive("no more", s, linux.MSG_ERRQUEUE)
		r.do("connect", syscall.SYS_CONNECT, s, nobody, len(nobody))
		r.get(s, family.level, family.mtu)
		for _, d := range []int{0, 1, 2, 3, 4, 5, 6, -1} {
			r.set(s, family.level, family.discover, d)
			r.get(s, family.level, family.discover)
			r.send("too long", s, make([]byte, 3000), nil)
			if d == 2 || d == 3 || d == 4 {
				r.receive("the failure of what is too long", s, linux.MSG_ERRQUEUE)
				continue
			}
			r.failed("nobody there", s)
			r.get(s, linux.SOL_SOCKET, linux.SO_ERROR)
			r.purge(s)
		}
		r.set(s, family.level, family.discover, 1)
		r.send("to the peer", s, []byte("fourth"), nil)
		r.failed("to the peer", s)
		r.set(s, family.level, family.option, 0)
		r.receive("none after all", s, linux.MSG_ERRQUEUE)
		r.get(s, linux.SOL_SOCKET, linux.SO_ERROR)
		r.close(s)
	}
}

// purge takes failures until there are none; how much of a long datagram they quote is not the same.
func (r *trace6) purge(s int) {
	for b := make([]byte, 10); ; {
		n, e := r.w.do(syscall.SYS_RECVFROM, s, b, 10, linux.MSG_ERRQUEUE, 0, 0)
		if e != 0 {
			return
		}
		fmt.Fprintf(&r.b, "a failure of %d octets\n", n)
	}
}

// rawFailures are what becomes of datagrams of protocols that nobody speaks.
func (r *trace6) rawFailures() {
	s := r.open(linux.AF_INET, linux.SOCK_RAW, 253)
	r.do("bind", syscall.SYS_BIND, s, sockaddr(127, 0, 0, 9, 0), 16)
	r.set(s, linux.IPPROTO_IP, linux.IP_RECVERR, 1)
	r.send("to nobody", s, []byte("12345678"), sockaddr(127, 0, 0, 1, 0))
	r.failed("to nobody", s)
	r.receive("the failure", s, linux.MSG_ERRQUEUE)
	r.set(s, linux.IPPROTO_IP, linux.IP_RECVERR, 0)
	r.do("connect", syscall.SYS_CONNECT, s, sockaddr(127, 0, 0, 1, 0), 16)
	r.get(s, linux.IPPROTO_IP, linux.IP_MTU)
	r.send("to nobody", s, []byte("12345678"), nil)
	r.failed("it is connected", s)
	r.get(s, linux.SOL_SOCKET, linux.SO_ERROR)
	r.close(s)
	// Of IPv6 there is but one protocol that a socket can have and a datagram cannot: RFC 8200 section 4.7.
}

// whole6 is about what is not to be sent in fragments (RFC 3542 section 11).
func (r *trace6) whole6() {
	const v6 = linux.IPPROTO_IPV6
	s := r.open(linux.AF_INET6, linux.SOCK_DGRAM, 0)
	to := sockaddr6("::1", 9, 0)
	r.set(s, v6, linux.IPV6_MTU, 1279)
	r.set(s, v6, linux.IPV6_MTU, 1280)
	size, info := int32(32), make([]byte, 40)
	r.do("path", syscall.SYS_GETSOCKOPT, s, v6, linux.IPV6_PATHMTU, info, unsafe.Pointer(&size))
	r.do("connect", syscall.SYS_CONNECT, s, to, 28)
	r.do("path", syscall.SYS_GETSOCKOPT, s, v6, linux.IPV6_PATHMTU, info, unsafe.Pointer(&size))
	fmt.Fprintf(&r.b, "%x %d\n", info, size)
	r.set(s, v6, linux.IPV6_RECVERR, 1)
	r.set(s, v6, linux.IPV6_DONTFRAG, 1)
	r.get(s, v6, linux.IPV6_RECVPATHMTU)
	r.set(s, v6, linux.IPV6_RECVPATHMTU, 1)
	r.get(s, v6, linux.IPV6_RECVPATHMTU)
	r.send("too long", s, make([]byte, 3000), to)
	r.receive("what the path takes", s, linux.MSG_DONTWAIT)
	r.receive("once", s, linux.MSG_DONTWAIT)
	r.receive("the failure", s, linux.MSG_ERRQUEUE)
	for _, v := range []uint32{0, 1, 2} {
		control := make([]byte, 24)
		put64(control, 20)
		put32(control[8:], v6)
		put32(control[12:], linux.IPV6_DONTFRAG)
		put32(control[16:], v)
		b := make([]byte, 3000)
		iov := linux.Iovec{Base: addressOf(&b[0]), Len: uintptr(len(b))}
		h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: 24}
		r.set(s, v6, linux.IPV6_DONTFRAG, 1-int(v&1))
		r.do(fmt.Sprint("with a control message ", v), syscall.SYS_SENDMSG, s, unsafe.Pointer(&h), 0)
		if v == 0 {
			r.failed("it went", s)
			r.get(s, linux.SOL_SOCKET, linux.SO_ERROR)
		}
		r.purge(s)
	}
	r.close(s)
}

// The queue of errors is as the host's.
func TestFailuresAsHost(t *testing.T) {
	sameAsIsolated(t, map[string]func(*trace6){
		"failures": (*trace6).failures, "raw": (*trace6).rawFailures, "whole": (*trace6).whole6,
	})
}
