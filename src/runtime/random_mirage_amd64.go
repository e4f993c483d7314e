//go:build mirage

package runtime

import "unsafe"

// hwRandomFill fills b from RDSEED, else RDRAND, and reports whether the CPU has one of them that works.
// Intel DRNG Software Implementation Guide, 4.2.1: try RDRAND ten times; RDSEED may need more.
func hwRandomFill(b []byte) bool {
	_, _, ecx, _ := cpuid(1, 0)
	leaves, _, _, _ := cpuid(0, 0)
	rand, seed := ecx&(1<<30) != 0, false
	if leaves >= 7 {
		_, ebx, _, _ := cpuid(7, 0)
		seed = ebx&(1<<18) != 0
	}
	if !rand && !seed {
		return false
	}
	last := uint64(0)
	for i := 0; i+8 <= len(b); i += 8 {
		v, ok := uint64(0), false
		for tries := 0; tries < 100 && !ok; tries++ {
			v, ok = hwRandom(seed)
			cpuRelax()
		}
		for tries := 0; tries < 10 && !ok && rand; tries++ {
			v, ok = hwRandom(false)
		}
		// Some CPUs are known to answer all ones or the same for ever after a suspend.
		if !ok || v == last || v == ^uint64(0) {
			return false
		}
		last = v
		*(*uint64)(unsafe.Pointer(&b[i])) = v
	}
	return true
}

func hwRandom(seed bool) (v uint64, ok bool)
