package linuxabi

import "internal/mirage/linuxabi/linux"

// nameLen is the size of a thread's name with its NUL (TASK_COMM_LEN).
const nameLen = 16

// A keptSetting is a value that prctl keeps, and that changes nothing: it is about children, core dumps or another user, of which
// there are none. Some are told where a pointer leads, others as the result.
type keptSetting struct {
	set, get, most uintptr
	isStored       bool
}

var keptSettings = [...]keptSetting{
	{set: linux.PR_SET_PDEATHSIG, get: linux.PR_GET_PDEATHSIG, most: linux.SIGMAX, isStored: true},
	{set: linux.PR_SET_DUMPABLE, get: linux.PR_GET_DUMPABLE, most: 1},
	{set: linux.PR_SET_KEEPCAPS, get: linux.PR_GET_KEEPCAPS, most: 1},
	{set: linux.PR_SET_CHILD_SUBREAPER, get: linux.PR_GET_CHILD_SUBREAPER, most: 1, isStored: true},
}

func prctl(p *Process, a args) (uintptr, linux.Errno) {
	for i, k := range keptSettings {
		switch {
		case a.a1 == k.set && a.a2 > k.most:
			return 0, linux.EINVAL
		case a.a1 == k.set:
			p.kept[i].Store(uint32(a.a2))
			return 0, 0
		case a.a1 == k.get && k.isStored:
			return 0, store(a.a2, p.kept[i].Load())
		case a.a1 == k.get:
			return uintptr(p.kept[i].Load()), 0
		}
	}
	switch a.a1 {
	case linux.PR_SET_NAME:
		b, e := userString(a.a2, nameLen, 0)
		if e != 0 {
			return 0, e
		}
		p.name.Store(&b)
		return 0, 0
	case linux.PR_GET_NAME:
		var name [nameLen]byte
		if s := p.name.Load(); s != nil {
			copy(name[:nameLen-1], *s)
		}
		return 0, store(a.a2, name)
	case linux.PR_SET_NO_NEW:
		if a.a2 != 1 || a.a3|a.a4|a.a5 != 0 {
			return 0, linux.EINVAL
		}
		p.noNew.Store(true) // by execve, which there is not
		return 0, 0
	case linux.PR_GET_NO_NEW:
		if a.a2|a.a3|a.a4|a.a5 != 0 {
			return 0, linux.EINVAL
		}
		return uintptr(bit(p.noNew.Load())), 0
	case linux.PR_CAPBSET_READ:
		if a.a2 > linux.CAP_LAST_CAP {
			return 0, linux.EINVAL
		}
		return 1, 0
	}
	return 0, linux.EINVAL
}
