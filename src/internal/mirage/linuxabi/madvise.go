package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
)

// What may be asked of mapped memory and said about it: madvise(2), msync, mincore, mlock. Nothing is ever written to a
// disk or taken from memory, so that most of it has only its checks to do, in the order of Linux's.

// eachRange calls f for what is mapped in [start, end), until it answers an error, and reports whether there were gaps.
func eachRange(start, end uintptr, f func(r ranges.Range) linux.Errno) (gaps bool, e linux.Errno) {
	for start < end && e == 0 {
		r, ok := nextRange(start)
		if !ok || r.Start >= end {
			return true, 0
		}
		gaps = gaps || r.Start > start
		start = r.End
		if f != nil {
			e = f(r)
		}
	}
	return gaps, e
}

// mapped answers ENOMEM unless all of [start, end) is mapped.
func mapped(start, end uintptr) linux.Errno {
	if gaps, _ := eachRange(start, end, nil); gaps {
		return linux.ENOMEM
	}
	return 0
}

func madvise(p *Process, a args) (uintptr, linux.Errno) {
	start, n, advice := a.a1, pages(a.a2), int(int32(a.a3))
	end := start + n
	switch {
	case !knownAdvice(advice) || !aligned(start) || a.a2 != 0 && n == 0 || end < start:
		return 0, linux.EINVAL
	case n == 0:
		return 0, 0
	}
	gaps, e := eachRange(start, end, func(r ranges.Range) linux.Errno {
		from := max(r.Start, start)
		r.Start, r.End, r.Offset = from, min(r.End, end), r.Offset+from-r.Start
		return p.advise(r, advice)
	})
	if e == 0 && gaps {
		e = linux.ENOMEM // the rest has been done
	}
	return 0, e
}

func knownAdvice(advice int) bool {
	switch advice {
	case linux.MADV_NORMAL, linux.MADV_RANDOM, linux.MADV_SEQUENTIAL, linux.MADV_WILLNEED, linux.MADV_DONTNEED,
		linux.MADV_FREE, linux.MADV_REMOVE, linux.MADV_DONTFORK, linux.MADV_DOFORK, linux.MADV_MERGEABLE,
		linux.MADV_UNMERGEABLE, linux.MADV_HUGEPAGE, linux.MADV_NOHUGEPAGE, linux.MADV_DONTDUMP, linux.MADV_DODUMP,
		linux.MADV_WIPEONFORK, linux.MADV_KEEPONFORK, linux.MADV_COLD, linux.MADV_PAGEOUT, linux.MADV_POPULATE_READ,
		linux.MADV_POPULATE_WRITE:
		return true
	}
	return false
}

// advise does what advice means for one range. Most of it means nothing here: there are no children, no core dumps and
// no swap, and large pages are used wherever they fit.
func (p *Process) advise(r ranges.Range, advice int) linux.Errno {
	private := r.Object == 0
	switch advice {
	case linux.MADV_DONTNEED:
		return discardMemory(r.Start, r.End)
	case linux.MADV_FREE:
		if !private {
			return linux.EINVAL
		}
		return discardMemory(r.Start, r.End) // "may" be freed (madvise(2)): it is
	case linux.MADV_WIPEONFORK:
		if !private {
			return linux.EINVAL
		}
	case linux.MADV_REMOVE:
		return p.punch(r)
	case linux.MADV_POPULATE_READ:
		return populate(r.Start, r.End, ranges.Read)
	case linux.MADV_POPULATE_WRITE:
		return populate(r.Start, r.End, ranges.Write)
	}
	return 0
}

// punch makes a hole in the file that a mapping shows.
func (p *Process) punch(r ranges.Range) linux.Errno {
	switch {
	case r.Object == 0:
		return linux.EINVAL
	case r.Flags&(ranges.Shared|ranges.NoWrite) != ranges.Shared:
		return linux.EACCES
	}
	n := p.mapped.file(r.Object)
	if n == nil {
		return linux.ENOMEM // unmapped meanwhile
	}
	defer n.Release()
	return n.Allocate(int64(r.Offset), int64(r.End-r.Start), true, true, false)
}

func msync(p *Process, a args) (uintptr, linux.Errno) {
	start, n, flags := a.a1, pages(a.a2), a.a3
	end := start + n
	switch {
	case flags&^(linux.MS_ASYNC|linux.MS_INVALIDATE|linux.MS_SYNC) != 0 || !aligned(start),
		flags&linux.MS_ASYNC != 0 && flags&linux.MS_SYNC != 0:
		return 0, linux.EINVAL
	case end < start:
		return 0, linux.ENOMEM
	}
	if e := mapped(start, end); e != 0 || flags&linux.MS_SYNC == 0 {
		return 0, e
	}
	return 0, p.syncMapped(start, end)
}

func mincore(p *Process, a args) (uintptr, linux.Errno) {
	start, n := a.a1, pages(a.a2)
	switch {
	case !aligned(start):
		return 0, linux.EINVAL
	case a.a2 > addressLimit || start > addressLimit-a.a2:
		return 0, linux.ENOMEM
	}
	vec, e := userBytes(a.a3, n/pageSize, true)
	if e != 0 {
		return 0, e
	}
	if e := mapped(start, start+n); e != 0 {
		return 0, e
	}
	for i := range vec {
		vec[i] = 0
		if residentMemory(start + uintptr(i)*pageSize) {
			vec[i] = 1
		}
	}
	return 0, 0
}

// mlock serves mlock and munlock: memory stays where it is in any case.
func mlock(p *Process, a args) (uintptr, linux.Errno) {
	start := a.a1 &^ (pageSize - 1)
	end := start + pages(a.a2+a.a1-start)
	if end < start {
		return 0, linux.EINVAL
	}
	return 0, mapped(start, end)
}

func mlock2(p *Process, a args) (uintptr, linux.Errno) {
	if a.a3&^linux.MLOCK_ONFAULT != 0 {
		return 0, linux.EINVAL
	}
	return mlock(p, a)
}

func mlockall(p *Process, a args) (uintptr, linux.Errno) {
	if a.a1 == 0 || a.a1 == linux.MCL_ONFAULT || a.a1&^(linux.MCL_CURRENT|linux.MCL_FUTURE|linux.MCL_ONFAULT) != 0 {
		return 0, linux.EINVAL
	}
	return 0, 0
}

func munlockall(p *Process, a args) (uintptr, linux.Errno) { return 0, 0 }
