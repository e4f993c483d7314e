//go:build mirage

package runtime

import _ "unsafe" // for linkname

// readMIDR reads MIDR_EL1, which says what the CPU is (Arm ARM, D24.2.122).
func readMIDR() uint64

//go:linkname machine_midr internal/mirage/machine.runtime_midr
func machine_midr() uint64 { return readMIDR() }
