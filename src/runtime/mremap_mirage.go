//go:build mirage

package runtime

// Moving mappings: mremap(2).

// resizeMemory makes the mapping [start, end) of the program longer where it is. The error is ENOMEM: something is behind.
func resizeMemory(start, end, newEnd uintptr) (errno uintptr) {
	if start < vmProgram {
		return _EPERM
	}
	onTrapStack(func() {
		flags := vmLock.lock()
		r := vmas.Find(start)
		if r == nil || r.End < end || newEnd > vmHigh || !vmas.Free(end, newEnd) {
			errno = _ENOMEM
		} else {
			more := *r
			if more.Object != 0 {
				more.Offset += end - more.Start
			}
			more.Start, more.End = end, newEnd
			if !vmas.Set(more) {
				errno = _ENOMEM
			} else if o := vmObjectOf(&more); o != nil {
				o.mapped += newEnd - end
			}
		}
		vmLock.unlock(flags)
	})
	return errno
}

// moveMemory moves the pages of [start, start+n) to the mapping at to. The error is ENOMEM, and then nothing has moved.
func moveMemory(start, n, to uintptr) (errno uintptr) {
	if start < vmProgram {
		return _EPERM
	}
	// All that may fail comes first: small pages, and tables for where they go.
	for off := uintptr(0); off < n && errno == 0; off += pageSize4K {
		onTrapStack(func() {
			flags := vmLock.lock()
			e := vmEntry(start+off, 1, false)
			if e != nil && !e.empty() {
				if e.leaf(1) && !vmSplit(e, (start+off)&^(pageSize2M-1)) || vmEntry(to+off, 0, true) == nil {
					errno = _ENOMEM
				}
			}
			vmLock.unlock(flags)
		})
	}
	if errno != 0 {
		return errno
	}
	for off := uintptr(0); off < n; {
		next := min(n, off+64*pageSize4K)
		onTrapStack(func() {
			flags := vmLock.lock()
			vmMovePages(start+off, start+next, to+off)
			vmLock.unlock(flags)
		})
		off = next
	}
	return 0
}

// vmMovePages moves up to 64 small pages. Whoever touches one meanwhile waits for vmLock.
func vmMovePages(start, end, to uintptr) {
	var moved [64]pte
	for va := start; va < end; va += pageSize4K {
		if e := vmEntry(va, 0, false); e != nil && !e.empty() {
			moved[(va-start)/pageSize4K] = *e
			e.clear()
		}
	}
	vmFlush(start, (end-start)/pageSize4K)
	for i := range moved {
		if moved[i].empty() {
			continue
		}
		if e := vmEntry(to+uintptr(i)*pageSize4K, 0, true); e != nil && e.empty() {
			e.write(moved[i])
		} else if !moved[i].borrowed() {
			physFree(moved[i].addr(), 1) // another thread has touched the new address already, and has a page there
		}
	}
	vmSync()
}
