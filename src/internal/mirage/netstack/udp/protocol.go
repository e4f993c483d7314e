package udp

import (
	"internal/byteorder"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// A Protocol is UDP on one network. It implements inet.Transport. Its methods may be called from any goroutine.
type Protocol struct {
	net      inet.Network
	seed     uint64
	ports    ports
	counters [2]Counters // of IPv4 and of IPv6
	memory   dgram.Memory

	mu sync.Mutex // serialises changes of ports; taken after a socket's
}

// Counters count what the protocol did, under the names of RFC 4113 and /proc/net/snmp.
type Counters struct {
	InDatagrams, NoPorts, InErrors, OutDatagrams, RcvbufErrors, SndbufErrors, InCsumErrors, IgnoredMulti, MemErrors atomic.Uint64
}

// defaultLimit is what the queues of all sockets may take, in octets, until SetMemoryLimit.
const defaultLimit = 16 << 20

// New makes UDP on n and registers it there.
func New(n inet.Network) *Protocol {
	var b [8]byte
	n.Random(b[:])
	p := &Protocol{net: n, seed: byteorder.LEUint64(b[:])}
	p.memory.SetLimit(defaultLimit)
	n.Register(wire.ProtoUDP, p)
	return p
}

// SetMemoryLimit bounds what the receive queues of all sockets take together, in octets.
func (p *Protocol) SetMemoryLimit(octets int64) { p.memory.SetLimit(octets) }

// MemoryUsed returns what the receive queues of all sockets take together, in octets.
func (p *Protocol) MemoryUsed() int64 { return p.memory.Used() }

// Counters returns the counters of IPv4, Counters6 those of IPv6, which go on counting.
func (p *Protocol) Counters() *Counters { return &p.counters[0] }

func (p *Protocol) Counters6() *Counters { return &p.counters[1] }

// of returns the counters of an address's family.
func (p *Protocol) of(a wire.Addr) *Counters {
	if a.Is4() {
		return &p.counters[0]
	}
	return &p.counters[1]
}

// Input takes one datagram: RFC 768, RFC 1122 section 4.1.3.
func (p *Protocol) Input(pkt *inet.Packet) {
	c := p.of(pkt.Dst)
	u, ok := wire.ParseUDP(pkt.Payload)
	if !ok {
		c.InErrors.Add(1)
		return
	}
	if !pkt.Valid && !u.ChecksumOK(pkt.Src, pkt.Dst) {
		c.InErrors.Add(1)
		c.InCsumErrors.Add(1)
		return
	}
	at := p.ports.at(u.DstPort())
	switch {
	case pkt.To != inet.Own:
		if at == nil || !at.deliverAll(p, pkt, u) {
			c.IgnoredMulti.Add(1)
		}
		return
	case at == nil:
	case at.handler != nil:
		c.InDatagrams.Add(1)
		p.answer(at.handler, pkt, u)
		return
	default:
		if s := at.find(pkt, u.SrcPort(), p.seed); s != nil {
			s.deliver(pkt, u)
			return
		}
	}
	c.NoPorts.Add(1)
	p.net.Unreachable(pkt) // RFC 1122 section 4.1.3.1
}

// Error hands the news that a datagram came to nothing to the socket that sent it: RFC 1122 section 4.1.3.3. Of sockets without a
// peer one that keeps failures hears it, as on Linux: the others could not tell which of their datagrams it was.
func (p *Protocol) Error(e *inet.SendError) (sent bool) {
	if len(e.Payload) < wire.UDPLen {
		return false
	}
	u := wire.UDP(e.Payload)
	at := p.ports.at(u.SrcPort())
	if at == nil {
		return false
	}
	peer := wire.AddrPort{Addr: e.Dst, Zone: e.Zone, Port: u.DstPort()}
	for _, b := range at.bindings {
		mine := b.connected && b.remote == peer && b.local == e.Src || !b.connected && (b.local == e.Src || b.any(e.Src))
		if mine {
			b.socket.Report(e, peer.Port, u.Payload())
			sent = true
		}
	}
	return sent || at.handler != nil
}
