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

// times asks when datagrams came (socket(7), SO_TIMESTAMP and SO_TIMESTAMPNS).
func (r *trace6) times() {
	in, out := r.open(linux.AF_INET, linux.SOCK_DGRAM, 0), r.open(linux.AF_INET, linux.SOCK_DGRAM, 0)
	to := sockaddr(127, 0, 0, 1, 53)
	r.do("bind", syscall.SYS_BIND, in, to, 16)
	r.set(in, linux.IPPROTO_IP, linux.IP_RECVTTL, 1)
	for _, v := range []int{1, 0} {
		for _, name := range []int{linux.SO_TIMESTAMP, linux.SO_TIMESTAMPNS} {
			r.set(in, linux.SOL_SOCKET, name, v)
			r.get(in, linux.SOL_SOCKET, linux.SO_TIMESTAMP)
			r.get(in, linux.SOL_SOCKET, linux.SO_TIMESTAMPNS)
			before := time.Now().Add(-time.Millisecond)
			r.send("x", out, []byte("x"), to)
			b, control := make([]byte, 9), make([]byte, 200)
			iov := linux.Iovec{Base: addressOf(&b[0]), Len: 9}
			h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: 200}
			r.do("recvmsg", syscall.SYS_RECVMSG, in, unsafe.Pointer(&h), 0)
			messages, err := syscall.ParseSocketControlMessage(control[:h.Controllen])
			if err != nil {
				r.t.Error(err)
			}
			for _, m := range messages {
				fmt.Fprintf(&r.b, "  level %d type %d, %d octets\n", m.Header.Level, m.Header.Type, len(m.Data))
				if m.Header.Level != linux.SOL_SOCKET {
					continue
				}
				unit := map[int32]int64{linux.SO_TIMESTAMP: 1000, linux.SO_TIMESTAMPNS: 1}[m.Header.Type]
				came := time.Unix(int64(get64(m.Data)), int64(get64(m.Data[8:]))*unit)
				if came.Before(before) || came.After(time.Now().Add(time.Millisecond)) {
					r.t.Errorf("%s: it came at %v, sent after %v", r.w.name, came, before)
				}
			}
		}
	}
	r.close(in, out)
}

func TestTimesAsHost(t *testing.T) {
	sameAsIsolated(t, map[string]func(*trace6){"times": (*trace6).times})
}
