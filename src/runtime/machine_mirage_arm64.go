//go:build mirage

package runtime

import (
	"internal/mirage/boot"
	_ "unsafe" // for linkname
)

// readMIDR reads MIDR_EL1, which says what the CPU is (Arm ARM, D24.2.122).
func readMIDR() uint64

//go:linkname machine_midr internal/mirage/machine.runtime_midr
func machine_midr() uint64 { return readMIDR() }

//go:linkname machine_pi internal/mirage/machine.runtime_pi
func machine_pi() (pi boot.Pi, revision boot.Revision, serial uint64) {
	return platform.Pi, platform.Revision, platform.Serial
}

//go:linkname machine_allocUncached internal/mirage/machine.runtime_allocUncached
func machine_allocUncached(n int) (virt uintptr, phys uint64) {
	limit := ^uintptr(0)
	if platform.Pi.SoC != boot.NotPi {
		limit = piReach
	}
	pa := uintptr(0)
	onTrapStack(func() { pa = physAllocBelow(uintptr(n), limit) })
	if pa == 0 {
		return 0, 0
	}
	memclrNoHeapPointers(physPointer(pa), uintptr(n)*pageSize4K)
	virt = vmMapUncached(pa, uintptr(n)*pageSize4K)
	if virt == 0 {
		machine_freeUncached(uint64(pa), n)
		return 0, 0
	}
	return virt, uint64(pa)
}

//go:linkname machine_freeUncached internal/mirage/machine.runtime_freeUncached
func machine_freeUncached(phys uint64, n int) { machine_freePages(physBase+uintptr(phys), n) }
