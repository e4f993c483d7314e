//go:build mirage

package dma

import (
	"internal/mirage/machine"
	"unsafe"
)

// Shared returns the page at phys, which the hypervisor has put there beside RAM, nil when there is no memory to map it.
// It is never freed.
func Shared(phys uint64) *Memory {
	virt := machine.MapShared(phys)
	if virt == 0 {
		return nil
	}
	return &Memory{base: unsafe.Pointer(virt), size: PageSize, phys: phys}
}
