//go:build mirage

package runtime

import (
	"internal/mirage/ranges"
	"unsafe"
)

// The address space as the program sees it: which ranges it may touch, and how. Pages come later, by fault
// (vm_mirage.go).

type vmProt = ranges.Flags

const (
	vmRead  = ranges.Read
	vmWrite = ranges.Write
	vmExec  = ranges.Exec
	vmFixed = ranges.Fixed // no fault fills it, nothing unmaps it
	vmNone  = vmProt(0)
)

// maxRanges is as many as Linux allows a process (Documentation/admin-guide/sysctl/vm.rst, max_map_count).
const maxRanges = 65530

// vmLock guards the address space: vmas, page tables and objects. Who only looks, or fills entries that are empty, as a
// fault does, shares it. The memory of vmas lies at rangesBase and is added page by page: a fault could not wait for it.
var (
	vmLock sharedLock
	vmas   ranges.Table
)

// vmasInit makes the table usable, once the machine runs on page tables of our own.
func vmasInit() {
	vmas.List = unsafe.Slice((*ranges.Range)(unsafe.Pointer(uintptr(rangesBase))), maxRanges)
	vmas.More = vmasMore
}

// vmasMore adds a page to the table of ranges.
func vmasMore() bool {
	const size = unsafe.Sizeof(ranges.Range{})
	used := (uintptr(vmas.Room)*size + pageSize4K - 1) &^ (pageSize4K - 1)
	if vmas.Room == maxRanges {
		return false
	}
	e, pa := vmEntry(rangesBase+used, 0, true), vmZeroPage()
	if e == nil || pa == 0 {
		if pa != 0 {
			physFree(pa, 1)
		}
		return false
	}
	e.setLeaf(pa, 0, vmRead|vmWrite, false)
	vmSync()
	vmas.Room = int(min((used+pageSize4K)/size, maxRanges))
	return true
}
