//go:build mirage

package dma

// AllocUncached is Alloc for a device that does not see the CPU's caches: there are none such here.
func AllocUncached(n int) *Memory { return Alloc(n) }

func freeUncached(phys uint64, pages int) {}
