//go:build mirage

package runtime

// Output for when nothing else works: no locks, no stack to speak of.

//go:nosplit
func putString(s string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			consolePut('\r')
		}
		consolePut(s[i])
	}
}

//go:nosplit
func putHex(v uint64) {
	putString("0x")
	for shift := 60; shift >= 0; shift -= 4 {
		if d := v >> uint(shift); d != 0 || shift == 0 {
			consolePut("0123456789abcdef"[d&15])
		}
	}
}

//go:nosplit
func putField(name string, v uint64) {
	putString(name)
	putString(" ")
	putHex(v)
	putString(" ")
}
