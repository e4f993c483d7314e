//go:build mirage

package dma

import (
	"internal/mirage/machine"
	"unsafe"
)

// AllocUncached is Alloc for a device that does not see the CPU's caches.
func AllocUncached(n int) *Memory {
	p := pages(n)
	if p == 0 {
		return nil
	}
	virt, phys := machine.AllocUncached(p)
	if virt == 0 {
		return nil
	}
	return &Memory{base: unsafe.Pointer(virt), size: uintptr(p) * PageSize, phys: phys, raw: true}
}

func freeUncached(phys uint64, pages int) { machine.FreeUncached(phys, pages) }
