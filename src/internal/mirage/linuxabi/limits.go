package linuxabi

import "internal/mirage/linuxabi/linux"

// Resource limits. That on descriptors is real; the others bound nothing and cannot be changed.

// limit returns a resource's limits. The error is EINVAL.
func (p *Process) limit(resource uintptr) (linux.Rlimit, linux.Errno) {
	switch {
	case resource >= linux.RLIMIT_NLIMITS:
		return linux.Rlimit{}, linux.EINVAL
	case resource == linux.RLIMIT_NOFILE:
		p.fds.mu.Lock()
		defer p.fds.mu.Unlock()
		return linux.Rlimit{Cur: uint64(p.fds.limit), Max: maxDescriptors}, 0
	case resource == linux.RLIMIT_CORE:
		return linux.Rlimit{}, 0
	}
	return linux.Rlimit{Cur: linux.RLIM_INFINITY, Max: linux.RLIM_INFINITY}, 0
}

// setLimit changes a limit, or takes the values that it has. The errors are EINVAL and EPERM.
func (p *Process) setLimit(resource uintptr, l linux.Rlimit) linux.Errno {
	old, e := p.limit(resource)
	switch {
	case e != 0:
		return e
	case l.Cur > l.Max:
		return linux.EINVAL
	case l == old:
		return 0
	case resource != linux.RLIMIT_NOFILE || l.Max != maxDescriptors:
		return linux.EPERM
	}
	p.fds.mu.Lock()
	p.fds.limit = int(l.Cur)
	p.fds.mu.Unlock()
	return 0
}

func prlimit64(p *Process, a args) (uintptr, linux.Errno) {
	if e := mine(a.a1); e != 0 {
		return 0, e
	}
	old, e := p.limit(a.a2)
	if e != 0 {
		return 0, e
	}
	if a.a3 != 0 {
		l, e := load[linux.Rlimit](a.a3)
		if e == 0 {
			e = p.setLimit(a.a2, l)
		}
		if e != 0 {
			return 0, e
		}
	}
	if a.a4 != 0 {
		return 0, store(a.a4, old)
	}
	return 0, 0
}

func getrlimit(p *Process, a args) (uintptr, linux.Errno) {
	return prlimit64(p, args{0, a.a1, 0, a.a2, 0, 0})
}

func setrlimit(p *Process, a args) (uintptr, linux.Errno) {
	if a.a2 == 0 {
		return 0, linux.EFAULT
	}
	return prlimit64(p, args{0, a.a1, a.a2, 0, 0, 0})
}
