//go:build mirage

package dma

// The processor itself keeps loads in order, stores in order, and stores after earlier loads (Intel SDM volume 3,
// "Memory Ordering in P6 and More Recent Processor Families"); the compiler does too, the loads being atomic ones.

// ReadBarrier orders all loads of memory before it before all loads and stores after it.
func ReadBarrier() {}

// WriteBarrier orders all stores to memory before it before all stores after it.
func WriteBarrier() {}

// FullBarrier orders all loads and stores of memory before it before all those after it, a store before a later
// load among them, the one order that the processor does not keep.
func FullBarrier()
