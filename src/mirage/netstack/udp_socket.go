package netstack

import (
	"net"
	"net/netip"
	"runtime"
)

// maxDatagram is the largest UDP payload over IPv4, bytes.
const maxDatagram = 65507

// openSocket serves on a socket, with as many goroutines as there are CPUs.
func (u *UDP) openSocket(h Handler) error {
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(u.addr))
	if err != nil {
		return err
	}
	u.addr = c.LocalAddr().(*net.UDPAddr).AddrPort()
	u.close = func() { c.Close() }
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
	return nil
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
