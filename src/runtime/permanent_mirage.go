//go:build mirage

package runtime

import "unsafe"

// Memory that trap handlers reach. It is given out where all RAM is mapped for good, because a handler must not fault: in the
// program's address space a page can be away for a moment, while another CPU takes a 2 MiB page apart around it (vmSplit).

// permanent is the page that is being given out.
var permanent struct {
	lock    spinlock
	at, end uintptr
}

// permanentAlloc returns n bytes of zeroed memory, at most a page, aligned to 64, that are never given back.
func permanentAlloc(n uintptr) unsafe.Pointer {
	n = alignUp(n, 64)
	at := uintptr(0) // no pointer: on the trap stack there may be no write barrier
	onTrapStack(func() {
		a := &permanent
		flags := a.lock.lock()
		if a.end-a.at < n {
			if pa := vmZeroPage(); pa != 0 {
				a.at = physBase + pa
				a.end = a.at + pageSize4K
			}
		}
		if a.end-a.at >= n {
			at = a.at
			a.at += n
		}
		a.lock.unlock(flags)
	})
	if at == 0 {
		throw("no memory for a thread")
	}
	return unsafe.Pointer(at)
}
