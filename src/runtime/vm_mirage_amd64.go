//go:build mirage

package runtime

import (
	"internal/mirage/ranges"
	"internal/runtime/atomic"
	"unsafe"
)

// Page-table entries on amd64: Intel SDM volume 3, 4.5.
const (
	pteP   = 1 << 0
	pteW   = 1 << 1
	ptePWT = 1 << 3
	ptePCD = 1 << 4
	pteA   = 1 << 5
	pteD   = 1 << 6
	ptePS  = 1 << 7 // in an entry of level 1 or 2: a large page
	pteNX  = 1 << 63

	pteBorrowed = 1 << 9 // ignored by the CPU

	pteAddr = 0x000f_ffff_ffff_f000
)

func (e *pte) valid() bool     { return *e&pteP != 0 }
func (e *pte) leaf(l int) bool { return l == 0 || *e&ptePS != 0 }

// addr is the physical address in e.
func (e *pte) addr() uintptr {
	if xenPV {
		return uintptr(pvPage(uint64(*e&pteAddr)/pageSize4K)) * pageSize4K
	}
	return uintptr(*e & pteAddr)
}

func (e *pte) set(v pte) {
	if xenPV {
		v = pvEntryOf(v)
	}
	e.write(v)
}

// write is set for what was read from an entry.
func (e *pte) write(v pte) {
	if xenPV {
		pvWrite(e, v)
		return
	}
	*e = v
}

// fill makes e be v if it is empty, and reports whether it was. CPUs that share vmLock fill entries at the same time.
func (e *pte) fill(v pte) bool {
	if xenPV {
		return pvFill(e, v)
	}
	return atomic.Cas64((*uint64)(unsafe.Pointer(e)), 0, uint64(v))
}

func tableEntry(pa uintptr) pte { return pte(pa) | pteP | pteW }

// leafEntry maps the page at pa, or keeps it if prot is vmNone. Accessed and dirty are set: the CPU need not.
func leafEntry(pa uintptr, level int, prot vmProt, device bool) pte {
	v := pte(pa) | pteA | pteD
	if prot&ranges.Access != 0 {
		v |= pteP
	}
	if prot&vmWrite != 0 {
		v |= pteW
	}
	if prot&vmExec == 0 || vmSealed {
		v |= pteNX
	}
	if device {
		v |= ptePCD | ptePWT // PAT entry 3 after reset: uncacheable. Intel SDM volume 3, 12.12.4
	}
	if level > 0 {
		v |= ptePS
	}
	return v
}

// part is the entry for the i-th small page of the large page e.
func (e *pte) part(i uintptr) pte { return *e&^ptePS + pte(i*pageSize4K) }

// prot is what e allows, and whether it maps a device.
func (e *pte) prot() (p vmProt, device bool) {
	p = vmRead
	if *e&pteW != 0 {
		p |= vmWrite
	}
	if *e&pteNX == 0 {
		p |= vmExec
	}
	return p, *e&ptePCD != 0
}

// vmSync makes entries that were written visible to the table walker. On amd64 stores are, in order, and an entry that
// was not present is not cached (Intel SDM volume 3, 4.10.2.3).
func vmSync() {}

// vmForget makes this CPU forget n pages from va on.
func vmForget(va, n uintptr) {
	if n > 32 {
		writeCR3(vmRoot)
		return
	}
	for ; n > 0; n-- {
		invlpg(va)
		va += pageSize4K
	}
}

// vmCurrentRoot is the table that the CPU uses.
func vmCurrentRoot() uintptr {
	if xenPV {
		return vmRoot
	}
	return readCR3() & pteAddr
}

// vmForgetAll makes this CPU forget all pages.
//
//go:nosplit
func vmForgetAll() { writeCR3(readCR3()) }
