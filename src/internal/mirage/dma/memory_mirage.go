//go:build mirage

package dma

import (
	"internal/mirage/machine"
	"unsafe"
)

// Alloc returns at least n bytes, nil when there is no such piece of memory.
func Alloc(n int) *Memory {
	p := pages(n)
	if p == 0 {
		return nil
	}
	virt, phys := machine.AllocPages(p)
	if virt == 0 {
		return nil
	}
	return &Memory{base: unsafe.Pointer(virt), size: uintptr(p) * PageSize, phys: phys}
}

// Free gives the memory back. The device must have been stopped before: it would write to what others use.
func (m *Memory) Free() {
	n := int(m.size / PageSize)
	if m.raw {
		freeUncached(m.phys, n)
	} else {
		machine.FreePages(uintptr(m.base), n)
	}
	*m = Memory{}
}

// The stores are plain ones: an aligned store of a word is a single access on both architectures, and the compiler
// keeps stores in order and each at its place among the atomic loads and the barriers.

// Store16 writes the 16 bits at off.
func (m *Memory) Store16(off int, v uint16) { *(*uint16)(m.at(off, 2)) = v }

// Store32 writes the 32 bits at off.
func (m *Memory) Store32(off int, v uint32) { *(*uint32)(m.at(off, 4)) = v }

// Store64 writes the 64 bits at off.
func (m *Memory) Store64(off int, v uint64) { *(*uint64)(m.at(off, 8)) = v }
