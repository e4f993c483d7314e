package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// A Protocol is TCP on one network. It implements inet.Transport. Its methods may be called from any goroutine.
type Protocol struct {
	net      inet.Network
	secret   inet.Secret
	table    table
	ports    ports
	memory   memory
	counters Counters
	waiting  waiting
	lastPort atomic.Uint32 // counts the ports that were chosen: RFC 6056 section 3.3.3

	mu sync.Mutex // serialises changes of ports; taken after a socket's
}

// defaultLimit is what the buffers of all connections may take, in octets, until SetMemoryLimit.
const defaultLimit = 32 << 20

// New makes TCP on n and registers it there.
func New(n inet.Network) *Protocol {
	p := &Protocol{net: n, secret: inet.NewSecret(n.Random)}
	p.table.secret = inet.NewSecret(n.Random) // of its own: what it is used for gives more of it away
	p.memory.limit.Store(defaultLimit)
	n.Register(wire.ProtoTCP, p)
	return p
}

// SetMemoryLimit bounds what the buffers of all connections take together, in octets. A connection with empty buffers
// gets a chunk of 4096 octets all the same.
func (p *Protocol) SetMemoryLimit(octets int64) { p.memory.limit.Store(octets) }

// MemoryUsed returns what the buffers of all connections take together, in octets.
func (p *Protocol) MemoryUsed() int64 { return p.memory.used.Load() }

// Counters returns the counters, which go on counting.
func (p *Protocol) Counters() *Counters { return &p.counters }

// Input takes one segment: RFC 9293 section 3.10.7.
func (p *Protocol) Input(pkt *inet.Packet) {
	p.counters.InSegs.Add(1)
	t, ok := wire.ParseTCP(pkt.Payload)
	if !ok {
		p.counters.InErrs.Add(1)
		return
	}
	if !pkt.Valid && !t.ChecksumOK(pkt.Src, pkt.Dst) { // section 3.1, MUST-3
		p.counters.InErrs.Add(1)
		p.counters.InCsumErrors.Add(1)
		return
	}
	var g segment
	g.ecn = pkt.TOS & 3
	if pkt.To != inet.Own || !g.parse(t) { // section 3.9.2.3, MUST-57: one host's address on both sides
		p.counters.InErrs.Add(1)
		return
	}
	u := tuple{
		local:  wire.AddrPort{Addr: pkt.Dst, Port: t.DstPort()},
		remote: wire.AddrPort{Addr: pkt.Src, Zone: pkt.Zone, Port: t.SrcPort()},
	}
	if s := p.table.find(&u); s != nil && s.input(pkt, &g) {
		return
	}
	if s := p.ports.at(u.local.Port).find(pkt, u.hash(p.secret, forShare)); s != nil && s.inputListen(pkt, &g, &u) {
		return
	}
	p.refuse(pkt, &g, &u)
}

// refuse answers a segment of no connection with a RST: RFC 9293 section 3.10.7.1.
func (p *Protocol) refuse(pkt *inet.Packet, g *segment, u *tuple) {
	if g.has(wire.RST) {
		return
	}
	o, err := p.net.Reply(pkt, wire.TCPLen)
	if err != nil {
		return
	}
	f := wire.TCPFields{SrcPort: u.local.Port, DstPort: u.remote.Port, Flags: wire.RST}
	if g.has(wire.ACK) {
		f.Seq = uint32(g.ack)
	} else {
		f.Flags |= wire.ACK
		f.Ack = uint32(g.end())
	}
	p.counters.OutSegs.Add(1)
	p.counters.OutRsts.Add(1)
	p.put(o, &f, 0)
	p.net.Send(o)
}

// put writes the header of a segment whose options, n octets, and payload are in place.
func (p *Protocol) put(o *inet.Out, f *wire.TCPFields, n int) {
	o.IP.Protocol, o.IP.DontFrag = wire.ProtoTCP, true
	wire.TCP(o.Bytes).Put(f, n, o.Route.Src, o.Route.Dst, o.Offload)
	if o.Offload {
		o.PartialAt = wire.TCPChecksumAt
	}
}

// Error hands the news that a segment came to nothing to the connection that sent it: RFC 9293 section 3.9.2.2.
func (p *Protocol) Error(e *inet.SendError) (sent bool) {
	if len(e.Payload) < 8 {
		return false
	}
	t := wire.TCP(e.Payload) // of which ports and sequence number are there
	u := tuple{
		local:  wire.AddrPort{Addr: e.Src, Port: t.SrcPort()},
		remote: wire.AddrPort{Addr: e.Dst, Zone: e.Zone, Port: t.DstPort()},
	}
	s := p.table.find(&u)
	if s == nil {
		return false
	}
	s.mu.Lock()
	if s.inTable {
		if sent = s.conn.unreachable(seq(t.Seq()), e); !sent {
			p.counters.OutOfWindowIcmps.Add(1)
		} else if s.told(e) {
			s.err = e.Errno
			s.conn.events |= evReadable | evWritable
		}
	}
	s.settle(p.net.Now(), 0)
	return sent
}

// told reports whether the user wants to hear of an error that the connection waits out.
func (s *Socket) told(e *inet.SendError) bool {
	wanted := s.options.TellErrors
	if !e.Dst.Is4() {
		wanted = s.options.TellErrors6
	}
	return wanted && s.conn.state.synchronized() && e.Errno != inet.EMSGSIZE && !s.closed
}
