//go:build mirage

package runtime

// The address space as the program sees it: which ranges it may touch, and how. Pages come later, by fault
// (vm_mirage.go). Ranges are sorted, do not overlap, and are merged where they touch and agree.

type vmProt uint8

const (
	vmRead vmProt = 1 << iota
	vmWrite
	vmExec
	vmFixed        // mapped for good by the boot: no fault fills it, nothing unmaps it
	vmNone  vmProt = 0
)

// A vma is the range [start, end).
type vma struct {
	start, end uintptr
	prot       vmProt
}

const maxVMAs = 2048

// vmas is guarded by vmLock.
var (
	vmLock spinlock
	vmas   struct {
		n    int
		list [maxVMAs]vma
	}
)

// vmaAfter returns the index of the first range that ends above addr.
//
//go:nosplit
func vmaAfter(addr uintptr) int {
	lo, hi := 0, vmas.n
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if vmas.list[mid].end > addr {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// vmaFind returns the range that holds addr, nil when there is none.
//
//go:nosplit
func vmaFind(addr uintptr) *vma {
	if i := vmaAfter(addr); i < vmas.n && vmas.list[i].start <= addr {
		return &vmas.list[i]
	}
	return nil
}

// vmaFree reports whether nothing stands in [start, end).
func vmaFree(start, end uintptr) bool {
	i := vmaAfter(start)
	return i == vmas.n || vmas.list[i].start >= end
}

// vmaGap returns the start of n free bytes in [lo, hi), aligned to 2 MiB, 0 when there are none.
func vmaGap(n, lo, hi uintptr) uintptr {
	at := lo
	for i := vmaAfter(lo); ; i++ {
		if i == vmas.n || vmas.list[i].start >= at && vmas.list[i].start-at >= n {
			if at+n > hi || at+n < at {
				return 0
			}
			return at
		}
		at = (vmas.list[i].end + pageSize2M - 1) &^ (pageSize2M - 1)
	}
}

// vmaClear takes [start, end) out, splitting what reaches over its ends. It reports whether the table had room.
func vmaClear(start, end uintptr) bool {
	i := vmaAfter(start)
	if i < vmas.n && vmas.list[i].start < start {
		old := vmas.list[i]
		if old.end > end {
			if !vmaInsert(i+1, vma{end, old.end, old.prot}) {
				return false
			}
		}
		vmas.list[i].end = start
		i++
	}
	j := i
	for j < vmas.n && vmas.list[j].end <= end {
		j++
	}
	if j < vmas.n && vmas.list[j].start < end {
		vmas.list[j].start = end
	}
	copy(vmas.list[i:], vmas.list[j:vmas.n])
	vmas.n -= j - i
	return true
}

// vmaSet makes [start, end) one range with prot, over whatever stood there. It reports whether the table had room.
func vmaSet(start, end uintptr, prot vmProt) bool {
	if vmas.n+2 > maxVMAs || !vmaClear(start, end) {
		return false
	}
	i := vmaAfter(start)
	before := i > 0 && vmas.list[i-1].end == start && vmas.list[i-1].prot == prot
	after := i < vmas.n && vmas.list[i].start == end && vmas.list[i].prot == prot
	switch {
	case before && after:
		vmas.list[i-1].end = vmas.list[i].end
		copy(vmas.list[i:], vmas.list[i+1:vmas.n])
		vmas.n--
	case before:
		vmas.list[i-1].end = end
	case after:
		vmas.list[i].start = start
	default:
		return vmaInsert(i, vma{start, end, prot})
	}
	return true
}

func vmaInsert(i int, v vma) bool {
	if vmas.n == maxVMAs {
		return false
	}
	copy(vmas.list[i+1:vmas.n+1], vmas.list[i:vmas.n])
	vmas.list[i] = v
	vmas.n++
	return true
}
