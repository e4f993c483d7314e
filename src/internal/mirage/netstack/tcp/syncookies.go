package tcp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// SYN cookies: RFC 4987 section 3.6. A listener that has too many handshakes going on answers a SYN and keeps nothing: what
// it has to know is in the sequence number of the answer, with a secret function of the connection, and comes back with
// the handshake's third segment. What the options said is lost but for the MSS.
//
// From the highest bit on a cookie is: the time, 5 bits; the index of the MSS, 3 bits; and 24 bits of the function.

// cookieTime is how long a value of the time lasts; a cookie is good for one to two of them.
const cookieTime = 64e9

var cookieMSS = [8]uint16{128, 536, 1024, 1220, 1360, 1440, 1460, 8960}

// cookie makes one for a SYN with a sequence number.
func (p *Protocol) cookie(u *tuple, irs seq, time, mss uint32) seq {
	h := u.hash(p.secret, forCookie|uint64(time)<<8)
	h = p.secret.Hash(h, uint64(irs)<<8|uint64(mss))
	return seq(time&31<<27 | mss<<24 | uint32(h)&0xffffff)
}

// sendCookie answers a SYN without keeping anything.
func (p *Protocol) sendCookie(pkt *inet.Packet, g *segment, u *tuple) {
	mss := uint32(len(cookieMSS) - 1)
	for mss > 0 && cookieMSS[mss] > max(g.options.MSS, cookieMSS[0]) {
		mss--
	}
	if g.options.MSS == 0 {
		mss = 1
	}
	options := wire.TCPOptions{}
	o, err := p.net.Reply(pkt, wire.TCPLen+4)
	if err != nil {
		return
	}
	options.MSS = uint16(min(o.Route.Room-wire.TCPLen, 0xffff))
	options.Put(o.Bytes[wire.TCPLen:])
	f := wire.TCPFields{
		SrcPort: u.local.Port, DstPort: u.remote.Port, Ack: uint32(g.seq.add(1)), Flags: wire.SYN | wire.ACK, Window: 0xffff,
		Seq: uint32(p.cookie(u, g.seq, uint32(p.net.Now()/cookieTime), mss)),
	}
	p.counters.SyncookiesSent.Add(1)
	p.counters.OutSegs.Add(1)
	p.put(o, &f, options.Len())
	p.net.Send(o)
}

// takeCookie looks whether an ACK brings a cookie back, and makes the connection that it stands for.
func (s *Socket) takeCookie(pkt *inet.Packet, g *segment, u *tuple) bool {
	now := s.p.net.Now()
	s.mu.Lock()
	l := s.listener
	if l == nil || now >= l.cookiesUntil || l.full() {
		s.mu.Unlock()
		return false
	}
	s.mu.Unlock()
	iss, irs := g.ack.add(-1), g.seq.add(-1)
	time := uint32(now / cookieTime)
	if (time-uint32(iss)>>27)&31 == 1 {
		time--
	}
	mss := uint32(iss) >> 24 & 7
	if s.p.cookie(u, irs, time, mss) != iss {
		s.p.counters.SyncookiesFailed.Add(1)
		return false
	}
	s.p.counters.SyncookiesRecv.Add(1)
	syn := segment{seq: irs, flags: wire.SYN, window: g.window, options: wire.TCPOptions{MSS: cookieMSS[mss]}}
	c := s.child(l, u)
	return c.begin(pkt, &syn, func(c *conn) {
		c.iss, c.una, c.nxt, c.top = iss, iss, iss.add(1), iss.add(1)
		c.synDue, c.lastSent = false, now
		c.retries = 1 // the round trip was not measured
		c.input(now, g)
	})
}
