package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
)

// Memory that the program maps: mmap(2), munmap, mprotect, mremap. The order of the checks is that of Linux's mm/mmap.c,
// mprotect.c and mremap.c.
//
// Nothing is ever executable but the image's text, because the page tables are sealed: PROT_EXEC is EACCES, as where a
// policy of SELinux denies execmem, and as under prctl(PR_SET_MDWE). What the runtime has mapped for itself is EPERM, as
// memory sealed by mseal(2) is.

// addressLimit is the first address that no mapping of a process on Linux reaches (TASK_SIZE, 47 bits on amd64).
const addressLimit = 1<<47 - pageSize

// pages rounds n up to whole pages; what is too long becomes 0.
func pages(n uintptr) uintptr { return (n + pageSize - 1) &^ (pageSize - 1) }

// aligned reports whether an address begins a page.
func aligned(p uintptr) bool { return p%pageSize == 0 }

// accessOf converts protection bits, whose values are the same.
func accessOf(prot uintptr) ranges.Flags {
	return ranges.Flags(prot & (linux.PROT_READ | linux.PROT_WRITE))
}

func mmap(p *Process, a args) (uintptr, linux.Errno) {
	prot, flags, off := a.a3, a.a4, a.a6
	if !aligned(off) {
		return 0, linux.EINVAL
	}
	var d *description
	if flags&linux.MAP_ANONYMOUS == 0 {
		var e linux.Errno
		if d, e = p.fds.get(fd(a.a5)); e != 0 {
			return 0, e
		}
		defer d.put()
		if d.path {
			return 0, linux.EBADF
		}
	}
	r, how, e := newMapping(a.a1, a.a2, prot, flags, d != nil)
	if e != 0 {
		return 0, e
	}
	if d != nil {
		e = p.mapFile(d, &r, off, flags)
	} else {
		e = mapAnonymous(&r, flags)
	}
	if e != 0 {
		return 0, e
	}
	at, e := mapMemory(r, how)
	if e == 0 && flags&(linux.MAP_POPULATE|linux.MAP_LOCKED) != 0 {
		populate(at, at+r.End-r.Start, r.Flags) // whether there was memory for it is not told
	}
	return at, e
}

// newMapping checks what does not depend on a file, and says where the mapping is to be and how that is meant.
func newMapping(addr, length, prot, flags uintptr, file bool) (r ranges.Range, how int, e linux.Errno) {
	n := pages(length)
	fixed := flags&(linux.MAP_FIXED|linux.MAP_FIXED_NOREPLACE) != 0
	switch {
	case prot&linux.PROT_EXEC != 0:
		return r, 0, linux.EACCES
	case length == 0:
		return r, 0, linux.EINVAL
	case n == 0 || n > addressLimit:
		return r, 0, linux.ENOMEM
	case fixed && addr > addressLimit-n:
		return r, 0, linux.ENOMEM
	case fixed && !aligned(addr):
		return r, 0, linux.EINVAL
	case flags&linux.MAP_HUGETLB != 0 && file:
		return r, 0, linux.EINVAL
	case flags&linux.MAP_HUGETLB != 0:
		return r, 0, linux.ENOMEM // no pages are set aside for it
	}
	switch {
	case flags&linux.MAP_FIXED_NOREPLACE != 0:
		how = mapFree
	case fixed:
		how = mapOver
	default:
		addr &^= pageSize - 1 // a hint
		if addr > addressLimit-n {
			addr = 0
		}
	}
	r = ranges.Range{Start: addr, End: addr + n, Flags: accessOf(prot)}
	if commits(flags, r) {
		return r, 0, linux.ENOMEM
	}
	return r, how, 0
}

// commits reports whether a private mapping is larger than all of memory, which is refused unless it is said not to be
// reserved (Documentation/mm/overcommit-accounting.rst, mode 0).
func commits(flags uintptr, r ranges.Range) bool {
	total, _ := memory()
	return flags&linux.MAP_TYPE == linux.MAP_PRIVATE && flags&linux.MAP_NORESERVE == 0 &&
		r.Flags&ranges.Write != 0 && uint64(r.End-r.Start) > total
}

// mapAnonymous completes a mapping without a file.
func mapAnonymous(r *ranges.Range, flags uintptr) linux.Errno {
	switch flags & linux.MAP_TYPE {
	case linux.MAP_PRIVATE:
	case linux.MAP_SHARED:
		r.Flags |= ranges.Shared
	default:
		return linux.EINVAL
	}
	return 0
}

// mapFile completes a mapping of a file.
func (p *Process) mapFile(d *description, r *ranges.Range, off, flags uintptr) linux.Errno {
	return linux.ENODEV
}

func munmap(p *Process, a args) (uintptr, linux.Errno) {
	start, n := a.a1, pages(a.a2)
	if !aligned(start) || n == 0 || start > addressLimit || n > addressLimit-start {
		return 0, linux.EINVAL
	}
	return 0, unmapMemory(start, start+n)
}

func mprotect(p *Process, a args) (uintptr, linux.Errno) {
	const known = linux.PROT_READ | linux.PROT_WRITE | linux.PROT_EXEC | linux.PROT_SEM
	start, n := a.a1, pages(a.a2)
	prot := a.a3 &^ (linux.PROT_GROWSDOWN | linux.PROT_GROWSUP)
	switch {
	case a.a3&linux.PROT_GROWSDOWN != 0 && a.a3&linux.PROT_GROWSUP != 0 || !aligned(start):
		return 0, linux.EINVAL
	case a.a2 == 0:
		return 0, 0
	case start+n <= start:
		return 0, linux.ENOMEM
	case prot&^known != 0:
		return 0, linux.EINVAL
	}
	switch r, ok := nextRange(start); {
	case !ok || r.Start > start:
		return 0, linux.ENOMEM
	case prot != a.a3:
		return 0, linux.EINVAL // no mapping grows
	case prot&linux.PROT_EXEC != 0:
		return 0, linux.EACCES
	}
	return 0, protectMemory(start, start+n, accessOf(prot))
}
