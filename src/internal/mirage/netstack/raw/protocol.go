package raw

import (
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// A Protocol is the sockets on one network. It implements inet.Tap. Its methods may be called from any goroutine.
type Protocol struct {
	net    inet.RawNetwork
	memory dgram.Memory
	raw    [256]matches // by protocol
	pings  matches

	mu   sync.Mutex // serialises changes of matches, and guards open; taken after a socket's
	open int        // sockets
}

// defaultLimit is what the queues of all sockets may take, in octets, until SetMemoryLimit.
const defaultLimit = 4 << 20

// New makes sockets on n possible.
func New(n inet.RawNetwork) *Protocol {
	p := &Protocol{net: n}
	p.memory.SetLimit(defaultLimit)
	return p
}

// SetMemoryLimit bounds what the receive queues of all sockets take together, in octets.
func (p *Protocol) SetMemoryLimit(octets int64) { p.memory.SetLimit(octets) }

// count counts sockets that are opened or, with -1, closed.
func (p *Protocol) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.open
	switch p.open += n; {
	case before == 0:
		p.net.SetTap(p)
	case p.open == 0:
		p.net.SetTap(nil)
	}
}

// A match says which datagrams are a socket's. It is never changed, only replaced.
type match struct {
	owner         owner
	v6            bool
	local, remote wire.Addr // unspecified for any
	iface         int       // 0 for any
	ident         uint16    // a Ping's
	shared        bool      // others may have it too: the youngest receives
	filter        filter
}

// An owner is a socket of either kind.
type owner interface {
	deliver(m *match, pkt *inet.Packet)
	Report(e *inet.SendError, port uint16, quoted []byte)
}

// matches are found without a lock.
type matches struct{ all atomic.Pointer[[]*match] }

func (l *matches) load() []*match {
	if all := l.all.Load(); all != nil {
		return *all
	}
	return nil
}

// replace puts m in place of old, or in front of all others if old is nil; m nil takes old away. Protocol.mu is held.
func (l *matches) replace(old, m *match) {
	var all []*match
	if old == nil && m != nil {
		all = append(all, m)
	}
	for _, o := range l.load() {
		switch {
		case o != old:
			all = append(all, o)
		case m != nil:
			all = append(all, m)
		}
	}
	if all == nil {
		l.all.Store(nil)
	} else {
		l.all.Store(&all)
	}
}

// Sockets lists the raw sockets of IPv4, or of IPv6 if v6 is set, and Pings those for echoes.
func (p *Protocol) Sockets(v6 bool) (all []*Socket) {
	for k := range p.raw {
		for _, m := range p.raw[k].load() {
			if s, ok := m.owner.(*Socket); ok && m.v6 == v6 {
				all = append(all, s)
			}
		}
	}
	return all
}

func (p *Protocol) Pings(v6 bool) (all []*Ping) {
	for _, m := range p.pings.load() {
		if s, ok := m.owner.(*Ping); ok && m.v6 == v6 {
			all = append(all, s)
		}
	}
	return all
}

// wants reports whether a datagram is for the socket. A socket of IPv6 that is bound to an address gets what is sent to groups
// all the same (net/ipv6/raw.c, raw_v6_match).
func (m *match) wants(pkt *inet.Packet) bool {
	return m.v6 != pkt.Src.Is4() &&
		(m.iface == 0 || m.iface == pkt.Iface) &&
		(m.remote.IsUnspecified() || m.remote == pkt.Src) &&
		(m.local.IsUnspecified() || m.local == pkt.Dst || m.v6 && pkt.To == inet.Multicast)
}

// Input gives every socket that wants it a copy of a datagram.
func (p *Protocol) Input(protocol uint8, pkt *inet.Packet) (taken bool) {
	for _, m := range p.raw[protocol].load() {
		if m.wants(pkt) {
			taken = true
			if !m.filter.blocks(protocol, pkt) {
				m.owner.deliver(m, pkt)
			}
		}
	}
	if protocol == wire.ProtoICMP || protocol == wire.ProtoICMPv6 {
		p.echoReply(protocol, pkt)
	}
	return taken
}

// Error tells sockets that what they may have sent came to nothing (raw(7), "Error handling"). A Ping hears of its own alone.
func (p *Protocol) Error(protocol uint8, e *inet.SendError) (sent bool) {
	for _, m := range p.raw[protocol].load() {
		if m.sent(e) {
			m.owner.Report(e, 0, e.Payload)
			sent = true
		}
	}
	if protocol == wire.ProtoICMP || protocol == wire.ProtoICMPv6 {
		sent = p.echoFailed(e) || sent
	}
	return sent
}

// sent reports whether a datagram may have been the socket's.
func (m *match) sent(e *inet.SendError) bool {
	return m.v6 != e.Src.Is4() &&
		(m.remote.IsUnspecified() || m.remote == e.Dst) && (m.local.IsUnspecified() || m.local == e.Src)
}
