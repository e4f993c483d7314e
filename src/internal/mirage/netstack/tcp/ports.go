package tcp

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

// A port is what is bound to one port number, the youngest first.
type port []*binding

// A binding is a socket's local address as it was when it was last bound or configured.
type binding struct {
	socket               *Socket
	local                wire.Addr // unspecified for any
	iface                int       // 0 for any
	v6only               bool
	reuseAddr, reusePort bool
	listening            bool
}

func (t *ports) at(n uint16) port {
	low := t.high[n>>8].Load()
	if low == nil {
		return nil
	}
	if p := low[n&0xff].Load(); p != nil {
		return *p
	}
	return nil
}

// set puts b in place of a socket's binding at a port, or in front of the others; nil takes it away. Protocol.mu is held.
func (t *ports) set(n uint16, s *Socket, b *binding) {
	var q port
	if b != nil {
		q = append(q, b)
	}
	for _, old := range t.at(n) {
		if old.socket != s {
			q = append(q, old)
		}
	}
	low := t.high[n>>8].Load()
	if low == nil {
		low = new([256]atomic.Pointer[port])
		t.high[n>>8].Store(low)
	}
	if len(q) == 0 {
		low[n&0xff].Store(nil)
		return
	}
	low[n&0xff].Store(&q)
}

// Sockets lists the sockets of connections, also of those that are over but for waiting, and those that listen.
func (p *Protocol) Sockets() []*Socket {
	all := p.table.all()
	for k := range p.ports.high {
		low := p.ports.high[k].Load()
		for n := 0; low != nil && n < len(low); n++ {
			if at := low[n].Load(); at != nil {
				for _, b := range *at {
					if b.listening {
						all = append(all, b.socket)
					}
				}
			}
		}
	}
	return all
}

// any reports whether the binding takes segments to every address of a's family.
func (b *binding) any(a wire.Addr) bool {
	return b.local == wire.Any4 && a.Is4() || b.local == wire.Any6 && !(b.v6only && a.Is4())
}

// score says how well a listening socket's binding matches a SYN, -1 if it does not.
func (b *binding) score(pkt *inet.Packet) int {
	switch {
	case !b.listening, b.iface != 0 && b.iface != pkt.Iface, b.local != pkt.Dst && !b.any(pkt.Dst):
		return -1
	case b.local == pkt.Dst && b.iface != 0:
		return 3
	case b.local == pkt.Dst:
		return 2
	case b.iface != 0:
		return 1
	}
	return 0
}

// find returns the listening socket that matches best; of those that share the port by ReusePort the one that the
// connection's hash says.
func (p port) find(pkt *inet.Packet, hash uint64) *Socket {
	best, count := -1, 0
	var found *Socket
	for _, b := range p {
		switch score := b.score(pkt); {
		case score > best:
			best, count, found = score, 1, b.socket
		case score == best && score >= 0:
			count++
		}
	}
	if count < 2 {
		return found
	}
	nth := int(hash % uint64(count))
	for _, b := range p {
		if b.score(pkt) == best {
			if nth == 0 {
				return b.socket
			}
			nth--
		}
	}
	return found
}

// overlaps reports whether some segment could be for both bindings.
func (b *binding) overlaps(c *binding) bool {
	if b.iface != 0 && c.iface != 0 && b.iface != c.iface {
		return false
	}
	return b.local == c.local || b.any(c.local) || c.any(b.local)
}

// conflicts reports whether b may not be bound beside c: ReuseAddr allows it unless one listens (socket(7)).
func (b *binding) conflicts(c *binding) bool {
	return b.overlaps(c) && !(b.reuseAddr && c.reuseAddr && !b.listening && !c.listening) && !(b.reusePort && c.reusePort)
}

// free reports whether nothing at a port stands in the way of b.
func (t *ports) free(n uint16, b *binding, inTheWay func(b, c *binding) bool) bool {
	for _, c := range t.at(n) {
		if c.socket != b.socket && inTheWay(b, c) {
			return false
		}
	}
	return true
}
