//go:build mirage

package runtime

import _ "unsafe" // for linkname

//go:linkname machine_cpuid internal/mirage/machine.runtime_cpuid
func machine_cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32) { return cpuid(leaf, sub) }
