package linuxabi

import "internal/mirage/linuxabi/linux"

// Copies of descriptors, and what fcntl does to one.

// copyTo gives the description of a descriptor another descriptor, the lowest free one that is at least from.
func (p *Process) copyTo(a uintptr, from int, cloexec bool) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a))
	if e != 0 {
		return 0, e
	}
	r, e := p.fds.install(d, from, cloexec)
	return uintptr(r), e
}

func dup(p *Process, a args) (uintptr, linux.Errno) { return p.copyTo(a.a1, 0, false) }

func dup3(p *Process, a args) (uintptr, linux.Errno) {
	if a.a3&^linux.O_CLOEXEC != 0 || fd(a.a1) == fd(a.a2) {
		return 0, linux.EINVAL
	}
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	return uintptr(fd(a.a2)), p.fds.replace(fd(a.a2), d, a.a3 != 0)
}

func dup2(p *Process, a args) (uintptr, linux.Errno) {
	if fd(a.a1) != fd(a.a2) {
		return dup3(p, args{a1: a.a1, a2: a.a2})
	}
	d, e := p.fds.get(fd(a.a1))
	if e == 0 {
		d.put()
	}
	return uintptr(fd(a.a1)), e
}

func fcntl(p *Process, a args) (uintptr, linux.Errno) {
	switch a.a2 {
	case linux.F_DUPFD:
		return p.copyTo(a.a1, fd(a.a3), false)
	case linux.F_DUPFD_CLOEXEC:
		return p.copyTo(a.a1, fd(a.a3), true)
	}
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	switch a.a2 {
	case linux.F_GETFD:
		if p.fds.at(fd(a.a1)).cloexec.Load() {
			return linux.FD_CLOEXEC, 0
		}
		return 0, 0
	case linux.F_SETFD:
		p.fds.at(fd(a.a1)).cloexec.Store(a.a3&linux.FD_CLOEXEC != 0)
		return 0, 0
	case linux.F_GETFL:
		return uintptr(d.flags.Load()) | linux.O_LARGEFILE, 0
	}
	if d.path {
		return 0, linux.EBADF
	}
	return d.control(p, a.a2, a.a3)
}

// control serves the commands that a descriptor of O_PATH does not take.
func (d *description) control(p *Process, command, arg uintptr) (uintptr, linux.Errno) {
	switch command {
	case linux.F_SETFL:
		d.setFlags(statusFlags, int32(arg))
		return 0, 0
	case linux.F_GETLK, linux.F_SETLK, linux.F_SETLKW, linux.F_OFD_GETLK, linux.F_OFD_SETLK, linux.F_OFD_SETLKW:
		return 0, p.recordLock(d, command, arg)
	case linux.F_GETPIPE_SZ, linux.F_SETPIPE_SZ:
		if f, ok := d.file.(*pipeEnd); ok {
			return f.pipe.capacity(command, arg)
		}
		return 0, linux.EBADF
	}
	return 0, linux.EINVAL
}

// setFlags gives the status flags of mask the values that they have in flags.
func (d *description) setFlags(mask, flags int32) {
	for {
		old := d.flags.Load()
		if d.flags.CompareAndSwap(old, old&^mask|flags&mask) {
			return
		}
	}
}
