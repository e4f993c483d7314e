package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"sync"
)

// Unix sockets (unix(7)): streams, datagrams and sequences of packets between sockets of this program.

const (
	unixBuffer  = 208 << 10 // bytes that wait at one socket
	unixPackets = 512       // messages that wait at one socket
)

// unixMu guards what ties sockets together: peers, names, backlogs and the queues. Sockets of a program that talks
// to itself are not what a machine is for: one lock is enough.
var unixMu sync.Mutex

// A unixSocket is one end. All but base and queue is under unixMu.
type unixSocket struct {
	socketBase
	changed waitQueue

	local  *unixName
	other  *unixSocket // who is connected; for a datagram socket where it sends
	remote string      // the other's address, which stays after it is gone
	// made: a stream or sequence that is or was connected.
	made, closed      bool
	queued            bool // waits to be accepted
	noReceive, noSend bool // shut down
	listening         bool
	backlog           int
	connections       []*unixSocket // made by connect, not accepted yet
	messages          []unixMessage
	waitingBytes      int
	failed            linux.Errno              // to be told once
	blocked           map[*unixSocket]struct{} // who found this socket full
}

// A unixMessage is a datagram, or a piece of a stream.
type unixMessage struct {
	data  []byte
	from  string // sockaddr
	files []*description
}

func newUnixSocket(kind, protocol int) (socket, linux.Errno) {
	switch {
	case protocol != 0 && protocol != linux.AF_UNIX:
		return nil, linux.EPROTONOSUPPORT
	case kind == linux.SOCK_RAW:
		kind = linux.SOCK_DGRAM // as Linux has it
	case kind != linux.SOCK_STREAM && kind != linux.SOCK_DGRAM && kind != linux.SOCK_SEQPACKET:
		return nil, linux.ESOCKTNOSUPPORT
	}
	s := &unixSocket{}
	s.domain, s.kind = linux.AF_UNIX, kind
	return s, 0
}

// pair makes the other end of s.
func (s *unixSocket) pair() *unixSocket {
	t := &unixSocket{made: true}
	t.domain, t.kind = s.domain, s.kind
	unixMu.Lock()
	s.made, s.other, t.other = true, t, s
	s.remote, t.remote = unixUnnamed, unixUnnamed
	unixMu.Unlock()
	return t
}

func (s *unixSocket) connected() bool { return s.kind != linux.SOCK_DGRAM }

func (s *unixSocket) connect(p *Process, addr []byte) linux.Errno {
	if s.kind == linux.SOCK_DGRAM && len(addr) >= 2 && family(addr) == linux.AF_UNSPEC {
		unixMu.Lock()
		s.other = nil
		unixMu.Unlock()
		return 0
	}
	name, e := p.unix.find(p, addr)
	if e != 0 {
		return e
	}
	unixMu.Lock()
	defer unixMu.Unlock()
	t := name.socket
	switch {
	case t == nil || t.closed:
		return linux.ECONNREFUSED
	case t.kind != s.kind:
		return linux.EPROTOTYPE
	}
	if s.kind == linux.SOCK_DGRAM {
		if t.other != nil && t.other != s {
			return linux.EPERM
		}
		s.other, s.remote = t, t.local.addr
		return 0
	}
	switch {
	case s.made:
		return linux.EISCONN
	case s.listening:
		return linux.EINVAL
	case !t.listening:
		return linux.ECONNREFUSED
	case len(t.connections) > t.backlog:
		return linux.EAGAIN
	}
	c := &unixSocket{made: true, queued: true, local: t.local, other: s, remote: s.addr()}
	c.domain, c.kind = s.domain, s.kind
	s.made, s.other, s.remote = true, c, t.local.addr
	t.connections = append(t.connections, c)
	t.changed.notify(pollIn)
	s.changed.notify(pollOut)
	return 0
}

func (s *unixSocket) listen(p *Process, backlog int) linux.Errno {
	const most = 4096 // net.core.somaxconn
	unixMu.Lock()
	defer unixMu.Unlock()
	switch {
	case !s.connected():
		return linux.EOPNOTSUPP
	case s.local == nil || s.made:
		return linux.EINVAL
	}
	if backlog < 0 || backlog > most {
		backlog = most
	}
	s.listening, s.backlog = true, backlog
	return 0
}

func (s *unixSocket) accept(p *Process) (socket, []byte, linux.Errno) {
	unixMu.Lock()
	defer unixMu.Unlock()
	switch {
	case !s.connected():
		return nil, nil, linux.EOPNOTSUPP
	case !s.listening || s.noReceive:
		return nil, nil, linux.EINVAL
	case len(s.connections) == 0:
		return nil, nil, linux.EAGAIN
	}
	c := s.connections[0]
	s.connections = s.connections[1:]
	c.queued = false
	return c, []byte(c.remote), 0
}

// addr is the socket's own address. unixMu is held.
func (s *unixSocket) addr() string {
	if s.local == nil {
		return unixUnnamed
	}
	return s.local.addr
}

// described is what /proc/net/unix says of it: its name, of an abstract one with @ for each NUL.
func (s *unixSocket) described() (name string, listening, connected bool) {
	unixMu.Lock()
	defer unixMu.Unlock()
	b := []byte(s.addr()[2:])
	if len(b) > 0 && b[0] != 0 {
		b = b[:len(b)-1]
	}
	for i := range b {
		if b[i] == 0 {
			b[i] = '@'
		}
	}
	return string(b), s.listening, s.made || s.other != nil
}

func (s *unixSocket) name() []byte {
	unixMu.Lock()
	defer unixMu.Unlock()
	return []byte(s.addr())
}

func (s *unixSocket) peer() ([]byte, linux.Errno) {
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.other == nil && !s.made {
		return nil, linux.ENOTCONN
	}
	return []byte(s.remote), 0
}

func (s *unixSocket) shutdown(read, write bool) linux.Errno {
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.connected() && !s.made && !s.listening {
		return linux.ENOTCONN
	}
	s.noReceive = s.noReceive || read
	s.noSend = s.noSend || write
	s.changed.notify(pollIn | pollOut | linux.EPOLLRDHUP | linux.EPOLLHUP)
	if t := s.other; t != nil && s.connected() {
		t.noSend = t.noSend || read
		t.noReceive = t.noReceive || write
		t.changed.notify(pollIn | pollOut | linux.EPOLLRDHUP | linux.EPOLLHUP)
	}
	return 0
}

// ready looks at both ends.
func (s *unixSocket) ready(d *description) (events uint32) {
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.listening {
		if len(s.connections) > 0 {
			return pollIn
		}
		return 0
	}
	if len(s.messages) > 0 || s.noReceive {
		events |= pollIn
	}
	if s.noReceive {
		events |= linux.EPOLLRDHUP
		if s.noSend {
			events |= linux.EPOLLHUP
		}
	}
	if s.connected() && !s.made {
		return events | pollOut | linux.EPOLLHUP
	}
	if s.failed != 0 {
		events |= linux.EPOLLERR
	}
	if t := s.other; s.noSend || t == nil || t.roomFor(s) {
		events |= pollOut
	}
	return events
}

func (s *unixSocket) mode() uint32      { return linux.S_IFSOCK | 0o777 }
func (s *unixSocket) queue() *waitQueue { return &s.changed }

func (s *unixSocket) waiting() int {
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.connected() {
		return s.waitingBytes
	}
	if len(s.messages) > 0 {
		return len(s.messages[0].data)
	}
	return 0
}

// release tells the other end, and those that wait to be accepted.
func (s *unixSocket) release(d *description) {
	unixMu.Lock()
	lost := len(s.messages) > 0 || s.queued
	var files []*description
	for _, m := range s.messages {
		files = append(files, m.files...)
	}
	s.messages, s.waitingBytes, s.closed = nil, 0, true
	s.madeRoom() // for an error
	if s.local != nil && s.local.socket == s {
		s.local.free()
	}
	others := s.connections
	s.connections = nil
	if t := s.other; t != nil {
		delete(t.blocked, s)
	}
	if t := s.other; t != nil && s.connected() {
		t.noSend, t.noReceive = true, true
		if lost {
			t.failed = linux.ECONNRESET
		}
		t.changed.notify(pollIn | pollOut | linux.EPOLLRDHUP | linux.EPOLLHUP | linux.EPOLLERR)
	}
	s.changed.notify(pollIn | pollOut | linux.EPOLLHUP)
	unixMu.Unlock()
	for _, c := range others {
		c.release(nil)
	}
	for _, f := range files {
		f.put()
	}
}
