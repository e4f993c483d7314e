// Package mmio is how drivers reach device registers.
//
// A Space is a range of registers: mapped device memory, x86 I/O ports, or a model in a host test. A register is
// a typed offset (Reg8, Reg16, Reg32, Reg64) with methods, so that a driver reads as its data sheet:
//
//	const Status mmio.Reg32 = 0x70 // RW, device status
//	Status.Store(space, 0)
//
// Drivers and buses call it. It never allocates memory for a device (package dma does), never interprets a
// register, and knows no device.
package mmio
