package dns

import (
	"net"
	"net/netip"
	"runtime"
)

// maxQuery is more than any query that is worth an answer has.
const maxQuery = 4096

// Serve answers the queries that arrive on c until reading fails, and returns why: net.ErrClosed after c has been
// closed. It reads with as many goroutines as there are CPUs.
func (s *Server) Serve(c net.PacketConn) error {
	n := runtime.GOMAXPROCS(0)
	done := make(chan error, n)
	for range n {
		go func() { done <- s.serve(c) }()
	}
	return <-done
}

// An addrPortConn is a UDP connection that takes addresses which are not allocated.
type addrPortConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
}

// serve answers one query after the other. What cannot be sent is lost, as datagrams are.
func (s *Server) serve(c net.PacketConn) error {
	query, answer := make([]byte, maxQuery), make([]byte, 0, s.options.UDPSize)
	if u, ok := c.(addrPortConn); ok {
		for {
			n, from, err := u.ReadFromUDPAddrPort(query)
			if err != nil {
				return err
			}
			if a := s.Answer(answer, query[:n], s.options.UDPSize); len(a) > 0 {
				u.WriteToUDPAddrPort(a, from)
			}
		}
	}
	for {
		n, from, err := c.ReadFrom(query)
		if err != nil {
			return err
		}
		if a := s.Answer(answer, query[:n], s.options.UDPSize); len(a) > 0 {
			c.WriteTo(a, from)
		}
	}
}
