package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"net/netip"
	"sync"
)

// A Packet is what has come with an IP protocol number of the program's own, its fragments put together.
type Packet struct {
	Interface           int // index of the card that it came by
	Source, Destination netip.Addr
	TTL, Class          uint8 // IPv4's type of service, IPv6's traffic class
	Payload             []byte
}

// An IP is a protocol on IP, of both versions.
type IP struct {
	stack  *Stack
	number uint8
	handle func(Packet)
	once   sync.Once
}

// HandleIP makes h receive what comes with an IP protocol number (of IPv6: next header) for this host or a group that it has joined. The error is
// EADDRINUSE: somebody has the number, or it is that of an extension header.
func (s *Stack) HandleIP(protocol uint8, h func(p Packet)) (*IP, error) {
	ip := &IP{stack: s, number: protocol, handle: h}
	if !s.under.HandleIP(protocol, ipInput{ip}) {
		return nil, failed("ip", inet.EADDRINUSE)
	}
	return ip, nil
}

// Send sends a packet, in fragments if it is long. from is an address of this host's, or the zero Addr: one that suits. The errors are ENETUNREACH,
// EADDRNOTAVAIL, EMSGSIZE, EAGAIN (the card's queue is full), and EINVAL (a link-local address without a zone).
func (ip *IP) Send(from, to netip.Addr, payload []byte) error {
	return failed("send", ip.send(from, to, payload))
}

func (ip *IP) send(from, to netip.Addr, payload []byte) error {
	s := ip.stack
	zone, err := s.zone(to)
	if err != nil {
		return err
	}
	src := wire.Any6
	if to = to.Unmap(); to.Is4() {
		src = wire.Any4
	}
	if from.IsValid() {
		src = toWire(from)
	}
	o := inet.Out{}
	if o.Route, err = s.under.Route(toWire(to), src, zone); err != nil {
		return err
	}
	if err := s.under.Open(&o, len(payload)); err != nil {
		return err
	}
	copy(o.Bytes, payload)
	o.IP.Protocol = ip.number
	return s.under.Send(&o)
}

// Close ends receiving. The handler may still run.
func (ip *IP) Close() { ip.once.Do(func() { ip.stack.under.HandleIP(ip.number, nil) }) }

// ipInput is an IP as a transport of the stack.
type ipInput struct{ *IP }

func (t ipInput) Input(p *inet.Packet) {
	source := t.stack.peer(wire.AddrPort{Addr: p.Src, Zone: p.Zone}).Addr()
	t.handle(Packet{p.Iface, source, fromWire(p.Dst), p.TTL, p.TOS, p.Payload})
}

// Error takes every ICMP error for news of something that was sent: what is on IP here has nothing to tell by.
func (t ipInput) Error(*inet.SendError) (sent bool) { return true }
