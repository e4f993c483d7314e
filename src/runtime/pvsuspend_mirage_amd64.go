//go:build mirage

package runtime

import "unsafe"

// Suspension of a PV guest: what it takes besides xensuspend_mirage_amd64.go. The toolstack that saves such a guest turns the frames in
// its page tables and start info into its pages' numbers, and the one that restores it turns those into other frames. What it knows
// nothing of goes out of the tables before, and comes back afterwards.

// pvNoFrame is what the list of frames has for a page without one: INVALID_P2M_ENTRY.
const pvNoFrame = ^uint64(0)

// pvTell is what arch_shared_info, of xen/include/public/arch-x86/xen.h, tells the toolstack of the list of frames.
type pvTell struct {
	pages uint64
	_     [2]uint64
	root  uint64 // CR3 of the tables by which the list is to be seen
	list  uint64 // its address there
}

// pvTellList tells it.
func pvTellList(info *xenInfo) {
	t := (*pvTell)(add(unsafe.Pointer(info), unsafe.Sizeof(*info)))
	t.pages, t.root, t.list = pv.Pages, uint64(pvFrame(vmRoot)), uint64(pv.frames)
}

// pvListed is where the list has a page's frame.
func pvListed(page uint64) *uint64 { return (*uint64)(unsafe.Pointer(pv.frames + uintptr(page)*8)) }

// pvDetach is called on the first CPU, with the others held, before the guest is suspended. It returns the frame of the start info.
func pvDetach() uintptr {
	for i := range xenShared.cpus {
		xenShared.cpus[i].pending = 1 << 8 // masked, until the CPU has told Xen of its own
	}
	pv.Save(pvStartInfo(), pvPage(pv.Store), pvPage(pv.Console))
	pvEachLeaf(vmRoot, 3, 0, pvDetachLeaf)
	pvFlushAll()
	return pvFrame(startInfo) / pageSize4K
}

// pvDetachLeaf makes the entry for va, in which there is something, one that the toolstack understands.
func pvDetachLeaf(e *pte, va uintptr) {
	frame := uint64(*e&pteAddr) / pageSize4K
	page := pvPage(frame)
	if !e.valid() { // kept, but not present: the toolstack leaves it alone
		e.write(*e&^pteAddr | pte(page)*pageSize4K)
		return
	}
	if page < pv.Pages && *pvListed(page) == frame {
		return
	}
	// Xen's, or another domain's, which does not share it with what the guest becomes.
	pa := va - physBase
	switch own := pvListed(uint64(pa) / pageSize4K); {
	case pa >= uintptr(pv.Pages)*pageSize4K:
		e.write(0)
	case *own == frame:
		*own = pvNoFrame
		e.write(0)
	default: // the page's own frame has waited
		e.set(leafEntry(pa, 0, vmRead|vmWrite, false))
	}
}

// pvAttach is called when the guest goes on, as another domain if it was restored.
func pvAttach(restored bool) {
	pv.Restore(pvStartInfo(), !restored)
	pvShare() // where it was
	pvEachLeaf(vmRoot, 3, 0, func(e *pte, _ uintptr) {
		if !e.valid() {
			e.set(*e)
		}
	})
	if !restored {
		return
	}
	for port, line := range xenLines {
		if line > maxLines { // a CPU's own
			xenLines[port] = 0
		}
	}
	clear(pvOwn[:])
}

// pvResume gets for c, the CPU that calls, what it had of Xen's.
func (c *vcpu) pvResume() {
	c.pvPrepare()
	pvTimerStart()
}

func pvStartInfo() []byte { return unsafe.Slice((*byte)(physPointer(startInfo)), pageSize4K) }

// pvEachLeaf calls f with each entry of the guest's own, of pages, in which there is something, and the address that it is for.
func pvEachLeaf(table uintptr, level int, va uintptr, f func(e *pte, va uintptr)) {
	const xenFirst, xenLast = 256, 271 // of the root: ROOT_PAGETABLE_FIRST_XEN_SLOT
	for i := range uintptr(512) {
		e := (*pte)(add(tablePointer(table), i*8))
		at := va | i<<(12+9*uint(level))
		switch {
		case *e == 0 || level == 3 && xenFirst <= i && i <= xenLast:
		case level > 0:
			pvEachLeaf(e.addr(), level-1, at, f)
		default:
			f(e, at)
		}
	}
}
