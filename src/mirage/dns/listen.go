package dns

import (
	"mirage/netstack"
	"net/netip"
)

// Listen answers the queries that come by UDP to addr, on mirage straight on the stack. It returns at once.
func (s *Server) Listen(addr netip.AddrPort) (*netstack.UDP, error) {
	return netstack.HandleUDP(addr, func(dst, query []byte, _ netip.AddrPort) []byte {
		return s.Answer(dst, query, s.options.UDPSize)
	})
}
