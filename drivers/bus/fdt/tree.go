package fdt

// Header: section 5.2. Offsets of big-endian 32-bit fields.
const (
	headerMagic       = 0
	headerTotalSize   = 4
	headerStructure   = 8
	headerStrings     = 12
	headerVersion     = 20
	headerLastVersion = 24
	headerStringsSize = 32
	headerStructSize  = 36
	headerSize        = 40

	magic = 0xd00dfeed
	// version is the one described: a tree with a higher one says in lastVersion whether it can be read as this.
	version = 17
)

// HeaderSize is how many bytes of a tree TotalSize needs.
const HeaderSize = headerSize

// TotalSize returns the size of the tree that starts with header, false when that is no tree.
func TotalSize(header []byte) (uint32, bool) {
	if len(header) < headerSize || word(header, headerMagic) != magic {
		return 0, false
	}
	n := word(header, headerTotalSize)
	return n, n >= headerSize
}

// A Tree is a flattened device tree.
type Tree struct {
	structure []byte // section 5.4
	strings   []byte // section 5.5
}

// Parse returns the tree in blob, false when it is none or one of an unknown version.
func Parse(blob []byte) (t Tree, ok bool) {
	n, ok := TotalSize(blob)
	if !ok || uint64(n) > uint64(len(blob)) || word(blob, headerVersion) < version || word(blob, headerLastVersion) > version {
		return Tree{}, false
	}
	blob = blob[:n]
	if t.structure, ok = block(blob, word(blob, headerStructure), word(blob, headerStructSize)); !ok {
		return Tree{}, false
	}
	t.strings, ok = block(blob, word(blob, headerStrings), word(blob, headerStringsSize))
	return t, ok
}

// block is the n bytes of blob from off on.
func block(blob []byte, off, n uint32) ([]byte, bool) {
	if uint64(off)+uint64(n) > uint64(len(blob)) {
		return nil, false
	}
	return blob[off : off+n], true
}

// word is the big-endian 32-bit number at off, which must be in b.
func word(b []byte, off int) uint32 {
	return uint32(b[off])<<24 | uint32(b[off+1])<<16 | uint32(b[off+2])<<8 | uint32(b[off+3])
}

// Tokens of the structure block: section 5.4.1.
const (
	tokenBeginNode = 1
	tokenEndNode   = 2
	tokenProp      = 3
	tokenNop       = 4
	tokenEnd       = 9
)

// token returns the token at off and the offset behind it; tokenEnd where the block ends.
func (t *Tree) token(off int) (token uint32, next int) {
	if off < 0 || off > len(t.structure)-4 {
		return tokenEnd, off
	}
	return word(t.structure, off), off + 4
}

// name returns the node's name at off, behind its token, and the offset behind it: a string and a zero, padded to 4 bytes.
func (t *Tree) name(off int) (name []byte, next int, ok bool) {
	for i := off; i < len(t.structure); i++ {
		if t.structure[i] == 0 {
			return t.structure[off:i], (i + 4) &^ 3, true
		}
	}
	return nil, 0, false
}

// property returns the property at off, behind its token, and the offset behind it.
func (t *Tree) property(off int) (name, value []byte, next int, ok bool) {
	if off > len(t.structure)-8 {
		return nil, nil, 0, false
	}
	n, at := uint64(word(t.structure, off)), word(t.structure, off+4)
	off += 8
	if n > uint64(len(t.structure)-off) {
		return nil, nil, 0, false
	}
	value = t.structure[off : off+int(n)]
	return t.text(at), value, (off + int(n) + 3) &^ 3, true
}

// text is the string at off in the strings block, nil when there is none.
func (t *Tree) text(off uint32) []byte {
	if uint64(off) > uint64(len(t.strings)) {
		return nil
	}
	s := t.strings[off:]
	for i, c := range s {
		if c == 0 {
			return s[:i]
		}
	}
	return nil
}
