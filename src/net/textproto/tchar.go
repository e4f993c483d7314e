package textproto

import (
	"runtime"
	"strings"
)

// tcharsByTable says that the bytes of header names are looked up, which takes a third of the instructions of counting them out:
// the names in a small request and its response have some fifty.
const tcharsByTable = runtime.GOOS == "mirage"

var (
	// tchars has the bytes that a token is made of (RFC 9110, section 5.6.2).
	tchars = tableOf(func(c byte) bool {
		return lower(c) || upper(c) || '0' <= c && c <= '9' || c < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
	})
	// places says where in a canonical name a byte cannot be, and in the upper half where the byte that follows it is.
	places = tableOf(func(c byte) (place uint8) {
		if place = later << 4; c == '-' {
			place = first << 4
		}
		if !tchars[c] || lower(c) {
			place |= first
		}
		if !tchars[c] || upper(c) {
			place |= later
		}
		return
	})
)

// Where a byte of a name is: the first of a word, or a later one.
const first, later = 1, 2

func lower(c byte) bool { return 'a' <= c && c <= 'z' }
func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

func tableOf[T any](of func(byte) T) (table [256]T) {
	for c := range table {
		table[c] = of(byte(c))
	}
	return
}

// isCanonical reports whether s is a header's name as CanonicalMIMEHeaderKey has it, which most are when it is asked.
func isCanonical(s string) bool {
	here := uint8(first)
	for i := 0; i < len(s); i++ {
		place := places[s[i]]
		if place&here != 0 {
			return false
		}
		here = place >> 4
	}
	return true
}
