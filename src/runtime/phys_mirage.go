//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	"internal/runtime/sys"
	"unsafe"
)

// Physical memory: RAM in blocks of 2 MiB. A block is whole (one large page), or handed out in 4 KiB pages by a bitmap
// of its free ones. Blocks with a free page stand in one of three lists. All RAM is mapped at physBase, so a page is
// reached at physBase plus its address. What the host gets back is in balloon_mirage.go.
//
// physAlloc.lock is a leaf: nothing is taken under it.

const (
	pageSize4K   = 4096
	pageSize2M   = 2 << 20
	pagesInBlock = pageSize2M / pageSize4K
)

// physNone is the end of a list of blocks.
const physNone = ^uint32(0)

type physBlock struct {
	free       uint32 // free pages
	prev, next uint32 // in its list, by index; meaningless when free == 0, but in the balloon
	state      blockState
	bits       [pagesInBlock / 64]uint64
}

var physAlloc struct {
	lock    spinlock
	base    uintptr // physical address of blocks[0], a multiple of 2 MiB
	blocks  []physBlock
	whole   uint32 // list of blocks with all pages free
	unused  uint32 // list of those of them whose memory the host has taken
	partial uint32 // list of blocks with some pages free
	total   uint64 // pages of RAM
	free    uint64 // pages
	usable  uint64 // pages that were free when the boot had taken its own
	reserve uint64 // pages that only a dying program may take
	balloon physBalloon
}

// physTable is where the table of blocks lies, and behind it the memory of page tables.
var physTable boot.Range

// physInit makes the RAM that info names and that the boot has mapped allocatable, but for what lies in keep. The table
// of blocks, which is for all RAM, and the memory of page tables are put into the first range with room for them.
func physInit(info *boot.Info, keep []boot.Range) {
	a := &physAlloc
	lo, hi := ^uint64(0), uint64(0)
	for _, r := range info.RAM() {
		lo, hi = min(lo, r.Start), max(hi, r.End)
		a.total += r.Size() / pageSize4K
	}
	lo &^= pageSize2M - 1
	hi = (hi + pageSize2M - 1) &^ (pageSize2M - 1)
	n := (hi - lo) / pageSize2M
	size := (n*uint64(unsafe.Sizeof(physBlock{})) + pageSize4K - 1) &^ (pageSize4K - 1)
	tables := vmTablesSize(a.total * pageSize4K)
	at := physRoom(info, keep, size+tables, bootMapped)
	if at == 0 {
		throw("boot: no room in RAM for the table of pages")
	}
	a.base = uintptr(lo)
	a.blocks = unsafe.Slice((*physBlock)(physPointer(uintptr(at))), n)
	clear(a.blocks)
	a.whole, a.unused, a.partial = physNone, physNone, physNone
	a.balloon.init()
	physTable = boot.Range{Start: at, End: at + size + tables}
	vmTables.window = physBase // for now
	vmTables.memory = boot.Range{Start: at + size, End: physTable.End}
	vmTables.next = uintptr(at + size)
	physAdd(info, keep, 0, bootMapped)
	a.reserve = min(64, a.free/16)
}

// physAdd makes RAM in [lo, hi) allocatable.
func physAdd(info *boot.Info, keep []boot.Range, lo, hi uint64) {
	for _, r := range info.RAM() {
		r.Start, r.End = max(r.Start, lo), min(r.End, hi)
		if r.Start < r.End {
			physAddExcept(r, keep)
		}
	}
}

// physGain makes the whole pages of RAM in [lo, hi), which the boot had kept, allocatable.
func physGain(lo, hi uint64) {
	a := &physAlloc
	lo, hi = (lo+pageSize4K-1)&^(pageSize4K-1), hi&^(pageSize4K-1)
	for _, r := range bootInfo.RAM() {
		r.Start, r.End = max(r.Start, lo), min(r.End, hi)
		if r.Start >= r.End {
			continue
		}
		pages := r.Size() / pageSize4K
		flags := a.lock.lock()
		a.usable += pages
		a.lock.unlock(flags)
		physFree(uintptr(r.Start), uintptr(pages))
	}
}

// physRoom finds size bytes of RAM below limit that keep does not need, 0 when there are none.
func physRoom(info *boot.Info, keep []boot.Range, size, limit uint64) uint64 {
	for _, r := range info.RAM() {
		at := r.Start
		for again := true; again; {
			again = false
			for _, k := range keep {
				if at < k.End && k.Start < at+size {
					at = (k.End + pageSize4K - 1) &^ (pageSize4K - 1)
					again = true
				}
			}
		}
		if at+size <= r.End && at+size <= limit && at != 0 {
			return at
		}
	}
	return 0
}

// physAddExcept frees the pages of r that neither keep nor the table of blocks covers.
func physAddExcept(r boot.Range, keep []boot.Range) {
	for pa := r.Start; pa < r.End; {
		skip := uint64(0)
		end := r.End
		for i := -1; i < len(keep); i++ {
			k := physTable
			if i >= 0 {
				k = keep[i]
			}
			if pa >= k.Start&^(pageSize4K-1) && pa < k.End {
				skip = max(skip, (k.End+pageSize4K-1)&^(pageSize4K-1))
			} else if k.Start > pa && k.Start < k.End {
				end = min(end, k.Start&^(pageSize4K-1))
			}
		}
		if skip != 0 {
			pa = skip
			continue
		}
		physFree(uintptr(pa), uintptr(end-pa)/pageSize4K)
		pa = end
	}
}

// physPointer is where physical memory at pa is mapped.
//
//go:nosplit
func physPointer(pa uintptr) unsafe.Pointer { return unsafe.Pointer(physBase + pa) }

// physAlloc1 returns one 4 KiB page, not zeroed, 0 when there is none.
//
//go:nowritebarrierrec
func physAlloc1() uintptr {
	a := &physAlloc
	flags := a.lock.lock()
	pa := physTake(1)
	a.lock.unlock(flags)
	return pa
}

// physAllocPages returns n contiguous 4 KiB pages, n <= 512, not zeroed, 0 when there are none.
//
//go:nowritebarrierrec
func physAllocPages(n uintptr) uintptr {
	a := &physAlloc
	flags := a.lock.lock()
	pa := physTake(n)
	a.lock.unlock(flags)
	return pa
}

// physAllocBelow is physAllocPages for a device that reaches no memory from limit on. The lowest are taken, so that what was given
// back is used again.
//
//go:nowritebarrierrec
func physAllocBelow(n, limit uintptr) uintptr {
	a := &physAlloc
	flags := a.lock.lock()
	pa := uintptr(0)
	if n > 0 && a.free >= uint64(n)+a.reserve {
		for i := range a.blocks {
			b := &a.blocks[i]
			if a.base+uintptr(i+1)*pageSize2M > limit {
				break
			}
			if at, ok := b.find(n); ok && b.state&blockInBalloon == 0 {
				pa = physTakeFrom(uint32(i), at, n)
				break
			}
		}
	}
	a.lock.unlock(flags)
	return pa
}

// physAlloc2M returns a 2 MiB page, 0 when there is none to spare: a quarter of memory stays in small pages.
//
//go:nowritebarrierrec
func physAlloc2M() uintptr {
	a := &physAlloc
	flags := a.lock.lock()
	pa := uintptr(0)
	if physWhole() != physNone && a.free > a.total/4+pagesInBlock {
		pa = physTake(pagesInBlock)
	}
	a.lock.unlock(flags)
	return pa
}

// physTake takes n contiguous pages with the lock held.
func physTake(n uintptr) uintptr {
	a := &physAlloc
	if n == 0 || n > pagesInBlock {
		return 0
	}
	for a.free < uint64(n)+a.reserve {
		if !balloonReclaim() {
			return 0
		}
	}
	// A short run is looked for in the first few partial blocks, so that whole ones stay whole.
	if n < pagesInBlock {
		i := a.partial
		for tries := 0; i != physNone && tries < 8; tries++ {
			if at, ok := a.blocks[i].find(n); ok {
				return physTakeFrom(i, at, n)
			}
			i = a.blocks[i].next
		}
	}
	if physWhole() == physNone && !balloonReclaim() {
		return 0
	}
	return physTakeFrom(physWhole(), 0, n)
}

// physWhole is the next block with all pages free to take, physNone when there is none. Those that cost the host a fault
// come last.
func physWhole() uint32 {
	if a := &physAlloc; a.whole == physNone {
		return a.unused
	}
	return physAlloc.whole
}

func physTakeFrom(i uint32, at, n uintptr) uintptr {
	a := &physAlloc
	b := &a.blocks[i]
	physUnlink(i)
	b.state &^= blockUnused
	for p := at; p < at+n; p++ {
		b.bits[p/64] &^= 1 << (p % 64)
	}
	b.free -= uint32(n)
	a.free -= uint64(n)
	memoryLimitFollow()
	physLink(i)
	return a.base + uintptr(i)*pageSize2M + at*pageSize4K
}

// find returns where n contiguous free pages are.
func (b *physBlock) find(n uintptr) (at uintptr, ok bool) {
	if uintptr(b.free) < n {
		return 0, false
	}
	if n == 1 {
		for w, bits := range b.bits {
			if bits != 0 {
				return uintptr(w*64 + sys.TrailingZeros64(bits)), true
			}
		}
		return 0, false
	}
	run := uintptr(0)
	for p := uintptr(0); p < pagesInBlock; p++ {
		if b.bits[p/64]&(1<<(p%64)) == 0 {
			run = 0
			continue
		}
		run++
		if run == n {
			return p + 1 - n, true
		}
	}
	return 0, false
}

// physFree gives n contiguous pages back.
//
//go:nowritebarrierrec
func physFree(pa, n uintptr) {
	a := &physAlloc
	flags := a.lock.lock()
	for n > 0 {
		off := pa - a.base
		i, at := uint32(off/pageSize2M), off%pageSize2M/pageSize4K
		run := min(n, pagesInBlock-at)
		physUnlink(i)
		b := &a.blocks[i]
		for p := at; p < at+run; p++ {
			if b.bits[p/64]&(1<<(p%64)) != 0 {
				throw("physFree: page is free already")
			}
			b.bits[p/64] |= 1 << (p % 64)
		}
		b.free += uint32(run)
		a.free += uint64(run)
		physLink(i)
		if b.free == pagesInBlock && b.state&blockUnused == 0 {
			a.balloon.news.Store(1)
		}
		pa += run * pageSize4K
		n -= run
	}
	memoryLimitFollow()
	a.lock.unlock(flags)
}

// physList is the list in which block i belongs, nil when it is in none.
func physList(i uint32) *uint32 {
	a := &physAlloc
	b := &a.blocks[i]
	switch {
	case b.state&blockInBalloon != 0:
		return &a.balloon.blocks
	case b.free == 0:
		return nil
	case b.free < pagesInBlock:
		return &a.partial
	case b.state&blockUnused != 0:
		return &a.unused
	default:
		return &a.whole
	}
}

func physLink(i uint32) {
	head := physList(i)
	if head == nil {
		return
	}
	a := &physAlloc
	b := &a.blocks[i]
	b.prev, b.next = physNone, *head
	if *head != physNone {
		a.blocks[*head].prev = i
	}
	*head = i
}

func physUnlink(i uint32) {
	head := physList(i)
	if head == nil {
		return
	}
	a := &physAlloc
	b := &a.blocks[i]
	if b.prev == physNone {
		*head = b.next
	} else {
		a.blocks[b.prev].next = b.next
	}
	if b.next != physNone {
		a.blocks[b.next].prev = b.prev
	}
}

// physIsRAM reports whether any of [pa, pa+n) is memory that physInit was given.
func physIsRAM(pa, n uintptr) bool {
	a := &physAlloc
	end := a.base + uintptr(len(a.blocks))*pageSize2M
	if pa+n <= a.base || pa >= end {
		return false
	}
	for _, r := range bootInfo.RAM() {
		if pa < uintptr(r.End) && uintptr(r.Start) < pa+n {
			return true
		}
	}
	return false
}
