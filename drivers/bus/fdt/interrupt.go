package fdt

// maxSpecifier is the most cells that an interrupt specifier has.
const maxSpecifier = 4

// An Interrupt is what a device drives: cells that its controller gives a meaning to (section 2.4).
type Interrupt struct {
	Controller Node
	Cells      [maxSpecifier]uint32
	Len        int
}

// Interrupt is interrupt i of the node that the walker is at.
func (w *Walker) Interrupt(i int) (in Interrupt, ok bool) {
	v, ok := w.Node().Property("interrupts")
	if !ok {
		return in, false
	}
	parent, ok := w.interruptParent()
	if !ok {
		return in, false
	}
	controller, ok := w.tree.phandle(parent)
	if !ok {
		return in, false
	}
	return specifier(controller, v, i*controller.interruptCells())
}

// interruptParent is the phandle of the node's interrupt controller: its own or that of the nearest node above (section 2.4.1.1).
func (w *Walker) interruptParent() (uint32, bool) {
	for i := range w.depth {
		if p, ok := w.parent(i).Uint32("interrupt-parent"); ok {
			return p, true
		}
	}
	return 0, false
}

func (n Node) interruptCells() int {
	v, _ := n.Uint32("#interrupt-cells")
	return int(min(v, maxSpecifier+1))
}

// specifier is the controller's cells in v from cell off on.
func specifier(controller Node, v Cells, off int) (in Interrupt, ok bool) {
	n := controller.interruptCells()
	if n < 1 || n > maxSpecifier || off < 0 || off+n > v.Len() {
		return in, false
	}
	in.Controller, in.Len = controller, n
	for i := range n {
		in.Cells[i] = v.At(off + i)
	}
	return in, true
}

// PCIInterrupt maps a pin of a device on the PCI host n to a controller's interrupt (section 2.4.3): addr is the first cell of
// the device's unit address (bus in bits 23-16, device in 15-11, function in 10-8), pin 1 to 4.
func (n Node) PCIInterrupt(addr, pin uint32) (in Interrupt, ok bool) {
	v, _ := n.Property("interrupt-map")
	mask, ok := n.Property("interrupt-map-mask")
	if n.tree == nil || ok && Cells(mask).Len() < 4 {
		return in, false
	}
	m := Cells(v)
	want := [4]uint32{addr, 0, 0, pin}
	// Each entry: the child's unit address and pin, the controller, its unit address and specifier.
	const child = 4
	for at := 0; at+child < m.Len(); {
		match := true
		for i := range child {
			bits := ^uint32(0)
			if ok {
				bits = Cells(mask).At(i)
			}
			match = match && m.At(at+i)&bits == want[i]&bits
		}
		controller, found := n.tree.phandle(m.At(at + child))
		if !found {
			return in, false // without it nobody knows where the next entry starts
		}
		unit := 0 // section 2.4.3.1: 0 where the controller does not say
		if c, ok := controller.Uint32("#address-cells"); ok {
			unit = int(min(c, 4))
		}
		spec := at + child + 1 + unit
		if match {
			return specifier(controller, m, spec)
		}
		at = spec + controller.interruptCells()
	}
	return in, false
}
