package udp

import (
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A Socket is one end of UDP flows. Its methods never block and may be called from any goroutine.
type Socket struct {
	dgram.Socket
	p *Protocol

	// Guarded by Mu.
	bound  *binding // what is in p.ports; nil if it is not bound
	port   uint16
	chosen chosen
}

// What sockets of all protocols have.
type (
	Options  = dgram.Options
	Control  = dgram.Control
	Datagram = dgram.Datagram
)

// chosen tells what Bind left open and Connect or SendTo chose, for Disconnect to undo.
type chosen struct{ addr, port bool }

// NewSocket makes a socket for IPv4, or for both families if v6 is set.
func (p *Protocol) NewSocket(v6 bool) *Socket {
	s := &Socket{p: p}
	s.Init(p.net, &p.memory, v6)
	return s
}

// Configure changes the options by f, which is called under the socket's lock.
// The errors are ENODEV (no such Iface) and EINVAL (V6Only of a bound socket).
func (s *Socket) Configure(f func(o *Options)) error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	o := s.Opts
	f(&o)
	if s.bound != nil && o.V6Only != s.Opts.V6Only {
		return inet.EINVAL
	}
	if err := s.SetOptions(&o); err != nil {
		return err
	}
	if s.bound != nil {
		b := *s.bound
		b.iface, b.reuseAddr, b.reusePort = o.Iface, o.ReuseAddr, o.ReusePort
		s.publish(&b)
	}
	return nil
}

// Local returns the local address, the zero AddrPort (0.0.0.0:0 for IPv4) before it has one.
func (s *Socket) Local() wire.AddrPort {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.bound == nil {
		return wire.AddrPort{Addr: s.Any()}
	}
	return wire.On(s.bound.local, s.port, s.bound.zone())
}

// Close ends the socket: its port is free, its datagrams are gone, and every later call gives EBADF.
func (s *Socket) Close() error { return s.End(func() { s.publish(nil) }) }
