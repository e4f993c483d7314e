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
	cached, phys := machine_allocPages(n)
	if cached == 0 {
		return 0, 0
	}
	virt = vmMapUncached(uintptr(phys), uintptr(n)*pageSize4K)
	if virt == 0 {
		machine_freePages(cached, n)
		return 0, 0
	}
	return virt, phys
}

//go:linkname machine_freeUncached internal/mirage/machine.runtime_freeUncached
func machine_freeUncached(phys uint64, n int) { machine_freePages(physBase+uintptr(phys), n) }
