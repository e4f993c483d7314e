// Package ranges is a table of address ranges: what may be touched, how, and what stands behind it.
//
// The runtime keeps the machine's address space in one and asks it at each page fault; that is why nothing here allocates,
// locks or writes a pointer. It knows no pages. The table is an array in order of addresses with a gap, as a text
// editor's: finding is a binary search, and a change moves what lies between it and the change before.
package ranges

// Flags are what may be done with a range, and of what kind it is. They mean nothing to the table.
type Flags uint32

const (
	Read Flags = 1 << iota
	Write
	Exec
	Fixed   // mapped for good by the boot
	Shared  // what is written is for all who map the object
	NoWrite // Write may not be set: a shared mapping of a file that is open for reading only

	Access = Read | Write | Exec
)

// A Range is [Start, End). Where Object is not 0, Start shows what lies in the object at Offset.
type Range struct {
	Start, End uintptr
	Object     uintptr
	Offset     uintptr
	Flags      Flags
}

// from returns the part of r from addr on.
func (r Range) from(addr uintptr) Range {
	if r.Object != 0 {
		r.Offset += addr - r.Start
	}
	r.Start = addr
	return r
}

// joins reports whether r goes on where before ends.
func (r *Range) joins(before *Range) bool {
	return before.End == r.Start && before.Flags == r.Flags && before.Object == r.Object &&
		(r.Object == 0 || before.Offset+(before.End-before.Start) == r.Offset)
}

// A Table holds ranges that do not overlap, sorted, and merged where they touch and agree.
type Table struct {
	List []Range     // room for the most that there may be; its memory need not be there beyond Room
	Room int         // how many may be used now
	More func() bool // raises Room, and reports whether it could
	n    int
	gap  int // where in List the unused part is
}

// Len returns how many ranges there are.
func (t *Table) Len() int { return t.n }

// At returns the i-th range.
func (t *Table) At(i int) *Range {
	if i >= t.gap {
		i += t.Room - t.n
	}
	return &t.List[i]
}

// After returns the index of the first range that ends above addr.
func (t *Table) After(addr uintptr) int {
	lo, hi := 0, t.n
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if t.At(mid).End > addr {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// Next returns the first range that ends above addr, nil when there is none.
func (t *Table) Next(addr uintptr) *Range {
	if i := t.After(addr); i < t.n {
		return t.At(i)
	}
	return nil
}

// Find returns the range that holds addr, nil when there is none.
func (t *Table) Find(addr uintptr) *Range {
	if r := t.Next(addr); r != nil && r.Start <= addr {
		return r
	}
	return nil
}

// Free reports whether nothing stands in [start, end).
func (t *Table) Free(start, end uintptr) bool {
	r := t.Next(start)
	return r == nil || r.Start >= end
}

// Gap returns the start of n free bytes in [lo, hi), a multiple of align, which is a power of two; 0 when there are none.
func (t *Table) Gap(n, lo, hi, align uintptr) uintptr {
	at := (lo + align - 1) &^ (align - 1)
	for i := t.After(at); ; i++ {
		if i == t.n || t.At(i).Start >= at && t.At(i).Start-at >= n {
			if at+n > hi || at+n < at {
				return 0
			}
			return at
		}
		at = (t.At(i).End + align - 1) &^ (align - 1)
	}
}

// Clear takes [start, end) out. It reports whether there was room for what it cuts in two.
func (t *Table) Clear(start, end uintptr) bool {
	if !t.split(start) || !t.split(end) {
		return false
	}
	i, j := t.After(start), t.before(end)
	t.remove(i, j)
	return true
}

// Set makes r what stands in its place. It reports whether there was room.
func (t *Table) Set(r Range) bool {
	if !t.room(3) || !t.Clear(r.Start, r.End) {
		return false
	}
	i := t.After(r.Start)
	t.insert(i, r)
	t.merge(i, i+1)
	return true
}

// Change gives what stands in [start, end) the flags in set, and takes those in clear. It reports whether there was room.
func (t *Table) Change(start, end uintptr, clear, set Flags) bool {
	if !t.split(start) || !t.split(end) {
		return false
	}
	i, j := t.After(start), t.before(end)
	for k := i; k < j; k++ {
		r := t.At(k)
		r.Flags = r.Flags&^clear | set
	}
	t.merge(i, j)
	return true
}

// before returns the index of the first range that starts at end or above.
func (t *Table) before(end uintptr) int {
	i := t.After(end)
	if i < t.n && t.At(i).Start < end {
		i++
	}
	return i
}

// split makes sure that no range reaches over addr, and reports whether there was room.
func (t *Table) split(addr uintptr) bool {
	i := t.After(addr)
	if i == t.n || t.At(i).Start >= addr {
		return true
	}
	if !t.room(1) {
		return false
	}
	t.insert(i+1, t.At(i).from(addr))
	t.At(i).End = addr
	return true
}

// merge joins those of the ranges from i-1 to j that agree.
func (t *Table) merge(i, j int) {
	i, j = max(i-1, 0), min(j+1, t.n)
	if i >= j {
		return
	}
	to := i
	for k := i + 1; k < j; k++ {
		last, r := t.At(to), t.At(k)
		if r.joins(last) {
			last.End = r.End
			continue
		}
		if to++; to < k {
			*t.At(to) = *r
		}
	}
	t.remove(to+1, j)
}

// room reports whether n more ranges fit.
func (t *Table) room(n int) bool {
	for t.n+n > t.Room {
		old := t.Room
		if t.More == nil || !t.More() {
			return false
		}
		copy(t.List[t.gap+t.Room-t.n:t.Room], t.List[t.gap+old-t.n:old])
	}
	return true
}

// moveGap makes the gap begin at i.
func (t *Table) moveGap(i int) {
	free := t.Room - t.n
	if i < t.gap {
		copy(t.List[i+free:t.gap+free], t.List[i:t.gap])
	} else {
		copy(t.List[t.gap:i], t.List[t.gap+free:i+free])
	}
	t.gap = i
}

// insert puts r at i; there is room.
func (t *Table) insert(i int, r Range) {
	t.moveGap(i)
	t.List[i] = r
	t.gap++
	t.n++
}

// remove takes the ranges from i to before j out.
func (t *Table) remove(i, j int) {
	if i < j {
		t.moveGap(i)
		t.n -= j - i
	}
}
