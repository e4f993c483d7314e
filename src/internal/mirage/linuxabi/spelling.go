package linuxabi

// Words of the kernel command line that others than the user write are many, and of no concern here: a loader's, a firmware's.
// So only those are complained of that are nearly one of ours.

// knownKeys are how our words begin, all of them, whosever they are, with what is behind that if it is always the same.
var knownKeys = [...]struct{ key, only string }{
	{"arg0=", ""}, {"console=", ""}, {"cwd=", ""}, {"dma=", "on"}, {"env:", ""}, {"exit=", "debug"}, {"hostname=", ""}, {"ip=", ""},
	{"mount:", ""}, {"ntp=", ""}, {"privacy=", "off"}, {"rndis=", "off"}, {"screen=", "off"}, {"secret=", ""},
}

// misspelt says what may be wrong with a word, "" when nothing is.
func misspelt(word string) string {
	n := 0
	for n < len(word) && word[n] != '=' && word[n] != ':' {
		n++
	}
	key := word[:min(n+1, len(word))]
	for _, k := range knownKeys {
		switch {
		case key == k.key && k.only != "" && word != k.key+k.only:
			return word + " is not " + k.key + k.only
		case key == k.key:
			return ""
		}
	}
	for _, k := range knownKeys {
		if areAlike(key, k.key) {
			return word + " is no word of the system's: is " + k.key + " meant?"
		}
	}
	return ""
}

// areAlike reports whether one letter makes a of b: another one, one more or one less, or two that change places.
func areAlike(a, b string) bool {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return len(a)+len(b) == 1 || len(a) == 1 && len(b) == 1 || len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]
}
