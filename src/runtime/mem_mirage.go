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

// sysMapOS is where the heap grows: what cannot fit into RAM any more is refused here, with Go's own message, rather
// than later by a fault.
func sysMapOS(v unsafe.Pointer, n uintptr, name string) {
	if name == "heap" && uint64(n) > physAlloc.free*pageSize4K {
		print("runtime: cannot map ", n, " bytes of heap: ", physAlloc.free*pageSize4K, " of ", physAlloc.total*pageSize4K, " bytes of memory are free\n")
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
func sysUsedOS(v unsafe.Pointer, n uintptr)             {}
func sysHugePageOS(v unsafe.Pointer, n uintptr)         {}
func sysNoHugePageOS(v unsafe.Pointer, n uintptr)       {}
func sysHugePageCollapseOS(v unsafe.Pointer, n uintptr) {}
func needZeroAfterSysUnusedOS() bool                    { return false }
