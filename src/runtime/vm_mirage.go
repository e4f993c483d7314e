//go:build mirage

package runtime

import "internal/mirage/ranges"

// Page tables: four levels of 512 entries on both architectures; what an entry looks like is in
// vm_mirage_GOARCH.go. One address space, its root is vmRoot.
//
//	[0, 4 GiB)          the image, where it is linked; page 0 is never mapped
//	[vmLow, vmProgram)  what the runtime reserves: heap, stacks, tables; filled by fault
//	[vmProgram, vmHigh) what the program maps (mmap_mirage.go)
//	[physBase, ...)     all RAM, linearly: how the runtime reaches a physical page. The image's text and read-only
//	                    data and page tables are read-only here
//	[deviceBase, ...)   device registers, linearly, uncached
//	[stackBase, ...)    trap stacks and those of threads, each below an unmapped page
//	[rangesBase, ...)   the table of ranges (vma_mirage.go)
//	[windowBase, ...)   all RAM again, at an address unlike the last boot's: how page tables are written (seal_mirage.go)
const (
	vmLow      = 0x0000_0010_0000_0000
	vmProgram  = 0x0000_2000_0000_0000
	vmHigh     = 0x0000_4000_0000_0000
	physBase   = 0x0000_4000_0000_0000
	deviceBase = 0x0000_5000_0000_0000
	stackBase  = 0x0000_6000_0000_0000
	rangesBase = 0x0000_7000_0000_0000
	physLimit  = deviceBase - physBase // of physical addresses
)

// vmRoot is the physical address of the top-level table.
var vmRoot uintptr

// vmEntry returns the entry for va at level (0: 4 KiB pages, 1: 2 MiB, 2: 1 GiB). With make it adds missing tables; it
// returns nil when there is none, when memory for one is short, or when a large page stands above.
func vmEntry(va uintptr, level int, make bool) *pte {
	table := vmRoot
	for l := 3; ; l-- {
		e := (*pte)(add(tablePointer(table), (va>>(12+9*uint(l))&511)*8))
		if l == level {
			return e
		}
		if e.empty() && !(make && e.addTable()) || e.leaf(l) {
			return nil
		}
		table = e.addr()
	}
}

// addTable makes the empty e lead to a table, or to what another CPU is faster to put there. It reports whether there was
// memory.
func (e *pte) addTable() bool {
	pa := vmNewTable()
	if pa != 0 && !e.fill(tableEntry(pa)) {
		vmSpareTable(pa)
	}
	return pa != 0
}

// vmZeroPage returns a zeroed 4 KiB page, 0 when there is none.
func vmZeroPage() uintptr {
	pa := physAlloc1()
	if pa != 0 {
		memclrNoHeapPointers(physPointer(pa), pageSize4K)
	}
	return pa
}

// vmMapLinear maps [va, va+n) to [pa, pa+n) for good, with the largest pages that fit. It is for the boot and for
// devices: memory for tables must be there.
func vmMapLinear(va, pa, n uintptr, prot vmProt, device bool) {
	vmCheckExec(prot)
	for n > 0 {
		level, size := 0, uintptr(pageSize4K)
		if !xenPV && (va|pa)%pageSize2M == 0 && n >= pageSize2M {
			if e := vmEntry(va, 1, true); e != nil && (!e.valid() || e.leaf(1)) {
				level, size = 1, pageSize2M
			}
		}
		e := vmEntry(va, level, true)
		if e == nil {
			throw("no memory for page tables")
		}
		e.setLeaf(pa, level, prot, device)
		va, pa, n = va+size, pa+size, n-size
	}
	vmSync()
}

// What became of a fault.
type vmOutcome int

const (
	vmFilled    vmOutcome = iota
	vmUnmapped            // nothing is there
	vmForbidden           // the program may not touch this address so
	vmBeyond              // the file that is mapped there does not reach so far
	vmNoMemory
	vmWantsBlock  // a block of 2 MiB could be put there
	vmShowsObject // that it is filled with needs vmLock alone
)

// vmFault makes the page at va present if the program may touch it so. It runs in the trap handler. A block takes as long
// to zero as a thousand faults: that is done without the lock, for which other CPUs may be waiting.
//
//go:nowritebarrierrec
func vmFault(va uintptr, want vmProt) vmOutcome {
	outcome := vmFillShared(va, want, nil)
	switch outcome {
	case vmWantsBlock:
		block := vmZeroBlock()
		outcome = vmFillShared(va, want, &block)
		if block != 0 { // another CPU was faster
			physFree(block, pagesInBlock)
		}
	case vmShowsObject:
		flags := vmLock.lock()
		if v := vmas.Find(va); v != nil && v.Object != 0 && v.Flags&want == want {
			outcome = vmFillObject(v, va, want)
		}
		vmLock.unlock(flags)
	}
	if outcome == vmShowsObject {
		outcome = vmFilled // what stands there changed meanwhile: the access faults again, or does not
	}
	balloonNews()
	return outcome
}

func vmFillShared(va uintptr, want vmProt, block *uintptr) vmOutcome {
	flags := vmLock.share()
	outcome := vmFill(va, want, block)
	vmLock.unshare(flags)
	return outcome
}

// vmZeroBlock returns a zeroed block of 2 MiB, 0 when there is none to spare.
func vmZeroBlock() uintptr {
	pa := physAlloc2M()
	if pa != 0 {
		memclrNoHeapPointers(physPointer(pa), pageSize2M)
	}
	return pa
}

// vmFill is vmFault for a mapping of no object, with vmLock shared. It takes *block where a block fits, if it is not 0; for
// nil it asks for one.
func vmFill(va uintptr, want vmProt, block *uintptr) vmOutcome {
	v := vmas.Find(va)
	switch {
	case v == nil:
		return vmUnmapped
	case v.Flags&vmFixed != 0 || v.Flags&want != want:
		return vmForbidden
	case v.Object != 0:
		return vmShowsObject
	}
	above := vmEntry(va, 1, true)
	if above == nil {
		return vmNoMemory
	}
	first := va &^ (pageSize2M - 1)
	if above.empty() && !xenPV && first >= v.Start && first+pageSize2M <= v.End {
		if block == nil {
			return vmWantsBlock
		}
		if *block != 0 && above.fill(leafEntry(*block, 1, v.Flags, false)) {
			*block = 0
			vmSync()
			return vmFilled
		}
	}
	e := vmEntry(va, 0, true)
	if e == nil {
		if !above.empty() && above.leaf(1) {
			return vmFilled // another CPU was faster
		}
		return vmNoMemory
	}
	if !e.empty() {
		return vmFilled
	}
	return vmFillPage(e, v.Flags)
}

// vmFillPage puts a page of zeros at e, unless another CPU is faster.
func vmFillPage(e *pte, prot vmProt) vmOutcome {
	pa := vmZeroPage()
	if pa == 0 {
		return vmNoMemory
	}
	if !e.fill(leafEntry(pa, 0, prot, false)) {
		physFree(pa, 1)
	}
	vmSync()
	return vmFilled
}

// vmInBlocks calls f, with vmLock held, for [start, end) in parts that each lie within one block of 2 MiB, or cover more
// of which nothing is present.
func vmInBlocks(start, end uintptr, f func(lo, hi uintptr)) {
	for start < end {
		next := end
		onTrapStack(func() {
			flags := vmLock.lock()
			for level := 3; level > 0; level-- {
				size := uintptr(1) << (12 + 9*uint(level))
				next = min(end, (start+size)&^(size-1))
				if e := vmEntry(start, level, false); e == nil || e.empty() {
					break
				}
			}
			f(start, next)
			vmLock.unlock(flags)
		})
		start = next
	}
	balloonNews()
}

// vmRelease takes the pages of [start, end) away from the program and gives them back to physical memory.
func vmRelease(start, end uintptr) { vmInBlocks(start, end, vmReleaseIn) }

// vmReleaseIn does it within one part. The pages are freed only after no CPU can reach them any more.
func vmReleaseIn(start, end uintptr) {
	e := vmEntry(start, 1, false)
	if e == nil || e.empty() {
		return
	}
	if e.leaf(1) {
		if end-start == pageSize2M {
			pa := e.addr()
			e.clear()
			vmFlush(start, 1)
			physFree(pa, pagesInBlock)
			return
		}
		if !vmSplit(e, start&^(pageSize2M-1)) {
			// No memory to do it with: the page stays whole, and as clean as a fresh one.
			memclrNoHeapPointers(add(physPointer(e.addr()), start%pageSize2M), end-start)
			return
		}
	}
	vmReleasePages(start, end, true)
}

// vmReleasePages takes small pages within one block, with all also those that do not belong to an object.
func vmReleasePages(start, end uintptr, all bool) {
	var freed [64]uintptr
	for start < end {
		n, first := 0, start
		for ; start < end && n < len(freed); start += pageSize4K {
			e := vmEntry(start, 0, false)
			if e == nil || e.empty() || !all && !e.borrowed() {
				continue
			}
			freed[n] = 0
			if !e.borrowed() {
				freed[n] = e.addr()
			}
			e.clear()
			n++
		}
		if n > 0 {
			vmFlush(first, (start-first)/pageSize4K)
		}
		for _, pa := range freed[:n] {
			if pa != 0 {
				physFree(pa, 1)
			}
		}
	}
}

// vmSplit replaces the large page e at va by 512 small ones of the same memory.
func vmSplit(e *pte, va uintptr) bool {
	table := vmNewTable()
	if table == 0 {
		return false
	}
	small := (*[512]pte)(tablePointer(table))
	for i := range small {
		small[i] = e.part(uintptr(i))
	}
	vmSync()
	// ARM DDI 0487, D8.16.1 (break-before-make): the old entry goes before the new one comes.
	e.clear()
	vmFlush(va, pagesInBlock)
	e.setTable(table)
	vmSync()
	return true
}

// vmProtect changes what the program may do with [start, end), of which no page is present that may be touched otherwise.
func vmProtect(start, end uintptr, prot vmProt) (ok bool) {
	vmCheckExec(prot)
	onTrapStack(func() {
		flags := vmLock.lock()
		ok = vmas.Set(ranges.Range{Start: start, End: end, Flags: prot})
		vmLock.unlock(flags)
	})
	return ok
}

// vmUnmap ends the reservation of [start, end).
func vmUnmap(start, end uintptr) bool {
	ok := true
	vmInBlocks(start, end, func(lo, hi uintptr) {
		if !ok || !vmas.Clear(lo, lo) || !vmas.Clear(hi, hi) {
			ok = false // no room to cut a range in two
			return
		}
		vmHides(lo, hi)
		vmas.Clear(lo, hi)
		vmReleaseIn(lo, hi)
	})
	return ok
}

// vmReserve finds n bytes of address space that nothing stands in, at hint if possible, and gives them prot.
func vmReserve(hint, n uintptr, prot vmProt) (at uintptr) {
	vmCheckExec(prot)
	n = (n + pageSize4K - 1) &^ (pageSize4K - 1)
	onTrapStack(func() {
		flags := vmLock.lock()
		at = hint
		if hint < vmLow || hint+n < hint || hint+n > vmProgram || !vmas.Free(hint, hint+n) {
			at = vmas.Gap(n, vmGeneral, vmProgram, pageSize2M)
		}
		if at != 0 && !vmas.Set(ranges.Range{Start: at, End: at + n, Flags: prot}) {
			at = 0
		}
		vmLock.unlock(flags)
	})
	return at
}

// vmGeneral is where reservations without a hint go; the boot adds to it, less than vmGeneralSpan.
var vmGeneral uintptr = 0x0000_1000_0000_0000

const vmGeneralSpan = 8 << 40

// vmMapDevice maps device registers and returns where, 0 if the range is not one that a device can have.
func vmMapDevice(pa, n uintptr) uintptr {
	if n == 0 || pa+n < pa || pa+n > physLimit || physIsRAM(pa, n) {
		return 0
	}
	first := pa &^ (pageSize4K - 1)
	last := (pa + n + pageSize4K - 1) &^ (pageSize4K - 1)
	ok := vmMapPages(deviceBase+first, first, last-first, vmRead|vmWrite, true)
	if !ok {
		return 0
	}
	return deviceBase + pa
}

// vmMapPages maps [va, va+n) to [pa, pa+n) for good, but for pages that are mapped already. It reports whether there was
// memory for the tables.
func vmMapPages(va, pa, n uintptr, prot vmProt, device bool) (ok bool) {
	vmCheckExec(prot)
	onTrapStack(func() {
		flags := vmLock.lock()
		ok = true
		for off := uintptr(0); off < n && ok; off += pageSize4K {
			if e := vmEntry(va+off, 1, true); e != nil && e.valid() && e.leaf(1) {
				continue
			}
			e := vmEntry(va+off, 0, true)
			if ok = e != nil; ok && !e.valid() {
				e.setLeaf(pa+off, 0, prot, device)
			}
		}
		vmSync()
		vmLock.unlock(flags)
	})
	return ok
}

// vmMapTable makes memory that a loader or firmware has filled readable, and returns where. RAM is mapped already;
// tables outside what the memory map calls RAM are mapped here, page by page.
func vmMapTable(pa, n uintptr) uintptr {
	if n == 0 || pa+n < pa || pa+n > physLimit {
		return 0
	}
	first := pa &^ (pageSize4K - 1)
	if !vmMapPages(physBase+first, first, pa+n-first, vmRead, false) {
		return 0
	}
	return physBase + pa
}

// trapStacks counts the stacks that vmNewStack has made, from trapStackBase on: the boot adds to that, less than
// trapStackSpan.
var (
	trapStacks    uintptr
	trapStackBase uintptr = stackBase
)

const trapStackSpan = 8 << 40

// vmNewStack maps n bytes for a stack of traps or of a thread, below it a page that is never mapped, and returns its ends.
func vmNewStack(n uintptr) (lo, hi uintptr) {
	ok := true
	onTrapStack(func() {
		flags := vmLock.lock()
		lo = trapStackBase + trapStacks*(64<<10) + pageSize4K
		trapStacks++
		for va := lo; va < lo+n && ok; va += pageSize4K {
			e, pa := vmEntry(va, 0, true), vmZeroPage()
			if ok = e != nil && pa != 0; ok {
				e.setLeaf(pa, 0, vmRead|vmWrite, false)
			}
		}
		vmSync()
		vmLock.unlock(flags)
	})
	if !ok {
		throw("no memory for a trap stack")
	}
	return lo, lo + n
}

// vmAccessible reports whether all of [p, p+n) is the program's to touch so. What the caller keeps alive in the heap or on
// a stack is, without a lock.
func vmAccessible(p, n uintptr, want vmProt) bool {
	end := p + n
	if end < p {
		return false
	}
	if n == 0 {
		return true
	}
	if s := spanOf(p); s != nil && s.state.get() != mSpanDead && s.base() <= p && end <= s.limit && want&vmExec == 0 {
		return true
	}
	ok := true
	onTrapStack(func() {
		flags := vmLock.share()
		for p < end && ok {
			v := vmas.Find(p)
			if ok = v != nil && v.Flags&want == want; ok {
				last := v.End
				if v.Object != 0 { // behind the end of a file is nothing to touch
					last = min(last, v.Start+max(vmObjectOf(v).reaches()*pageSize4K, v.Offset)-v.Offset)
				}
				ok, p = last >= end || last == v.End, last
			}
		}
		vmLock.unshare(flags)
	})
	return ok
}

// vmPhysical is the physical address that va is mapped to now, ^0 when it is not.
func vmPhysical(va uintptr) uintptr {
	for level := 1; level >= 0; level-- {
		e := vmEntry(va, level, false)
		if e == nil || !e.valid() {
			break
		}
		if e.leaf(level) {
			return e.addr() + va&(1<<(12+9*uint(level))-1)
		}
	}
	return ^uintptr(0)
}

// vmPresent reports whether va is mapped now.
func vmPresent(va uintptr) bool { return vmPhysical(va) != ^uintptr(0) }

// pte is one entry of a page table. One that is not valid and not empty keeps a page that nobody may touch for now.
type pte uint64

func (e *pte) empty() bool         { return *e == 0 }
func (e *pte) clear()              { e.set(0) }
func (e *pte) setTable(pa uintptr) { e.set(tableEntry(pa)) }

func (e *pte) setLeaf(pa uintptr, level int, prot vmProt, device bool) {
	e.set(leafEntry(pa, level, prot, device))
}

// A borrowed page belongs to a vmObject and not to the mapping.

func (e *pte) borrowed() bool { return *e&pteBorrowed != 0 }
func (e *pte) borrow()        { e.write(*e | pteBorrowed) }
