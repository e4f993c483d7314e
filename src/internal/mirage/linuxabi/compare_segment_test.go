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

// segments sends several datagrams by one call (udp(7), UDP_SEGMENT).
func (r *trace6) segments() {
	for _, domain := range []int{linux.AF_INET, linux.AF_INET6} {
		to := sockaddr(127, 0, 0, 1, 53)
		if domain == linux.AF_INET6 {
			to = sockaddr6("::1", 53, 0)
		}
		in, out := r.open(domain, linux.SOCK_DGRAM, 0), r.open(domain, linux.SOCK_DGRAM, 0)
		r.do("bind", syscall.SYS_BIND, in, to, len(to))
		r.do("connect", syscall.SYS_CONNECT, out, to, len(to))
		for _, name := range []int{linux.UDP_SEGMENT, linux.UDP_GRO, 99} {
			r.get(out, linux.IPPROTO_UDP, name)
			for _, v := range []int{1, -1, 65536, 0} {
				r.set(out, linux.IPPROTO_UDP, name, v)
			}
		}
		b := make([]byte, 70000)
		for k := range b {
			b[k] = byte(k / 100)
		}
		// What comes, one a line; the host may have joined what the sender was given as one for those who asked for that alone.
		received := func() {
			time.Sleep(50 * time.Millisecond)
			for buf := make([]byte, 2000); ; {
				n, e := r.w.do(syscall.SYS_RECVFROM, in, buf, len(buf), linux.MSG_DONTWAIT, 0, 0)
				if e != 0 {
					return
				}
				fmt.Fprintf(&r.b, "  %d octets, from %x to %x\n", n, buf[:min(1, n)], buf[max(n-1, 0)])
			}
		}
		for _, size := range []int{1000, 1500, 10} {
			r.set(out, linux.IPPROTO_UDP, linux.UDP_SEGMENT, size)
			r.get(out, linux.IPPROTO_UDP, linux.UDP_SEGMENT)
			for _, n := range []int{0, 10, 1000, 1001, 2999, 65536} {
				r.send(fmt.Sprint(n, " octets in pieces of ", size), out, b[:n], nil)
				received()
			}
		}
		r.set(out, linux.IPPROTO_UDP, linux.UDP_SEGMENT, 0)
		for _, length := range []int{2, 4} {
			control := make([]byte, 24)
			put64(control, uint64(16+length))
			put32(control[8:], linux.IPPROTO_UDP)
			put32(control[12:], linux.UDP_SEGMENT)
			put16(control[16:], 500)
			iov := linux.Iovec{Base: addressOf(&b[0]), Len: 1200}
			h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: 24}
			r.do("with a control message", syscall.SYS_SENDMSG, out, unsafe.Pointer(&h), 0)
			received()
		}
		r.close(in, out)
	}
}

func TestSegmentsAsHost(t *testing.T) {
	sameAsIsolated(t, map[string]func(*trace6){"segments": (*trace6).segments})
}
