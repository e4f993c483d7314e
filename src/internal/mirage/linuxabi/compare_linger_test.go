//go:build !mirage

package linuxabi

import (
	"syscall"
	"testing"
	"time"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// SO_LINGER with a time: close waits until what was written has arrived, or the time is over (socket(7)); on both kernels.
func TestLinger(t *testing.T) {
	ours, _ := ourWorld(t)
	for _, w := range []*world{hostWorld(t), ours} {
		for _, reads := range []bool{false, true} {
			r := &trace6{t: t, w: w}
			l := r.w.must(t, syscall.SYS_SOCKET, linux.AF_INET, linux.SOCK_STREAM, 0)
			w.must(t, syscall.SYS_BIND, l, sockaddr(127, 0, 0, 1, 0), 16)
			w.must(t, syscall.SYS_LISTEN, l, 1)
			addr, size := make([]byte, 16), int32(16)
			w.must(t, syscall.SYS_GETSOCKNAME, l, addr, unsafe.Pointer(&size))
			c := w.must(t, syscall.SYS_SOCKET, linux.AF_INET, linux.SOCK_STREAM, 0)
			w.must(t, syscall.SYS_CONNECT, c, addr, 16)
			peer := w.must(t, syscall.SYS_ACCEPT4, l, 0, 0, 0)
			w.must(t, syscall.SYS_FCNTL, c, syscall.F_SETFL, syscall.O_NONBLOCK)
			b, sent := make([]byte, 1<<20), 0
			for idle := 0; idle < 5; { // until neither end has room
				n, e := w.do(syscall.SYS_WRITE, c, b, len(b))
				if e == syscall.EAGAIN {
					idle++
					time.Sleep(20 * time.Millisecond)
				} else if e != 0 {
					t.Fatal(w.name, e)
				} else {
					idle, sent = 0, sent+n
				}
			}
			seconds := int32(2)
			if reads {
				seconds = 60
			}
			w.must(t, syscall.SYS_SETSOCKOPT, c, linux.SOL_SOCKET, linux.SO_LINGER, unsafe.Pointer(&linux.Linger{Onoff: 1, Linger: seconds}), 8)
			got := make(chan int, 1)
			if reads {
				go func() {
					all := 0
					for buf := make([]byte, 1<<16); ; {
						n, e := w.do(syscall.SYS_READ, peer, buf, len(buf))
						if e != 0 || n == 0 {
							break
						}
						all += n
					}
					got <- all
				}()
			}
			start := time.Now()
			w.must(t, syscall.SYS_CLOSE, c)
			took := time.Since(start)
			if !reads && took < 1900*time.Millisecond || took > 30*time.Second {
				t.Errorf("%s: close took %v; somebody reads: %v", w.name, took, reads)
			}
			if reads {
				if n := <-got; n != sent {
					t.Errorf("%s: %d octets arrived of %d", w.name, n, sent)
				}
			}
			r.close(peer, l)
		}
	}
}
