// Package dma gives drivers memory that a device reads and writes too: its physical address for the device, and
// for the driver its bytes and loads and stores of single words at offsets.
//
// Control structures that both sides use at the same time (rings, indices) are touched only by those loads and
// stores, never through Bytes. A load or store is a single access, but in no order with any other: the barriers say what is
// ordered, and every use of one says against what. Bytes are for buffers, which one side owns at a time.
//
// Drivers call it. It never talks to a device. On a host, for tests, memory comes from the Go heap with made-up
// addresses, and At finds it again as a device model does.
//
// The memory is coherent. Alloc's is, because virtual machines and PCs keep what a device sees and what the CPU caches the
// same (a device tree says so with dma-coherent); on a Raspberry Pi nothing does, and its drivers use AllocUncached, whose memory
// the CPU does not cache. There is no cache maintenance here.
package dma
