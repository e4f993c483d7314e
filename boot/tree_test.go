//go:build !mirage

package boot

import (
	"bytes"
	"encoding/binary"
)

// A treeWriter writes a flattened device tree: Devicetree Specification v0.4, chapter 5.
type treeWriter struct {
	nodes, strings bytes.Buffer
	reserved       []uint64
}

func (w *treeWriter) cells(v ...uint32) { binary.Write(&w.nodes, binary.BigEndian, v) }

func (w *treeWriter) pad() {
	for w.nodes.Len()%4 != 0 {
		w.nodes.WriteByte(0)
	}
}

// node writes a node with what inside writes.
func (w *treeWriter) node(name string, inside func()) {
	w.cells(fdtBeginNode)
	w.nodes.WriteString(name + "\x00")
	w.pad()
	inside()
	w.cells(fdtEndNode)
}

// prop writes a property: strings, each with its NUL, or cells.
func (w *treeWriter) prop(name string, values ...any) {
	var b bytes.Buffer
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b.WriteString(v + "\x00")
		case []byte:
			b.Write(v)
		case int:
			binary.Write(&b, binary.BigEndian, uint32(v))
		case uint64:
			binary.Write(&b, binary.BigEndian, v)
		default:
			panic("what is this")
		}
	}
	w.cells(fdtProp, uint32(b.Len()), uint32(w.strings.Len()))
	w.strings.WriteString(name + "\x00")
	w.nodes.Write(b.Bytes())
	w.pad()
}

// reserve adds an entry to the memory reservation block.
func (w *treeWriter) reserve(start, size uint64) { w.reserved = append(w.reserved, start, size) }

// blob is the whole tree.
func (w *treeWriter) blob() []byte {
	w.cells(fdtEnd)
	const header = 40
	reserved := uint32(header)
	nodes := reserved + uint32(len(w.reserved)+2)*8
	strings := nodes + uint32(w.nodes.Len())
	size := strings + uint32(w.strings.Len())
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.BigEndian, v) }
	put([]uint32{fdtMagic, size, nodes, strings, reserved, 17, 16, 0, uint32(w.strings.Len()), uint32(w.nodes.Len())})
	put(append(w.reserved, 0, 0))
	b.Write(w.nodes.Bytes())
	b.Write(w.strings.Bytes())
	return b.Bytes()
}

// tree makes a tree whose root has what inside writes.
func tree(inside func(w *treeWriter)) []byte {
	w := new(treeWriter)
	w.node("", func() { inside(w) })
	return w.blob()
}
