//go:build mirage

package runtime

// vmWalk calls page for each page that the CPU's own page tables map: its address, its size in bytes, and what may be
// done with it; and table for each of the tables. It believes no bookkeeping: it starts at the register that the CPU starts
// at. For tests.
func vmWalk(page func(va, size uintptr, prot vmProt), table func(pa uintptr)) {
	w := walk{page, table}
	w.descend(vmCurrentRoot(), 3, 0)
}

type walk struct {
	page  func(va, size uintptr, prot vmProt)
	table func(pa uintptr)
}

func (w *walk) descend(table uintptr, level int, base uintptr) {
	w.table(table)
	size := uintptr(1) << (12 + 9*uint(level))
	for i := uintptr(0); i < 512; i++ {
		e := (*pte)(add(tablePointer(table), i*8))
		va := base + i*size
		switch {
		case !e.valid():
		case e.leaf(level):
			prot, _ := e.prot()
			w.page(va, size, prot)
		default:
			w.descend(e.addr(), level-1, va)
		}
	}
}
