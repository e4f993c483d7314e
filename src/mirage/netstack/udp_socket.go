//go:build !mirage

package netstack

import (
	"net"
	"net/netip"
	"runtime"
)

// HandleUDP makes h answer what comes to addr: an address of this machine, or an unspecified one for all, and a port. It serves on
// a socket, with as many goroutines as there are CPUs. The errors are those of net.ListenUDP.
func HandleUDP(addr netip.AddrPort, h Handler) (*UDP, error) {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	u := &UDP{addr: c.LocalAddr().(*net.UDPAddr).AddrPort(), done: make(chan struct{}), close: func() { c.Close() }}
	n := runtime.GOMAXPROCS(0)
	failed := make(chan error, n)
	for range n {
		go func() { failed <- answerAll(c, h) }()
	}
	go func() {
		u.err = <-failed
		c.Close()
		close(u.done)
	}()
	return u, nil
}

// answerAll answers one datagram after the other until reading fails. What cannot be sent is lost, as datagrams are.
func answerAll(c *net.UDPConn, h Handler) error {
	query, answer := make([]byte, maxDatagram), make([]byte, 0, maxDatagram)
	for {
		n, from, err := c.ReadFromUDPAddrPort(query)
		if err != nil {
			return err
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if a := h(answer, query[:n], from); len(a) > 0 {
			c.WriteToUDPAddrPort(a, from)
		}
	}
}
