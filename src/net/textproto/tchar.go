package textproto

import (
	"runtime"
	"strings"
)

// tcharsByTable says that the bytes of header names are looked up, which takes a third of the instructions of counting them out:
// the names in a small request and its response have some fifty.
const tcharsByTable = runtime.GOOS == "mirage"

// tchars has the bytes that a token is made of (RFC 9110, section 5.6.2).
var tchars = func() (table [256]bool) {
	for c := range table {
		letter, digit := 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9'
		table[c] = letter || digit || c < 0x80 && strings.IndexByte("!#$%&'*+-.^_`|~", byte(c)) >= 0
	}
	return
}()
