package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
)

// mremap makes a mapping longer or shorter, or moves it (mremap(2)). The order of the checks is that of mm/mremap.c.
func mremap(p *Process, a args) (uintptr, linux.Errno) {
	addr, old, n, flags, to := a.a1, pages(a.a2), pages(a.a3), a.a4, a.a5
	mayMove, fixed, keep := flags&linux.MREMAP_MAYMOVE != 0, flags&linux.MREMAP_FIXED != 0, flags&linux.MREMAP_DONTUNMAP != 0
	switch {
	case flags&^(linux.MREMAP_MAYMOVE|linux.MREMAP_FIXED|linux.MREMAP_DONTUNMAP) != 0, (fixed || keep) && !mayMove,
		keep && old != n, !aligned(addr), n == 0 || n > addressLimit:
		return 0, linux.EINVAL
	case fixed && (!aligned(to) || to > addressLimit-n || addr < to+n && to < addr+old):
		return 0, linux.EINVAL
	}
	r, ok := nextRange(addr)
	switch {
	case !ok || r.Start > addr:
		return 0, linux.EFAULT
	case old > n:
		if old > addressLimit-addr {
			return 0, linux.EINVAL
		}
		if e := unmapMemory(addr+n, addr+old); e != 0 {
			return 0, e
		}
		p.mapped.releaseUnmapped()
		old = n
	}
	inPlace := !fixed && !keep
	switch {
	case inPlace && old == n:
		return addr, 0
	case old == 0 && r.Flags&ranges.Shared == 0:
		return 0, linux.EINVAL
	case old > r.End-addr:
		return 0, linux.EFAULT
	case inPlace && old != 0 && extendMemory(addr, addr+old, addr+n) == 0:
		return addr, 0
	case !mayMove:
		return 0, linux.ENOMEM
	}
	return p.move(r, addr, old, n, to, fixed, keep)
}

// move makes a mapping of n bytes that shows what r does from addr on, moves old bytes of pages there, and takes the old
// mapping away unless it is to be kept.
func (p *Process) move(r ranges.Range, addr, old, n, to uintptr, fixed, keep bool) (uintptr, linux.Errno) {
	made := r
	if made.Object != 0 {
		made.Offset += addr - r.Start
	}
	made.Start, made.End = 0, n
	how := mapAnywhere
	if fixed {
		made.Start, made.End, how = to, to+n, mapOver
	}
	at, e := mapMemory(made, how)
	if e == 0 && old > 0 {
		if e = moveMemory(addr, min(old, n), at); e != 0 {
			unmapMemory(at, at+n)
		} else if !keep {
			e = unmapMemory(addr, addr+old)
		}
	}
	p.mapped.releaseUnmapped()
	if e != 0 {
		return 0, e
	}
	return at, 0
}
