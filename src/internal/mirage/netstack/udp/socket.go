package udp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
	"sync"
)

// A Socket is one end of UDP flows. Its methods never block and may be called from any goroutine.
type Socket struct {
	p  *Protocol
	v6 bool

	mu       sync.Mutex
	options  Options
	notify   func(readable, writable bool)
	bound    *binding // what is in p.ports; nil if it is not bound
	port     uint16
	chosen   chosen
	out      inet.Out // the datagram being sent; out.Route leads to the peer if routeGen is right
	routeGen uint32   // the Network's generation, 0 when out.Route leads elsewhere
	queue    queue
	err      error
	groups   []group
	stalled  bool // waits for room in the card
	noRead   bool // shut down
	noWrite  bool
	closed   bool
}

// chosen tells what Bind left open and Connect or SendTo chose, for Disconnect to undo.
type chosen struct{ addr, port bool }

// defaultRecvBuffer is Linux's net.core.rmem_default, in octets.
const defaultRecvBuffer = 212992

// NewSocket makes a socket for IPv4, or for both families if v6 is set.
func (p *Protocol) NewSocket(v6 bool) *Socket {
	return &Socket{p: p, v6: v6, options: Options{MulticastTTL: 1, MulticastHops: 1, RecvBuffer: defaultRecvBuffer}}
}

// Options are what setsockopt sets.
type Options struct {
	ReuseAddr    bool  // others with ReuseAddr may bind the same address; the last one bound receives
	ReusePort    bool  // others with ReusePort may bind the same address; flows are spread over them
	Broadcast    bool  // sending to broadcast addresses is allowed
	V6Only       bool  // an IPv6 socket takes no IPv4
	DontFragment bool  // IP_MTU_DISCOVER: datagrams larger than the MTU are EMSGSIZE, others carry DF
	TTL          uint8 // of unicast datagrams; 0: the stack's default
	MulticastTTL uint8 // of multicast datagrams; 1 at first (RFC 1112 section 6.1)
	TOS          uint8
	NoLoop       bool // multicast datagrams do not come back to this host

	// The same for IPv6 (RFC 3493 section 5, RFC 3542 section 6.5).
	Hops, MulticastHops, Class uint8
	NoLoop6                    bool

	MulticastIface, MulticastIface6 int // index of the interface for multicast datagrams, 0: the routes say

	Iface      int // SO_BINDTODEVICE: index of the only interface used, 0 for any
	RecvBuffer int // octets of datagrams that may wait, each counted with 256 more
}

// Options returns the socket's options.
func (s *Socket) Options() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options
}

// Configure changes the options by f, which is called under the socket's lock.
// The errors are ENODEV (no such Iface) and EINVAL (V6Only of a bound socket).
func (s *Socket) Configure(f func(o *Options)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.options
	f(&o)
	if s.bound != nil && o.V6Only != s.options.V6Only {
		return inet.EINVAL
	}
	if o.Iface != s.options.Iface && o.Iface != 0 {
		if _, err := s.p.net.Route(wire.Loopback4, wire.Any4, o.Iface); err != nil {
			return err // ENODEV is the only one: loopback is always there
		}
	}
	s.options, s.routeGen = o, 0
	if s.bound != nil {
		b := *s.bound
		b.iface, b.reuseAddr, b.reusePort = o.Iface, o.ReuseAddr, o.ReusePort
		s.publish(&b)
	}
	return nil
}

// Notify makes f be called whenever a datagram, an error or the end arrives (readable) or sending may have
// become possible (writable): after each such event, from any goroutine, without locks held. f must be quick;
// it may call the socket.
func (s *Socket) Notify(f func(readable, writable bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notify = f
}

// Ready says what a call would do now: poll's POLLIN, POLLOUT, POLLERR and POLLHUP.
func (s *Socket) Ready() (readable, writable, failed, hungUp bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed = s.err != nil
	readable = s.queue.count > 0 || failed || s.noRead || s.closed
	writable = !s.stalled || failed || s.noWrite || s.closed
	return readable, writable, failed, s.noRead && s.noWrite || s.closed
}

// Local returns the local address, the zero AddrPort (0.0.0.0:0 for IPv4) before it has one.
func (s *Socket) Local() wire.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bound == nil {
		return wire.AddrPort{Addr: s.any()}
	}
	return wire.On(s.bound.local, s.port, s.bound.zone())
}

// Remote returns the peer; ok is false if there is none.
func (s *Socket) Remote() (peer wire.AddrPort, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.connected() {
		return wire.AddrPort{}, false
	}
	return s.bound.remote, true
}

func (s *Socket) connected() bool { return s.bound != nil && s.bound.connected }

// any is the unspecified address of the socket's family.
func (s *Socket) any() wire.Addr {
	if s.v6 {
		return wire.Any6
	}
	return wire.Any4
}

// TakeError returns the pending error and clears it (SO_ERROR); nil if there is none.
func (s *Socket) TakeError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takeError()
}

func (s *Socket) takeError() error {
	err := s.err
	s.err = nil
	return err
}

// fail leaves an error for the next call.
func (s *Socket) fail(e inet.Errno) {
	s.mu.Lock()
	if s.closed || e == inet.EMSGSIZE && !s.options.DontFragment {
		s.mu.Unlock() // a router cannot want what we do not forbid
		return
	}
	s.err = e
	notify := s.notify
	s.mu.Unlock()
	if notify != nil {
		notify(true, true)
	}
}

// Shutdown ends receiving, sending, or both. The error is ENOTCONN, which Linux gives for a socket without a peer;
// what was asked is done all the same.
func (s *Socket) Shutdown(read, write bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return inet.EBADF
	}
	s.noRead, s.noWrite = s.noRead || read, s.noWrite || write
	notify, connected := s.notify, s.connected()
	s.mu.Unlock()
	if notify != nil {
		notify(true, true)
	}
	if !connected {
		return inet.ENOTCONN
	}
	return nil
}

// Close ends the socket: its port is free, its datagrams are gone, and every later call gives EBADF.
func (s *Socket) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return inet.EBADF
	}
	s.closed = true
	s.publish(nil)
	s.leaveAll()
	s.p.memory.Add(int64(-s.queue.size()))
	s.queue = queue{}
	notify := s.notify
	s.mu.Unlock()
	if notify != nil {
		notify(true, true)
	}
	return nil
}
