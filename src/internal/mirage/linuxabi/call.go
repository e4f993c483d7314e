package linuxabi

import "internal/mirage/linuxabi/linux"

// args are the six arguments of a system call, as the caller passed them.
type args struct{ a1, a2, a3, a4, a5, a6 uintptr }

// A handler serves one system call. The result means nothing when the error is not 0.
type handler func(p *Process, a args) (uintptr, linux.Errno)

// lookup returns what serves a system call, nil if nothing does.
func lookup(number uintptr) handler {
	switch {
	case number < uintptr(len(table)) && table[number] != nil:
		return table[number]
	case number < uintptr(len(older)):
		return older[number]
	}
	return nil
}

// failed is a system call's first result when there is an error: what C's -1 is.
const failed = ^uintptr(0)

// Serve is a machine.Syscall: it serves one system call of p.
func (p *Process) Serve(number, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	serve := lookup(number)
	if serve == nil {
		return failed, 0, uintptr(linux.ENOSYS)
	}
	r, e := serve(p, args{a1, a2, a3, a4, a5, a6})
	if e != 0 {
		return failed, 0, uintptr(e)
	}
	return r, 0, 0
}
