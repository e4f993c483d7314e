package dns

import (
	std "crypto/sha1"
	"testing"
)

// compareSHA1 compares with the standard library.
func compareSHA1(t *testing.T) {
	b := make([]byte, 600)
	for i := range b {
		b[i] = byte(i * 7)
		if got, want := sha1(b[:i]), std.Sum(b[:i]); got != want {
			t.Fatalf("%d bytes: %x, want %x", i, got, want)
		}
	}
}
