package boot

// A Tree is a flattened device tree: Devicetree Specification v0.4, chapter 5. Its bytes are only read, and only
// within bounds.
type Tree struct {
	nodes    []byte // structure block
	strings  []byte // strings block
	reserved []byte // memory reservation block
}

// TreeHeaderSize is how much of a tree TreeSize needs.
const TreeHeaderSize = 40

// Tokens of the structure block: section 5.4.1.
const (
	fdtMagic = 0xd00dfeed

	fdtBeginNode = 1
	fdtEndNode   = 2
	fdtProp      = 3
	fdtNop       = 4
	fdtEnd       = 9
)

// TreeSize is the size in bytes that the header of a tree gives, 0 when header does not begin one.
func TreeSize(header []byte) uint32 {
	if len(header) < TreeHeaderSize || be32(header) != fdtMagic {
		return 0
	}
	return be32(header[4:])
}

// ReadTree returns the tree that blob begins with. The error says what is wrong, "" when nothing is.
func ReadTree(blob []byte) (t Tree, problem string) {
	size := TreeSize(blob)
	if size < TreeHeaderSize {
		return t, "there is no device tree"
	}
	if uint64(size) > uint64(len(blob)) {
		return t, "the device tree is larger than the memory that holds it"
	}
	blob = blob[:size]
	// Section 5.2: version 17 gives the sizes of both blocks; what says that it can be read as 16 can be read as 17.
	if be32(blob[20:]) < 17 || be32(blob[24:]) > 17 {
		return t, "the device tree has a version other than 17"
	}
	t.nodes = cut(blob, uint64(be32(blob[8:])), uint64(be32(blob[36:])))
	t.strings = cut(blob, uint64(be32(blob[12:])), uint64(be32(blob[32:])))
	if at := be32(blob[16:]); at < size {
		t.reserved = blob[at:]
	}
	if t.nodes == nil || t.strings == nil || t.reserved == nil {
		return t, "a block of the device tree lies outside of it"
	}
	return t, ""
}

// Bounds: how deep nodes nest, where trees of real boards reach 8, and how long a property's name is, where section 2.2.4
// gives it 31 bytes.
const (
	maxDepth = 16
	maxName  = 64
)

// A level is what an open node says of the addresses of its children: section 2.3.
type level struct {
	name       []byte
	addr, size uint32 // cells of an address and of a size
	ranges     []byte
	bridged    bool // there is a ranges property: children's addresses can be translated
	enabled    bool // neither the node nor one above it says that it is not to be used
}

// A Walk visits the nodes of a tree, parents before children, in the tree's order.
type Walk struct {
	t     Tree
	at    int // where the next token is
	props int // where the properties of the current node begin
	depth int // the root's is 1
	open  [maxDepth + 1]level
	bad   bool
}

// Walk starts before the root.
func (t *Tree) Walk() Walk {
	w := Walk{t: *t}
	// Section 2.3.5: what holds where nothing is said.
	w.open[0] = level{addr: 2, size: 1, bridged: true, enabled: true}
	return w
}

// Next goes to the next node and reports whether there is one.
func (w *Walk) Next() bool {
	for !w.bad {
		switch w.token() {
		case fdtBeginNode:
			if w.begin() {
				return true
			}
			w.bad = true
		case fdtEndNode:
			w.depth--
			w.bad = w.bad || w.depth < 0
		case fdtNop:
		case fdtEnd:
			w.bad = w.bad || w.depth != 0
			w.at -= 4 // it stays the next token
			return false
		default: // properties of a node stand before its children: section 5.4.2
			w.bad = true
		}
	}
	return false
}

// Problem says why the walk ended before the tree did, "" when it did not.
func (w *Walk) Problem() string {
	if w.bad {
		return "the device tree is malformed"
	}
	return ""
}

// token reads a token; what is not there is none.
func (w *Walk) token() uint32 {
	b := cut(w.t.nodes, uint64(w.at), 4)
	if b == nil {
		w.bad = true
		return 0
	}
	w.at += 4
	return be32(b)
}

// begin opens the node whose name stands at w.at.
func (w *Walk) begin() bool {
	name := cutString(w.t.nodes, uint64(w.at), len(w.t.nodes)-w.at)
	if name == nil || w.depth == maxDepth {
		return false
	}
	w.at = align4(w.at + len(name) + 1)
	w.props = w.at
	w.depth++
	l := &w.open[w.depth]
	*l = level{name: name, addr: 2, size: 1, enabled: w.open[w.depth-1].enabled}
	for {
		key, value, next := w.t.property(w.at)
		if key == nil {
			return next >= 0
		}
		w.at = next
		switch string(key) {
		case "#address-cells":
			l.addr = Cell(value, 0)
		case "#size-cells":
			l.size = Cell(value, 0)
		case "ranges":
			l.ranges, l.bridged = value, true
		case "status":
			l.enabled = l.enabled && (isString(value, "okay") || isString(value, "ok"))
		}
	}
}

// property reads the property at offset at of the structure block, and says where the next token is. Without a key there
// is no property; where the block is malformed next is negative.
func (t *Tree) property(at int) (key, value []byte, next int) {
	for {
		token := cut(t.nodes, uint64(at), 4)
		if token == nil {
			return nil, nil, -1
		}
		if be32(token) == fdtNop {
			at += 4
			continue
		}
		if be32(token) != fdtProp {
			return nil, nil, at
		}
		head := cut(t.nodes, uint64(at), 12)
		if head == nil {
			return nil, nil, -1
		}
		value = cut(t.nodes, uint64(at)+12, uint64(be32(head[4:])))
		key = cutString(t.strings, uint64(be32(head[8:])), maxName)
		if value == nil || key == nil {
			return nil, nil, -1
		}
		return key, value, align4(at + 12 + len(value))
	}
}

// Property returns the current node's property of that name, nil when there is none; an empty one is not nil.
func (w *Walk) Property(name string) []byte {
	at := w.props
	for {
		key, value, next := w.t.property(at)
		if key == nil || string(key) == name {
			return value
		}
		at = next
	}
}

// Depth is the current node's, 1 for the root.
func (w *Walk) Depth() int { return w.depth }

// Name is the current node's name with its unit address.
func (w *Walk) Name() []byte { return w.open[w.depth].name }

// Parent is the name of the node above.
func (w *Walk) Parent() []byte { return w.open[w.depth-1].name }

// Enabled reports whether the current node and all above it are to be used: section 2.3.4.
func (w *Walk) Enabled() bool { return w.open[w.depth].enabled }

// Compatible reports whether the current node is compatible with one of models: section 2.3.1.
func (w *Walk) Compatible(models ...string) bool {
	list := w.Property("compatible")
	for len(list) > 0 {
		n := 0
		for n < len(list) && list[n] != 0 {
			n++
		}
		for _, m := range models {
			if string(list[:n]) == m {
				return true
			}
		}
		list = list[min(n+1, len(list)):]
	}
	return false
}

// Reg is the i-th range of the current node's registers, as the CPU sees it: section 2.3.6.
func (w *Walk) Reg(i int) (r Range, ok bool) {
	up := &w.open[w.depth-1]
	n := uint64(up.addr+up.size) * 4
	if up.addr > 2 || up.size > 2 {
		return r, false
	}
	entry := cut(w.Property("reg"), uint64(i)*n, n)
	if len(entry) == 0 {
		return r, false
	}
	start, size := cells(entry, up.addr), cells(entry[up.addr*4:], up.size)
	for d := w.depth - 1; d > 1; d-- { // the root's children have the CPU's addresses
		if start, ok = w.translate(d, start, size); !ok {
			return r, false
		}
	}
	return Range{start, start + size}, start+size >= start
}

// translate takes an address on the bus that is the open node d to the bus above it: section 2.3.8.
func (w *Walk) translate(d int, start, size uint64) (uint64, bool) {
	bus, up := &w.open[d], &w.open[d-1]
	if len(bus.ranges) == 0 {
		return start, bus.bridged
	}
	if bus.addr > 2 || up.addr > 2 || bus.size > 2 {
		return 0, false
	}
	n := int(bus.addr+up.addr+bus.size) * 4
	for r := bus.ranges; n > 0 && len(r) >= n; r = r[n:] {
		child := cells(r, bus.addr)
		parent := cells(r[bus.addr*4:], up.addr)
		length := cells(r[(bus.addr+up.addr)*4:], bus.size)
		if start >= child && start-child < length && size <= length-(start-child) {
			return parent + (start - child), true
		}
	}
	return 0, false
}

// At reports whether path, which begins with a slash, leads to the current node. A unit address may be left out of it:
// section 2.2.3.
func (w *Walk) At(path []byte) bool {
	for d := 2; d <= w.depth; d++ {
		if len(path) == 0 || path[0] != '/' {
			return false
		}
		path = path[1:]
		n, unit := 0, false
		for ; n < len(path) && path[n] != '/'; n++ {
			unit = unit || path[n] == '@'
		}
		name := w.open[d].name
		if !unit {
			name = beforeByte(name, '@')
		}
		if string(path[:n]) != string(name) {
			return false
		}
		path = path[n:]
	}
	return len(path) == 0
}

// alias is the path that /aliases gives for name: section 3.3.
func (t *Tree) alias(name []byte) []byte {
	w := t.Walk()
	for w.Next() {
		if w.Depth() != 2 || string(w.Name()) != "aliases" {
			continue
		}
		for at := w.props; ; {
			key, value, next := t.property(at)
			if key == nil {
				break
			}
			if string(key) == string(name) {
				return Text(value)
			}
			at = next
		}
	}
	return nil
}

// Reservation is the i-th entry of the memory reservation block; the last is empty: section 5.3.
func (t *Tree) Reservation(i int) Range {
	entry := cut(t.reserved, uint64(i)*16, 16)
	if entry == nil {
		return Range{}
	}
	start, size := cells(entry, 2), cells(entry[8:], 2)
	return Range{start, max(start, start+size)}
}

// Cell is the i-th 32-bit cell of a property, 0 when there is none.
func Cell(property []byte, i int) uint32 {
	b := cut(property, uint64(i)*4, 4)
	if b == nil {
		return 0
	}
	return be32(b)
}

// cells is the number that n cells, at most 2, hold; b has them.
func cells(b []byte, n uint32) (v uint64) {
	for ; n > 0; n-- {
		v = v<<32 | uint64(be32(b))
		b = b[4:]
	}
	return v
}

// Text is a string property without the NUL that ends it.
func Text(property []byte) []byte { return beforeByte(property, 0) }

func isString(property []byte, s string) bool { return string(Text(property)) == s }

func beforeByte(b []byte, c byte) []byte {
	for i := range b {
		if b[i] == c {
			return b[:i]
		}
	}
	return b
}

func align4(n int) int { return (n + 3) &^ 3 }

func be32(b []byte) uint32 {
	return uint32(b[3]) | uint32(b[2])<<8 | uint32(b[1])<<16 | uint32(b[0])<<24
}
