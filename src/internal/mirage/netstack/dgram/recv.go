package dgram

import "internal/mirage/netstack/inet"

// Recv copies the payload of the first waiting datagram to b and, unless peek is set, forgets it. It returns
// how many octets it copied. The errors are the pending error (which it clears), EAGAIN and EBADF. After
// Shutdown for reading and the last datagram it returns 0, a zero Datagram and nil.
func (s *Socket) Recv(b []byte, peek bool) (int, Datagram, error) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	switch {
	case s.Closed:
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
		s.memory.used.Add(int64(s.queue.size() - size))
	}
	return n, d, nil
}

// NextSize returns the size of the first waiting datagram, 0 if there is none (FIONREAD).
func (s *Socket) NextSize() int {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.queue.count == 0 {
		return 0
	}
	return s.queue.front().Size
}

// Waiting returns what the datagrams that wait count for, in octets, and how many there was no room for.
func (s *Socket) Waiting() (octets int, drops uint64) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.queue.cost(), s.drops
}

// A Verdict is what became of a datagram that was received.
type Verdict uint8

const (
	Taken    Verdict = iota
	Unwanted         // the socket is closed, or shut down, or does not want that source
	Full             // its queue is
	NoMemory         // all sockets together have too much
)

// Put puts a datagram into the queue, or drops it.
func (s *Socket) Put(d *Datagram, payload []byte) Verdict {
	s.Mu.Lock()
	if s.Closed || s.noRead || s.picky && !s.wants(d) {
		s.Mu.Unlock()
		return Unwanted
	}
	if s.queue.cost()+recordCost+len(payload) > s.Opts.RecvBuffer && s.queue.count > 0 {
		s.drops++
		s.Mu.Unlock()
		return Full
	}
	if more := int64(s.queue.grown(len(payload)) - s.queue.size()); more > 0 && s.memory.used.Add(more) > s.memory.limit.Load() {
		s.memory.used.Add(-more)
		s.drops++
		s.Mu.Unlock()
		return NoMemory
	}
	s.queue.push(d, payload)
	notify := s.notify
	s.Mu.Unlock()
	if notify != nil {
		notify(true, false)
	}
	return Taken
}
