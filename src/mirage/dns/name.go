package dns

import "errors"

const (
	maxLabel = 63  // RFC 1035 section 2.3.4
	maxName  = 255 // RFC 1035 section 2.3.4: length bytes, labels and the root's zero byte
)

// A Name is an absolute domain name in wire form without compression (RFC 1035 section 3.1): each label after
// its length byte, ended by the root's zero byte. Case is kept. The empty string is no name.
type Name string

// Root is the name of the root of the tree, ".".
const Root Name = "\x00"

var (
	errEmptyLabel = errors.New("a name has an empty label: two dots in a row, or a dot in front")
	errLongLabel  = errors.New("a label is longer than 63 bytes")
	errLongName   = errors.New("a name is longer than 255 bytes")
	errNoOrigin   = errors.New("a relative name, but no origin: end the name with a dot, or give $ORIGIN")
	errEscape     = errors.New(`a backslash is followed by a character or by three digits up to 255 (\., \046)`)
)

// ParseName returns the name that text writes as in a zone file (RFC 1035 section 5.1), escapes included. It is
// taken as absolute whether it ends with a dot or not.
func ParseName(text string) (Name, error) {
	b, err := appendName(make([]byte, 0, len(text)+2), []byte(text), Root)
	return Name(b), err
}

// MustParseName is ParseName for names known to be good; it panics on others.
func MustParseName(text string) Name {
	n, err := ParseName(text)
	if err != nil {
		panic("dns: " + text + ": " + err.Error())
	}
	return n
}

// appendName appends text's wire form to dst. A name that does not end with a dot is relative to origin, "@" is
// origin itself (RFC 1035 section 5.1).
func appendName(dst, text []byte, origin Name) ([]byte, error) {
	start := len(dst)
	switch string(text) {
	case "":
		return dst, errEmptyLabel
	case ".":
		return append(dst, 0), nil
	case "@":
		if origin == "" {
			return dst, errNoOrigin
		}
		return append(dst, origin...), nil
	}
	length := len(dst)
	dst = append(dst, 0)
	for i := 0; i < len(text); {
		if text[i] == '.' {
			if len(dst) == length+1 {
				return dst[:start], errEmptyLabel
			}
			length, dst = len(dst), append(dst, 0)
			i++
			continue
		}
		c, n, err := unescape(text[i:])
		if err != nil {
			return dst[:start], err
		}
		dst, i = append(dst, c), i+n
		if dst[length]++; dst[length] > maxLabel {
			return dst[:start], errLongLabel
		}
		if len(dst)-start > maxName {
			return dst[:start], errLongName
		}
	}
	if dst[length] != 0 { // no dot at the end
		if origin == "" {
			return dst[:start], errNoOrigin
		}
		dst = append(dst, origin...)
	}
	if len(dst)-start > maxName {
		return dst[:start], errLongName
	}
	return dst, nil
}

// unescape returns the byte that text starts with and how many bytes of text write it: \DDD is the byte with
// that decimal value, \X is X (RFC 1035 section 5.1).
func unescape(text []byte) (c byte, n int, err error) {
	if text[0] != '\\' {
		return text[0], 1, nil
	}
	if len(text) >= 4 && isDigit(text[1]) && isDigit(text[2]) && isDigit(text[3]) {
		v := int(text[1]-'0')*100 + int(text[2]-'0')*10 + int(text[3]-'0')
		if v > 255 {
			return 0, 0, errEscape
		}
		return byte(v), 4, nil
	}
	if len(text) < 2 {
		return 0, 0, errEscape
	}
	return text[1], 2, nil
}

// appendEscaped appends c as a zone file writes it, with a backslash before the characters of special.
func appendEscaped(dst []byte, c byte, special string) []byte {
	if c < ' ' || c > '~' {
		return append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
	}
	for i := 0; i < len(special); i++ {
		if c == special[i] {
			return append(dst, '\\', c)
		}
	}
	return append(dst, c)
}

// String returns n as a zone file writes it, with its last dot.
func (n Name) String() string { return string(n.appendText(nil)) }

func (n Name) appendText(dst []byte) []byte {
	if len(n) <= 1 {
		return append(dst, '.')
	}
	for len(n) > 1 {
		l := int(n[0])
		for i := 1; i <= l; i++ {
			dst = appendEscaped(dst, n[i], ` .;()@$"\`)
		}
		dst, n = append(dst, '.'), n[1+l:]
	}
	return dst
}

// Labels returns how many labels n has, the root's not counted.
func (n Name) Labels() int {
	count := 0
	for len(n) > 1 {
		n = n[1+int(n[0]):]
		count++
	}
	return count
}

// Parent returns n without its first label; Root's parent is Root.
func (n Name) Parent() Name {
	if len(n) <= 1 {
		return Root
	}
	return n[1+int(n[0]):]
}

// Equal reports whether n and m are the same name; case does not count (RFC 4343).
func (n Name) Equal(m Name) bool {
	if len(n) != len(m) {
		return false
	}
	for i := 0; i < len(n); i++ {
		if lower(n[i]) != lower(m[i]) {
			return false
		}
	}
	return true
}

// Lower returns n in lower case.
func (n Name) Lower() Name {
	for i := 0; i < len(n); i++ {
		if lower(n[i]) != n[i] {
			b := []byte(n)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return Name(b)
		}
	}
	return n
}

// Within reports whether n is zone or lies below it.
func (n Name) Within(zone Name) bool {
	for len(n) > len(zone) {
		n = n.Parent()
	}
	return n.Equal(zone)
}

// Compare orders names as DNSSEC does (RFC 4034 section 6.1): by labels from the right, bytes in lower case. It
// returns -1, 0 or 1.
func (n Name) Compare(m Name) int {
	var nl, ml [maxName / 2]uint8
	i, j := labelOffsets(n, &nl), labelOffsets(m, &ml)
	for i > 0 && j > 0 {
		i, j = i-1, j-1
		if c := compareLabels(n[nl[i]:], m[ml[j]:]); c != 0 {
			return c
		}
	}
	switch {
	case i > 0:
		return 1
	case j > 0:
		return -1
	}
	return 0
}

// labelOffsets stores where n's labels start, the root's left out, and returns how many there are.
func labelOffsets[T ~string | ~[]byte](n T, at *[maxName / 2]uint8) int {
	count := 0
	for i := 0; i < len(n) && n[i] != 0; i += 1 + int(n[i]) {
		at[count] = uint8(i)
		count++
	}
	return count
}

// compareLabels compares the labels that a and b start with.
func compareLabels[A, B ~string | ~[]byte](a A, b B) int {
	for i := 1; i <= int(a[0]) && i <= int(b[0]); i++ {
		switch x, y := lower(a[i]), lower(b[i]); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
	}
	return int(a[0]) - int(b[0])
}

// readName returns the name at off in msg, its compression pointers followed (RFC 1035 section 4.1.4), and the
// offset behind it.
func readName(msg []byte, off int) (Name, int, error) {
	var b [maxName]byte
	n, next := 0, -1
	for limit := off; ; {
		if off >= len(msg) {
			return "", 0, errShort
		}
		c := int(msg[off])
		switch {
		case c == 0:
			b[n] = 0
			if next < 0 {
				next = off + 1
			}
			return Name(b[:n+1]), next, nil
		case c <= maxLabel:
			if off+1+c >= len(msg) {
				return "", 0, errShort
			}
			if n+1+c >= maxName {
				return "", 0, errLongName
			}
			n += copy(b[n:], msg[off:off+1+c])
			off += 1 + c
		case c >= 0xc0:
			if off+1 >= len(msg) {
				return "", 0, errShort
			}
			if next < 0 {
				next = off + 2
			}
			// A pointer to a prior occurrence only: each jump goes further back, so there is no loop.
			to := (c&0x3f)<<8 | int(msg[off+1])
			if to >= limit {
				return "", 0, errPointer
			}
			off, limit = to, to
		default:
			return "", 0, errLabelType
		}
	}
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func lower(c byte) byte {
	if c-'A' <= 'Z'-'A' {
		return c + ('a' - 'A')
	}
	return c
}
