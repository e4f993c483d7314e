package linuxabi

import "internal/mirage/linuxabi/linux"

// Sending and receiving on sockets.

// maxControl bounds ancillary data, bytes (net.core.optmem_max).
const maxControl = 128 << 10

// send sends b, and waits while there is no room unless the socket or the call is non-blocking.
func (p *Process) send(d *description, s socket, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	if flags&linux.MSG_OOB != 0 {
		return 0, linux.EOPNOTSUPP
	}
	flags |= dontWait(d)
	n, e := s.send(p, b, m, flags)
	if e != linux.EAGAIN && (e != 0 || n == len(b) || s.common().kind != linux.SOCK_STREAM) || flags&linux.MSG_DONTWAIT != 0 {
		return n, e
	}
	_, e = d.wait(until(&s.common().sendTimeout), func() (int, linux.Errno) {
		for {
			c, e := s.send(p, b[n:], m, flags)
			n += c
			if e != 0 || n == len(b) || s.common().kind != linux.SOCK_STREAM {
				return n, e
			}
		}
	})
	return n, partly(n, e)
}

// dontWait is MSG_DONTWAIT if the description is non-blocking.
func dontWait(d *description) uintptr {
	if d.nonblocking() {
		return linux.MSG_DONTWAIT
	}
	return 0
}

// receive fills b, and waits for something to come unless the socket or the call is non-blocking.
func (p *Process) receive(d *description, s socket, b []byte, m *message, flags uintptr) (int, linux.Errno) {
	if flags |= dontWait(d); flags&linux.MSG_ERRQUEUE != 0 {
		flags |= linux.MSG_DONTWAIT // recv(2): it never waits
	}
	n, e := s.receive(p, b, m, flags)
	if e == linux.EAGAIN && flags&linux.MSG_DONTWAIT == 0 {
		n, e = d.wait(until(&s.common().receiveTimeout), func() (int, linux.Errno) {
			return s.receive(p, b, m, flags)
		})
	}
	if e == 0 && flags&(linux.MSG_WAITALL|linux.MSG_DONTWAIT|linux.MSG_PEEK) == linux.MSG_WAITALL && s.common().kind == linux.SOCK_STREAM {
		n = d.receiveAll(p, s, b, n, flags)
	}
	if e == 0 && flags&linux.MSG_TRUNC != 0 && s.common().kind != linux.SOCK_STREAM {
		n = m.size // the datagram's length, whatever had room (recv(2))
	}
	return n, e
}

// receiveAll goes on after the first n bytes until b is full or nothing more comes (recv(2), MSG_WAITALL).
func (d *description) receiveAll(p *Process, s socket, b []byte, n int, flags uintptr) int {
	for n > 0 && n < len(b) {
		more, e := d.wait(until(&s.common().receiveTimeout), func() (int, linux.Errno) {
			return s.receive(p, b[n:], &message{}, flags)
		})
		if e != 0 || more == 0 {
			break
		}
		n += more
	}
	return n
}

func sendto(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	b, e := userBuffer(a.a2, a.a3, false)
	if e != 0 {
		return 0, e
	}
	if u, ok := s.(*datagramSocket); ok {
		return u.sendto(p, d, b, a)
	}
	var m message
	if a.a5 != 0 {
		if m.addr, e = userAddr(a.a5, a.a6); e != 0 {
			return 0, e
		}
	}
	n, e := p.send(d, s, b, &m, a.a4)
	return uintptr(n), e
}

func recvfrom(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	b, e := userBuffer(a.a2, a.a3, true)
	if e != 0 {
		return 0, e
	}
	if u, ok := s.(*datagramSocket); ok {
		return u.recvfrom(p, d, b, a)
	}
	var m message
	n, e := p.receive(d, s, b, &m, a.a4)
	if e == 0 {
		e = storeAddr(a.a5, a.a6, m.addr)
	}
	return uintptr(n), e
}

// sendMessage serves one struct msghdr.
func (p *Process) sendMessage(d *description, s socket, h linux.Msghdr, flags uintptr) (int, linux.Errno) {
	var m message
	v, total, e := vector(h.Iov, h.Iovlen, false)
	if e == linux.EINVAL && h.Iovlen > linux.IOV_MAX {
		e = linux.EMSGSIZE
	}
	if e != 0 {
		return 0, e
	}
	if h.Name != 0 && h.Namelen != 0 {
		if m.addr, e = userAddr(h.Name, uintptr(h.Namelen)); e != 0 {
			return 0, e
		}
	}
	if h.Controllen > maxControl {
		return 0, linux.ENOBUFS
	}
	control, e := userBytes(h.Control, h.Controllen, false)
	if e != 0 {
		return 0, e
	}
	m.control = append([]byte(nil), control...)
	if total > bounceSize && s.common().kind != linux.SOCK_STREAM {
		return 0, linux.EMSGSIZE
	}
	return gather(v, total, func(b []byte) (int, linux.Errno) {
		n, e := p.send(d, s, b, &m, flags)
		m.control = nil // goes with the first piece
		return n, e
	})
}

func sendmsg(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	h, e := load[linux.Msghdr](a.a2)
	if e != 0 {
		return 0, e
	}
	n, e := p.sendMessage(d, s, h, a.a3)
	return uintptr(n), e
}

// receiveMessage serves one struct msghdr, and stores what it changes of it at ptr.
func (p *Process) receiveMessage(d *description, s socket, ptr uintptr, flags uintptr) (int, linux.Errno) {
	h, e := load[linux.Msghdr](ptr)
	if e != 0 {
		return 0, e
	}
	v, total, e := vector(h.Iov, h.Iovlen, true)
	if e == linux.EINVAL && h.Iovlen > linux.IOV_MAX {
		e = linux.EMSGSIZE
	}
	if e != 0 {
		return 0, e
	}
	control, e := userBytes(h.Control, min(h.Controllen, maxControl), true)
	if e != 0 {
		return 0, e
	}
	m := message{room: len(control)}
	first := true
	n, e := scatter(v, total, func(b []byte) (int, linux.Errno) {
		if first {
			first = false
			return p.receive(d, s, b, &m, flags)
		}
		var more message
		return p.receive(d, s, b, &more, flags|linux.MSG_DONTWAIT)
	})
	if e != 0 {
		return 0, e
	}
	if h.Name != 0 {
		room := int(int32(h.Namelen))
		if room < 0 {
			return 0, linux.EINVAL
		}
		b, e := userBytes(h.Name, uintptr(min(room, len(m.addr))), true)
		if e != 0 {
			return 0, e
		}
		copy(b, m.addr)
		h.Namelen = uint32(len(m.addr))
	}
	h.Controllen = uintptr(copy(control, m.control))
	h.Flags = m.flags | int32(flags&linux.MSG_CMSG_CLOEXEC)
	return n, store(ptr, h)
}

func recvmsg(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	n, e := p.receiveMessage(d, s, a.a2, a.a3)
	return uintptr(n), e
}

// mmsgSize is the size of a struct mmsghdr, and mmsgLen where its msg_len is.
const (
	mmsgSize = 64
	mmsgLen  = 56
)

// sendmmsg sends messages until one fails; that is an error only for the first.
func sendmmsg(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	for i := uintptr(0); i < min(uintptr(uint32(a.a3)), linux.IOV_MAX); i++ {
		ptr := a.a2 + i*mmsgSize
		h, e := load[linux.Msghdr](ptr)
		n := 0
		if e == 0 {
			n, e = p.sendMessage(d, s, h, a.a4)
		}
		if e == 0 {
			e = store(ptr+mmsgLen, uint32(n))
		}
		if e != 0 {
			return i, partly(int(i), e)
		}
	}
	return min(uintptr(uint32(a.a3)), linux.IOV_MAX), 0
}

// recvmmsg receives messages until one fails or the time is over, which is looked at between them (recvmmsg(2), "BUGS").
func recvmmsg(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	deadline, e := timespecDeadline(a.a5)
	if e != 0 {
		return 0, e
	}
	flags := a.a4 &^ linux.MSG_WAITFORONE
	for i := uintptr(0); i < min(uintptr(uint32(a.a3)), linux.IOV_MAX); i++ {
		ptr := a.a2 + i*mmsgSize
		n, e := p.receiveMessage(d, s, ptr, flags)
		if e == 0 {
			e = store(ptr+mmsgLen, uint32(n))
		}
		if e != 0 {
			return i, partly(int(i), e)
		}
		if a.a4&linux.MSG_WAITFORONE != 0 {
			flags |= linux.MSG_DONTWAIT
		}
		if deadline <= nanotime() {
			return i + 1, 0
		}
	}
	return min(uintptr(uint32(a.a3)), linux.IOV_MAX), 0
}
