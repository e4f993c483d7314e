package udp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync/atomic"
)

// ports finds what is bound to a port: two levels, so that few ports take little memory and many are found as
// quickly. A port is never changed, only replaced, so that reading takes no lock.
type ports struct {
	high [256]atomic.Pointer[[256]atomic.Pointer[port]]
}

// A port is what is bound to one port number: a handler, or sockets, the youngest first.
type port struct {
	handler  Handler
	bindings []*binding
}

// A binding is a socket's addressing as it was when it was last bound, connected or configured.
type binding struct {
	socket               *Socket
	local                wire.Addr // unspecified for any
	remote               wire.AddrPort
	connected            bool
	iface                int // 0 for any
	v6only               bool
	reuseAddr, reusePort bool
}

func (t *ports) at(n uint16) *port {
	low := t.high[n>>8].Load()
	if low == nil {
		return nil
	}
	return low[n&0xff].Load()
}

// set replaces a port. Protocol.mu is held.
func (t *ports) set(n uint16, p *port) {
	low := t.high[n>>8].Load()
	if low == nil {
		low = new([256]atomic.Pointer[port])
		t.high[n>>8].Store(low)
	}
	if p.handler == nil && len(p.bindings) == 0 {
		p = nil
	}
	low[n&0xff].Store(p)
}

// with returns a port that has b in place of the binding of the same socket, or in front of the others; b nil takes
// the socket's away. p may be nil.
func (p *port) with(s *Socket, b *binding) *port {
	q := &port{}
	replaced := false
	if p != nil {
		q.handler = p.handler
		for _, old := range p.bindings {
			if old.socket != s {
				q.bindings = append(q.bindings, old)
			} else if b != nil {
				q.bindings = append(q.bindings, b)
				replaced = true
			}
		}
	}
	if b != nil && !replaced {
		q.bindings = append([]*binding{b}, q.bindings...)
	}
	return q
}

// Sockets lists the sockets that have a port.
func (p *Protocol) Sockets() (all []*Socket) {
	for k := range p.ports.high {
		low := p.ports.high[k].Load()
		for n := 0; low != nil && n < len(low); n++ {
			if at := low[n].Load(); at != nil {
				for _, b := range at.bindings {
					all = append(all, b.socket)
				}
			}
		}
	}
	return all
}

// any reports whether the binding takes datagrams to every address of a's family.
func (b *binding) any(a wire.Addr) bool {
	return b.local == wire.Any4 && a.Is4() || b.local == wire.Any6 && !(b.v6only && a.Is4())
}

// zone is the index of the interface that link-local addresses of the binding belong to.
func (b *binding) zone() int {
	if b.connected && b.remote.Zone != 0 {
		return int(b.remote.Zone)
	}
	return b.iface
}

// score says how well the binding matches a datagram, -1 if it does not: a peer counts for more than a local address
// or an interface.
func (b *binding) score(pkt *inet.Packet, srcPort uint16) int {
	score := 0
	if b.iface != 0 {
		if b.iface != pkt.Iface {
			return -1
		}
		score++
	}
	if b.connected {
		if b.remote.Port != srcPort || b.remote.Addr != pkt.Src || b.remote.Zone != pkt.Zone {
			return -1
		}
		score += 4
	}
	if b.local == pkt.Dst {
		return score + 2
	}
	if !b.any(pkt.Dst) {
		return -1
	}
	return score
}

// find returns the socket that a datagram to one address of ours is for: of those that match best, the
// youngest, or, if they share the port by ReusePort, the one that the flow's hash says, always the same for a flow.
func (p *port) find(pkt *inet.Packet, srcPort uint16, seed uint64) *Socket {
	best, count := -1, 0
	var found *binding
	for _, b := range p.bindings {
		switch score := b.score(pkt, srcPort); {
		case score > best:
			best, count, found = score, 1, b
		case score == best && score >= 0:
			count++
		}
	}
	if found == nil {
		return nil
	}
	if count == 1 || !found.reusePort || found.connected {
		return found.socket
	}
	nth := int(pkt.Src.Hash(seed+uint64(srcPort)) % uint64(count))
	for _, b := range p.bindings {
		if b.score(pkt, srcPort) == best {
			if nth == 0 {
				return b.socket
			}
			nth--
		}
	}
	return found.socket
}

// deliverAll gives a broadcast or multicast datagram to every socket that it matches: RFC 1122 section 4.1.3.
func (p *port) deliverAll(proto *Protocol, pkt *inet.Packet, u wire.UDP) (any bool) {
	for _, b := range p.bindings {
		if b.score(pkt, u.SrcPort()) >= 0 {
			b.socket.deliver(pkt, u)
			any = true
		}
	}
	return any
}

// overlaps reports whether some datagram could be for both bindings.
func (b *binding) overlaps(c *binding) bool {
	if b.iface != 0 && c.iface != 0 && b.iface != c.iface {
		return false
	}
	return b.local == c.local || b.any(c.local) || c.any(b.local)
}

// conflicts reports whether the two may not be bound together.
func (b *binding) conflicts(c *binding) bool {
	return b.overlaps(c) && !(b.reuseAddr && c.reuseAddr) && !(b.reusePort && c.reusePort)
}
