package fat

import (
	"internal/mirage/linuxabi/linux"
	"unicode/utf8"
)

// Names. A long one is up to 255 units of UTF-16; programs give and get it as UTF-8. Whether two names are the same does not depend
// on the case of ASCII's letters, as on Linux with iocharset=ascii and utf8; that of other letters counts.

// maxName is the longest name, units ("Long Directory Entries").
const maxName = 255

// A long is a name as units.
type long struct {
	units [maxName + perLong]uint16
	n     int
}

// parse makes a name of a program's into one that can be on a volume. Dots at its end are dropped. The errors are those of Linux's
// vfat_add_entry: ENOENT, there is nothing but dots; EINVAL, it has what no name may have; ENAMETOOLONG.
func (l *long) parse(name string) linux.Errno {
	for name != "" && name[len(name)-1] == '.' {
		name = name[:len(name)-1]
	}
	if name == "" {
		return linux.ENOENT
	}
	l.n = 0
	for i, r := range name {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(name[i:]); size == 1 {
				return linux.EINVAL
			}
		}
		if r < ' ' || indexByte(forbidden, r) {
			return linux.EINVAL
		}
		if l.n+1+b2i(r > 0xffff) > maxName {
			return linux.ENAMETOOLONG
		}
		l.add(r)
	}
	if l.units[l.n-1] == ' ' {
		return linux.EINVAL
	}
	return 0
}

// forbidden are characters that no name has: "Long Directory Entries".
const forbidden = "\"*/:<>?\\|"

func indexByte(s string, r rune) bool {
	for i := range len(s) {
		if rune(s[i]) == r {
			return true
		}
	}
	return false
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// add appends a character; those beyond 16 bits are two units (RFC 2781, 2.1).
func (l *long) add(r rune) {
	if r > 0xffff {
		r -= 0x10000
		l.units[l.n] = uint16(0xd800 + r>>10)
		l.n++
		r = 0xdc00 + r&0x3ff
	}
	l.units[l.n] = uint16(r)
	l.n++
}

// same reports whether two names are one.
func (l *long) same(o *long) bool {
	if l.n != o.n {
		return false
	}
	for i := range l.n {
		if a, b := l.units[i], o.units[i]; a != b && fold(a) != fold(b) {
			return false
		}
	}
	return true
}

func fold(u uint16) uint16 {
	if u >= 'A' && u <= 'Z' {
		u += 'a' - 'A'
	}
	return u
}

// String is the name as UTF-8. What is no character becomes U+FFFD, and a slash, which no name may have, a question mark.
func (l *long) String() string {
	b := make([]byte, 0, l.n+l.n/2)
	for i := 0; i < l.n; i++ {
		r := rune(l.units[i])
		switch {
		case r >= 0xd800 && r < 0xdc00 && i+1 < l.n && l.units[i+1] >= 0xdc00 && l.units[i+1] < 0xe000:
			i++
			r = 0x10000 + (r-0xd800)<<10 + rune(l.units[i]) - 0xdc00
		case r == '/' || r == 0:
			r = '?'
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}

// upper128 are the characters of code page 437 from 128 on, which short names are in.
var upper128 = [128]uint16{
	0xc7, 0xfc, 0xe9, 0xe2, 0xe4, 0xe0, 0xe5, 0xe7, 0xea, 0xeb, 0xe8, 0xef, 0xee, 0xec, 0xc4, 0xc5,
	0xc9, 0xe6, 0xc6, 0xf4, 0xf6, 0xf2, 0xfb, 0xf9, 0xff, 0xd6, 0xdc, 0xa2, 0xa3, 0xa5, 0x20a7, 0x192,
	0xe1, 0xed, 0xf3, 0xfa, 0xf1, 0xd1, 0xaa, 0xba, 0xbf, 0x2310, 0xac, 0xbd, 0xbc, 0xa1, 0xab, 0xbb,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
	0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
	0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
	0x3b1, 0xdf, 0x393, 0x3c0, 0x3a3, 0x3c3, 0xb5, 0x3c4, 0x3a6, 0x398, 0x3a9, 0x3b4, 0x221e, 0x3c6, 0x3b5, 0x2229,
	0x2261, 0xb1, 0x2265, 0x2264, 0x2320, 0x2321, 0xf7, 0x2248, 0xb0, 0x2219, 0xb7, 0x221a, 0x207f, 0xb2, 0x25a0, 0xa0,
}

// A short is a name of eight and three characters.
type short [11]byte

// Of the byte behind a short name, which of its parts are shown in small letters. Windows NT writes it so.
const (
	smallBase = 0x08
	smallExt  = 0x10
)

// show sets l to a short name as it is shown.
func (l *long) show(s short, small byte) {
	l.n = 0
	if s[0] == 0x05 { // stands for 0xe5, which would be a free entry: "DIR_Name[0]"
		s[0] = 0xe5
	}
	part := func(p []byte, small bool) {
		for len(p) > 0 && p[len(p)-1] == ' ' {
			p = p[:len(p)-1]
		}
		for _, c := range p {
			u := uint16(c)
			if c >= 128 {
				u = upper128[c-128]
			} else if small {
				u = fold(u)
			}
			l.units[l.n] = u
			l.n++
		}
	}
	part(s[:8], small&smallBase != 0)
	dot := l.n
	l.units[dot] = '.'
	l.n++
	if part(s[8:], small&smallExt != 0); l.n == dot+1 {
		l.n = dot
	}
}

// sum is the checksum that ties a long name's entries to the short one: "Long Directory Entries", ChkSum().
func (s short) sum() (sum byte) {
	for _, c := range s {
		sum = sum>>1 | sum<<7
		sum += c
	}
	return sum
}

// isShort reports whether a name can be a short one and is shown the same then: large letters alone.
func (l *long) isShort() (s short, ok bool) {
	fill(s[:])
	at, limit := 0, 8
	for i, u := range l.units[:l.n] {
		switch {
		case u == '.' && limit == 8 && i > 0 && i+1 < l.n:
			at, limit = 8, 11
			continue
		case at == limit || !isShortChar(u):
			return s, false
		}
		s[at] = byte(u)
		at++
	}
	return s, true
}

// isShortChar reports whether a short name may have a character: "Short Directory Entries".
func isShortChar(u uint16) bool {
	return u >= '0' && u <= '9' || u >= 'A' && u <= 'Z' || u < 128 && indexByte("$%'-_@~`!(){}^#&", rune(u))
}

func fill(b []byte) {
	for i := range b {
		b[i] = ' '
	}
}

// A basis is what the short names beside a long one are made of: "The Basis-Name Generation Algorithm".
type basis struct {
	base, ext   [8]byte // of ext three
	nBase, nExt int
	lossy       bool // it does not say all of the name, and needs a tail
}

func (l *long) basis() (b basis) {
	units := l.units[:l.n]
	for len(units) > 0 && units[0] == '.' { // leading dots
		units, b.lossy = units[1:], true
	}
	dot := len(units)
	for i, u := range units {
		if u == '.' {
			dot = i
		}
	}
	b.nBase = b.part(b.base[:], units[:dot])
	if dot < len(units) {
		b.nExt = b.part(b.ext[:3], units[dot+1:])
	}
	if b.nBase == 0 {
		b.base[0], b.nBase, b.lossy = '_', 1, true
	}
	return b
}

func (b *basis) part(to []byte, units []uint16) (n int) {
	for _, u := range units {
		if u == ' ' || u == '.' {
			b.lossy = true
			continue
		}
		if n == len(to) {
			b.lossy = true
			break
		}
		if u >= 'a' && u <= 'z' {
			u -= 'a' - 'A'
		}
		if !isShortChar(u) {
			u, b.lossy = '_', true
		}
		to[n] = byte(u)
		n++
	}
	return n
}

// name is the basis with a tail, ~1 and so on; 0 is none: "The Numeric-Tail Generation Algorithm".
func (b *basis) name(tail int) (s short) {
	fill(s[:])
	copy(s[8:], b.ext[:b.nExt])
	var digits [8]byte
	at := len(digits)
	for ; tail > 0; tail /= 10 {
		at--
		digits[at] = byte('0' + tail%10)
	}
	if at < len(digits) {
		at--
		digits[at] = '~'
	}
	n := copy(s[:8], b.base[:min(b.nBase, at)])
	copy(s[n:8], digits[at:])
	return s
}
