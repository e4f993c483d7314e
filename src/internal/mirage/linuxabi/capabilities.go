package linuxabi

import "internal/mirage/linuxabi/linux"

// Capabilities and priorities: the process is root's, and alone.

// capget tells that all capabilities are there. The header's version says how many words each set has (capget(2)).
func capget(p *Process, a args) (uintptr, linux.Errno) {
	h, e := load[linux.CapHeader](a.a1)
	if e != 0 {
		return 0, e
	}
	words := 2
	switch h.Version {
	case linux.CAP_VERSION_1:
		words = 1
	case linux.CAP_VERSION_2, linux.CAP_VERSION_3:
	default:
		h.Version = linux.CAP_VERSION_3
		if e := store(a.a1, h); e != 0 || a.a2 == 0 {
			return 0, e
		}
		return 0, linux.EINVAL
	}
	switch {
	case h.Pid < 0:
		return 0, linux.EINVAL
	case h.Pid != 0 && h.Pid != pid:
		return 0, linux.ESRCH
	case a.a2 == 0:
		return 0, 0
	}
	const every = 1<<(linux.CAP_LAST_CAP+1) - 1
	all := [2]linux.CapData{{Effective: every & 0xffffffff, Permitted: every & 0xffffffff}, {Effective: every >> 32, Permitted: every >> 32}}
	if words == 1 {
		return 0, store(a.a2, all[0])
	}
	return 0, store(a.a2, all)
}

// prioOf checks which and who of getpriority and setpriority.
func prioOf(which, who uintptr) linux.Errno {
	const process, group, user = 0, 1, 2
	switch which {
	case process, group:
		return mine(who)
	case user:
		if int32(who) != 0 {
			return linux.ESRCH
		}
		return 0
	}
	return linux.EINVAL
}

// normal is the nice value 0 as getpriority's system call returns it: 20 minus the value.
const normal = 20

func getpriority(p *Process, a args) (uintptr, linux.Errno) {
	return uintptr(normal - p.nice.Load()), prioOf(a.a1, a.a2)
}

// setpriority keeps the nice value: nobody is there to be nice to.
func setpriority(p *Process, a args) (uintptr, linux.Errno) {
	const best, worst = -20, 19
	e := prioOf(a.a1, a.a2)
	if e == 0 {
		p.nice.Store(min(max(int32(a.a3), best), worst))
	}
	return 0, e
}

// ioprioOf checks which and who of ioprio_get and ioprio_set, whose numbers are setpriority's and one more.
func ioprioOf(which, who uintptr) linux.Errno { return prioOf(uintptr(uint32(which)-1), who) }

func ioprioGet(p *Process, a args) (uintptr, linux.Errno) {
	return uintptr(p.ioPrio.Load()), ioprioOf(a.a1, a.a2)
}

// ioprioSet keeps the priority, by the rules of Linux's ioprio_check_cap.
func ioprioSet(p *Process, a args) (uintptr, linux.Errno) {
	v := int32(a.a3)
	switch level := v & (1<<linux.IOPRIO_CLASS_SHIFT - 1); v >> linux.IOPRIO_CLASS_SHIFT {
	case linux.IOPRIO_CLASS_RT, linux.IOPRIO_CLASS_BE, linux.IOPRIO_CLASS_IDLE: // of any level, and with any hint above it
	case linux.IOPRIO_CLASS_NONE:
		if level != 0 {
			return 0, linux.EINVAL
		}
	default:
		return 0, linux.EINVAL
	}
	e := ioprioOf(a.a1, a.a2)
	if e == 0 {
		p.ioPrio.Store(v)
	}
	return 0, e
}
