//go:build mirage

package machine

// MIDR is MIDR_EL1: implementer, variant, part and revision of the CPU.
func MIDR() uint64 { return runtime_midr() }

// controller is what wired interrupts come by.
const controller = "GIC"

func runtime_midr() uint64
