package udp

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A Protocol is UDP on one network.
type Protocol struct {
	net inet.Network
}

// New makes UDP on n and registers it there.
func New(n inet.Network) *Protocol { return &Protocol{net: n} }

// A Handler answers one datagram. query is the payload where it lies in the received frame; the answer is
// appended to dst, which lies in the frame to be sent, has length 0 and the capacity that the MTU leaves, and
// is returned. An answer that outgrows dst is sent all the same, in fragments, at the price of a copy. An
// empty one sends nothing. The handler runs in the driver's goroutine, at once for different cards, and must
// neither block nor keep dst or query.
type Handler func(dst, query []byte, from wire.AddrPort) []byte

// Handle makes h answer what comes to the port at any of the host's addresses. nil takes it away.
// The error is EADDRINUSE.
func (p *Protocol) Handle(port uint16, h Handler) error { return inet.EOPNOTSUPP }

// A Socket is one end of UDP flows. Its methods never block and may be called from any goroutine.
type Socket struct{}

// NewSocket makes a socket for IPv4, or for both families if v6 is set.
func (p *Protocol) NewSocket(v6 bool) *Socket { return &Socket{} }

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
	Iface        int // SO_BINDTODEVICE: index of the only interface used, 0 for any
	RecvBuffer   int // bytes of datagrams that may wait, each counted with a fixed overhead
}

// Options returns the socket's options.
func (s *Socket) Options() Options { return Options{} }

// Configure changes the options by f, which is called under the socket's lock.
// The errors are ENODEV (no such Iface) and EINVAL (a change that a bound socket does not take).
func (s *Socket) Configure(f func(o *Options)) error { return inet.EOPNOTSUPP }

// Notify makes f be called whenever a datagram, an error or the end arrives (readable) or sending may have
// become possible (writable): after each such event, from any goroutine, without locks held. f must be quick;
// it may call the socket.
func (s *Socket) Notify(f func(readable, writable bool)) {}

// Ready says what a call would do now: poll's POLLIN, POLLOUT, POLLERR and POLLHUP.
func (s *Socket) Ready() (readable, writable, failed, hungUp bool) { return }

// Bind fixes the local address; an unspecified Addr stands for all, port 0 for one of the socket's choice
// (RFC 6056 section 3.3.1). The errors are EADDRINUSE, EADDRNOTAVAIL, EINVAL (bound already), EAFNOSUPPORT.
func (s *Socket) Bind(local wire.AddrPort) error { return inet.EOPNOTSUPP }

// Connect fixes the peer, and the local address if it was not: only its datagrams are received, and Send may be
// used. It may be repeated. The errors are Bind's, Route's, and EACCES (broadcast without Options.Broadcast).
func (s *Socket) Connect(remote wire.AddrPort) error { return inet.EOPNOTSUPP }

// Disconnect undoes Connect, and the choice of local address and port that came with it.
func (s *Socket) Disconnect() error { return inet.EOPNOTSUPP }

// Local returns the local address, the zero AddrPort (0.0.0.0:0 for IPv4) before it has one.
func (s *Socket) Local() wire.AddrPort { return wire.AddrPort{} }

// Remote returns the peer; ok is false if there is none.
func (s *Socket) Remote() (peer wire.AddrPort, ok bool) { return wire.AddrPort{}, false }

// Control is what may go along with a datagram (IP_PKTINFO, IP_TTL, IP_TOS). A zero field says nothing.
type Control struct {
	Src   wire.Addr // source address
	Iface int       // index of the interface
	TTL   uint8
	TOS   uint8
}

// Send sends b to the peer. The errors are EDESTADDRREQ (not connected), the pending error if there is one
// (which it clears), EMSGSIZE (larger than 65507 bytes for IPv4), EAGAIN (the card is full; Notify tells when),
// EPIPE (shut down), ENOBUFS, and Route's.
func (s *Socket) Send(b []byte, c Control) (int, error) { return 0, inet.EOPNOTSUPP }

// SendTo sends b to a destination, binding the socket to a port if it is not bound. The errors are Send's, EINVAL
// (port 0), EACCES (broadcast without Options.Broadcast) and EAFNOSUPPORT.
func (s *Socket) SendTo(b []byte, to wire.AddrPort, c Control) (int, error) {
	return 0, inet.EOPNOTSUPP
}

// A Datagram is what Recv says about what it received.
type Datagram struct {
	From  wire.AddrPort
	Dst   wire.Addr // the address it was sent to
	Iface int       // the interface it came in by
	Size  int       // bytes of its payload; more than Recv returned means that the rest is lost (MSG_TRUNC)
	TTL   uint8
	TOS   uint8
	Time  int64 // when it came, nanoseconds of the stack's clock
}

// Recv copies the payload of the first waiting datagram to b and, unless peek is set, forgets it. It returns
// how many bytes it copied. The errors are the pending error (which it clears) and EAGAIN. After
// Shutdown for reading and the last datagram it returns 0, a zero Datagram and nil.
func (s *Socket) Recv(b []byte, peek bool) (int, Datagram, error) {
	return 0, Datagram{}, inet.EAGAIN
}

// NextSize returns the size of the first waiting datagram, 0 if there is none (FIONREAD).
func (s *Socket) NextSize() int { return 0 }

// TakeError returns the pending error and clears it (SO_ERROR); nil if there is none.
func (s *Socket) TakeError() error { return nil }

// Shutdown ends receiving, sending, or both. The error is ENOTCONN, which Linux gives for a socket without a peer;
// what was asked is done all the same.
func (s *Socket) Shutdown(read, write bool) error { return inet.EOPNOTSUPP }

// Close ends the socket: its port is free, its datagrams are gone, and every later call gives EBADF.
func (s *Socket) Close() error { return nil }
