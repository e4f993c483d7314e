package tcp

import "internal/mirage/netstack/inet"

// Options are what setsockopt sets. Connections that Accept returns have their listener's.
type Options struct {
	settings
	ReuseAddr   bool  // others with ReuseAddr may bind the same address, unless one listens
	ReusePort   bool  // others with ReusePort may bind the same address; connections are spread over them
	Iface       int   // SO_BINDTODEVICE: index of the only interface used, 0 for any
	TellErrors  bool  // an ICMP error is told at once, though the connection goes on (ip(7), IP_RECVERR);
	TellErrors6 bool  // the same of IPv6
	V6Only      bool  // an IPv6 socket takes no IPv4
	FreeBind    bool  // an address may be bound that is not ours, or not yet (ip(7), IP_FREEBIND)
	LeastTTL    uint8 // what comes with less is passed over (RFC 5082);
	LeastHops   uint8 // the same for IPv6
	MaxSegment  int   // octets of a segment at most (tcp(7), TCP_MAXSEG); 0: what the path takes
	TTL         uint8
	TOS         uint8
	Hops        uint8 // the same for IPv6
	Class       uint8
	Linger      int // seconds that Close may take; 0: Close resets; negative: as if there were no such option
	SendBuffer  int // octets; 0: grows with the path
	RecvBuffer  int
}

// defaults are RFC 9293 section 3.8.4's two hours, and Linux's net.ipv4.tcp_keepalive_intvl and _probes.
var defaults = Options{
	settings: settings{keepIdle: 7200e9, keepInterval: 75e9, keepCount: 9},
	Linger:   -1,
}

// Settings that connections look at themselves, with their times in nanoseconds.
func (o *Options) SetNoDelay(on bool)       { o.noDelay = on }
func (o *Options) SetCork(on bool)          { o.cork = on }
func (o *Options) SetKeepAlive(on bool)     { o.keepAlive = on }
func (o *Options) SetKeepIdle(ns int64)     { o.keepIdle = max(ns, 1) }
func (o *Options) SetKeepInterval(ns int64) { o.keepInterval = max(ns, 1e6) }
func (o *Options) SetKeepCount(n int)       { o.keepCount = n }
func (o *Options) SetUserTimeout(ns int64)  { o.userTimeout = ns }
func (o *Options) SetNewReno(on bool)       { o.reno = on }

// SetDeferAccept has connections wait for data before they can be accepted, for about so many seconds: for as many time-outs of the
// handshake as that takes, of which the first is a second and each the double of the one before.
func (o *Options) SetDeferAccept(seconds int) {
	o.deferAccept = 0
	for until := 0; until < seconds && o.deferAccept < 255; until += o.deferPeriod() {
		o.deferAccept++
	}
}

// deferPeriod is the last of the time-outs, seconds.
func (o *Options) deferPeriod() int {
	return int(min(int64(1e9)<<min(o.deferAccept-1, 30), maxRTO) / 1e9)
}

// DeferAccept is the time that SetDeferAccept has set, seconds.
func (o *Options) DeferAccept() (seconds int) {
	for p := *o; p.deferAccept > 0; p.deferAccept-- {
		seconds += p.deferPeriod()
	}
	return seconds
}

func (o *Options) NoDelay() bool       { return o.noDelay }
func (o *Options) Cork() bool          { return o.cork }
func (o *Options) KeepAlive() bool     { return o.keepAlive }
func (o *Options) KeepIdle() int64     { return o.keepIdle }
func (o *Options) KeepInterval() int64 { return o.keepInterval }
func (o *Options) KeepCount() int      { return o.keepCount }
func (o *Options) UserTimeout() int64  { return o.userTimeout }
func (o *Options) NewReno() bool       { return o.reno }

// Options returns the socket's options.
func (s *Socket) Options() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options
}

// Configure changes the options by f, which is called under the socket's lock. The errors are ENODEV (no
// such Iface) and EINVAL (V6Only of a bound socket).
func (s *Socket) Configure(f func(o *Options)) error {
	s.mu.Lock()
	o := s.options
	f(&o)
	if o.Iface != s.options.Iface && o.Iface != 0 {
		if !s.p.hasInterface(o.Iface) {
			s.mu.Unlock()
			return inet.ENODEV
		}
	}
	if s.bound != nil && o.V6Only != s.options.V6Only {
		s.mu.Unlock()
		return inet.EINVAL
	}
	s.options, s.routeGen = o, 0
	if s.bound != nil {
		b := *s.bound
		b.iface, b.reuseAddr, b.reusePort = o.Iface, o.ReuseAddr, o.ReusePort
		s.publish(&b)
	}
	c := s.conn
	if c == nil || c.state == closed {
		s.mu.Unlock()
		return nil
	}
	now := s.p.net.Now()
	c.configure(now, &o)
	s.settle(now, 0)
	return nil
}

// tooFar reports whether a segment comes from farther away than the user believes: RFC 5082 section 3.
func (o *Options) tooFar(pkt *inet.Packet) bool {
	if pkt.Src.Is4() {
		return pkt.TTL < o.LeastTTL
	}
	return pkt.TTL < o.LeastHops
}

// configure takes changed options.
func (c *conn) configure(now int64, o *Options) {
	sndLimit, sndAuto, rcvAuto := c.sndLimit, c.sndAuto, c.rcvAuto
	reno := c.reno
	if c.settings = o.settings; c.reno != reno && c.cong != nil {
		c.startCongestion()
	}
	if c.sndLimit, c.sndAuto = sndLimit, sndAuto; o.SendBuffer != 0 {
		c.sndLimit, c.sndAuto = o.SendBuffer, false
	}
	if c.rcvAuto = rcvAuto; o.RecvBuffer != 0 {
		c.rcvLimit, c.rcvAuto = o.RecvBuffer, false
	}
	c.restartKeepAlive(now)
}

// everStood reports whether the handshake was completed.
func (c *conn) everStood() bool { return c.una != c.iss }
