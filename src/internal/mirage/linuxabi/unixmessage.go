package linuxabi

import "internal/mirage/linuxabi/linux"

// What goes through Unix sockets: bytes, and descriptors along with them.

// maxFiles is how many descriptors one message may carry (SCM_MAX_FD).
const maxFiles = 253

// target finds where a message goes. unixMu is held.
func (s *unixSocket) target(name *unixName) (*unixSocket, linux.Errno) {
	switch {
	case s.noSend:
		return nil, linux.EPIPE
	case name != nil && s.connected() && s.made:
		return nil, linux.EISCONN
	case name != nil && s.connected():
		return nil, linux.EOPNOTSUPP
	case name != nil:
		if name.socket == nil || name.socket.closed {
			return nil, linux.ECONNREFUSED
		}
		if name.socket.kind != s.kind {
			return nil, linux.EPROTOTYPE
		}
		if o := name.socket.other; o != nil && o != s {
			return nil, linux.EPERM
		}
		return name.socket, 0
	case s.other == nil:
		return nil, linux.ENOTCONN
	case s.other.closed && !s.connected():
		s.other = nil
		return nil, linux.ECONNREFUSED
	}
	return s.other, 0
}

func (s *unixSocket) send(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	var name *unixName
	var e linux.Errno
	if len(m.addr) > 0 && !(s.connected() && s.made) {
		if name, e = p.unix.find(p, m.addr); e != 0 {
			return 0, e
		}
	}
	files, e := p.filesIn(m.control)
	if e != 0 {
		return 0, e
	}
	n, e := s.deliver(b, name, files)
	if e != 0 || n == 0 && len(b) > 0 {
		for _, f := range files {
			f.put()
		}
	} else {
		m.control = nil // the files went with these bytes
	}
	return n, e
}

// deliver queues b at where it goes.
func (s *unixSocket) deliver(b []byte, name *unixName, files []*description) (int, linux.Errno) {
	unixMu.Lock()
	defer unixMu.Unlock()
	t, e := s.target(name)
	switch {
	case s.kind != linux.SOCK_STREAM && s.failed != 0:
		return 0, s.takeError() // goes before all else (sock_alloc_send_pskb)
	case e != 0:
		return 0, e
	case s.kind == linux.SOCK_STREAM && len(b) == 0:
		return 0, 0
	case s.kind != linux.SOCK_STREAM && len(b) > unixBuffer:
		return 0, linux.EMSGSIZE
	case t.noReceive && !s.connected():
		return 0, linux.EPIPE
	case !t.roomFor(s):
		return 0, linux.EAGAIN
	}
	if s.kind == linux.SOCK_STREAM {
		b = b[:min(len(b), unixBuffer-t.waitingBytes)]
	}
	t.messages = append(t.messages, unixMessage{append([]byte(nil), b...), s.addr(), files})
	t.waitingBytes += len(b)
	t.changed.notify(pollIn)
	return len(b), 0
}

func (s *unixSocket) receive(p *Process, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	if flags&linux.MSG_OOB != 0 {
		return 0, linux.EOPNOTSUPP
	}
	n, files, e := s.take(b, m, flags)
	if len(files) > 0 {
		p.deliverFiles(files, m, flags&linux.MSG_CMSG_CLOEXEC != 0)
	}
	if e == 0 && s.flag(linux.SO_PASSCRED) {
		m.addControl(linux.SOL_SOCKET, linux.SCM_CREDENTIALS, credentials())
	}
	return n, e
}

// credentials are those of the only process.
func credentials() []byte {
	c := linux.Ucred{Pid: pid}
	return append([]byte(nil), bytesOf(&c)...)
}

// take receives a message or what there is of a stream.
func (s *unixSocket) take(b []byte, m *message, flags uintptr) (n int, files []*description, e linux.Errno) {
	peek := flags&linux.MSG_PEEK != 0
	unixMu.Lock()
	defer unixMu.Unlock()
	switch {
	case s.failed != 0 && (len(s.messages) == 0 || s.kind != linux.SOCK_STREAM):
		e = s.takeError()
	case len(s.messages) > 0 && s.kind == linux.SOCK_STREAM:
		n, files = s.takeBytes(b, peek)
	case len(s.messages) > 0:
		n, files = s.takeMessage(b, m, peek)
	case s.noReceive && !(s.kind == linux.SOCK_DGRAM && flags&linux.MSG_DONTWAIT != 0):
	case s.connected() && !s.made && s.kind == linux.SOCK_STREAM:
		e = linux.EINVAL
	case s.connected() && !s.made:
		e = linux.ENOTCONN
	default:
		e = linux.EAGAIN
	}
	return n, files, e
}

// takeError returns why the socket failed, once. unixMu is held.
func (s *unixSocket) takeError() linux.Errno {
	e := s.failed
	s.failed = 0
	return e
}

// takeBytes fills b from a stream. It stops behind a piece that carried files, as Linux does, so that they stay with
// their bytes. unixMu is held.
func (s *unixSocket) takeBytes(b []byte, peek bool) (n int, files []*description) {
	for i := 0; i < len(s.messages) && n < len(b); i++ {
		m := &s.messages[i]
		if n > 0 && len(m.files) > 0 {
			break
		}
		c := copy(b[n:], m.data)
		n += c
		if peek {
			continue
		}
		files = append(files, m.files...)
		m.data, m.files = m.data[c:], nil
		s.waitingBytes -= c
		if len(m.data) == 0 {
			s.messages = s.messages[1:]
			i--
		}
		if len(files) > 0 {
			break
		}
	}
	s.madeRoom()
	return n, files
}

// takeMessage takes one message; what b has no room for is lost. unixMu is held.
func (s *unixSocket) takeMessage(b []byte, m *message, peek bool) (n int, files []*description) {
	g := s.messages[0]
	n = copy(b, g.data)
	m.size = len(g.data)
	if n < len(g.data) {
		m.flags |= linux.MSG_TRUNC
	}
	if g.from != unixUnnamed {
		m.addr = []byte(g.from)
	}
	if peek {
		return n, nil
	}
	s.messages = s.messages[1:]
	s.waitingBytes -= len(g.data)
	s.madeRoom()
	return n, g.files
}

// madeRoom wakes those who found s full. unixMu is held.
func (s *unixSocket) madeRoom() {
	if s.waitingBytes < unixBuffer && len(s.messages) < unixPackets {
		for w := range s.blocked {
			delete(s.blocked, w)
			w.changed.notify(pollOut)
		}
	}
}

// roomFor reports whether more may be queued at s; if not, w is told when there is. unixMu is held.
func (s *unixSocket) roomFor(w *unixSocket) bool {
	if s.waitingBytes < unixBuffer && len(s.messages) < unixPackets {
		return true
	}
	if s.blocked == nil {
		s.blocked = make(map[*unixSocket]struct{})
	}
	s.blocked[w] = struct{}{}
	return false
}

// filesIn takes references to the descriptors that ancillary data name. The errors are EINVAL and EBADF.
func (p *Process) filesIn(control []byte) (files []*description, e linux.Errno) {
	e = eachControl(control, func(level, kind int32, data []byte) linux.Errno {
		switch {
		case level != linux.SOL_SOCKET || kind == linux.SCM_CREDENTIALS:
			return 0
		case kind != linux.SCM_RIGHTS || len(data)/4 > maxFiles-len(files):
			return linux.EINVAL
		}
		for ; len(data) >= 4; data = data[4:] {
			d, e := p.fds.get(fd(uintptr(get32(data))))
			if e != 0 {
				return e
			}
			files = append(files, d)
		}
		return 0
	})
	if e != 0 {
		for _, f := range files {
			f.put()
		}
		return nil, e
	}
	return files, 0
}

// deliverFiles gives received files descriptors, as many as the receiver has room for.
func (p *Process) deliverFiles(files []*description, m *message, cloexec bool) {
	room := max(0, min(len(files), (m.room-linux.SizeofCmsghdr)/4))
	var data []byte
	for i, f := range files {
		if i >= room {
			f.put()
			m.flags |= linux.MSG_CTRUNC
			continue
		}
		fd, e := p.fds.install(f, 0, cloexec)
		if e != 0 {
			m.flags |= linux.MSG_CTRUNC
			continue
		}
		var b [4]byte
		put32(b[:], uint32(fd))
		data = append(data, b[:]...)
	}
	if len(data) > 0 {
		m.addControl(linux.SOL_SOCKET, linux.SCM_RIGHTS, data)
	}
}

func (s *unixSocket) setOption(p *Process, level, name uintptr, value []byte) linux.Errno {
	if level != linux.SOL_SOCKET {
		return linux.EOPNOTSUPP
	}
	switch name {
	case linux.SO_REUSEADDR, linux.SO_REUSEPORT, linux.SO_BROADCAST:
		_, e := intOption(value)
		return e
	}
	return s.setBase(name, value)
}

func (s *unixSocket) option(p *Process, level, name uintptr) ([]byte, linux.Errno) {
	if level != linux.SOL_SOCKET {
		return nil, linux.EOPNOTSUPP
	}
	switch name {
	case linux.SO_PEERCRED:
		return credentials(), 0
	case linux.SO_ERROR:
		unixMu.Lock()
		defer unixMu.Unlock()
		return intValue(int(s.takeError())), 0
	case linux.SO_ACCEPTCONN:
		unixMu.Lock()
		defer unixMu.Unlock()
		return boolValue(s.listening), 0
	}
	return s.base(name)
}

// read loses descriptors that come along, as Linux's does.
func (s *unixSocket) read(d *description, b []byte) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0 // whatever waits (sock_read_iter)
	}
	var m message
	n, files, e := s.take(b, &m, dontWait(d))
	for _, f := range files {
		f.put()
	}
	return n, e
}

func (s *unixSocket) write(d *description, b []byte) (int, linux.Errno) {
	return s.deliver(b, nil, nil)
}
