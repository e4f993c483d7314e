package netstack

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
)

// loops holds datagrams to groups that this host has joined itself, until they come back to it (RFC 1112 section 6.1), and
// broadcast ones, which Linux gives back too (ip_mc_output). The stack's goroutine takes them in, since who sends holds locks of
// the transport's.
type loops struct {
	mu    sync.Mutex
	timer inet.Timer
	queue []looped
}

type looped struct {
	iface    *Interface
	to       inet.Locality
	datagram []byte
}

// maxLoops bounds what waits to come back.
const maxLoops = 64

// loop makes a datagram that goes out, in two pieces, come back, if the interface receives its group. What has no source yet is
// DHCP's, and not for a server of this host's.
func (i *Interface) loop(r *inet.Route, datagram, more []byte) {
	s := i.stack
	switch {
	case i.loopback: // by which it comes in anyway
		return
	case r.To == inet.Multicast && !s.view.Load().joined(r.Dst, r.Src, i.index), r.To == inet.Broadcast && r.Src.IsUnspecified():
		return
	}
	l := &s.loops
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == maxLoops {
		return
	}
	l.queue = append(l.queue, looped{i, r.To, append(append([]byte(nil), datagram...), more...)})
	if len(l.queue) == 1 {
		s.Schedule(&l.timer, s.Now())
	}
}

// takeLoops takes in what waits.
func (s *Stack) takeLoops(int64) {
	l := &s.loops
	l.mu.Lock()
	queue := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, q := range queue {
		k := inet.Packet{Iface: q.iface.index, To: q.to, Valid: true} // it has not been on any wire
		var protocol uint8
		if b := q.datagram; b[0]>>4 == 4 {
			p := wire.IPv4(b)
			k.Src, k.Dst, k.TTL, k.TOS, k.Header, k.Payload = p.Src(), p.Dst(), p.TTL(), p.TOS(), b[:p.HeaderLen()], p.Payload()
			protocol = p.Protocol()
		} else {
			p := wire.IPv6(b)
			k.Src, k.Dst, k.TTL, k.TOS, k.Header, k.Payload = p.Src(), p.Dst(), p.HopLimit(), p.Class(), b[:wire.IPv6Len], p.Payload()
			protocol = p.Next()
			k.Zone = wire.On(k.Src, 0, k.Iface).Zone
		}
		if tap := s.tap.Load(); tap != nil {
			(*tap).Input(protocol, &k)
		}
		if t := s.transports[protocol].Load(); t != nil && protocol == wire.ProtoUDP {
			(*t).Input(&k)
		}
	}
}
