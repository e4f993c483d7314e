package fat

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Attributes: "FAT Directory Structure".
const (
	attrVolume  = 0x08
	attrFolder  = 0x10
	attrArchive = 0x20
	attrLong    = 0x0f

	lastLong = 0x40 // of the first entry of a long name, which has its end
	perLong  = 13   // characters
)

// shortChars are those of a short name besides letters and digits.
const shortChars = "$%'-_@~`!(){}^#&"

// date is 2024-01-01: the same program makes the same card.
const date = (2024-1980)<<9 | 1<<5 | 1

// isShort reports whether the name is its short name.
func (n *node) isShort() bool {
	base, ext := strings.TrimRight(string(n.short[:8]), " "), strings.TrimRight(string(n.short[8:]), " ")
	if ext != "" {
		base += "." + ext
	}
	return n.name == base
}

// shortName makes a name of eight and three characters that no other in the folder has: "Short Directory Entries", and for those
// that have a long name "The Basis-Name Generation Algorithm".
func (n *node) shortName(name string) (short [11]byte) {
	base, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		base, ext = name[:i], name[i+1:]
	}
	clean := func(s string) string {
		return strings.Map(func(r rune) rune {
			switch {
			case r == ' ' || r == '.':
				return -1
			case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(shortChars, r):
				return r
			}
			return '_'
		}, strings.ToUpper(s))
	}
	b, e := clean(base), clean(ext)
	e = e[:min(len(e), 3)]
	for tail := 0; ; tail++ {
		mark := ""
		if tail > 0 || len(b) > 8 || b == "" || len(clean(ext)) > 3 {
			mark = fmt.Sprintf("~%d", max(tail, 1))
		}
		copy(short[:], "           ")
		copy(short[:8], b[:min(len(b), 8-len(mark))]+mark)
		copy(short[8:], e)
		if !n.has(short) {
			return short
		}
	}
}

func (n *node) has(short [11]byte) bool {
	for _, c := range n.children {
		if c.short == short {
			return true
		}
	}
	return false
}

// entries are the directory entries of a folder.
func (n *node) entries(label string) (b []byte) {
	if n.parent == nil {
		b = append(b, entry([11]byte([]byte(padded(label))), attrVolume, 0, 0)...)
	} else {
		up := n.parent.first
		if n.parent.parent == nil {
			up = 0 // "Directories": the root is 0 here
		}
		b = append(b, entry([11]byte([]byte(".          ")), attrFolder, n.first, 0)...)
		b = append(b, entry([11]byte([]byte("..         ")), attrFolder, up, 0)...)
	}
	for _, c := range n.children {
		if !c.isShort() {
			b = append(b, longEntries(c.name, c.short)...)
		}
		if c.isFolder {
			b = append(b, entry(c.short, attrFolder, c.first, 0)...)
		} else {
			b = append(b, entry(c.short, attrArchive, c.first, len(c.data))...)
		}
	}
	return b
}

// entry is a short one.
func entry(name [11]byte, attr byte, first uint32, size int) []byte {
	le := binary.LittleEndian
	b := make([]byte, entrySize)
	copy(b, name[:])
	b[11] = attr
	le.PutUint16(b[16:], date)
	le.PutUint16(b[18:], date)
	le.PutUint16(b[20:], uint16(first>>16))
	le.PutUint16(b[24:], date)
	le.PutUint16(b[26:], uint16(first))
	le.PutUint32(b[28:], uint32(size))
	return b
}

// longEntries are those of a long name, its end first: "Long Directory Entries".
func longEntries(name string, short [11]byte) (b []byte) {
	sum := byte(0)
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	text := utf16.Encode([]rune(name))
	count := (len(text) + perLong - 1) / perLong
	for len(text) < count*perLong {
		if len(text)%perLong != 0 && text[len(text)-1] != 0xffff && text[len(text)-1] != 0 {
			text = append(text, 0)
		} else {
			text = append(text, 0xffff)
		}
	}
	for i := count; i > 0; i-- {
		e := make([]byte, entrySize)
		e[0], e[11], e[13] = byte(i), attrLong, sum
		if i == count {
			e[0] |= lastLong
		}
		for k, c := range text[(i-1)*perLong : i*perLong] {
			at := 1 + 2*k
			switch {
			case k >= 11:
				at = 28 + 2*(k-11)
			case k >= 5:
				at = 14 + 2*(k-5)
			}
			binary.LittleEndian.PutUint16(e[at:], c)
		}
		b = append(b, e...)
	}
	return b
}
