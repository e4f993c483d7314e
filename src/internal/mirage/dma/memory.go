package dma

import (
	"sync/atomic"
	"unsafe"
)

// PageSize is what Alloc rounds up to, and aligns to.
const PageSize = 4096

// A Memory is a piece of memory that is contiguous for the device, zeroed, and aligned to PageSize. Offsets into
// it must be aligned to the access; one outside of it is a bug of the driver and panics.
type Memory struct {
	base unsafe.Pointer
	size uintptr
	phys uint64
	raw  bool // not cached
}

// Addr is the physical address of the first byte.
func (m *Memory) Addr() uint64 { return m.phys }

// Len is the size in bytes, a multiple of PageSize.
func (m *Memory) Len() int { return int(m.size) }

// Bytes is the memory as a slice, for buffers.
func (m *Memory) Bytes() []byte { return unsafe.Slice((*byte)(m.base), m.size) }

// Load16 reads the 16 bits at off.
func (m *Memory) Load16(off int) uint16 {
	// Go has no atomic access of 16 bits: load the aligned word around it. Both architectures are little-endian.
	return uint16(atomic.LoadUint32((*uint32)(m.at(off&^3, 4))) >> (8 * (uint(off) & 2)))
}

// Load32 reads the 32 bits at off.
func (m *Memory) Load32(off int) uint32 { return atomic.LoadUint32((*uint32)(m.at(off, 4))) }

// Load64 reads the 64 bits at off.
func (m *Memory) Load64(off int) uint64 { return atomic.LoadUint64((*uint64)(m.at(off, 8))) }

// CompareAndSwap32 writes the 32 bits at off if they are old, in one access, and reports whether they were.
func (m *Memory) CompareAndSwap32(off int, old, v uint32) bool {
	return atomic.CompareAndSwapUint32((*uint32)(m.at(off, 4)), old, v)
}

// at returns where off is, having checked that width bytes from there on are in the memory.
func (m *Memory) at(off int, width uintptr) unsafe.Pointer {
	if uintptr(off) > m.size-width {
		panic("dma: offset outside of the memory")
	}
	return unsafe.Add(m.base, off)
}

// pages is the number of pages that hold n bytes, 0 when n is not positive.
func pages(n int) int {
	if n <= 0 {
		return 0
	}
	return (n-1)/PageSize + 1
}
