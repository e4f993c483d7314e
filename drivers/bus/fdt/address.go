package fdt

// Cells is a list of big-endian 32-bit cells, the value of many properties.
type Cells []byte

// Len is the number of whole cells.
func (c Cells) Len() int { return len(c) / 4 }

// At is cell i, 0 when there is none.
func (c Cells) At(i int) uint32 {
	if i < 0 || i >= c.Len() {
		return 0
	}
	return word(c, 4*i)
}

// number is the n cells from i on as one number. Those beyond 64 bits must be 0.
func (c Cells) number(i, n int) (v uint64, ok bool) {
	if n < 0 || i < 0 || i+n > c.Len() {
		return 0, false
	}
	for ; n > 0; n-- {
		if v>>32 != 0 {
			return 0, false
		}
		v = v<<32 | uint64(c.At(i))
		i++
	}
	return v, true
}

// addressCells and sizeCells are how many cells the nodes below n use: section 2.3.5.
func (n Node) addressCells() int { return n.cells("#address-cells", 2) }
func (n Node) sizeCells() int    { return n.cells("#size-cells", 1) }

func (n Node) cells(name string, without uint32) int {
	v, ok := n.Uint32(name)
	if !ok {
		v = without
	}
	return int(min(v, 4))
}

// Reg is address range i of the node (section 2.3.6) as the CPU sees it.
func (w *Walker) Reg(i int) (addr, size uint64, ok bool) {
	v, _ := w.Node().Property("reg")
	bus := w.parent(1)
	na, ns := bus.addressCells(), bus.sizeCells()
	at := i * (na + ns)
	if addr, ok = Cells(v).number(at, na); !ok {
		return 0, 0, false
	}
	if size, ok = Cells(v).number(at+na, ns); !ok {
		return 0, 0, false
	}
	addr, ok = w.translate(1, addr, size)
	return addr, size, ok
}

// translate takes an address on the bus that is i nodes above to the root: section 2.3.8.
func (w *Walker) translate(i int, addr, size uint64) (uint64, bool) {
	if addr+size < addr {
		return 0, false
	}
	for ; i < w.depth-1; i++ {
		bus := w.parent(i)
		v, ok := bus.Property("ranges")
		if !ok {
			return 0, false // nothing below this bus is seen above it
		}
		if len(v) == 0 {
			continue // addresses are the same
		}
		if addr, ok = ranges(v, bus.addressCells(), w.parent(i+1).addressCells(), bus.sizeCells(), addr, size); !ok {
			return 0, false
		}
	}
	return addr, true
}

// ranges looks an address range up in a ranges property of child and parent addresses and sizes of so many cells.
func ranges(v Cells, child, parent, length int, addr, size uint64) (uint64, bool) {
	entry := child + parent + length
	for at := 0; at+entry <= v.Len(); at += entry {
		from, ok1 := v.number(at, child)
		to, ok2 := v.number(at+child, parent)
		n, ok3 := v.number(at+child+parent, length)
		if ok1 && ok2 && ok3 && addr >= from && addr-from < n && size <= n-(addr-from) {
			return to + (addr - from), true
		}
		if entry == 0 {
			break
		}
	}
	return 0, false
}

// A Range is a window through which a PCI host passes addresses on: IEEE 1275's PCI binding, section 2.2.1.1.
type Range struct {
	Space uint32 // 1 for I/O, 2 for memory, 3 for memory at 64 bits
	Bus   uint64 // on PCI
	Phys  uint64 // as the CPU sees it
	Size  uint64
}

// PCIRange is window i of the PCI host that the walker is at.
func (w *Walker) PCIRange(i int) (r Range, ok bool) {
	v, _ := w.Node().Property("ranges")
	c := Cells(v)
	na := w.parent(1).addressCells()
	const child, length = 3, 2 // the binding's own
	at := i * (child + na + length)
	if at+child+na+length > c.Len() {
		return Range{}, false
	}
	r.Space = c.At(at) >> 24 & 3
	r.Bus = uint64(c.At(at+1))<<32 | uint64(c.At(at+2))
	r.Size = uint64(c.At(at+child+na))<<32 | uint64(c.At(at+child+na+1))
	phys, ok := c.number(at+child, na)
	if !ok {
		return Range{}, true // beyond 64 bits: a window of no size
	}
	if r.Phys, ok = w.translate(1, phys, r.Size); !ok {
		return Range{}, true
	}
	return r, true
}
