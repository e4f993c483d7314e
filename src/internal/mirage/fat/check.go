package fat

import (
	"internal/bytealg"
	"internal/mirage/linuxabi/linux"
	"internal/strconv"
)

// Checking a volume that was not ended properly, and putting it right. What a crash leaves of our own writes loses nothing by it:
// clusters that belong to nobody, a move of which both names are there, halves of long names, copies of the table that differ. What
// else is wrong is made consistent, in favour of what is found first.

// A Report is what a check found and put right.
type Report struct {
	Checked bool
	Lost    int // clusters that belonged to nobody
	Moves   int // files with two names, of which the older one went
	Chains  int // chains that went wrong, or beyond their files' ends
	Entries int // directory entries that could not be right
	Names   int // pieces of long names
	Copies  int // blocks of the table of which a copy was another
}

// String says what was put right, in words; it is empty if nothing was.
func (r Report) String() string {
	s := ""
	for _, part := range []struct {
		n    int
		what string
	}{
		{r.Lost, " clusters that belonged to nobody are free"}, {r.Moves, " files had two names and have one"},
		{r.Chains, " chains of clusters are cut off"}, {r.Entries, " directory entries are corrected"},
		{r.Names, " pieces of names are gone"}, {r.Copies, " pieces of the table's copy are corrected"},
	} {
		if part.n > 0 {
			s += ", " + strconv.Itoa(part.n) + part.what
		}
	}
	if s == "" {
		return ""
	}
	return "the volume was not ended properly: " + s[len(", "):]
}

// maxShared is of how many files with two names a check looks for the newer one: our own crashes leave one.
const maxShared = 16

// repair checks the volume, puts it right, and says so on the disk.
func (v *Volume) repair() linux.Errno {
	v.inUse = false
	if e := v.begin(); e != 0 {
		return e
	}
	v.report.Checked = true
	c := &checker{v: v, report: &v.report}
	for c.rounds = 3; c.rounds > 0; c.rounds-- {
		if e := c.walk(); e != 0 {
			return e
		}
		if len(c.shared) == 0 {
			break
		}
		if e := c.settleShared(); e != 0 {
			return e
		}
	}
	if e := c.reclaim(); e != 0 {
		return e
	}
	if e := v.compareCopies(); e != 0 {
		return e
	}
	v.root.chain.reset(v.root.chain.first)
	return v.settle()
}

// A checker goes through all directories.
type checker struct {
	v       *Volume
	report  *Report
	owned   []uint64 // a bit for each cluster
	folders []*File
	names   map[string]bool // of the directory that is looked at, folded, and the short ones
	shared  []uint32        // first clusters that are a second file's too
	rounds  int             // that are left, with this one
}

func (c *checker) has(n uint32) bool { return c.owned[n/64]&(1<<(n%64)) != 0 }

// walk looks at everything that the root leads to.
func (c *checker) walk() linux.Errno {
	v := c.v
	c.owned = make([]uint64, v.end()/64+1)
	c.shared = nil
	c.folders = []*File{v.newRoot()}
	if !v.root.fixed {
		if n, e := c.claim(v.root.chain.first, maxSlots*slotSize/uint32(v.sector)); e != 0 || n == 0 {
			return orBroken(e)
		}
	}
	for i := 0; i < len(c.folders); i++ { // each has a cluster of its own, so that it ends
		if e := c.folder(c.folders[i]); e != 0 {
			return e
		}
	}
	return 0
}

func orBroken(e linux.Errno) linux.Errno {
	if e == 0 {
		e = linux.EIO
	}
	return e
}

// claim notes that the clusters of a chain are somebody's, at most limit of them, and ends it where it goes wrong. It returns how
// many there are.
func (c *checker) claim(at, limit uint32) (n uint32, e linux.Errno) {
	v, end := c.v, uint32(0)
	for n < limit && v.valid(at) && !c.has(at) {
		next, e := v.next(at)
		if e != 0 {
			return n, e
		}
		if next == free {
			break
		}
		c.owned[at/64] |= 1 << (at % 64)
		n++
		if isLast(next) {
			return n, 0
		}
		at, end = next, at
	}
	if end == 0 {
		return n, 0
	}
	c.report.Chains++
	return n, v.setNext(end, last)
}

// folder looks at a directory, whose chain is sound.
func (c *checker) folder(dir *File) linux.Errno {
	v := c.v
	c.names = map[string]bool{}
	var g gather
	pending := -1 // the first slot of a long name that has not got its short one yet
	drop := func(to int) linux.Errno {
		from := pending
		if pending = -1; from < 0 || from > to {
			return 0
		}
		c.report.Names++
		return v.erase(dir, from, to)
	}
	for n := 0; n < maxSlots; n++ {
		s, at, ok, e := v.slotAt(dir, n)
		if e != 0 {
			return e
		}
		if !ok || s[0] == slotEnd {
			return drop(n - 1)
		}
		switch {
		case s[0] == slotFree:
			e = drop(n - 1)
		case s.isLong():
			if s[longOrder]&lastLong != 0 {
				e = drop(n - 1)
			}
			if pending < 0 {
				pending = n
			}
			if !g.add(&s, n) {
				e = first(e, drop(n))
			}
			if e != 0 {
				return e
			}
			continue
		default:
			en := entry{slot: s, start: n, n: n, at: at}
			if g.of(s.name()) && pending >= 0 {
				en.start, en.name = pending, g.name
				pending = -1
			}
			if e = drop(n - 1); e == 0 {
				e = c.entry(dir, &en)
			}
		}
		if g.drop(); e != 0 {
			return e
		}
	}
	return drop(maxSlots - 1)
}

// slotAt reads a slot.
func (v *Volume) slotAt(dir *File, n int) (s slot, at int64, ok bool, e linux.Errno) {
	at, ok, e = v.place(dir, n)
	if e != 0 || !ok {
		return s, at, false, e
	}
	b, e := v.block(at, false)
	if e == 0 {
		s = slot(b.data[at-b.at:])
	}
	return s, at, true, e
}

// entry looks at an entry of a directory.
func (c *checker) entry(dir *File, en *entry) linux.Errno {
	v := c.v
	if en.slot[slotAttr]&attrVolume != 0 {
		return 0
	}
	if en.alias.show(en.slot.name(), 0); en.alias.isDots() {
		return c.dots(dir, en)
	}
	if c.twice(en) {
		c.report.Entries++
		return v.erase(dir, en.start, en.n)
	}
	at := en.slot.first(v.bits)
	if v.valid(at) && c.has(at) && c.rounds > 1 && len(c.shared) < maxShared {
		c.shared = append(c.shared, at)
		return 0
	}
	if en.slot.isFolder() {
		return c.subfolder(dir, en, at)
	}
	size := en.slot.size()
	want := v.need(size)
	n, e := c.claim(at, want)
	if e != 0 || n == want && (want > 0 || at == 0) {
		return e
	}
	c.report.Entries++
	en.slot.setSize(min(size, int64(n)*v.cluster))
	if n == 0 {
		en.slot.setFirst(0)
	}
	return v.putAt(en.at, &en.slot)
}

// twice reports whether another file of the directory has the name: it was removed, and made anew, when the power was cut.
func (c *checker) twice(en *entry) bool {
	for i := range en.name.n {
		en.name.units[i] = fold(en.name.units[i])
	}
	s := en.slot.name()
	short, long := "/"+string(s[:]), en.name.String() // no long name has a slash
	if c.names[short] || en.name.n > 0 && c.names[long] {
		return true
	}
	c.names[short] = true
	if en.name.n > 0 {
		c.names[long] = true
	}
	return false
}

// subfolder looks at the entry of a directory in another.
func (c *checker) subfolder(dir *File, en *entry, at uint32) linux.Errno {
	v := c.v
	n, e := c.claim(at, maxSlots*slotSize/uint32(v.sector))
	if e != 0 {
		return e
	}
	if n == 0 { // nothing is known of what was in it
		c.report.Entries++
		return v.erase(dir, en.start, en.n)
	}
	f := &File{v: v, dir: dir, isDir: true}
	f.chain.first = at
	c.folders = append(c.folders, f)
	if en.slot.size() == 0 {
		return 0
	}
	c.report.Entries++ // "DIR_FileSize": a directory has none
	en.slot.setSize(0)
	return v.putAt(en.at, &en.slot)
}

// dots looks at an entry with the name of one of the two that each directory has.
func (c *checker) dots(dir *File, en *entry) linux.Errno {
	v := c.v
	want := dir.number()
	switch {
	case dir.dir == nil || en.n > 1 || en.alias.n != en.n+1 || !en.slot.isFolder():
		return 0
	case en.n == 1:
		want = dir.dir.number()
	}
	if en.slot.first(v.bits) == want {
		return 0
	}
	c.report.Entries++
	en.slot.setFirst(want)
	return v.putAt(en.at, &en.slot)
}

// settleShared takes one of two entries for the same clusters away: a move was cut off, and the newer one stays.
func (c *checker) settleShared() linux.Errno {
	for _, at := range c.shared {
		var found []entry
		var in []*File
		for _, dir := range c.folders {
			e := c.v.entries(dir, 0, func(en *entry) bool {
				if en.slot.first(c.v.bits) == at {
					found, in = append(found, *en), append(in, dir)
				}
				return len(found) < 2
			})
			if e != 0 {
				return e
			}
		}
		if len(found) < 2 {
			continue // it is in the middle of another
		}
		older := 1
		if (found[1].slot.moves()-found[0].slot.moves())&3 == 1 {
			older = 0
		}
		c.report.Moves++
		if e := c.v.erase(in[older], found[older].start, found[older].n); e != 0 {
			return e
		}
	}
	return 0
}

// reclaim frees what belongs to nobody, and counts what is free.
func (c *checker) reclaim() linux.Errno {
	v := c.v
	count := int64(0)
	for at := uint32(2); at < v.end(); at++ {
		n, e := v.next(at)
		if e != 0 {
			return e
		}
		if n != free && n != bad && !c.has(at) {
			c.report.Lost++
			n = free
			if e := v.setNext(at, free); e != 0 {
				return e
			}
		}
		count += int64(b2i(n == free))
	}
	v.free, v.counted, v.hint = count, true, 2
	return 0
}

// compareCopies has the table's copies written where they are not as the first one.
func (v *Volume) compareCopies() linux.Errno {
	if v.tables < 2 {
		return 0
	}
	one, other := make([]byte, unit), make([]byte, unit)
	for off := int64(0); off < v.tableSize; off += unit {
		n := min(unit, v.tableSize-off)
		if e := v.read(one[:n], v.tableAt+off); e != 0 {
			return e
		}
		for i := int64(1); i < v.tables; i++ {
			if e := v.read(other[:n], v.tableAt+i*v.tableSize+off); e != 0 {
				return e
			}
			if bytealg.Equal(one[:n], other[:n]) {
				continue
			}
			b, e := v.block(v.tableAt+off, false)
			if e != 0 {
				return e
			}
			v.cache.mark(b, table)
			v.report.Copies++
		}
	}
	return 0
}
