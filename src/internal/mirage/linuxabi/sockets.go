package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"sync/atomic"
)

// Sockets: the calls that are the same for every family.

// A socket is a file that is one. Like every file's its methods never wait. Addresses are the bytes of a struct
// sockaddr, at most SizeofSockaddr of them.
type socket interface {
	file
	common() *socketBase
	bind(p *Process, addr []byte) linux.Errno
	// connect answers EINPROGRESS when the connection is on its way, then EALREADY, and 0 once it is made.
	connect(p *Process, addr []byte) linux.Errno
	listen(p *Process, backlog int) linux.Errno
	// accept returns the next connection, and where it came from: it may be over already.
	accept(p *Process) (s socket, from []byte, e linux.Errno)
	name() []byte
	peer() ([]byte, linux.Errno)
	// send sends b, and receive fills b, with what else there is in m. Of flags those that a family may know are given.
	send(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno)
	receive(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno)
	setOption(p *Process, level, name uintptr, value []byte) linux.Errno
	option(p *Process, level, name uintptr) ([]byte, linux.Errno)
	shutdown(read, write bool) linux.Errno
}

// A message is what goes along with the bytes of send and receive.
type message struct {
	addr    []byte // where it goes to or came from
	control []byte // ancillary data to be sent, or received
	room    int    // for ancillary data to be received, bytes
	flags   int32  // of a received message
	size    int    // of a received datagram, whole
}

// socketBase is what sockets of all families have.
type socketBase struct {
	domain, kind, protocol int
	receiveTimeout         atomic.Int64 // nanoseconds, 0: none
	sendTimeout            atomic.Int64
	flags                  atomic.Uint32 // options that are remembered and no more, by number
	linger                 atomic.Uint64 // a struct linger
	sendBuffer             atomic.Int32  // what SO_SNDBUF has granted to a family that sends at once; 0: the default
	hints                  hints
}

func (s *socketBase) common() *socketBase { return s }

// until returns when a call has to give up, EAGAIN then (socket(7), SO_RCVTIMEO).
func until(timeout *atomic.Int64) int64 {
	if ns := timeout.Load(); ns != 0 {
		return deadlineAfter(ns)
	}
	return noDeadline
}

// newSocket makes a socket. The errors are Linux's for what is not there: EAFNOSUPPORT, ESOCKTNOSUPPORT,
// EPROTONOSUPPORT.
func (p *Process) newSocket(domain, kind, protocol int) (socket, linux.Errno) {
	switch {
	case domain < 0 || domain >= linux.AF_MAX:
		return nil, linux.EAFNOSUPPORT
	case kind <= 0 || kind >= linux.SOCK_MAX:
		return nil, linux.EINVAL
	}
	switch domain {
	case linux.AF_INET, linux.AF_INET6:
		return p.newInetSocket(domain, kind, protocol)
	case linux.AF_UNIX:
		return newUnixSocket(kind, protocol)
	case linux.AF_NETLINK:
		return newNetlinkSocket(kind, protocol)
	case linux.AF_PACKET:
		return p.newPacketSocket(kind, protocol)
	}
	return nil, linux.EAFNOSUPPORT
}

// socketFlags splits the type argument of socket. The error is EINVAL.
func socketFlags(a uintptr) (kind, flags int, cloexec bool, e linux.Errno) {
	flags = int(a) & linux.SOCK_NONBLOCK
	cloexec = a&linux.SOCK_CLOEXEC != 0
	kind = int(int32(a) &^ (linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC))
	if kind&^linux.SOCK_TYPE_MASK != 0 {
		e = linux.EINVAL
	}
	return kind, flags | linux.O_RDWR, cloexec, e
}

func socketCall(p *Process, a args) (uintptr, linux.Errno) {
	kind, flags, cloexec, e := socketFlags(a.a2)
	if e != 0 {
		return 0, e
	}
	s, e := p.newSocket(int(int32(a.a1)), kind, int(int32(a.a3)))
	if e != 0 {
		return 0, e
	}
	return p.installFile(s, flags, cloexec)
}

func socketpair(p *Process, a args) (uintptr, linux.Errno) {
	kind, flags, cloexec, e := socketFlags(a.a2)
	if e != 0 {
		return 0, e
	}
	domain, protocol := int(int32(a.a1)), int(int32(a.a3))
	s, e := p.newSocket(domain, kind, protocol)
	if e != 0 {
		return 0, e
	}
	one, ok := s.(*unixSocket)
	if !ok {
		s.release(nil)
		return 0, linux.EOPNOTSUPP
	}
	two := one.pair()
	return 0, p.installPair(a.a4, newDescription(one, flags), newDescription(two, flags), cloexec)
}

// socket returns the socket behind a descriptor. The errors are EBADF and ENOTSOCK.
func (p *Process) socket(a uintptr) (*description, socket, linux.Errno) {
	d, e := p.fds.get(fd(a))
	if e != 0 {
		return nil, nil, e
	}
	s, ok := d.file.(socket)
	if !ok {
		e = linux.ENOTSOCK
		if d.path {
			e = linux.EBADF
		}
		d.put()
		return nil, nil, e
	}
	return d, s, 0
}

func bind(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	addr, e := userAddr(a.a2, a.a3)
	if e != 0 {
		return 0, e
	}
	return 0, s.bind(p, addr)
}

func listen(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	return 0, s.listen(p, int(int32(a.a2)))
}

func accept4(p *Process, a args) (uintptr, linux.Errno) {
	if a.a4&^(linux.SOCK_NONBLOCK|linux.SOCK_CLOEXEC) != 0 {
		return 0, linux.EINVAL
	}
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if e := p.fds.spare(); e != 0 {
		return 0, e
	}
	c, from, e := s.accept(p)
	if e == linux.EAGAIN && !d.nonblocking() {
		_, e = d.wait(until(&s.common().receiveTimeout), func() (_ int, e linux.Errno) {
			c, from, e = s.accept(p)
			return 0, e
		})
	}
	if e != 0 {
		return 0, e
	}
	nd := newDescription(c, linux.O_RDWR|int(a.a4&linux.SOCK_NONBLOCK))
	if a.a2 != 0 {
		if e := storeAddr(a.a2, a.a3, from); e != 0 {
			nd.put()
			return 0, e
		}
	}
	r, e := p.fds.install(nd, 0, a.a4&linux.SOCK_CLOEXEC != 0)
	return uintptr(r), e
}

func accept(p *Process, a args) (uintptr, linux.Errno) {
	return accept4(p, args{a1: a.a1, a2: a.a2, a3: a.a3})
}

func connect(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	addr, e := userAddr(a.a2, a.a3)
	if e != 0 {
		return 0, e
	}
	e = s.connect(p, addr)
	if e != linux.EINPROGRESS && e != linux.EAGAIN || d.nonblocking() {
		return 0, e
	}
	_, e = d.wait(until(&s.common().sendTimeout), func() (int, linux.Errno) {
		e := s.connect(p, addr)
		if e == linux.EALREADY || e == linux.EINPROGRESS {
			e = linux.EAGAIN
		}
		return 0, e
	})
	if e == linux.EISCONN {
		e = 0 // somebody saw it before this call did
	}
	return 0, e
}

func getsockname(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if a.a2 == 0 {
		return 0, linux.EFAULT
	}
	return 0, storeAddr(a.a2, a.a3, s.name())
}

func getpeername(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	addr, e := s.peer()
	if e != 0 {
		return 0, e
	}
	if a.a2 == 0 {
		return 0, linux.EFAULT
	}
	return 0, storeAddr(a.a2, a.a3, addr)
}

func shutdown(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if a.a2 > linux.SHUT_RDWR {
		return 0, linux.EINVAL
	}
	return 0, s.shutdown(a.a2 != linux.SHUT_WR, a.a2 != linux.SHUT_RD)
}
