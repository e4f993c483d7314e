//go:build mirage

package runtime

import "unsafe"

// Reservations are entries in the table of ranges; RAM comes by fault, zeroed, and goes back when the runtime says that
// it does not need it.

func sysAllocOS(n uintptr, _ string) unsafe.Pointer {
	return unsafe.Pointer(vmReserve(0, n, vmRead|vmWrite))
}

func sysReserveOS(v unsafe.Pointer, n uintptr, _ string) unsafe.Pointer {
	return unsafe.Pointer(vmReserve(uintptr(v), n, vmNone))
}

// sysMapOS is where the heap grows, in chunks of 4 MiB: what cannot fit into RAM any more is refused here, with Go's own
// message, rather than later by a fault. The last chunk may be larger than what is free, for it need not become full.
func sysMapOS(v unsafe.Pointer, n uintptr, name string) {
	if free := physAvailable() * pageSize4K; name == "heap" && uint64(n) >= free+pallocChunkBytes {
		print("runtime: cannot map ", n, " bytes of heap: ", free, " of ", physAlloc.total*pageSize4K, " bytes of memory are free\n")
		throw("runtime: out of memory")
	}
	if !vmProtect(uintptr(v), uintptr(v)+n, vmRead|vmWrite) {
		throw("runtime: too many address ranges")
	}
}

func sysFaultOS(v unsafe.Pointer, n uintptr) {
	if !vmProtect(uintptr(v), uintptr(v)+n, vmNone) {
		throw("runtime: too many address ranges")
	}
	vmRelease(uintptr(v), uintptr(v)+n)
}

func sysFreeOS(v unsafe.Pointer, n uintptr) {
	start := uintptr(v)
	end := start + (n+pageSize4K-1)&^(pageSize4K-1)
	if !vmUnmap(start, end) {
		throw("runtime: too many address ranges")
	}
}

func sysUnusedOS(v unsafe.Pointer, n uintptr)           { vmRelease(uintptr(v), uintptr(v)+n) }
func sysHugePageOS(v unsafe.Pointer, n uintptr)         {}
func sysNoHugePageOS(v unsafe.Pointer, n uintptr)       {}
func sysHugePageCollapseOS(v unsafe.Pointer, n uintptr) {}
func needZeroAfterSysUnusedOS() bool                    { return false }

// sysUsedOS comes before any use of the heap's memory that is fresh or was unused.
func sysUsedOS(v unsafe.Pointer, n uintptr) {
	if xenPV {
		pvPopulate(uintptr(v), uintptr(v)+n)
	}
}

// The memory limit (GOMEMLIMIT) of a program that sets none. On Linux there is none, and what is too much is swapped, or
// killed; here RAM is all there is, and a program whose live heap fits must not die because the collector, which lets the
// heap double, lets it outgrow RAM.
//
// The limit is for what package runtime has mapped: heap, stacks and its own tables. It leaves a tenth of RAM, and follows what else
// there is: files, the program's mappings, memory of drivers, page tables, the balloon, and what of a block of 2 MiB, present as a
// whole, package runtime has not come to use.

// memoryLimitGiven is the default that is in force, or was until the program set another. physAlloc.lock guards it.
var memoryLimitGiven int64

// memoryLimitFor is the default when so many pages serve something else.
func memoryLimitFor(other uint64) int64 {
	part := physAlloc.usable / 20
	return int64(min(18*part, 19*part-min(other, 18*part)) * pageSize4K)
}

// memoryLimitInit sets the default, before gcinit. Called when nothing but the boot has used memory.
//
// A collection costs the same however much garbage it finds, and the RAM that a small heap would spare is nobody else's:
// the heap grows to a sixteenth of RAM before the first one, where that is more than the stock 4 MiB, up to 64 MiB.
func memoryLimitInit() {
	physAlloc.usable = physAlloc.free
	memoryLimitGiven = memoryLimitFor(0)
	defaultMemoryLimit = memoryLimitGiven
	heapMinimumAt100 = min(max(physAlloc.usable*pageSize4K/16, defaultHeapMinimum), 64<<20)
}

// memoryLimitFollow changes the default, if it is in force, by the MiB. The collector looks at it each time that it asks how large
// the heap may be. Called with physAlloc.lock held, when what is free has changed.
//
//go:nowritebarrierrec
func memoryLimitFollow() {
	const step = 1 << 20 / pageSize4K
	used := physAlloc.usable - min(physAlloc.free, physAlloc.usable)
	other := used - min(gcController.mappedReady.Load()/pageSize4K, used)
	limit := memoryLimitFor(other &^ (step - 1))
	if limit != memoryLimitGiven && gcController.memoryLimit.CompareAndSwap(memoryLimitGiven, limit) {
		memoryLimitGiven = limit
	}
}

// memoryLimitApply has the collector and the scavenger act at once on what the limit has become.
func memoryLimitApply() {
	systemstack(func() {
		lock(&mheap_.lock)
		gcControllerCommit()
		unlock(&mheap_.lock)
	})
}
