package linuxabi

import "internal/mirage/linuxabi/linux"

// A sizer is a file that knows how many bytes wait to be read.
type sizer interface{ waiting() int }

// A sender is a socket that knows how many bytes of what was sent have not arrived.
type sender interface{ unsent() (int, linux.Errno) }

// ioctl serves what every file has; network interfaces are asked through sockets. Nothing here is a terminal: the
// consoles have no line discipline, and say so by ENOTTY.
func ioctl(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if d.path {
		return 0, linux.EBADF
	}
	switch uint32(a.a2) {
	case linux.FIOCLEX, linux.FIONCLEX:
		p.fds.at(fd(a.a1)).cloexec.Store(a.a2 == linux.FIOCLEX)
		return 0, 0
	case linux.FIONBIO:
		on, e := load[int32](a.a3)
		if e != 0 {
			return 0, e
		}
		flags := int32(0)
		if on != 0 {
			flags = linux.O_NONBLOCK
		}
		d.setFlags(linux.O_NONBLOCK, flags)
		return 0, 0
	case linux.FIONREAD:
		if f, ok := d.file.(sizer); ok {
			return 0, store(a.a3, int32(f.waiting()))
		}
		if f, ok := d.file.(*regular); ok {
			d.pos.Lock()
			left := f.node.Size() - d.offset
			d.pos.Unlock()
			return 0, store(a.a3, int32(left))
		}
	}
	switch f := d.file.(type) {
	case socket:
		if q, ok := f.(sender); ok && uint32(a.a2) == linux.SIOCOUTQ {
			n, e := q.unsent()
			if e != 0 {
				return 0, e
			}
			return 0, store(a.a3, int32(n))
		}
		return 0, p.interfaceControl(uint32(a.a2), a.a3)
	case *blockFile:
		return 0, p.blockControl(d, f, uint32(a.a2), a.a3)
	}
	return 0, linux.ENOTTY
}
