package boot

// A Words walks over the words of a command line. Blanks separate words; double quotes group; within quotes a
// backslash escapes: \" \\ \n \t \xHH; outside them it is a backslash. A word is unquoted into the caller's buffer.
type Words struct {
	rest []byte
	raw  []byte
	buf  []byte
	used int
}

// SplitWords walks over line and puts unquoted words into buf, each followed by a NUL; a buf of len(line)+1 is
// always large enough.
func SplitWords(line, buf []byte) Words { return Words{rest: line, buf: buf} }

// Next returns the next word and whether there was one. The word stays valid; the byte behind it is NUL.
func (w *Words) Next() ([]byte, bool) {
	for len(w.rest) > 0 && isBlank(w.rest[0]) {
		w.rest = w.rest[1:]
	}
	if len(w.rest) == 0 {
		return nil, false
	}
	start, line := w.used, w.rest
	quoted := false
	for len(w.rest) > 0 && (quoted || !isBlank(w.rest[0])) {
		c := w.rest[0]
		w.rest = w.rest[1:]
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			w.put(w.escape())
		default:
			w.put(c)
		}
	}
	w.raw = line[:len(line)-len(w.rest)]
	word := w.buf[start:w.used]
	w.put(0)
	return word, true
}

// Raw is the last word as it stands in the line, quotes and all.
func (w *Words) Raw() []byte { return w.raw }

func (w *Words) put(c byte) {
	if w.used < len(w.buf) {
		w.buf[w.used] = c
		w.used++
	}
}

// escape reads what follows a backslash within quotes.
func (w *Words) escape() byte {
	if len(w.rest) == 0 {
		return '\\'
	}
	c := w.rest[0]
	w.rest = w.rest[1:]
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'x':
		if len(w.rest) >= 2 && hex(w.rest[0]) >= 0 && hex(w.rest[1]) >= 0 {
			c = byte(hex(w.rest[0])<<4 | hex(w.rest[1]))
			w.rest = w.rest[2:]
		}
	}
	return c
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// Kernel words that a virtual machine monitor appends to the line by itself, wherever its end is: behind the
// program's arguments they are still not the program's. QEMU, docs/system/i386/microvm.rst.
const appended = "virtio_mmio.device="

// Value returns what follows key in word, and whether word begins with it.
func Value(word []byte, key string) ([]byte, bool) {
	if len(word) < len(key) || string(word[:len(key)]) != key {
		return nil, false
	}
	return word[len(key):], true
}

// IsAppended reports whether word was put on the line by the machine.
func IsAppended(word []byte) bool {
	_, ok := Value(word, appended)
	return ok
}
