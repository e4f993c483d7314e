//go:build mirage

package runtime

import (
	"internal/mirage/ranges"
	"internal/runtime/atomic"
	"unsafe"
)

// Page-table entries on arm64: Arm Architecture Reference Manual (DDI 0487), D8.3, for 4 KiB pages and EL1.
const (
	pteValid  = 1 << 0
	pteTable  = 1 << 1 // a table, or at level 0 a page; else a block
	pteNormal = 1 << 2 // AttrIndx: the second byte of memoryAttributes
	pteDirect = 2 << 2 // AttrIndx: the third; else the first
	pteRO     = 1 << 7 // AP[2]
	pteInner  = 3 << 8 // SH: shared by all CPUs
	pteAF     = 1 << 10
	ptePXN    = 1 << 53
	pteUXN    = 1 << 54

	pteBorrowed = 1 << 55 // ignored by the CPU

	pteAddr = 0x0000_ffff_ffff_f000

	// MAIR_EL1: device memory nGnRE; normal memory, write-back, allocated on reads and writes; normal memory, not cached.
	memoryAttributes = 0x44ff04

	// TCR_EL1 without IPS: T0SZ and T1SZ 16, tables in normal memory, EPD1: nothing in the upper half.
	translationControl = 16 | 1<<8 | 1<<10 | 3<<12 | 16<<16 | 1<<23
)

func (e *pte) valid() bool     { return *e&pteValid != 0 }
func (e *pte) leaf(l int) bool { return l == 0 || *e&pteTable == 0 }
func (e *pte) addr() uintptr   { return uintptr(*e & pteAddr) }

func tableEntry(pa uintptr) pte { return pte(pa) | pteValid | pteTable }

// set writes e after all that was written before: another CPU that finds the entry must find the table or the page as
// it is now, not as it was before it was cleared.
func (e *pte) set(v pte) { atomic.StoreRel64((*uint64)(unsafe.Pointer(e)), uint64(v)) }

// write is set for what was read from an entry.
func (e *pte) write(v pte) { e.set(v) }

// fill makes e be v if it is empty, and reports whether it was. CPUs that share vmLock fill entries at the same time.
func (e *pte) fill(v pte) bool {
	return atomic.Cas64((*uint64)(unsafe.Pointer(e)), 0, uint64(v))
}

// leafEntry maps the page at pa, or keeps it if prot is vmNone.
func leafEntry(pa uintptr, level int, prot vmProt, device bool) pte {
	v := pte(pa) | pteInner | pteAF | pteUXN
	if prot&ranges.Access != 0 {
		v |= pteValid
	}
	if prot&vmWrite == 0 {
		v |= pteRO
	}
	if prot&vmExec == 0 || vmSealed {
		v |= ptePXN
	}
	if !device {
		v |= pteNormal
	}
	if level == 0 {
		v |= pteTable
	}
	return v
}

// part is the entry for the i-th small page of the large page e.
func (e *pte) part(i uintptr) pte { return *e + pte(i*pageSize4K) | pteTable }

// prot is what e allows, and whether it maps a device.
func (e *pte) prot() (p vmProt, device bool) {
	p = vmRead
	if *e&pteRO == 0 {
		p |= vmWrite
	}
	if *e&ptePXN == 0 {
		p |= vmExec
	}
	return p, *e&pteNormal == 0
}

// vmSync makes entries that were written visible to the table walker, before the next access (DDI 0487, D8.2.6). The old
// ones were invalid, which no CPU remembers.
func vmSync() { syncStores() }

// vmFlush makes all CPUs forget n pages from va on.
func vmFlush(va, n uintptr) {
	syncStores()
	if n > 64 {
		tlbFlush()
		return
	}
	for ; n > 0; n-- {
		tlbFlushPage(va / pageSize4K)
		va += pageSize4K
	}
	tlbWait()
}

// flushIfAsked has nothing to do: what vmFlush says reaches all CPUs.
func flushIfAsked() {}

// vmCurrentRoot is the table that the CPU uses.
func vmCurrentRoot() uintptr { return readTTBR0() & pteAddr }

// vmUse switches to the page tables at root, whose ASID is 0, and keeps writable memory from ever being executable. The
// tables of the boot do not map the console any more.
func vmUse(root uintptr) {
	consoleRemap()
	xenConsoleRemap()
	writeTTBR0(root)
	tlbFlush()
	setSCTLR(sctlrWXN)
}

// sctlrWXN makes the CPU execute nothing that is writable.
const sctlrWXN = 1 << 19

// bootMapRAM makes RAM below bootMapped readable and writable at physBase by the boot's tables, in pages of 2 MiB.
func bootMapRAM() {
	for _, r := range bootInfo.RAM() {
		for pa := uintptr(r.Start) &^ (pageSize2M - 1); pa < uintptr(min(r.End, bootMapped)); pa += pageSize2M {
			bootMap(pa, false)
		}
	}
	syncStores()
}

// bootMap maps the 2 MiB at pa, which lies below bootMapped, at physBase.
func bootMap(pa uintptr, device bool) {
	const (
		firstTable = 0x7000 // of those that rt0 lays out in bootTables
		notGlobal  = 1 << 11
	)
	e := (*pte)(add(physPointer(bootTables), firstTable+pa/pageSize2M*8))
	if !e.valid() {
		e.setLeaf(pa&^(pageSize2M-1), 1, vmRead|vmWrite, device)
		*e |= notGlobal
	}
}

// bootMapShared makes a page that is not RAM, below bootMapped, reachable at physBase.
func bootMapShared(pa uintptr) {
	bootMap(pa, false)
	syncStores()
}

// vmMapUncached maps n bytes of RAM at pa once more, uncached, and returns where, 0 when there is no memory for tables. No
// device's registers lie there, so the place is free.
func vmMapUncached(pa, n uintptr) (va uintptr) {
	va = deviceBase + pa
	cacheFlush(uintptr(physPointer(pa)), n) // the cached mapping is not used from here on (DDI 0487, B2.8)
	onTrapStack(func() {
		flags := vmLock.lock()
		for off := uintptr(0); off < n; off += pageSize4K {
			e := vmEntry(va+off, 0, true)
			if e == nil {
				va = 0
				break
			}
			if !e.valid() {
				v := pte(0)
				v.setLeaf(pa+off, 0, vmRead|vmWrite, true)
				e.set(v | pteDirect)
			}
		}
		vmSync()
		vmLock.unlock(flags)
	})
	return va
}

// syncStores orders what was written before what follows, for page tables and interrupts.
func syncStores()
func tlbFlush()
func tlbFlushPage(page uintptr)
func tlbWait()
func readTTBR0() uintptr
func writeTTBR0(v uintptr)

// setSCTLR sets bits of SCTLR_EL1; none is ever cleared.
func setSCTLR(bits uintptr)
