//go:build mirage

package dma

// The barriers reach the outer shareable domain, where devices that master the bus may lie (Arm ARM, "Data Memory
// Barrier"). DMB orders accesses; DSB, which also waits for them to end, is not needed between memory and memory, and
// package mmio orders memory against registers.

// ReadBarrier orders all loads of memory before it before all loads and stores after it.
func ReadBarrier()

// WriteBarrier orders all stores to memory before it before all stores after it.
func WriteBarrier()

// FullBarrier orders all loads and stores of memory before it before all those after it, a store before a later
// load among them.
func FullBarrier()
