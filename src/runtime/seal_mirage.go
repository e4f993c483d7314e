//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	"unsafe"
)

// What is fixed once the boot is over, and where things lie that need no fixed address.
//
// Page tables lie in memory of their own, which is read-only at physBase, so that no stray pointer into RAM changes them.
// All RAM is mapped once more, writable, at an address that each boot draws anew, the window; page tables are written
// there, and nothing else is. A write through the window costs what any write costs: no fault on the way is slower.

const (
	windowBase = 0x0000_7100_0000_0000
	windowEnd  = 0x0000_8000_0000_0000
	ramLimit   = 8 << 40 // of physical addresses of RAM, so that the window has room to move
)

// vmTables is where page tables are.
var vmTables struct {
	window uintptr    // virtual minus physical address
	memory boot.Range // what is set aside for them
	next   uintptr    // physical: the first page of it that is not in use yet
	spare  uintptr    // physical: a table that was not needed, 0: none; its first word leads to the next
	lock   spinlock   // for next and spare
}

// vmSealed says that nothing becomes executable any more.
var vmSealed bool

// vmTablesSize is how much memory is set aside for the tables of a machine with that much RAM: enough to map it in
// pages of 4 KiB, and some for tables that are not full. What is needed beyond lies in ordinary memory.
func vmTablesSize(ram uint64) uint64 {
	return (min(ram/512, 64<<20) + 128<<10) &^ (pageSize4K - 1)
}

// vmNewTable returns a zeroed page that is read-only at physBase, 0 when there is none. It is written at tablePointer.
func vmNewTable() uintptr {
	t := &vmTables
	flags := t.lock.lock()
	pa := t.spare
	if pa != 0 {
		first := (*pte)(tablePointer(pa))
		t.spare = uintptr(*first)
		first.write(0)
	} else if t.next != uintptr(t.memory.End) {
		pa = t.next
		t.next += pageSize4K
	}
	t.lock.unlock(flags)
	if pa == 0 {
		pa = vmZeroPage()
		if xenPV && pa != 0 {
			pvReadOnly(pa)
		}
	} else if !xenPV { // pvUseTables has zeroed it, and it was not writable since
		memclrNoHeapPointers(tablePointer(pa), pageSize4K)
	}
	return pa
}

// vmSpareTable takes a table back that is in no use.
func vmSpareTable(pa uintptr) {
	t := &vmTables
	flags := t.lock.lock()
	(*pte)(tablePointer(pa)).write(pte(t.spare))
	t.spare = pa
	t.lock.unlock(flags)
}

// tablePointer is where the page table at pa is written.
//
//go:nosplit
func tablePointer(pa uintptr) unsafe.Pointer { return unsafe.Pointer(vmTables.window + pa) }

// vmScatter draws the addresses that differ from boot to boot, in steps of 2 MiB, and returns the window's.
func vmScatter() (window uintptr) {
	var r [3]uint64
	randomRead((*[24]byte)(unsafe.Pointer(&r))[:])
	const step = pageSize2M
	vmGeneral += uintptr(r[0]) % (vmGeneralSpan / step) * step
	trapStackBase += uintptr(r[1]) % (trapStackSpan / step) * step
	return windowBase + uintptr(r[2])%((windowEnd-windowBase-ramLimit)/step)*step
}

// mapRAM maps all RAM linearly from base on, writable but for what lies in fixed.
func mapRAM(base uintptr, fixed []boot.Range) {
	for _, r := range bootInfo.RAM() {
		end := min(r.End, ramLimit)
		for pa := r.Start; pa < end; {
			next, prot := end, vmRead|vmWrite
			for _, f := range fixed {
				switch {
				case f.Start <= pa && pa < f.End:
					next, prot = min(next, f.End), vmRead
				case pa < f.Start:
					next = min(next, f.Start)
				}
			}
			vmMapLinear(base+uintptr(pa), uintptr(pa), uintptr(next-pa), prot, false)
			pa = next
		}
	}
}

// vmGuard takes the page at va out of what vmMapLinear has mapped.
func vmGuard(va uintptr) {
	if e := vmEntry(va, 1, false); e.leaf(1) && !vmSplit(e, va&^(pageSize2M-1)) {
		throw("no memory for page tables")
	}
	vmEntry(va, 0, false).clear()
}

// vmGuardBoot takes the page below the boot's stack.
func vmGuardBoot() { vmGuard((getg().stack.lo - pageSize4K) &^ (pageSize4K - 1)) }

// vmSeal ends the boot. The boot's own tables map all memory, writable and executable: they go.
func vmSeal() {
	if !xenPV { // those of a PV guest's loader go on serving
		memclrNoHeapPointers(physPointer(bootTables), bootTablesSize)
	}
	vmSealed = true
}

// vmCheckExec refuses to make anything executable after that.
func vmCheckExec(prot vmProt) {
	if prot&vmExec != 0 && vmSealed {
		throw("memory cannot become executable: page tables are sealed")
	}
}
