package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"sync"
	"sync/atomic"
)

// Netlink sockets of the routing family (netlink(7), rtnetlink(7), RFC 3549): they answer dumps of links, addresses,
// routes and neighbours, which is how package net lists interfaces, and requests for one link or route. Nothing is changed through
// them.

// netlinkSocket is one of them.
type netlinkSocket struct {
	socketBase
	changed waitQueue

	mu      sync.Mutex
	port    uint32   // nl_pid; 0 until the socket is bound
	answers [][]byte // datagrams that wait to be received
}

// maxAnswers bounds what waits on one socket; a dump is a datagram or a few.
const maxAnswers = 64

// netlinkPorts are the addresses of sockets that did not choose one: the first has the process's ID, as on Linux.
var netlinkPorts atomic.Uint32

func newNetlinkSocket(kind, protocol int) (socket, linux.Errno) {
	if kind != linux.SOCK_RAW && kind != linux.SOCK_DGRAM {
		return nil, linux.ESOCKTNOSUPPORT
	}
	if protocol != linux.NETLINK_ROUTE {
		return nil, linux.EPROTONOSUPPORT
	}
	s := &netlinkSocket{}
	s.domain, s.kind, s.protocol = linux.AF_NETLINK, kind, protocol
	return s, 0
}

// bindPort gives the socket a port; 0 chooses one. mu is held.
func (s *netlinkSocket) bindPort(port uint32) {
	if port == 0 {
		port = pid + netlinkPorts.Add(1) - 1
	}
	s.port = port
}

func (s *netlinkSocket) bind(p *Process, addr []byte) linux.Errno {
	if len(addr) < linux.SizeofSockaddrNl || family(addr) != linux.AF_NETLINK {
		return linux.EINVAL
	}
	port, groups := get32(addr[4:]), get32(addr[8:])
	if groups != 0 {
		return linux.EPERM // changes are not announced
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.port != 0 && port != 0 && port != s.port {
		return linux.EINVAL
	}
	if s.port == 0 {
		s.bindPort(port)
	}
	return 0
}

// connect takes the kernel as the peer, which it is anyway.
func (s *netlinkSocket) connect(p *Process, addr []byte) linux.Errno {
	switch {
	case family(addr) == linux.AF_UNSPEC && len(addr) >= 2:
		return 0
	case len(addr) < linux.SizeofSockaddrNl || family(addr) != linux.AF_NETLINK:
		return linux.EINVAL
	case get32(addr[4:]) != 0 || get32(addr[8:]) != 0:
		return linux.ECONNREFUSED
	}
	return 0
}

func (s *netlinkSocket) listen(p *Process, backlog int) linux.Errno { return linux.EOPNOTSUPP }

func (s *netlinkSocket) accept(p *Process) (socket, []byte, linux.Errno) {
	return nil, nil, linux.EOPNOTSUPP
}

// netlinkAddr makes a struct sockaddr_nl.
func netlinkAddr(port uint32) []byte {
	b := make([]byte, linux.SizeofSockaddrNl)
	put16(b, linux.AF_NETLINK)
	put32(b[4:], port)
	return b
}

func (s *netlinkSocket) name() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return netlinkAddr(s.port)
}

func (s *netlinkSocket) peer() ([]byte, linux.Errno) { return netlinkAddr(0), 0 }

// send takes requests for the kernel and answers them at once.
func (s *netlinkSocket) send(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	if len(m.addr) > 0 {
		if e := s.connect(p, m.addr); e != 0 {
			return 0, e
		}
	}
	s.mu.Lock()
	if s.port == 0 {
		s.bindPort(0)
	}
	port := s.port
	s.mu.Unlock()
	sent := len(b)
	for len(b) >= linux.SizeofNlmsghdr {
		h := linux.Nlmsghdr{Len: get32(b), Type: get16(b[4:]), Flags: get16(b[6:]), Seq: get32(b[8:]), Pid: port}
		if h.Len < linux.SizeofNlmsghdr || uint64(h.Len) > uint64(len(b)) {
			break
		}
		if e := s.queueAll(p.answer(h, b[linux.SizeofNlmsghdr:h.Len])); e != 0 {
			return 0, e
		}
		b = b[min((uint64(h.Len)+3)&^3, uint64(len(b))):]
	}
	return sent, 0
}

func (s *netlinkSocket) queueAll(answers [][]byte) linux.Errno {
	s.mu.Lock()
	full := len(s.answers)+len(answers) > maxAnswers
	if !full {
		s.answers = append(s.answers, answers...)
	}
	s.mu.Unlock()
	if full {
		return linux.ENOBUFS
	}
	if len(answers) > 0 {
		s.changed.notify(pollIn)
	}
	return 0
}

func (s *netlinkSocket) receive(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) == 0 {
		return 0, linux.EAGAIN
	}
	a := s.answers[0]
	if flags&linux.MSG_PEEK == 0 {
		s.answers = s.answers[1:]
	}
	n := copy(b, a)
	m.addr, m.size = netlinkAddr(0), len(a)
	if n < len(a) {
		m.flags |= linux.MSG_TRUNC
	}
	return n, 0
}

func (s *netlinkSocket) setOption(p *Process, level, name uintptr, value []byte) linux.Errno {
	if level != linux.SOL_SOCKET {
		return linux.ENOPROTOOPT
	}
	return s.setBase(name, value)
}

func (s *netlinkSocket) option(p *Process, level, name uintptr) ([]byte, linux.Errno) {
	if level != linux.SOL_SOCKET {
		return nil, linux.ENOPROTOOPT
	}
	return s.base(name)
}

func (s *netlinkSocket) shutdown(read, write bool) linux.Errno { return linux.EOPNOTSUPP }

func (s *netlinkSocket) read(d *description, b []byte) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0 // whatever waits (sock_read_iter)
	}
	var m message
	return s.receive(nil, b, &m, 0)
}

// write is served by sendto alone: the answer needs the process, which a file does not know.
func (s *netlinkSocket) write(d *description, b []byte) (int, linux.Errno) {
	return 0, linux.EOPNOTSUPP
}

func (s *netlinkSocket) ready(d *description) uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) > 0 {
		return pollIn | pollOut
	}
	return pollOut
}

func (s *netlinkSocket) mode() uint32           { return linux.S_IFSOCK | 0o777 }
func (s *netlinkSocket) queue() *waitQueue      { return &s.changed }
func (s *netlinkSocket) release(d *description) {}
