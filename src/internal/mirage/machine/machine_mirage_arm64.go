//go:build mirage

package machine

import "internal/mirage/boot"

// MIDR is MIDR_EL1: implementer, variant, part and revision of the CPU.
func MIDR() uint64 { return runtime_midr() }

// controller is what wired interrupts come by.
const controller = "GIC"

// Pi says which Raspberry Pi the machine is: the chip's, NotPi if none, the board's revision, and its serial number.
func Pi() (pi boot.Pi, revision boot.Revision, serial uint64) { return runtime_pi() }

// AllocUncached is AllocPages for a device that does not see the CPU's caches: the memory is mapped without them.
func AllocUncached(n int) (virt uintptr, phys uint64) { return runtime_allocUncached(n) }

// FreeUncached gives back what AllocUncached returned.
func FreeUncached(phys uint64, n int) { runtime_freeUncached(phys, n) }

func runtime_midr() uint64
func runtime_pi() (boot.Pi, boot.Revision, uint64)
func runtime_allocUncached(n int) (virt uintptr, phys uint64)
func runtime_freeUncached(phys uint64, n int)
