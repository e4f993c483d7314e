//go:build !mirage

package boot

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

// open reads a tree that is good.
func open(t *testing.T, blob []byte) Tree {
	t.Helper()
	tree, problem := ReadTree(blob)
	if problem != "" {
		t.Fatal(problem)
	}
	return tree
}

// find walks to the node at path.
func find(t *testing.T, blob []byte, path string) Walk {
	t.Helper()
	tree := open(t, blob)
	w := tree.Walk()
	for w.Next() {
		if w.At([]byte(path)) {
			return w
		}
	}
	t.Fatalf("no %s: %s", path, w.Problem())
	return w
}

// Section 5.2: the header, and what is wrong with those that are not one.
func TestTreeHeader(t *testing.T) {
	good := tree(func(w *treeWriter) { w.prop("model", "x") })
	open(t, good)
	open(t, append(slices.Clone(good), 1, 2, 3)) // what stands behind is not the tree's
	be := binary.BigEndian
	for name, change := range map[string]func(b []byte){
		"magic":                func(b []byte) { b[0] = 0 },
		"size beyond memory":   func(b []byte) { be.PutUint32(b[4:], uint32(len(b)+1)) },
		"size below header":    func(b []byte) { be.PutUint32(b[4:], 39) },
		"structure outside":    func(b []byte) { be.PutUint32(b[8:], uint32(len(b))) },
		"structure too long":   func(b []byte) { be.PutUint32(b[36:], 1<<31) },
		"structure wraps":      func(b []byte) { be.PutUint32(b[8:], 0xffffffff) },
		"strings outside":      func(b []byte) { be.PutUint32(b[12:], 0xfffffff0) },
		"strings too long":     func(b []byte) { be.PutUint32(b[32:], uint32(len(b))) },
		"reservations outside": func(b []byte) { be.PutUint32(b[16:], uint32(len(b))) },
		"version 16":           func(b []byte) { be.PutUint32(b[20:], 16) },
		"version 18 only":      func(b []byte) { be.PutUint32(b[24:], 18) },
	} {
		b := slices.Clone(good)
		change(b)
		if _, problem := ReadTree(b); problem == "" {
			t.Errorf("%s: read", name)
		}
	}
	for n := range len(good) {
		if _, problem := ReadTree(good[:n]); problem == "" {
			t.Errorf("cut off at %d: read", n)
		}
	}
}

// Section 5.4: nodes in their order, with names and depths; NOPs are skipped.
func TestWalk(t *testing.T) {
	blob := tree(func(w *treeWriter) {
		w.cells(fdtNop)
		w.prop("p", 1)
		w.cells(fdtNop)
		w.prop("q")
		w.node("a@1", func() { w.node("b", func() {}); w.cells(fdtNop); w.node("c", func() { w.prop("p", 2) }) })
		w.node("d", func() {})
	})
	tree := open(t, blob)
	w := tree.Walk()
	var got []string
	for w.Next() {
		got = append(got, fmt.Sprintf("%d %s/%s p=%d", w.Depth(), w.Parent(), w.Name(), Cell(w.Property("p"), 0)))
	}
	want := []string{"1 / p=1", "2 /a@1 p=0", "3 a@1/b p=0", "3 a@1/c p=2", "2 /d p=0"}
	if !slices.Equal(got, want) || w.Problem() != "" || w.Next() {
		t.Errorf("got %q, %q", got, w.Problem())
	}
	root := find(t, blob, "")
	if q := root.Property("q"); q == nil || len(q) != 0 {
		t.Errorf("an empty property is %v", q)
	}
	if root.Property("none") != nil {
		t.Error("there is a property that is not there")
	}
}

// A tree that ends early, closes what is not open, or nests too deeply ends the walk with a problem.
func TestMalformed(t *testing.T) {
	var deep func(w *treeWriter, n int)
	deep = func(w *treeWriter, n int) {
		if n > 0 {
			w.node("n", func() { deep(w, n-1) })
		}
	}
	for name, blob := range map[string][]byte{
		"unknown token":         tree(func(w *treeWriter) { w.cells(7) }),
		"two ends":              tree(func(w *treeWriter) { w.cells(fdtEndNode, fdtEndNode) }),
		"end inside":            tree(func(w *treeWriter) { w.cells(fdtEnd) }),
		"property after a node": tree(func(w *treeWriter) { w.node("a", func() {}); w.prop("p", 1) }),
		"property too long":     tree(func(w *treeWriter) { w.cells(fdtProp, 1000, 0) }),
		"property's length":     tree(func(w *treeWriter) { w.cells(fdtProp, 0xffffffff, 0) }),
		"property's name":       tree(func(w *treeWriter) { w.cells(fdtProp, 0, 1000) }),
		"name without an end":   tree(func(w *treeWriter) { w.cells(fdtBeginNode, 0x41414141) })[:100],
		"too deep":              tree(func(w *treeWriter) { deep(w, maxDepth) }),
	} {
		tree, problem := ReadTree(blob)
		if problem != "" {
			continue // found even earlier
		}
		w := tree.Walk()
		for range 100 {
			if !w.Next() {
				break
			}
		}
		if w.Next() || w.Problem() == "" {
			t.Errorf("%s: no problem", name)
		}
	}
	blob := tree(func(w *treeWriter) { deep(w, maxDepth-1) })
	tree := open(t, blob)
	w := tree.Walk()
	for w.Next() {
	}
	if w.Problem() != "" {
		t.Errorf("as deep as may be: %s", w.Problem())
	}
}

// Sections 2.3.5, 2.3.6 and 2.3.8: cells of the parent, ranges of each bus above.
func TestReg(t *testing.T) {
	blob := tree(func(w *treeWriter) {
		w.prop("#address-cells", 2)
		w.prop("#size-cells", 2)
		w.node("two@1", func() { w.prop("reg", uint64(1<<40), uint64(16), uint64(2<<40), uint64(32)) })
		w.node("end", func() { w.prop("reg", ^uint64(0), uint64(2)) })
		w.node("short", func() { w.prop("reg", uint64(1), 2) })
		w.node("soc", func() { // as on a Raspberry Pi
			w.prop("#address-cells", 1)
			w.prop("#size-cells", 1)
			w.prop("ranges", 0x7e000000, uint64(0x3f000000), 0x1000000, 0x40000000, uint64(0x40000000), 0x1000)
			w.node("uart", func() { w.prop("reg", 0x7e201000, 0x200) })
			w.node("local", func() { w.prop("reg", 0x40000000, 0x100) })
			w.node("outside", func() { w.prop("reg", 0x10000000, 0x100) })
			w.node("across", func() { w.prop("reg", 0x7effff00, 0x200) })
			w.node("bus", func() {
				w.prop("#address-cells", 1)
				w.prop("#size-cells", 0)
				w.prop("ranges")
				w.node("same", func() { w.prop("reg", 0x7e000004) })
			})
			w.node("i2c", func() {
				w.prop("#address-cells", 1)
				w.prop("#size-cells", 0)
				w.node("chip", func() { w.prop("reg", 0x50) })
			})
		})
		w.node("pci", func() {
			w.prop("#address-cells", 3)
			w.prop("#size-cells", 2)
			w.prop("ranges")
			w.node("card", func() { w.prop("reg", 1, 2, 3, 4, 5) })
		})
		w.node("default", func() { w.prop("ranges"); w.node("x", func() { w.prop("reg", uint64(5), 6) }) })
	})
	for path, want := range map[string][]Range{
		"/two":          {{1 << 40, 1<<40 + 16}, {2 << 40, 2<<40 + 32}},
		"/end":          nil,
		"/short":        nil,
		"/soc":          nil,
		"/soc/uart":     {{0x3f201000, 0x3f201200}},
		"/soc/local":    {{0x40000000, 0x40000100}},
		"/soc/outside":  nil,
		"/soc/across":   nil,
		"/soc/bus/same": {{0x3f000004, 0x3f000004}},
		"/soc/i2c/chip": nil,
		"/pci/card":     nil,
		"/default/x":    {{5, 11}},
	} {
		w := find(t, blob, path)
		var got []Range
		for i := 0; ; i++ {
			r, ok := w.Reg(i)
			if !ok {
				break
			}
			got = append(got, r)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %x, want %x", path, got, want)
		}
	}
}

// Sections 2.3.1 and 2.3.4.
func TestCompatibleAndStatus(t *testing.T) {
	blob := tree(func(w *treeWriter) {
		w.node("uart", func() { w.prop("compatible", "arm,pl011", "arm,primecell"); w.prop("status", "okay") })
		w.node("off", func() { w.prop("status", "disabled"); w.node("below", func() { w.prop("status", "ok") }) })
		w.node("odd", func() { w.prop("compatible", []byte("noend")) })
	})
	uart := find(t, blob, "/uart")
	if !uart.Compatible("arm,primecell") || !uart.Compatible("x", "arm,pl011") || uart.Compatible("arm") || uart.Compatible("") {
		t.Error("compatible")
	}
	off, below, odd := find(t, blob, "/off"), find(t, blob, "/off/below"), find(t, blob, "/odd")
	if !uart.Enabled() || off.Enabled() || below.Enabled() {
		t.Error("status")
	}
	if !odd.Compatible("noend") || odd.Compatible("noen") {
		t.Error("compatible without a NUL")
	}
}

// Section 2.2.3: a path, with unit addresses or without.
func TestAt(t *testing.T) {
	w := find(t, tree(func(w *treeWriter) { w.node("a@1", func() { w.node("b@2", func() {}) }) }), "/a/b")
	for path, want := range map[string]bool{
		"/a@1/b@2": true, "/a/b@2": true, "/a@1/b": true, "/a": false, "/a/b/": false, "/a@2/b": false, "a/b": false, "": false, "/a/b/c": false,
	} {
		if w.At([]byte(path)) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
}

// Section 5.3.
func TestReservations(t *testing.T) {
	var w treeWriter
	w.reserve(0x1000, 0x1000)
	w.reserve(^uint64(0)-1, 16)
	w.node("", func() {})
	tree := open(t, w.blob())
	if r := tree.Reservation(0); r != (Range{0x1000, 0x2000}) {
		t.Errorf("first: %x", r)
	}
	if r := tree.Reservation(1); r.Size() != 0 {
		t.Errorf("one that wraps: %x", r)
	}
	if tree.Reservation(2).Size() != 0 || tree.Reservation(1000).Size() != 0 {
		t.Error("behind the last")
	}
}

// FuzzTree reads all that can be read of any bytes: it ends, and stays within them.
func FuzzTree(f *testing.F) {
	f.Add(tree(func(w *treeWriter) {
		w.prop("#address-cells", 2)
		w.node("soc@1", func() { w.prop("ranges", 1, 2, 3); w.node("x", func() { w.prop("reg", 1, 2, 3) }) })
		w.reserve(1, 2)
	}))
	f.Fuzz(func(t *testing.T, blob []byte) {
		tree, problem := ReadTree(blob)
		if problem != "" {
			return
		}
		w := tree.Walk()
		for w.Next() {
			if !bytes.Contains(blob, w.Name()) {
				t.Errorf("name %q is not in the tree", w.Name())
			}
			w.Reg(0)
			w.Reg(1 << 40)
			w.Compatible("a")
			w.At([]byte("/soc/x"))
		}
		for i := 0; tree.Reservation(i).Size() != 0; i++ {
		}
		tree.alias([]byte("serial0"))
	})
}
