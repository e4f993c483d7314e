//go:build mirage

package runtime

import (
	"internal/goarch"
	"internal/mirage/ranges"
	"unsafe"
)

// What a program maps by itself, as mmap(2) and its kin do: [vmProgram, vmHigh) is the program's, all else the runtime's.
// What the runtime has mapped is to the program as if sealed by mseal(2): it can be asked about, and not be changed.
//
// Package internal/mirage/linuxabi checks arguments; here stands what must be done in one step under vmLock. A change of
// many pages is made in parts, none of which lets another thread see a page that is neither as before nor as after.

const (
	_EACCES = 13
	_EFAULT = 14
	_EEXIST = 17
)

// How a mapping's address is found; machine.Map says what each means.
const (
	mapAnywhere = iota
	mapOver
	mapFree
)

// mapMemory makes r a mapping of the program: where it says, or, for mapAnywhere, there if nothing is, and else elsewhere.
func mapMemory(r ranges.Range, how int) (at, errno uintptr) {
	n := r.End - r.Start
	if how == mapOver {
		if errno := unmapMemory(r.Start, r.End); errno != 0 {
			return 0, errno
		}
	}
	onTrapStack(func() {
		flags := vmLock.lock()
		at, errno = mapPlace(r, how)
		if errno == 0 {
			r.Start, r.End = at, at+n
			if !vmas.Set(r) {
				errno = _ENOMEM
			} else if o := vmObjectOf(&r); o != nil {
				o.mapped += n
			}
		}
		vmLock.unlock(flags)
	})
	return at, errno
}

// mapPlace finds the address of a mapping. vmLock is held.
func mapPlace(r ranges.Range, how int) (at, errno uintptr) {
	inside := r.Start >= vmProgram && r.End <= vmHigh && r.Start < r.End
	switch {
	case inside && vmas.Free(r.Start, r.End):
		return r.Start, 0
	case how == mapAnywhere:
		n, align := r.End-r.Start, uintptr(pageSize4K)
		if n >= pageSize2M {
			align = pageSize2M
		}
		if at := vmas.Gap(n, vmProgram, vmHigh, align); at != 0 {
			return at, 0
		}
		return 0, _ENOMEM
	case !vmas.Free(r.Start, r.End):
		return 0, _EEXIST // and for mapOver, that another thread was faster
	}
	return 0, _ENOMEM
}

// mapSealed reports whether anything of the runtime's stands in [start, end).
func mapSealed(start, end uintptr) (sealed bool) {
	onTrapStack(func() {
		flags := vmLock.lock()
		if start < vmProgram {
			sealed = !vmas.Free(start, min(end, vmProgram))
		}
		vmLock.unlock(flags)
	})
	return sealed || end > vmHigh && end > physBase
}

// unmapMemory takes away what the program has mapped in [start, end).
func unmapMemory(start, end uintptr) (errno uintptr) {
	if mapSealed(start, end) {
		return _EPERM
	}
	start, end = max(start, vmProgram), min(end, vmHigh)
	if start < end && !vmUnmap(start, end) {
		return _ENOMEM
	}
	return 0
}

// protectMemory changes how [start, end) may be accessed, from start on as far as something is mapped that allows it
// (mprotect(2), "ERRORS").
func protectMemory(start, end uintptr, prot vmProt) (errno uintptr) {
	for start < end && errno == 0 {
		var r ranges.Range
		if errno = mapAt(start, &r); errno != 0 {
			return errno
		}
		next := min(end, r.End)
		switch {
		case start < vmProgram:
			return _EPERM
		case prot&vmWrite != 0 && r.Flags&ranges.NoWrite != 0:
			return _EACCES
		}
		vmInBlocks(start, next, func(lo, hi uintptr) {
			if errno == 0 && (!vmRestrict(lo, hi, prot) || !vmas.Change(lo, hi, ranges.Access, prot)) {
				errno = _ENOMEM
			}
		})
		start = next
	}
	return errno
}

// mapAt copies the range that holds addr to r. The error is ENOMEM when there is none.
func mapAt(addr uintptr, r *ranges.Range) (errno uintptr) {
	if mapNext(addr, r); r.Start > addr || r.End == 0 {
		return _ENOMEM
	}
	return 0
}

// mapNext copies the first range that ends above addr to r, and nothing if there is none.
func mapNext(addr uintptr, r *ranges.Range) {
	var found ranges.Range
	onTrapStack(func() {
		flags := vmLock.lock()
		if v := vmas.Next(addr); v != nil {
			found = *v
		}
		vmLock.unlock(flags)
	})
	*r = found
}

// vmRestrict makes the pages that are there in [start, end), a part as vmInBlocks gives, allow prot and no more. It
// reports whether there was memory to do it with.
func vmRestrict(start, end uintptr, prot vmProt) bool {
	e := vmEntry(start, 1, false)
	if e == nil || e.empty() {
		return true
	}
	if e.leaf(1) {
		if end-start == pageSize2M {
			e.setLeaf(e.addr(), 1, prot, false)
			vmFlush(start, pagesInBlock)
			return true
		}
		if !vmSplit(e, start&^(pageSize2M-1)) {
			return false
		}
	}
	for va := start; va < end; va += pageSize4K {
		if e := vmEntry(va, 0, false); e != nil && !e.empty() {
			if e.borrowed() {
				e.setLeaf(e.addr(), 0, prot&^vmWrite, false) // a write is first seen by vmFillObject
				e.borrow()
			} else {
				e.setLeaf(e.addr(), 0, prot, false)
			}
		}
	}
	vmFlush(start, (end-start)/pageSize4K)
	return true
}

// discardMemory takes the pages of [start, end), which the program has mapped, so that it finds fresh ones.
func discardMemory(start, end uintptr) (errno uintptr) {
	if mapSealed(start, end) {
		return _EPERM
	}
	vmRelease(max(start, vmProgram), min(end, vmHigh))
	return 0
}

// residentMemory reports whether the page at va is in memory.
func residentMemory(va uintptr) (there bool) {
	onTrapStack(func() {
		flags := vmLock.lock()
		for level := 1; level >= 0 && !there; level-- {
			e := vmEntry(va, level, false)
			there = e != nil && !e.empty() && e.leaf(level)
		}
		if r := vmas.Find(va); r != nil && r.Object != 0 {
			o, index := vmObjectOf(r), vmIndexIn(r, va)
			there = index < o.reaches() && (there || o.find(index) != 0 || o.inPlace(index) != 0)
		}
		vmLock.unlock(flags)
	})
	return there
}

// populateMemory makes the pages of [start, end) present, as accesses of the kind want would.
func populateMemory(start, end uintptr, want vmProt) (errno uintptr) {
	for ; start < end && errno == 0; start += pageSize4K {
		onTrapStack(func() {
			switch vmFault(start, want) {
			case vmFilled:
			case vmUnmapped, vmNoMemory:
				errno = _ENOMEM
			case vmForbidden, vmBeyond:
				errno = _EFAULT
			}
		})
	}
	return errno
}

// mmap and munmap are for the runtime's own tests: the runtime maps by mem_mirage.go.

func mmap(addr unsafe.Pointer, n uintptr, prot, flags, fd int32, off uint32) (p unsafe.Pointer, err int) {
	const number = 9*goarch.IsAmd64 + 222*goarch.IsArm64
	at, _, errno := syscall6(number, uintptr(addr), n, uintptr(prot), uintptr(flags), uintptr(fd), uintptr(off))
	if errno != 0 {
		return nil, int(errno)
	}
	return unsafe.Pointer(at), 0
}

func munmap(addr unsafe.Pointer, n uintptr) {
	const number = 11*goarch.IsAmd64 + 215*goarch.IsArm64
	syscall6(number, uintptr(addr), n, 0, 0, 0, 0)
}
