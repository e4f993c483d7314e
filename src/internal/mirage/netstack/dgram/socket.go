package dgram

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
	"sync/atomic"
)

// Memory is what the queues of all sockets of a protocol take together, in octets, and may take.
type Memory struct{ used, limit atomic.Int64 }

// SetLimit bounds what the queues may take.
func (m *Memory) SetLimit(octets int64) { m.limit.Store(octets) }

// Used returns what the queues take.
func (m *Memory) Used() int64 { return m.used.Load() }

// A Socket is what every socket of datagrams has. Its methods never block and may be called from any goroutine, but for those
// that say that Mu is held.
type Socket struct {
	Net    inet.Network
	V6     bool // of both families, or of IPv6 alone
	memory *Memory

	Mu        sync.Mutex // guards what follows
	Opts      Options
	Out       inet.Out  // the datagram being sent; Out.Route leads to the peer if routeGen is right
	Own       wire.Addr // the local address, unspecified for any
	Connected bool
	Peer      wire.AddrPort
	Closed    bool
	noRead    bool // shut down
	noWrite   bool
	stalled   bool   // waits for room in the card
	routeGen  uint32 // the Network's generation, 0 when Out.Route leads elsewhere
	notify    func(readable, writable bool)
	queue     queue
	drops     uint64 // datagrams for which there was no room
	err       error
	failures  []Failure
	path      Path
	groups    []group
	picky     bool // not all that comes to groups is wanted
}

// Init makes a socket ready.
func (s *Socket) Init(n inet.Network, m *Memory, v6 bool) {
	s.Net, s.memory, s.V6, s.Opts = n, m, v6, Defaults()
	s.Own = s.Any()
}

// Options returns the socket's options.
func (s *Socket) Options() Options {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.Opts
}

// SetOptions puts o in place of the options. The error is ENODEV (no such Iface). Mu is held.
func (s *Socket) SetOptions(o *Options) error {
	if o.Iface != s.Opts.Iface && o.Iface != 0 {
		if _, err := s.Net.Route(wire.Loopback4, wire.Any4, o.Iface); err != nil {
			return err // ENODEV is the only one: loopback is always there
		}
	}
	if s.Opts.RecvErr && !o.RecvErr || s.Opts.RecvErr6 && !o.RecvErr6 {
		s.failures = nil
	}
	s.Opts = *o
	s.judge()
	s.Reroute()
	return nil
}

// Reroute has the way to the peer looked for anew. Mu is held.
func (s *Socket) Reroute() { s.routeGen = 0 }

// Notify makes f be called whenever a datagram, an error or the end arrives (readable) or sending may have
// become possible (writable): after each such event, from any goroutine, without locks held. f must be quick;
// it may call the socket.
func (s *Socket) Notify(f func(readable, writable bool)) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.notify = f
}

// Ready says what a call would do now: poll's POLLIN, POLLOUT, POLLERR and POLLHUP.
func (s *Socket) Ready() (readable, writable, failed, hungUp bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	failed = s.err != nil
	readable = s.queue.count > 0 || failed || s.noRead || s.Closed
	pending := failed || len(s.failures) > 0
	writable = !s.stalled || failed || s.noWrite || s.Closed
	return readable, writable, pending, s.noRead && s.noWrite || s.Closed
}

// Any is the unspecified address of the socket's family.
func (s *Socket) Any() wire.Addr {
	if s.V6 {
		return wire.Any6
	}
	return wire.Any4
}

// Remote returns the peer; ok is false if there is none.
func (s *Socket) Remote() (peer wire.AddrPort, ok bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.Peer, s.Connected
}

// TakeError returns the pending error and clears it (SO_ERROR); nil if there is none.
func (s *Socket) TakeError() error {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	return s.takeError()
}

func (s *Socket) takeError() error {
	err := s.err
	s.err = nil
	return err
}

// unlockAndTell gives Mu back and calls what Notify was given.
func (s *Socket) unlockAndTell(readable, writable bool) {
	notify := s.notify
	s.Mu.Unlock()
	if notify != nil {
		notify(readable, writable)
	}
}

// Shutdown ends receiving, sending, or both. The error is ENOTCONN, which Linux gives for a socket without a peer;
// what was asked is done all the same.
func (s *Socket) Shutdown(read, write bool) error {
	s.Mu.Lock()
	if s.Closed {
		s.Mu.Unlock()
		return inet.EBADF
	}
	s.noRead, s.noWrite = s.noRead || read, s.noWrite || write
	connected := s.Connected
	s.unlockAndTell(true, true)
	if !connected {
		return inet.ENOTCONN
	}
	return nil
}

// End ends the socket: its datagrams are gone, and every later call gives EBADF. undo, called under Mu, takes it from where its
// protocol looks for it.
func (s *Socket) End(undo func()) error {
	s.Mu.Lock()
	if s.Closed {
		s.Mu.Unlock()
		return inet.EBADF
	}
	s.Closed = true
	undo()
	s.leaveAll()
	s.memory.used.Add(int64(-s.queue.size()))
	s.queue, s.failures = queue{}, nil
	s.unlockAndTell(true, true)
	return nil
}
