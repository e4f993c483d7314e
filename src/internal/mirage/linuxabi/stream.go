package linuxabi

import "internal/mirage/linuxabi/linux"

// streamSocket is a TCP socket on a stack without TCP. It can be made, which is how package net learns that there is
// IPv4, and have its options set; there is nothing to connect or listen with.
type streamSocket struct {
	socketBase
	changed waitQueue
}

func (s *streamSocket) bind(p *Process, addr []byte) linux.Errno {
	if _, e := parseInet(addr); e != 0 {
		return e
	}
	return linux.EOPNOTSUPP
}

func (s *streamSocket) connect(p *Process, addr []byte) linux.Errno {
	if _, e := parseInet(addr); e != 0 {
		return e
	}
	return linux.EOPNOTSUPP
}

func (s *streamSocket) listen(p *Process, backlog int) linux.Errno { return linux.EOPNOTSUPP }

func (s *streamSocket) accept(p *Process) (socket, linux.Errno) { return nil, linux.EINVAL }

func (s *streamSocket) name() []byte {
	b := putInet(anyPort)
	return b[:]
}

func (s *streamSocket) peer() ([]byte, linux.Errno) { return nil, linux.ENOTCONN }

func (s *streamSocket) send(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	return 0, linux.EPIPE
}

func (s *streamSocket) receive(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	return 0, linux.ENOTCONN
}

// setOption takes what is set before a socket is used.
func (s *streamSocket) setOption(p *Process, level, name uintptr, value []byte) linux.Errno {
	if level != linux.SOL_SOCKET {
		return linux.ENOPROTOOPT
	}
	switch name {
	case linux.SO_REUSEADDR, linux.SO_REUSEPORT, linux.SO_BROADCAST:
		_, e := intOption(value)
		return e
	}
	return s.setBase(name, value)
}

func (s *streamSocket) option(p *Process, level, name uintptr) ([]byte, linux.Errno) {
	if level != linux.SOL_SOCKET {
		return nil, linux.ENOPROTOOPT
	}
	return s.base(name)
}

func (s *streamSocket) shutdown(read, write bool) linux.Errno { return linux.ENOTCONN }

func (s *streamSocket) read(d *description, b []byte) (int, linux.Errno)  { return 0, linux.ENOTCONN }
func (s *streamSocket) write(d *description, b []byte) (int, linux.Errno) { return 0, linux.EPIPE }
func (s *streamSocket) ready(d *description) uint32                       { return pollOut | linux.EPOLLHUP }
func (s *streamSocket) mode() uint32                                      { return linux.S_IFSOCK | 0o777 }
func (s *streamSocket) queue() *waitQueue                                 { return &s.changed }
func (s *streamSocket) release(d *description)                            {}
