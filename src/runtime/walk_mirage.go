//go:build mirage

package runtime

// vmWalk calls f for each page that the CPU's own page tables map: its address, its size in bytes, and what may be done
// with it. It believes no bookkeeping: it starts at the register that the CPU starts at. For tests.
func vmWalk(f func(va, size uintptr, prot vmProt)) {
	vmWalkTable(vmCurrentRoot(), 3, 0, f)
}

func vmWalkTable(table uintptr, level int, base uintptr, f func(va, size uintptr, prot vmProt)) {
	size := uintptr(1) << (12 + 9*uint(level))
	for i := uintptr(0); i < 512; i++ {
		e := (*pte)(add(physPointer(table), i*8))
		va := base + i*size
		switch {
		case !e.valid():
		case e.leaf(level):
			prot, _ := e.prot()
			f(va, size, prot)
		default:
			vmWalkTable(e.addr(), level-1, va, f)
		}
	}
}
