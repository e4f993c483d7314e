//go:build mirage

package runtime

import (
	"internal/mirage/ranges"
	"internal/runtime/sys"
	"unsafe"
)

// A vmObject is the contents of a file that is mapped, or was: pages that the file tree and the program's mappings of the
// file share, so that each sees at once what the other writes. It lies in physical memory, because page faults fill and
// read it in the trap handler. All of it is guarded by vmLock.
//
// A page that is not in the tree of pages is the base's, as far as that reaches (it is part of the initial RAM disk), and
// else zero.
type vmObject struct {
	_ sys.NotInHeap

	size    uintptr // bytes; a page behind the last one is SIGBUS
	base    uintptr // address of what the file began as, which never changes; 0: nothing
	baseLen uintptr
	root    uintptr // physical address of the tree of pages, 0: empty
	height  uint    // of the tree: tables of 512 on the way to a page
	pages   uintptr // in the tree
	mapped  uintptr // bytes of mappings that show it
	written bool    // through a mapping, since last asked
	idle    bool    // in vmIdle
	next    *vmObject
}

// vmIdle lists objects whose last mapping has gone, until the library OS asks for them.
var vmIdle *vmObject

func vmObjectOf(r *ranges.Range) *vmObject {
	return (*vmObject)(unsafe.Pointer(r.Object))
}

// vmIndexIn is which page of r's object va shows.
func vmIndexIn(r *ranges.Range, va uintptr) uintptr { return (r.Offset + va - r.Start) / pageSize4K }

// reaches is how many pages the object has.
func (o *vmObject) reaches() uintptr { return (o.size + pageSize4K - 1) / pageSize4K }

// entry returns the place in the tree for a page, which holds its physical address or 0. With make it adds tables; it
// returns nil when there is none.
func (o *vmObject) entry(index uintptr, make bool) *uintptr {
	for o.height == 0 || index>>(9*o.height) != 0 {
		if !make {
			return nil
		}
		table := vmZeroPage()
		if table == 0 {
			return nil
		}
		*(*uintptr)(physPointer(table)) = o.root
		o.root = table
		o.height++
	}
	table := o.root
	for level := o.height - 1; ; level-- {
		e := (*uintptr)(add(physPointer(table), (index>>(9*level)&511)*8))
		if level == 0 {
			return e
		}
		if *e == 0 {
			if !make {
				return nil
			}
			if *e = vmZeroPage(); *e == 0 {
				return nil
			}
		}
		table = *e
	}
}

// find returns the page in the tree, 0 if it is not there.
func (o *vmObject) find(index uintptr) uintptr {
	if e := o.entry(index, false); e != nil {
		return *e
	}
	return 0
}

// inPlace returns the page of the base that can be mapped as it is, 0 if there is none: the base must begin a page, lie in
// RAM's linear mapping, and reach to the page's end.
func (o *vmObject) inPlace(index uintptr) uintptr {
	if o.base%pageSize4K != 0 || o.base < physBase || (index+1)*pageSize4K > o.baseLen {
		return 0
	}
	return o.base - physBase + index*pageSize4K
}

// own returns the page in the tree, and puts it there if need be; 0 when there is no memory.
func (o *vmObject) own(index uintptr) uintptr {
	e := o.entry(index, true)
	if e == nil || *e != 0 {
		if e == nil {
			return 0
		}
		return *e
	}
	pa := vmZeroPage()
	if pa == 0 {
		return 0
	}
	if off := index * pageSize4K; off < o.baseLen {
		memmove(physPointer(pa), unsafe.Pointer(o.base+off), min(pageSize4K, o.baseLen-off))
	}
	*e = pa
	o.pages++
	if o.inPlace(index) != 0 {
		o.forget(index, index+1, false)
	}
	return pa
}

// forget takes the pages from first to before last out of all mappings of the object, with all if also those that a
// private mapping has of its own. They come again by fault.
func (o *vmObject) forget(first, last uintptr, all bool) {
	if o.mapped == 0 {
		return
	}
	for i := vmas.After(vmProgram); i < vmas.Len(); i++ {
		r := vmas.At(i)
		if vmObjectOf(r) != o {
			continue
		}
		from, pages := r.Offset/pageSize4K, (r.End-r.Start)/pageSize4K
		lo, hi := max(first, from), min(last, from+pages)
		if lo < hi {
			vmForgetIn(r.Start+(lo-from)*pageSize4K, r.Start+(hi-from)*pageSize4K, all)
		}
	}
}

func vmForgetIn(start, end uintptr, all bool) {
	for start < end {
		next := min(end, (start+pageSize2M)&^(pageSize2M-1))
		if e := vmEntry(start, 1, false); e != nil && !e.empty() {
			vmReleasePages(start, next, all)
		}
		start = next
	}
}

// vmHides counts that the mappings in [start, end) are about to go.
func vmHides(start, end uintptr) {
	for i := vmas.After(start); i < vmas.Len() && vmas.At(i).Start < end; i++ {
		r := vmas.At(i)
		o := vmObjectOf(r)
		if o == nil {
			continue
		}
		o.mapped -= min(end, r.End) - max(start, r.Start)
		if o.mapped == 0 && !o.idle {
			o.idle, o.next, vmIdle = true, vmIdle, o
		}
	}
}

// vmFillObject is vmFill for a mapping of an object.
func vmFillObject(r *ranges.Range, va uintptr, want vmProt) vmOutcome {
	o, index := vmObjectOf(r), vmIndexIn(r, va)
	if index >= o.reaches() {
		return vmBeyond
	}
	e := vmEntry(va, 0, true)
	if e == nil {
		return vmNoMemory
	}
	if !e.empty() {
		if prot, _ := e.prot(); want&^prot == 0 {
			return vmFilled // another CPU was faster
		}
	}
	if want == vmWrite && r.Flags&ranges.Shared == 0 {
		return o.copyTo(e, va, index, r.Flags)
	}
	pa, prot := o.find(index), r.Flags&^vmWrite
	if pa == 0 && want != vmWrite {
		pa = o.inPlace(index)
	}
	if pa == 0 {
		pa = o.own(index)
	}
	if pa == 0 {
		return vmNoMemory
	}
	if want == vmWrite { // the first write comes here even if there were reads before: so it is known of
		prot = r.Flags
		o.written = true
	}
	vmReplace(e, va, pa, prot)
	e.borrow()
	vmSync()
	return vmFilled
}

// copyTo gives a private mapping a page of its own.
func (o *vmObject) copyTo(e *pte, va, index uintptr, prot vmProt) vmOutcome {
	pa := vmZeroPage()
	if pa == 0 {
		return vmNoMemory
	}
	if from := o.find(index); from != 0 {
		memmove(physPointer(pa), physPointer(from), pageSize4K)
	} else if off := index * pageSize4K; off < o.baseLen {
		memmove(physPointer(pa), unsafe.Pointer(o.base+off), min(pageSize4K, o.baseLen-off))
	}
	vmReplace(e, va, pa, prot)
	vmSync()
	return vmFilled
}

// vmReplace makes e map pa, in place of what it maps.
func vmReplace(e *pte, va, pa uintptr, prot vmProt) {
	if !e.empty() {
		// ARM DDI 0487, D8.16.1 (break-before-make).
		e.clear()
		vmFlush(va, 1)
	}
	e.setLeaf(pa, 0, prot, false)
}

// objectNew makes an object of what lies at base, 0 when there is no memory.
func objectNew(base, n uintptr) (o *vmObject) {
	onTrapStack(func() {
		flags := vmLock.lock()
		if pa := vmZeroPage(); pa != 0 {
			o = (*vmObject)(physPointer(pa))
			o.base, o.baseLen, o.size = base, n, n
		}
		vmLock.unlock(flags)
	})
	return o
}

// objectPage returns the physical address of page index of the object; without make 0 if it is not in the tree.
func objectPage(o *vmObject, index uintptr, make bool) (pa uintptr) {
	onTrapStack(func() {
		flags := vmLock.lock()
		if make {
			pa = o.own(index)
		} else {
			pa = o.find(index)
		}
		vmLock.unlock(flags)
	})
	return pa
}

// objectResize sets the size. What lies behind a smaller one goes from memory and from all mappings, and reads as zero if
// the object grows again.
func objectResize(o *vmObject, size uintptr) {
	old := o.reaches()
	onTrapStack(func() {
		flags := vmLock.lock()
		if size < o.size {
			last := size / pageSize4K
			if size%pageSize4K != 0 {
				o.forget(last, last+1, false) // it may be the base's in place, which goes on behind the end
				if pa := o.find(last); pa != 0 {
					memclrNoHeapPointers(add(physPointer(pa), size%pageSize4K), pageSize4K-size%pageSize4K)
				}
			}
		}
		o.size, o.baseLen = size, min(o.baseLen, size)
		vmLock.unlock(flags)
	})
	objectDrop(o, o.reaches(), old, true)
}

// objectDrop frees the pages from first to before last; with all private mappings lose theirs, too. What they hold then is
// what the base holds, or zero.
func objectDrop(o *vmObject, first, last uintptr, all bool) {
	for first < last {
		next := last
		onTrapStack(func() {
			flags := vmLock.lock()
			next = min(last, o.stretch(first))
			o.dropIn(first, next, all)
			vmLock.unlock(flags)
		})
		first = next
	}
}

// stretch returns the end of the part of the tree around a page that is one table of pages, or of which nothing is there.
func (o *vmObject) stretch(index uintptr) uintptr {
	if o.height == 0 || index>>(9*o.height) != 0 {
		return ^uintptr(0)
	}
	table, level := o.root, o.height-1
	for ; level > 0; level-- {
		if table = *(*uintptr)(add(physPointer(table), (index>>(9*level)&511)*8)); table == 0 {
			break
		}
	}
	covers := uintptr(512)
	if table == 0 {
		covers = 1 << (9 * level)
	}
	return (index | (covers - 1)) + 1
}

// dropIn frees pages of one stretch.
func (o *vmObject) dropIn(first, last uintptr, all bool) {
	o.forget(first, last, all)
	for ; first < last; first++ {
		e := o.entry(first, false)
		if e == nil {
			return // no table: not one of them is there
		}
		if *e != 0 {
			physFree(*e, 1)
			*e = 0
			o.pages--
		}
	}
}

// objectFree frees an object that nothing maps.
func objectFree(o *vmObject) {
	objectResize(o, 0)
	onTrapStack(func() {
		flags := vmLock.lock()
		if o.mapped != 0 || o.idle {
			throw("objectFree: the object is in use")
		}
		if o.height > 0 {
			vmFreeTables(o.root, o.height)
		}
		physFree(uintptr(unsafe.Pointer(o))-physBase, 1)
		vmLock.unlock(flags)
	})
}

// vmFreeTables frees a tree of tables that leads to no page.
func vmFreeTables(table uintptr, height uint) {
	if height > 1 {
		for _, t := range (*[512]uintptr)(physPointer(table)) {
			if t != 0 {
				vmFreeTables(t, height-1)
			}
		}
	}
	physFree(table, 1)
}
