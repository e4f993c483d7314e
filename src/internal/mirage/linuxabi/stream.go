package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/tcp"
)

// TCP sockets (tcp(7)): package netstack/tcp's, as Linux shows them.

// streamSocket is one of them.
type streamSocket struct {
	socketBase
	tcp     *tcp.Socket
	changed waitQueue
}

func newStreamSocket(t *tcp.Socket, domain int) *streamSocket {
	s := &streamSocket{tcp: t}
	s.domain, s.kind, s.protocol = domain, linux.SOCK_STREAM, linux.IPPROTO_TCP
	t.Notify(s.notify)
	return s
}

// within is what of the stack is behind it.
func (s *streamSocket) within() any { return s.tcp }

// notify passes on what the stack says.
func (s *streamSocket) notify(r tcp.Readiness) { s.changed.notify(pollBits(r)) }

// pollBits writes what is ready as poll does.
func pollBits(r tcp.Readiness) (events uint32) {
	if r.Readable {
		events |= pollIn
	}
	if r.Writable {
		events |= pollOut
	}
	if r.PeerDone {
		events |= linux.EPOLLRDHUP
	}
	if r.HungUp {
		events |= linux.EPOLLHUP
	}
	if r.Failed {
		events |= linux.EPOLLERR
	}
	return events
}

func (s *streamSocket) bind(p *Process, addr []byte) linux.Errno {
	local, e := s.inet(addr)
	if e != 0 {
		return e
	}
	if !local.Addr.IsUnspecified() {
		p.net.await(local.Addr)
	}
	return errno(s.tcp.Bind(local))
}

func (s *streamSocket) connect(p *Process, addr []byte) linux.Errno {
	if len(addr) < 2 {
		return linux.EINVAL
	}
	if family(addr) == linux.AF_UNSPEC {
		return errno(s.tcp.Disconnect())
	}
	remote, e := s.inet(addr)
	if e != 0 {
		return e
	}
	p.net.await(remote.Addr)
	return errno(s.tcp.Connect(remote))
}

func (s *streamSocket) listen(p *Process, backlog int) linux.Errno {
	return errno(s.tcp.Listen(backlog))
}

// accept gives the new socket what it inherits of this one.
func (s *streamSocket) accept(p *Process) (socket, []byte, linux.Errno) {
	t, remote, err := s.tcp.Accept()
	if err != nil {
		return nil, nil, errno(err)
	}
	c := newStreamSocket(t, s.domain)
	c.receiveTimeout.Store(s.receiveTimeout.Load())
	c.sendTimeout.Store(s.sendTimeout.Load())
	c.flags.Store(s.flags.Load())
	c.linger.Store(s.linger.Load())
	var from inetName
	return c, from.put(&s.socketBase, remote), 0
}

func (s *streamSocket) name() []byte {
	var b inetName
	return b.put(&s.socketBase, s.tcp.Local())
}

func (s *streamSocket) peer() ([]byte, linux.Errno) {
	remote, ok := s.tcp.Remote()
	if !ok {
		return nil, linux.ENOTCONN
	}
	var b inetName
	return b.put(&s.socketBase, remote), 0
}

// send takes what there is room for. An address is passed over, as by tcp_sendmsg.
func (s *streamSocket) send(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	if flags&linux.MSG_OOB != 0 {
		return 0, linux.EOPNOTSUPP
	}
	n, err := s.tcp.Send(b)
	return n, errno(err)
}

func (s *streamSocket) receive(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	switch {
	case flags&linux.MSG_ERRQUEUE != 0:
		return 0, linux.EAGAIN // errors are not queued
	case flags&linux.MSG_OOB != 0:
		return 0, linux.EINVAL // there is no urgent data
	}
	n, err := s.tcp.Recv(b, flags&linux.MSG_PEEK != 0)
	return n, errno(err)
}

func (s *streamSocket) shutdown(read, write bool) linux.Errno {
	return errno(s.tcp.Shutdown(read, write))
}

func (s *streamSocket) read(d *description, b []byte) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0 // sock_read_iter
	}
	n, err := s.tcp.Recv(b, false)
	return n, errno(err)
}

func (s *streamSocket) write(d *description, b []byte) (int, linux.Errno) {
	n, err := s.tcp.Send(b)
	return n, errno(err)
}

func (s *streamSocket) waiting() int { return s.tcp.Waiting() }

// unsent is EINVAL for a socket that listens (tcp_ioctl).
func (s *streamSocket) unsent() (int, linux.Errno) {
	if s.tcp.Info().State == linux.TCP_LISTEN {
		return 0, linux.EINVAL
	}
	return s.tcp.Unsent(), 0
}

func (s *streamSocket) ready(d *description) uint32 { return pollBits(s.tcp.Ready()) }

func (s *streamSocket) mode() uint32      { return linux.S_IFSOCK | 0o777 }
func (s *streamSocket) queue() *waitQueue { return &s.changed }

// release closes the socket, and waits for what was written to arrive for as long as SO_LINGER says (socket(7)), whether or not the
// description is non-blocking.
func (s *streamSocket) release(d *description) {
	s.tcp.Close()
	l := s.linger.Load()
	if on, seconds := uint32(l), uint32(l>>32); on != 0 && seconds != 0 {
		w := newSleeper()
		w.watch(&s.changed)
		defer w.leave()
		for deadline := deadlineAfter(int64(seconds) * 1e9); s.tcp.Lingers() && w.sleep(deadline); {
		}
	}
}
