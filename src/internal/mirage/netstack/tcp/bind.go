package tcp

import (
	"internal/byteorder"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Ports that are given to sockets that ask for none: Linux's net.ipv4.ip_local_port_range.
const (
	firstEphemeral = 32768
	lastEphemeral  = 60999
	numEphemeral   = lastEphemeral - firstEphemeral + 1
)

// Bind fixes the local address; an unspecified Addr stands for all, port 0 for one of the socket's choice. The errors are
// EADDRINUSE, EADDRNOTAVAIL, EINVAL (bound already), EAFNOSUPPORT.
func (s *Socket) Bind(local wire.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.family(local.Addr)
	switch {
	case s.closed:
		return inet.EBADF
	case s.bound != nil, s.conn != nil, err == inet.ENETUNREACH:
		return inet.EINVAL
	case err != nil:
		return err
	case local.Addr.IsLinkLocal(): // it says by which interface: RFC 4007 section 6
		if s.options.Iface == 0 {
			s.options.Iface = int(local.Zone)
		}
		if s.options.Iface == 0 || local.Zone != 0 && int(local.Zone) != s.options.Iface {
			return inet.EINVAL
		}
	}
	switch to := s.p.net.Local(local.Addr, s.options.Iface); {
	case local.Addr.IsUnspecified(), to == inet.Own, to == inet.Foreign && s.options.FreeBind:
	default:
		return inet.EADDRNOTAVAIL
	}
	return s.bind(local)
}

// family checks that the socket may use an address of a's family: EAFNOSUPPORT, or ENETUNREACH for IPv4 with V6Only.
func (s *Socket) family(a wire.Addr) error {
	if !s.v6 && !a.Is4() {
		return inet.EAFNOSUPPORT
	}
	if s.v6 && s.options.V6Only && a.Is4() {
		return inet.ENETUNREACH
	}
	return nil
}

// bind puts the socket among its port's. s.mu is held.
func (s *Socket) bind(local wire.AddrPort) error {
	b := &binding{
		socket: s, local: local.Addr, iface: s.options.Iface, v6only: s.options.V6Only,
		reuseAddr: s.options.ReuseAddr, reusePort: s.options.ReusePort,
	}
	p := s.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if local.Port == 0 {
		if local.Port = p.unboundPort(b); local.Port == 0 {
			return inet.EADDRINUSE
		}
	} else if !p.ports.free(local.Port, b, (*binding).conflicts) {
		return inet.EADDRINUSE
	}
	p.ports.set(local.Port, s, b)
	s.bound, s.port = b, local.Port
	return nil
}

// unboundPort returns a port that nothing overlapping b has, 0 if there is none: the first from a random one on (RFC 6056
// section 3.3.1).
func (p *Protocol) unboundPort(b *binding) uint16 {
	var random [4]byte
	p.net.Random(random[:])
	start := byteorder.LEUint32(random[:]) % numEphemeral
	for k := range uint32(numEphemeral) {
		if port := uint16(firstEphemeral + (start+k)%numEphemeral); p.ports.free(port, b, (*binding).overlaps) {
			return port
		}
	}
	return 0
}

// publish puts b in place of the socket's binding; nil takes it away. s.mu is held.
func (s *Socket) publish(b *binding) {
	if s.bound == nil {
		return
	}
	s.p.mu.Lock()
	s.p.ports.set(s.port, s, b)
	s.p.mu.Unlock()
	s.bound = b
}

// Connect begins a connection: EINPROGRESS while it is on its way, EALREADY when asked again meanwhile, nil once when it
// stands, or why it does not. The other errors are EISCONN, EAFNOSUPPORT, EADDRNOTAVAIL (no free port), EADDRINUSE, and
// Route's.
func (s *Socket) Connect(remote wire.AddrPort) error {
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		return inet.EBADF
	case s.listener != nil:
		s.mu.Unlock()
		return inet.EISCONN
	case s.conn != nil:
		defer s.mu.Unlock()
		return s.connectAgain()
	}
	now := s.p.net.Now()
	if err := s.prepare(now, remote); err != nil {
		s.mu.Unlock()
		return err
	}
	s.connecting = true
	s.p.counters.ActiveOpens.Add(1)
	s.conn.open(now)
	s.settle(now, 0)
	return inet.EINPROGRESS
}

// connectAgain says what has become of the connection.
func (s *Socket) connectAgain() error {
	state := s.conn.state
	switch {
	case state == synSent || state == synReceived:
		return inet.EALREADY
	case state == closed && !s.conn.everStood():
		s.leaveTable()
		s.conn, s.connecting = nil, false // it may be tried again
		if err := s.takeError(); err != nil {
			return err
		}
		return inet.ECONNABORTED
	case s.connecting:
		s.connecting = false
		return nil
	}
	return inet.EISCONN
}

// prepare finds the way to remote and a port, and makes the connection. s.mu is held.
func (s *Socket) prepare(now int64, remote wire.AddrPort) error {
	if err := s.family(remote.Addr); err != nil {
		return err
	}
	from, iface := s.any(), s.options.Iface
	if s.bound != nil {
		from = s.bound.local
	}
	if remote.Zone != 0 {
		if iface != 0 && iface != int(remote.Zone) {
			return inet.EINVAL
		}
		iface = int(remote.Zone)
	}
	r, err := s.p.net.Route(remote.Addr, from, iface)
	if err != nil {
		return err
	}
	if r.To == inet.Broadcast || r.To == inet.Multicast {
		return inet.ENETUNREACH
	}
	s.tuple = tuple{wire.AddrPort{Addr: r.Src, Port: s.port}, wire.On(r.Dst, remote.Port, iface)}
	if s.bound == nil {
		err = s.choosePort()
	} else if !s.p.table.add(s) {
		err = inet.EADDRNOTAVAIL
	}
	if err != nil {
		return err
	}
	s.inTable = true
	s.out.Route, s.routeGen = r, s.p.net.Generation()
	s.conn = newConn(s.setup(now, r.Room))
	return nil
}

// choosePort takes a local port with which the connection is the only one: RFC 6056 section 3.3.3, algorithm 3. A port that
// somebody has bound is left to him.
func (s *Socket) choosePort() error {
	p := s.p
	start := uint32(s.tuple.hash(p.secret, forPort)) + p.lastPort.Add(1)
	for k := range uint32(numEphemeral) {
		port := uint16(firstEphemeral + (start+k)%numEphemeral)
		if len(p.ports.at(port)) > 0 {
			continue
		}
		if s.tuple.local.Port = port; p.table.add(s) {
			return nil
		}
	}
	return inet.EADDRNOTAVAIL
}

// setup is what the socket's connection is made with, on a path that takes room octets of TCP.
func (s *Socket) setup(now int64, room int) setup {
	o := &s.options
	c := setup{
		settings: o.settings, memory: &s.p.memory, count: &s.p.counters, iss: initialSequence(s.p.secret, now, &s.tuple),
		segment: room - wire.TCPLen, least: leastSegment, clock: clockOffset(s.p.secret, &s.tuple),
	}
	if !s.tuple.remote.Addr.Is4() {
		c.least = leastSegment6
	}
	if o.MaxSegment != 0 {
		c.segment = min(c.segment, o.MaxSegment)
	}
	c.sndLimit, c.sndAuto = o.SendBuffer, o.SendBuffer == 0
	if c.sndAuto {
		c.sndLimit = firstBuffer
	}
	if c.rcvLimit, c.rcvAuto = o.RecvBuffer, o.RecvBuffer == 0; c.rcvAuto {
		c.rcvLimit = max(firstBuffer, min(8*room, 8*firstBuffer))
	}
	return c
}

// hasInterface reports whether there is an interface with that index.
func (p *Protocol) hasInterface(index int) bool {
	_, err := p.net.Route(wire.Loopback4, wire.Any4, index)
	return err == nil // loopback is always there
}

// Disconnect ends the connection with a RST, as connect(2) to AF_UNSPEC does; the socket may be used again.
func (s *Socket) Disconnect() error {
	s.mu.Lock()
	c := s.conn
	switch {
	case s.closed:
		s.mu.Unlock()
		return inet.EBADF
	case c == nil:
		s.mu.Unlock()
		return nil
	}
	c.abort(0)
	c.leave(s.p.net.Now()) // what has come is forgotten
	s.settle(s.p.net.Now(), 0)
	s.mu.Lock()
	s.leaveTable()
	s.conn, s.err, s.connecting, s.noRead, s.noWrite = nil, 0, false, false, false
	s.mu.Unlock()
	return nil
}
