//go:build !mirage

package fdt

import (
	"encoding/binary"
	"testing"
)

// A builder makes trees, right and wrong ones.
type builder struct {
	structure, strings []byte
}

func be(v ...uint32) (b []byte) {
	for _, c := range v {
		b = binary.BigEndian.AppendUint32(b, c)
	}
	return b
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func (b *builder) begin(name string) *builder {
	b.structure = pad(append(append(append(b.structure, be(tokenBeginNode)...), name...), 0))
	return b
}

func (b *builder) end() *builder {
	b.structure = append(b.structure, be(tokenEndNode)...)
	return b
}

func (b *builder) prop(name string, value []byte) *builder {
	b.structure = append(b.structure, be(tokenProp, uint32(len(value)), uint32(len(b.strings)))...)
	b.structure = pad(append(b.structure, value...))
	b.strings = append(append(b.strings, name...), 0)
	return b
}

func (b *builder) cells(name string, v ...uint32) *builder { return b.prop(name, be(v...)) }

func (b *builder) text(name, v string) *builder { return b.prop(name, []byte(v+"\x00")) }

func (b *builder) blob() []byte {
	s := append(append([]byte{}, b.structure...), be(tokenNop, tokenEnd)...)
	h := be(magic, 0, 40, uint32(40+len(s)), 0, 17, 16, 0, uint32(len(b.strings)), uint32(len(s)))
	blob := append(append(h, s...), b.strings...)
	binary.BigEndian.PutUint32(blob[4:], uint32(len(blob)))
	return blob
}

// machine is a small machine in the manner of QEMU's virt.
func machine() *builder {
	b := &builder{}
	b.begin("").cells("#address-cells", 2).cells("#size-cells", 2).cells("interrupt-parent", 0x8002).text("model", "small")
	b.begin("uart@9000000").text("compatible", "arm,pl011\x00arm,primecell").cells("reg", 0, 0x9000000, 0, 0x1000).cells("interrupts", 0, 1, 4, 1, 2, 8).end()
	b.begin("off@1").text("compatible", "virtio,mmio").text("status", "disabled").cells("reg", 0, 1, 0, 1).end()
	b.begin("soc").cells("#address-cells", 1).cells("#size-cells", 1).cells("ranges", 0x1000, 0, 0xa000000, 0x1000, 0x8000, 1, 0, 0x100)
	b.begin("bus").cells("#address-cells", 1).cells("#size-cells", 1).prop("ranges", nil)
	b.begin("virtio@1200").text("compatible", "virtio,mmio").cells("reg", 0x1200, 0x200, 0x80f0, 0x10, 0x80f0, 0x11).end()
	b.end()
	b.begin("closed").cells("#address-cells", 1).cells("#size-cells", 1)
	b.begin("virtio@0").text("compatible", "virtio,mmio").cells("reg", 0, 0x200).end()
	b.end().end()
	b.begin("intc@8000000").cells("phandle", 0x8002).cells("#interrupt-cells", 3).cells("#address-cells", 2).cells("#size-cells", 2).prop("ranges", nil)
	b.begin("v2m@8020000").text("compatible", "arm,gic-v2m-frame").cells("reg", 0, 0x8020000, 0, 0x1000).end()
	b.end()
	b.begin("pcie@10000000").text("compatible", "pci-host-ecam-generic").cells("#address-cells", 3).cells("#size-cells", 2).cells("#interrupt-cells", 1)
	b.cells("reg", 0x40, 0x10000000, 0, 0x10000000)
	b.cells("ranges", 0x1000000, 0, 0, 0, 0x3eff0000, 0, 0x10000, 0x2000000, 0, 0x10000000, 0, 0x10000000, 0, 0x2eff0000, 0x43000000, 0x80, 0, 0x80, 0, 0x80, 0)
	b.cells("interrupt-map-mask", 0x1800, 0, 0, 7)
	b.cells("interrupt-map",
		0, 0, 0, 1, 0x8002, 0, 0, 0, 3, 4,
		0, 0, 0, 2, 0x8002, 0, 0, 0, 4, 4,
		0x800, 0, 0, 1, 0x8002, 0, 0, 0, 4, 4)
	return b.end().end()
}

func find(t *testing.T, tree *Tree, name string) Walker {
	t.Helper()
	w := tree.Walk()
	if !w.Find(name) {
		t.Fatal("no", name)
	}
	return w
}

func TestWalk(t *testing.T) {
	tree, ok := Parse(machine().blob())
	if !ok {
		t.Fatal("refused")
	}
	got := ""
	for w := tree.Walk(); w.Next(); {
		got += string(w.Node().Name()) + "/"
	}
	if want := "/uart@9000000/off@1/soc/bus/virtio@1200/closed/virtio@0/intc@8000000/v2m@8020000/pcie@10000000/"; got != want {
		t.Errorf("%s\n%s", got, want)
	}
	w := find(t, &tree, "arm,primecell")
	if n := w.Node(); string(n.Name()) != "uart@9000000" || !n.Compatible("arm,pl011") || n.Compatible("arm,pl01") || n.Compatible("") {
		t.Error("section 2.3.1: compatible")
	}
	if allocs := testing.AllocsPerRun(10, func() {
		for w := tree.Walk(); w.Next(); {
			w.Reg(0)
			w.Interrupt(0)
		}
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// Sections 2.3.6 and 2.3.8: addresses through buses.
func TestReg(t *testing.T) {
	tree, _ := Parse(machine().blob())
	w := find(t, &tree, "virtio,mmio") // not the disabled one
	if a, n, ok := w.Reg(0); !ok || a != 0xa000200 || n != 0x200 {
		t.Errorf("%#x %#x %v", a, n, ok)
	}
	if a, _, ok := w.Reg(1); !ok || a != 1<<32+0xf0 {
		t.Errorf("second range: %#x %v", a, ok)
	}
	if _, _, ok := w.Reg(2); ok {
		t.Error("a range that leaves the bus's window")
	}
	if _, _, ok := w.Reg(3); ok {
		t.Error("a range that is not there")
	}
	w.Find("virtio,mmio")
	if _, _, ok := w.Reg(0); ok {
		t.Error("section 2.3.8: a bus without ranges passes nothing on")
	}
	w = find(t, &tree, "arm,gic-v2m-frame")
	if a, _, ok := w.Reg(0); !ok || a != 0x8020000 {
		t.Errorf("%#x %v", a, ok)
	}
}

func TestInterrupts(t *testing.T) {
	tree, _ := Parse(machine().blob())
	w := find(t, &tree, "arm,pl011")
	if in, ok := w.Interrupt(1); !ok || in.Cells != [4]uint32{1, 2, 8} || in.Len != 3 || string(in.Controller.Name()) != "intc@8000000" {
		t.Errorf("%+v %v", in, ok)
	}
	if _, ok := w.Interrupt(2); ok {
		t.Error("an interrupt that is not there")
	}
	w = find(t, &tree, "pci-host-ecam-generic")
	for _, c := range []struct{ addr, pin, want uint32 }{{0, 1, 3}, {0, 2, 4}, {0x800, 1, 4}, {0x2000, 1, 3}, {0x10800, 1, 4}} {
		if in, ok := w.Node().PCIInterrupt(c.addr, c.pin); !ok || in.Cells[1] != c.want {
			t.Errorf("%#x pin %d: %v, want %d", c.addr, c.pin, in.Cells, c.want)
		}
	}
	if _, ok := w.Node().PCIInterrupt(0x1000, 1); ok {
		t.Error("a device that is not in the map")
	}
}

func TestPCIRanges(t *testing.T) {
	tree, _ := Parse(machine().blob())
	w := find(t, &tree, "pci-host-ecam-generic")
	want := []Range{{1, 0, 0x3eff0000, 0x10000}, {2, 0x10000000, 0x10000000, 0x2eff0000}, {3, 0x8000000000, 0x8000000000, 0x8000000000}}
	for i, r := range want {
		if got, ok := w.PCIRange(i); !ok || got != r {
			t.Errorf("%d: %+v", i, got)
		}
	}
	if _, ok := w.PCIRange(3); ok {
		t.Error("a fourth range")
	}
}

func TestHeader(t *testing.T) {
	good := machine().blob()
	for name, change := range map[string]func(b []byte) []byte{
		"magic":                 func(b []byte) []byte { b[0]++; return b },
		"cut":                   func(b []byte) []byte { return b[:len(b)-1] },
		"no header":             func(b []byte) []byte { return b[:39] },
		"old version":           func(b []byte) []byte { b[23] = 16; return b },
		"not compatible":        func(b []byte) []byte { b[27] = 18; return b },
		"structure outside":     func(b []byte) []byte { b[8] = 0xff; return b },
		"strings outside":       func(b []byte) []byte { b[12] = 0xff; return b },
		"length of strings":     func(b []byte) []byte { b[32] = 0xff; return b },
		"size below the header": func(b []byte) []byte { copy(b[4:], []byte{0, 0, 0, 39}); return b },
	} {
		if _, ok := Parse(change(append([]byte{}, good...))); ok {
			t.Error("accepted:", name)
		}
	}
	if n, ok := TotalSize(good[:HeaderSize]); !ok || int(n) != len(good) {
		t.Error(n, ok)
	}
}

// Trees that are deeper than any machine, or never end a node, end the walk.
func TestDeepTree(t *testing.T) {
	b := &builder{}
	for range 100 {
		b.begin("a")
	}
	tree, _ := Parse(b.blob())
	n := 0
	for w := tree.Walk(); w.Next(); {
		n++
	}
	if n != maxDepth {
		t.Errorf("%d nodes", n)
	}
	two := (&builder{}).begin("").end().begin("second").end()
	tree, _ = Parse(two.blob())
	w := tree.Walk()
	if !w.Next() || w.Next() || w.Next() {
		t.Error("section 5.4.2: one root")
	}
}

// FuzzTree: whatever the blob, a walk ends, and what it asks of nodes stays in the blob.
func FuzzTree(f *testing.F) {
	f.Add(machine().blob())
	f.Fuzz(func(t *testing.T, blob []byte) {
		tree, ok := Parse(blob)
		if !ok {
			return
		}
		steps := 0
		for w := tree.Walk(); w.Next(); {
			if steps++; steps > len(blob) {
				t.Fatal("more nodes than bytes")
			}
			if steps > 20 {
				continue // looking up phandles takes the square of the nodes
			}
			n := w.Node()
			n.Compatible("virtio,mmio")
			for i := range 4 {
				w.Reg(i)
				w.PCIRange(i)
				w.Interrupt(i)
				n.PCIInterrupt(uint32(i)<<11, 1)
			}
		}
	})
}
