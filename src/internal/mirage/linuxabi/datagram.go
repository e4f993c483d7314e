package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/dgram"
	"internal/mirage/netstack/wire"
	"sync/atomic"
)

// Sockets of datagrams on IP (udp(7), raw(7)): those of packages netstack/udp and netstack/raw, as Linux shows them.

// A datagramEnd is a socket of one of these packages.
type datagramEnd interface {
	Bind(local wire.AddrPort) error
	Connect(remote wire.AddrPort) error
	Disconnect() error
	Local() wire.AddrPort
	Remote() (peer wire.AddrPort, ok bool)
	Send(b []byte, c dgram.Control) (int, error)
	SendTo(b []byte, to wire.AddrPort, c dgram.Control) (int, error)
	Recv(b []byte, peek bool) (int, dgram.Datagram, error)
	RecvFailure() (dgram.Failure, error)
	PathMTU() (int, error)
	TakePath() dgram.Path
	NextSize() int
	Waiting() (octets int, drops uint64)
	Notify(f func(readable, writable bool))
	Ready() (readable, writable, failed, hungUp bool)
	Options() dgram.Options
	Configure(f func(o *dgram.Options)) error
	Join(group wire.Addr, iface int) error
	Leave(group wire.Addr, iface int) error
	JoinSource(group, src wire.Addr, iface int) error
	LeaveSource(group, src wire.Addr, iface int) error
	BlockSource(group, src wire.Addr, iface int) error
	UnblockSource(group, src wire.Addr, iface int) error
	TakeError() error
	Shutdown(read, write bool) error
	Close() error
}

// datagramSocket is one of them.
type datagramSocket struct {
	socketBase
	end     datagramEnd
	changed waitQueue
	wanted  atomic.Uint32 // ancillary data that receivers ask for: bits, by option number of level IPPROTO_IP, or want...
}

// over makes the socket stand on another.
func (s *datagramSocket) over(end datagramEnd, domain, kind, protocol int) {
	s.domain, s.kind, s.protocol, s.end = domain, kind, protocol, end
	end.Notify(s.notify)
}

// within is what of the stack is behind it.
func (s *datagramSocket) within() any { return s.end }

// notify passes on what the stack says.
func (s *datagramSocket) notify(readable, writable bool) {
	var events uint32
	if readable {
		events |= pollIn
	}
	if writable {
		events |= pollOut
	}
	s.changed.notify(events)
}

func (s *datagramSocket) bind(p *Process, addr []byte) linux.Errno {
	local, e := s.inet(addr)
	if e != 0 {
		return e
	}
	if !local.Addr.IsUnspecified() {
		p.net.await(local.Addr)
	}
	return errno(s.end.Bind(local))
}

func (s *datagramSocket) connect(p *Process, addr []byte) linux.Errno {
	if len(addr) < 2 {
		return linux.EINVAL
	}
	if family(addr) == linux.AF_UNSPEC {
		return errno(s.end.Disconnect())
	}
	remote, e := s.inet(addr)
	if e != 0 {
		return e
	}
	p.net.await(remote.Addr)
	return errno(s.end.Connect(remote))
}

func (s *datagramSocket) listen(p *Process, backlog int) linux.Errno { return linux.EOPNOTSUPP }

func (s *datagramSocket) accept(p *Process) (socket, []byte, linux.Errno) {
	return nil, nil, linux.EOPNOTSUPP
}

func (s *datagramSocket) name() []byte {
	var b inetName
	return b.put(&s.socketBase, s.end.Local())
}

func (s *datagramSocket) peer() ([]byte, linux.Errno) {
	remote, ok := s.end.Remote()
	if !ok {
		return nil, linux.ENOTCONN
	}
	var b inetName
	return b.put(&s.socketBase, remote), 0
}

// unsupported are flags that would change what is sent: they are refused rather than forgotten.
const unsupported = linux.MSG_OOB | linux.MSG_MORE | linux.MSG_DONTROUTE

// transmit sends one datagram; to is the peer if ok is false.
func (s *datagramSocket) transmit(p *Process, b []byte, to wire.AddrPort, ok bool, c dgram.Control, flags uintptr) (int, linux.Errno) {
	if flags&unsupported != 0 {
		return 0, linux.EOPNOTSUPP
	}
	if !ok {
		n, err := s.end.Send(b, c)
		return n, errno(err)
	}
	p.net.await(to.Addr)
	n, err := s.end.SendTo(b, to, c)
	return n, errno(err)
}

// sendto is the whole of the system call for this kind of socket: the way of most datagrams, without garbage.
func (s *datagramSocket) sendto(p *Process, d *description, b []byte, a args) (uintptr, linux.Errno) {
	var to wire.AddrPort
	if a.a5 != 0 {
		addr, e := userAddr(a.a5, a.a6)
		if e != 0 {
			return 0, e
		}
		if to, e = s.inet(addr); e != 0 {
			return 0, e
		}
	}
	n, e := s.transmit(p, b, to, a.a5 != 0, dgram.Control{}, a.a4)
	if e == linux.EAGAIN && a.a4&linux.MSG_DONTWAIT == 0 && !d.nonblocking() {
		n, e = d.wait(until(&s.sendTimeout), func() (int, linux.Errno) {
			return s.transmit(p, b, to, a.a5 != 0, dgram.Control{}, a.a4)
		})
	}
	return uintptr(n), e
}

// recvfrom is the whole of the system call for this kind of socket.
func (s *datagramSocket) recvfrom(p *Process, d *description, b []byte, a args) (uintptr, linux.Errno) {
	if a.a4&linux.MSG_ERRQUEUE != 0 {
		return s.recvFailure(b, a)
	}
	n, g, e := s.take(b, a.a4)
	if e == linux.EAGAIN && a.a4&linux.MSG_DONTWAIT == 0 && !d.nonblocking() {
		n, e = d.wait(until(&s.receiveTimeout), func() (_ int, e linux.Errno) {
			n, g, e = s.take(b, a.a4)
			return n, e
		})
	}
	if e != 0 {
		return 0, e
	}
	if a.a5 != 0 {
		var from inetName
		if e := storeAddr(a.a5, a.a6, from.put(&s.socketBase, g.From)); e != 0 {
			return 0, e
		}
	}
	if a.a4&linux.MSG_TRUNC != 0 {
		n = g.Size
	}
	return uintptr(n), 0
}

// take receives one datagram.
func (s *datagramSocket) take(b []byte, flags uintptr) (int, dgram.Datagram, linux.Errno) {
	if flags&linux.MSG_OOB != 0 {
		return 0, dgram.Datagram{}, linux.EOPNOTSUPP
	}
	n, g, err := s.end.Recv(b, flags&linux.MSG_PEEK != 0)
	return n, g, errno(err)
}

func (s *datagramSocket) send(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	var to wire.AddrPort
	var e linux.Errno
	if len(m.addr) > 0 {
		if to, e = s.inet(m.addr); e != 0 {
			return 0, e
		}
	}
	c, e := parseControl(m.control)
	if e != 0 {
		return 0, e
	}
	return s.transmit(p, b, to, len(m.addr) > 0, c, flags)
}

// parseControl reads the ancillary data of ip(7) and ipv6(7).
func parseControl(b []byte) (c dgram.Control, e linux.Errno) {
	e = eachControl(b, func(level, kind int32, data []byte) linux.Errno {
		switch {
		case level == linux.SOL_SOCKET:
			return linux.EINVAL
		case level == linux.IPPROTO_IPV6:
			return parseControl6(&c, kind, data)
		case level == linux.IPPROTO_UDP && kind == linux.UDP_SEGMENT && len(data) == 2:
			c.Segment = get16(data)
			return 0
		case level == linux.IPPROTO_UDP:
			return linux.EINVAL
		case level != linux.IPPROTO_IP:
			return 0 // another protocol's
		case kind == linux.IP_PKTINFO && len(data) == 12:
			c.Iface = int(int32(get32(data)))
			if src := wire.V4(data[4], data[5], data[6], data[7]); !src.IsUnspecified() {
				c.Src = src
			}
			return 0
		case kind == linux.IP_TTL && len(data) == 4:
			ttl := int32(get32(data))
			c.TTL = uint8(ttl)
			if ttl < 1 || ttl > 255 {
				return linux.EINVAL
			}
			return 0
		case kind == linux.IP_TOS && (len(data) == 1 || len(data) == 4):
			c.TOS = data[0]
			return 0
		}
		return linux.EINVAL
	})
	return c, e
}

func (s *datagramSocket) receive(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	if flags&linux.MSG_ERRQUEUE != 0 {
		return s.takeFailure(b, m)
	}
	if s.wanted.Load()&wantPath6 != 0 && s.takePath(m) {
		return 0, 0
	}
	n, g, e := s.take(b, flags)
	if e != 0 {
		return 0, e
	}
	var from inetName
	m.addr, m.size = from.put(&s.socketBase, g.From), g.Size
	if g.Size > n {
		m.flags |= linux.MSG_TRUNC
	}
	wanted := s.wanted.Load()
	if wanted&(wantTime|wantTimeNS) != 0 {
		m.addTime(wanted&wantTimeNS != 0, wallClock()-nanotime()+g.Time)
	}
	if wanted&(wantInfo6|wantHops6|wantClass6) != 0 {
		control6(m, wanted, &g)
	}
	if g.Dst.Is4() {
		control4(m, wanted, &g)
	}
	return n, 0
}

// control4 adds the ancillary data of ip(7) that is asked for.
func control4(m *message, wanted uint32, g *dgram.Datagram) {
	if wanted>>linux.IP_PKTINFO&1 != 0 {
		var info [12]byte
		put32(info[:], uint32(g.Iface))
		dst := g.Dst.As4()
		copy(info[4:], dst[:])
		copy(info[8:], dst[:])
		m.addControl(linux.IPPROTO_IP, linux.IP_PKTINFO, info[:])
	}
	if wanted>>linux.IP_RECVTTL&1 != 0 {
		m.addControl(linux.IPPROTO_IP, linux.IP_TTL, intValue(int(g.TTL)))
	}
	if wanted>>linux.IP_RECVTOS&1 != 0 {
		m.addControl(linux.IPPROTO_IP, linux.IP_TOS, []byte{g.TOS})
	}
}

func (s *datagramSocket) shutdown(read, write bool) linux.Errno {
	return errno(s.end.Shutdown(read, write))
}

func (s *datagramSocket) read(d *description, b []byte) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0 // whatever waits (sock_read_iter)
	}
	n, _, err := s.end.Recv(b, false)
	return n, errno(err)
}

func (s *datagramSocket) write(d *description, b []byte) (int, linux.Errno) {
	n, err := s.end.Send(b, dgram.Control{})
	return n, errno(err)
}

func (s *datagramSocket) waiting() int { return s.end.NextSize() }

// unsent is nothing: a datagram is the card's when it is sent.
func (s *datagramSocket) unsent() (int, linux.Errno) { return 0, 0 }

func (s *datagramSocket) ready(d *description) (events uint32) {
	readable, writable, failed, hungUp := s.end.Ready()
	if readable {
		events |= pollIn
	}
	if writable {
		events |= pollOut
	}
	if failed {
		events |= linux.EPOLLERR
	}
	if hungUp {
		events |= linux.EPOLLHUP
	}
	return events
}

func (s *datagramSocket) mode() uint32           { return linux.S_IFSOCK | 0o777 }
func (s *datagramSocket) queue() *waitQueue      { return &s.changed }
func (s *datagramSocket) release(d *description) { s.end.Close() }
