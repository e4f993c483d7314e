//go:build !mirage

package dma

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// The made-up address space: each Memory has addresses of its own, with a hole behind it, so that a device model
// that goes astray finds nothing.
var space struct {
	mu   sync.Mutex
	next uint64
	all  map[uint64]*Memory // by page
}

// Alloc returns at least n bytes, nil when there is no such piece of memory.
func Alloc(n int) *Memory {
	p := pages(n)
	if p == 0 {
		return nil
	}
	room := make([]byte, (p+1)*PageSize)
	skip := -uintptr(unsafe.Pointer(&room[0])) % PageSize
	space.mu.Lock()
	defer space.mu.Unlock()
	if space.all == nil {
		space.all = map[uint64]*Memory{}
		space.next = 1 << 32
	}
	m := &Memory{base: unsafe.Pointer(&room[skip]), size: uintptr(p) * PageSize, phys: space.next}
	m.place()
	space.next += uint64(p+1) * PageSize
	return m
}

// place makes At find m. space.mu is held.
func (m *Memory) place() {
	for i := range m.size / PageSize {
		space.all[m.phys/PageSize+uint64(i)] = m
	}
}

// AllocUncached is Alloc for a device that does not see the CPU's caches. The addresses are below 1 GiB, as those of a Pi are.
func AllocUncached(n int) *Memory {
	m := Alloc(n)
	if m == nil {
		return nil
	}
	space.mu.Lock()
	defer space.mu.Unlock()
	for i := range m.size / PageSize {
		delete(space.all, m.phys/PageSize+uint64(i))
	}
	for m.phys = PageSize; !m.placeIsFree(); m.phys += PageSize {
	}
	m.raw = true
	m.place()
	return m
}

// placeIsFree reports whether nobody has m's addresses, nor the page before and behind them.
func (m *Memory) placeIsFree() bool {
	for i := range m.size/PageSize + 2 {
		if space.all[m.phys/PageSize+uint64(i)-1] != nil {
			return false
		}
	}
	return true
}

// Free gives the memory back. The device must have been stopped before: it would write to what others use.
func (m *Memory) Free() {
	space.mu.Lock()
	defer space.mu.Unlock()
	for i := range m.size / PageSize {
		delete(space.all, m.phys/PageSize+uint64(i))
	}
	*m = Memory{}
}

// At finds the memory that has the n bytes at the physical address, and the offset of the first in it: nil when
// they are not all in one piece of memory. It is for device models.
func At(addr uint64, n int) (m *Memory, off int) {
	space.mu.Lock()
	defer space.mu.Unlock()
	return at(addr, n)
}

// at is At, under space's lock.
func at(addr uint64, n int) (m *Memory, off int) {
	m = space.all[addr/PageSize]
	if m == nil || n < 0 || uint64(n) > m.phys+uint64(m.size)-addr {
		return nil, 0
	}
	return m, int(addr - m.phys)
}

// Map is At for a device that has the memory mapped by itself, as another domain does: Free does not take the mapping away.
func Map(addr uint64, n int) (m *Memory, off int) {
	space.mu.Lock()
	defer space.mu.Unlock()
	if m, off = at(addr, n); m == nil {
		return nil, 0
	}
	mapping := *m
	return &mapping, off
}

// Store16 writes the 16 bits at off.
func (m *Memory) Store16(off int, v uint16) {
	word := (*uint32)(m.at(off&^3, 4))
	shift := 8 * (uint(off) & 2)
	for {
		old := atomic.LoadUint32(word)
		if atomic.CompareAndSwapUint32(word, old, old&^(0xffff<<shift)|uint32(v)<<shift) {
			return
		}
	}
}

// Store32 writes the 32 bits at off.
func (m *Memory) Store32(off int, v uint32) { atomic.StoreUint32((*uint32)(m.at(off, 4)), v) }

// Store64 writes the 64 bits at off.
func (m *Memory) Store64(off int, v uint64) { atomic.StoreUint64((*uint64)(m.at(off, 8)), v) }

// Package sync/atomic's operations are in one order that all goroutines see, so the host needs no barriers.

// ReadBarrier orders all loads of memory before it before all loads and stores after it.
func ReadBarrier() {}

// WriteBarrier orders all stores to memory before it before all stores after it.
func WriteBarrier() {}

// FullBarrier orders all loads and stores of memory before it before all those after it, a store before a later
// load among them.
func FullBarrier() {}
