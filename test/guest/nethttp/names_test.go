package nethttp

import (
	"net/http"
	"net/textproto"
	"strings"
	"testing"
)

// canonical is CanonicalHeaderKey by its description: a letter is large where a word begins and small elsewhere, and what has
// a byte that no token has (RFC 9110, section 5.6.2) stays as it is.
func canonical(name string) string {
	const token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	words := strings.Split(name, "-")
	for i, w := range words {
		for _, c := range []byte(w) {
			if strings.IndexByte(token, c) < 0 {
				return name
			}
		}
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + strings.ToLower(w[1:])
		}
	}
	return strings.Join(words, "-")
}

// Header names are put into their canonical form whatever bytes they have, wherever these are.
func TestCanonicalNames(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			x, y := string([]byte{byte(a)}), string([]byte{byte(b)})
			for _, name := range []string{x + y, "A" + x + y, "a" + x + y, "X-" + x + y, x + "-" + y, x + y + "-", "Content-" + x + "y" + y} {
				if got, want := http.CanonicalHeaderKey(name), canonical(name); got != want {
					t.Fatalf("%q becomes %q, not %q", name, got, want)
				}
				if got := textproto.CanonicalMIMEHeaderKey(name); got != canonical(name) {
					t.Fatalf("%q becomes %q, not %q", name, got, canonical(name))
				}
			}
		}
	}
}
