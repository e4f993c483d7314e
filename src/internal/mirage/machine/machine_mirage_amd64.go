//go:build mirage

package machine

// CPUID is the instruction.
func CPUID(leaf, sub uint32) (eax, ebx, ecx, edx uint32) { return runtime_cpuid(leaf, sub) }

// controller is what wired interrupts come by.
const controller = "IO-APIC"

func runtime_cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
