//go:build mirage

package runtime

import "unsafe"

// hwRandomFill fills b from RNDR, or from what a Pi has instead, and reports whether there is one and it works: DDI 0487, K14.
// It may have nothing for a moment.
func hwRandomFill(b []byte) bool {
	if readISAR0()>>60 == 0 {
		return piRandomFill(b)
	}
	last := uint64(0)
	for i := 0; i+8 <= len(b); i += 8 {
		v, ok := hwRandom()
		for tries := 0; tries < 100 && !ok; tries++ {
			cpuRelax()
			v, ok = hwRandom()
		}
		if !ok || v == last || v == ^uint64(0) {
			return false
		}
		last = v
		*(*uint64)(unsafe.Pointer(&b[i])) = v
	}
	return true
}

func hwRandom() (v uint64, ok bool)
