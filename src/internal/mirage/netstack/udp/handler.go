package udp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A Handler answers one datagram. query is the payload where it lies in the received frame; the answer is
// appended to dst, which lies in the frame to be sent, has length 0 and the capacity that the MTU leaves, and
// is returned. An answer that outgrows dst is sent all the same, in fragments, at the price of a copy. An
// empty one sends nothing. The handler runs in the driver's goroutine, at once for different cards, and must
// neither block nor keep dst or query.
type Handler func(dst, query []byte, from wire.AddrPort) []byte

// Handle makes h answer what comes to the port at any of the host's addresses. nil takes it away.
// The error is EADDRINUSE.
func (p *Protocol) Handle(n uint16, h Handler) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.ports.at(n)
	if h != nil && old != nil {
		return inet.EADDRINUSE
	}
	if old == nil || old.handler != nil {
		p.ports.set(n, &port{handler: h})
	}
	return nil
}

// answer lets a handler write its answer to a datagram straight into a frame.
func (p *Protocol) answer(h Handler, pkt *inet.Packet, u wire.UDP) {
	from := wire.AddrPort{Addr: pkt.Src, Zone: pkt.Zone, Port: u.SrcPort()}
	if from.Port == 0 {
		return // RFC 768: it wants no answer
	}
	o, err := p.net.Reply(pkt, 0)
	if err != nil {
		p.of(pkt.Src).SndbufErrors.Add(1)
		return
	}
	dst := o.Bytes[wire.UDPLen:]
	answer := h(dst[:0:len(dst)], u.Payload(), from)
	if len(answer) == 0 {
		p.net.Drop(o)
		return
	}
	if &answer[0] != &dst[0] {
		p.net.Drop(o)
		if o, err = p.net.Reply(pkt, wire.UDPLen+len(answer)); err != nil {
			p.of(pkt.Src).SndbufErrors.Add(1)
			return
		}
		copy(o.Bytes[wire.UDPLen:], answer)
	}
	o.Bytes = o.Bytes[:wire.UDPLen+len(answer)]
	p.send(o, u.DstPort(), from.Port)
}

// send puts the UDP header in front of the payload and sends.
func (p *Protocol) send(o *inet.Out, src, dst uint16) error {
	if o.IP.Protocol = wire.ProtoUDP; o.Offload {
		o.PartialAt = 6
	}
	wire.UDP(o.Bytes).Put(src, dst, o.Route.Src, o.Route.Dst, o.Offload)
	p.of(o.Route.Dst).OutDatagrams.Add(1)
	return p.net.Send(o)
}
