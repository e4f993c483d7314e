package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"internal/mirage/ranges"
	"math"
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

// accessOf converts protection bits, whose values are the same. What may be written may be read, as on every architecture
// of ours (mmap(2), NOTES).
func accessOf(prot uintptr) ranges.Flags {
	access := ranges.Flags(prot & (linux.PROT_READ | linux.PROT_WRITE))
	if access == ranges.Write {
		access |= ranges.Read
	}
	return access
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
	r.Offset = off
	n, e := p.contents(d, &r, flags)
	if e != 0 {
		return 0, e
	}
	at, e := p.mapped.place(r, how, n)
	if e == 0 && flags&(linux.MAP_POPULATE|linux.MAP_LOCKED) != 0 {
		want := ranges.Read
		if r.Flags&(ranges.Write|ranges.Shared) == ranges.Write {
			want = ranges.Write // so that a private mapping has its copies
		}
		populate(at, at+r.End-r.Start, want) // whether there was memory for it is not told
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
	if next, ok := nextRange(addr); how == mapFree && ok && next.Start < addr+n {
		return r, 0, linux.EEXIST
	}
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

// contents returns the file that a mapping shows, nil for anonymous memory, with a reference.
func (p *Process) contents(d *description, r *ranges.Range, flags uintptr) (*fs.Inode, linux.Errno) {
	if d != nil {
		return fileContents(d, r, flags)
	}
	switch flags & linux.MAP_TYPE {
	case linux.MAP_PRIVATE:
		return nil, 0
	case linux.MAP_SHARED: // a file without a name, as on Linux
		r.Flags |= ranges.Shared
		r.Offset = 0
		n, e := p.fs.NewFile(0o777)
		if e == 0 {
			e = n.Truncate(int64(r.End - r.Start))
		}
		if e != 0 {
			return nil, linux.ENOMEM
		}
		return n, 0
	}
	return nil, linux.EINVAL
}

// fileContents is contents for a file.
func fileContents(d *description, r *ranges.Range, flags uintptr) (*fs.Inode, linux.Errno) {
	const known = linux.MAP_TYPE | linux.MAP_FIXED | linux.MAP_ANONYMOUS | linux.MAP_DENYWRITE | linux.MAP_EXECUTABLE |
		linux.MAP_UNINITIALIZED | linux.MAP_GROWSDOWN | linux.MAP_LOCKED | linux.MAP_NORESERVE | linux.MAP_POPULATE |
		linux.MAP_NONBLOCK | linux.MAP_STACK | linux.MAP_HUGETLB | linux.MAP_32BIT
	f, ok := d.file.(*regular)
	kind := flags & linux.MAP_TYPE
	shared := kind == linux.MAP_SHARED || kind == linux.MAP_SHARED_VALIDATE
	switch {
	case r.End-r.Start > math.MaxInt64-r.Offset:
		return nil, linux.EOVERFLOW
	case !shared && kind != linux.MAP_PRIVATE:
		return nil, linux.EINVAL
	case kind == linux.MAP_SHARED_VALIDATE && flags&^known != 0:
		return nil, linux.EOPNOTSUPP
	case shared && r.Flags&ranges.Write != 0 && !d.writable(), !d.readable():
		return nil, linux.EACCES
	case !ok && d.file == memoryDevice(linux.DevZero) && !shared:
		return nil, 0
	case !ok:
		return nil, linux.ENODEV
	}
	if shared {
		r.Flags |= ranges.Shared
		if !d.writable() {
			r.Flags |= ranges.NoWrite
		}
	}
	f.node.Acquire()
	return f.node, 0
}

func munmap(p *Process, a args) (uintptr, linux.Errno) {
	start, n := a.a1, pages(a.a2)
	if !aligned(start) || n == 0 || start > addressLimit || n > addressLimit-start {
		return 0, linux.EINVAL
	}
	e := unmapMemory(start, start+n)
	p.mapped.releaseUnmapped()
	return 0, e
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
