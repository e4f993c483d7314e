package udp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync/atomic"
)

// A Datagram is what Recv says about what it received.
type Datagram struct {
	From  wire.AddrPort
	Dst   wire.Addr // the address it was sent to
	Iface int       // the interface it came in by
	Size  int       // octets of its payload; more than Recv returned means that the rest is lost (MSG_TRUNC)
	TTL   uint8
	TOS   uint8
	Time  int64 // when it came, nanoseconds of the stack's clock
}

// Recv copies the payload of the first waiting datagram to b and, unless peek is set, forgets it. It returns
// how many octets it copied. The errors are the pending error (which it clears), EAGAIN and EBADF. After
// Shutdown for reading and the last datagram it returns 0, a zero Datagram and nil.
func (s *Socket) Recv(b []byte, peek bool) (int, Datagram, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return 0, Datagram{}, inet.EBADF
	case s.err != nil:
		return 0, Datagram{}, s.takeError()
	case s.queue.count == 0 && s.noRead:
		return 0, Datagram{}, nil
	case s.queue.count == 0:
		return 0, Datagram{}, inet.EAGAIN
	}
	d := *s.queue.front()
	n := s.queue.peek(b[:min(len(b), d.Size)])
	if !peek {
		size := s.queue.size()
		s.queue.pop()
		s.p.memory.Add(int64(s.queue.size() - size))
	}
	return n, d, nil
}

// NextSize returns the size of the first waiting datagram, 0 if there is none (FIONREAD).
func (s *Socket) NextSize() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue.count == 0 {
		return 0
	}
	return s.queue.front().Size
}

// deliver puts a datagram into the queue, or drops it if that is full.
func (s *Socket) deliver(pkt *inet.Packet, u wire.UDP) {
	payload := u.Payload()
	s.mu.Lock()
	if s.closed || s.noRead {
		s.mu.Unlock()
		return
	}
	if s.queue.cost()+recordCost+len(payload) > s.options.RecvBuffer && s.queue.count > 0 {
		s.mu.Unlock()
		s.drop(&s.p.counters.RcvbufErrors)
		return
	}
	if more := int64(s.queue.grown(len(payload)) - s.queue.size()); more > 0 && s.p.memory.Add(more) > s.p.limit.Load() {
		s.p.memory.Add(-more)
		s.mu.Unlock()
		s.drop(&s.p.counters.MemErrors)
		return
	}
	s.queue.push(Datagram{
		From: wire.AddrPort{Addr: pkt.Src, Zone: pkt.Zone, Port: u.SrcPort()}, Dst: pkt.Dst, Iface: pkt.Iface,
		Size: len(payload), TTL: pkt.TTL, TOS: pkt.TOS, Time: s.p.net.Now(),
	}, payload)
	notify := s.notify
	s.mu.Unlock()
	s.p.counters.InDatagrams.Add(1)
	if notify != nil {
		notify(true, false)
	}
}

func (s *Socket) drop(why *atomic.Uint64) {
	why.Add(1)
	s.p.counters.InErrors.Add(1)
}
