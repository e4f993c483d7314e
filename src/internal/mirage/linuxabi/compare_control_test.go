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

// TestControlOfItsFamily: a socket for both families that asks for the ancillary data of both gets that of the family by which a
// datagram has come (ip(7), RFC 3542 section 6): servers answer from the address that it tells.
func TestControlOfItsFamily(t *testing.T) {
	both(t, func(l *streamLog) {
		w := l.w
		s := w.must(t, syscall.SYS_SOCKET, linux.AF_INET6, linux.SOCK_DGRAM, 0)
		for _, o := range []struct{ level, name, v int }{
			{linux.IPPROTO_IPV6, linux.IPV6_V6ONLY, 0}, {linux.IPPROTO_IPV6, linux.IPV6_RECVPKTINFO, 1}, {linux.IPPROTO_IPV6, linux.IPV6_RECVHOPLIMIT, 1},
			{linux.IPPROTO_IP, linux.IP_PKTINFO, 1}, {linux.IPPROTO_IP, linux.IP_RECVTTL, 1}, {linux.IPPROTO_IP, linux.IP_RECVTOS, 1},
		} {
			l.set(fmt.Sprint("set ", o), s, uintptr(o.level), uintptr(o.name), int32(o.v))
		}
		w.must(t, syscall.SYS_BIND, s, sockaddr6("::", 0, 0), 28)
		own, size := make([]byte, 28), int32(28)
		w.must(t, syscall.SYS_GETSOCKNAME, s, own, unsafe.Pointer(&size))
		for _, to := range []string{"::1", "::ffff:127.0.0.1"} {
			c := w.must(t, syscall.SYS_SOCKET, linux.AF_INET6, linux.SOCK_DGRAM, 0)
			w.must(t, syscall.SYS_SENDTO, c, []byte("ask"), 3, 0, sockaddr6(to, uint16(own[2])<<8|uint16(own[3]), 0), 28)
			l.wait(to, s, in)
			b, control := make([]byte, 16), make([]byte, 256)
			iov := linux.Iovec{Base: addressOf(&b[0]), Len: uintptr(len(b))}
			h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: uintptr(len(control))}
			w.must(t, syscall.SYS_RECVMSG, s, unsafe.Pointer(&h), 0)
			items, err := syscall.ParseSocketControlMessage(control[:h.Controllen])
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range items {
				l.lines = append(l.lines, fmt.Sprintf("%s: level %d type %d: %x", to, item.Header.Level, item.Header.Type, item.Data))
			}
			w.must(t, syscall.SYS_CLOSE, c)
		}
		w.must(t, syscall.SYS_CLOSE, s)
	})
}

// TestSendBufferAsHost: datagrams are sent at once, but a program that asks for a buffer looks whether it has got it.
func TestSendBufferAsHost(t *testing.T) {
	both(t, func(l *streamLog) {
		for _, domain := range []int{linux.AF_INET, linux.AF_INET6, linux.AF_UNIX} {
			s := l.w.must(t, syscall.SYS_SOCKET, domain, linux.SOCK_DGRAM, 0)
			l.option("at first", s, linux.SOL_SOCKET, linux.SO_SNDBUF)
			for _, v := range []int32{0, 1, 5000, 100000} {
				l.set(fmt.Sprint("to ", v), s, linux.SOL_SOCKET, linux.SO_SNDBUF, v)
				l.option(fmt.Sprint("is of ", v), s, linux.SOL_SOCKET, linux.SO_SNDBUF)
			}
			l.w.must(t, syscall.SYS_CLOSE, s)
		}
	})
}

// TestMulticastByLoopback: a group is joined on lo, and what is sent to it by lo comes back once, whether or not
// IP_MULTICAST_LOOP is set.
func TestMulticastByLoopback(t *testing.T) {
	both(t, func(l *streamLog) {
		w := l.w
		s := w.must(t, syscall.SYS_SOCKET, linux.AF_INET, linux.SOCK_DGRAM, 0)
		w.must(t, syscall.SYS_BIND, s, sockaddr(0, 0, 0, 0, 0), 16)
		own, size := make([]byte, 16), int32(16)
		w.must(t, syscall.SYS_GETSOCKNAME, s, own, unsafe.Pointer(&size))
		lo := make([]byte, 12) // struct ip_mreqn
		copy(lo, []byte{224, 0, 0, 250})
		put32(lo[8:], 1)
		l.do("join", syscall.SYS_SETSOCKOPT, s, linux.IPPROTO_IP, linux.IP_ADD_MEMBERSHIP, lo, len(lo))
		l.do("by lo", syscall.SYS_SETSOCKOPT, s, linux.IPPROTO_IP, linux.IP_MULTICAST_IF, lo, len(lo))
		for _, loop := range []int32{1, 0} {
			l.set("loop", s, linux.IPPROTO_IP, linux.IP_MULTICAST_LOOP, loop)
			l.do("send", syscall.SYS_SENDTO, s, []byte("x"), 1, 0, sockaddr(224, 0, 0, 250, uint16(own[2])<<8|uint16(own[3])), 16)
			l.wait("it comes", s, in)
			l.do("receive", syscall.SYS_RECVFROM, s, make([]byte, 9), 9, linux.MSG_DONTWAIT, 0, 0)
			time.Sleep(20 * time.Millisecond) // for one that should not come
			l.do("once", syscall.SYS_RECVFROM, s, make([]byte, 9), 9, linux.MSG_DONTWAIT, 0, 0)
		}
		w.must(t, syscall.SYS_CLOSE, s)
	})
}
