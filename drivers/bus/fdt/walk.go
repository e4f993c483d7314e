package fdt

// maxDepth is how deep a node may lie; trees of real machines have half of it.
const maxDepth = 16

// A Node is one node of a tree.
type Node struct {
	tree *Tree
	off  int // of the properties, behind the name
	name []byte
}

// Name is the node's name with its unit address, empty for the root.
func (n Node) Name() []byte { return n.name }

// Property returns the value of a property: section 5.4.1. Properties come before nodes below: section 5.4.2.
func (n Node) Property(name string) (value []byte, ok bool) {
	if n.tree == nil {
		return nil, false
	}
	for off := n.off; ; {
		token, next := n.tree.token(off)
		switch token {
		case tokenNop:
			off = next
		case tokenProp:
			prop, value, next, ok := n.tree.property(next)
			if !ok {
				return nil, false
			}
			if string(prop) == name {
				return value, true
			}
			off = next
		default:
			return nil, false
		}
	}
}

// Uint32 is the value of a property of one cell.
func (n Node) Uint32(name string) (uint32, bool) {
	v, ok := n.Property(name)
	if !ok || len(v) != 4 {
		return 0, false
	}
	return word(v, 0), true
}

// Compatible reports whether the node says that it can be driven as name: section 2.3.1.
func (n Node) Compatible(name string) bool {
	v, _ := n.Property("compatible")
	for len(v) > 0 {
		i := 0
		for i < len(v) && v[i] != 0 {
			i++
		}
		if string(v[:i]) == name {
			return true
		}
		v = v[min(i+1, len(v)):]
	}
	return false
}

// Enabled reports whether the node is there to be used: section 2.3.4.
func (n Node) Enabled() bool {
	v, ok := n.Property("status")
	return !ok || string(v) == "okay\x00" || string(v) == "ok\x00"
}

// A Walker goes over all nodes, each before those below it.
type Walker struct {
	tree  *Tree
	off   int            // what to read next
	path  [maxDepth]Node // from the root to where it is
	depth int            // nodes in path
}

// Walk returns a walker in front of the root.
func (t *Tree) Walk() Walker { return Walker{tree: t} }

// Next goes on to the next node, and returns false when there is none or the tree is broken.
func (w *Walker) Next() bool {
	for {
		token, next := w.tree.token(w.off)
		switch token {
		case tokenNop:
			w.off = next
		case tokenProp:
			_, _, next, ok := w.tree.property(next)
			if !ok {
				return w.end()
			}
			w.off = next
		case tokenBeginNode:
			name, next, ok := w.tree.name(next)
			if !ok || w.depth == maxDepth || w.depth == 0 && w.path[0].tree != nil {
				return w.end() // too deep, or a second root
			}
			w.off = next
			w.path[w.depth] = Node{w.tree, next, name}
			w.depth++
			return true
		case tokenEndNode:
			if w.depth == 0 {
				return w.end()
			}
			w.off = next
			w.depth--
		default:
			return w.end()
		}
	}
}

// end ends the walk for good.
func (w *Walker) end() bool {
	w.off, w.depth = len(w.tree.structure), 0
	return false
}

// Node is the node that the walker is at.
func (w *Walker) Node() Node {
	if w.depth == 0 {
		return Node{}
	}
	return w.path[w.depth-1]
}

// parent is the node i above the walker's, the zero node above the root.
func (w *Walker) parent(i int) Node {
	if w.depth-1-i < 0 {
		return Node{}
	}
	return w.path[w.depth-1-i]
}

// Find goes on to the next node that is enabled and compatible with name.
func (w *Walker) Find(name string) bool {
	for w.Next() {
		if n := w.Node(); n.Compatible(name) && n.Enabled() {
			return true
		}
	}
	return false
}

// phandle returns the node with the phandle p: section 2.3.3.
func (t *Tree) phandle(p uint32) (Node, bool) {
	for w := t.Walk(); w.Next(); {
		if v, ok := w.Node().Uint32("phandle"); ok && v == p {
			return w.Node(), true
		}
	}
	return Node{}, false
}
