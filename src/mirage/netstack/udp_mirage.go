//go:build mirage

package netstack

import (
	"internal/mirage/linuxabi"
	"internal/mirage/netstack/wire"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
)

// open serves straight on the stack. One address of several, or a port that the system shall choose, is a socket's
// affair.
func (u *UDP) open(h Handler) error {
	if !u.addr.Addr().IsUnspecified() || u.addr.Port() == 0 {
		return u.openSocket(h)
	}
	udp := linuxabi.UDP()
	answer := func(dst, query []byte, from wire.AddrPort) []byte {
		return h(dst, query, netip.AddrPortFrom(netip.AddrFrom4(from.Addr.As4()), from.Port))
	}
	if err := udp.Handle(u.addr.Port(), answer); err != nil {
		return &net.OpError{Op: "listen", Net: "udp", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	}
	var once sync.Once
	u.close = func() {
		once.Do(func() {
			udp.Handle(u.addr.Port(), nil)
			u.err = net.ErrClosed
			close(u.done)
		})
	}
	return nil
}
