package fat

import "internal/mirage/linuxabi/linux"

// maxSlots is how many slots a directory may have, 2 MiB of them: "Directories".
const maxSlots = 65536

// An entry is a file's place in a directory.
type entry struct {
	slot  slot
	start int   // number of its first slot, of the long name if it has one
	n     int   // of the short one
	at    int64 // where that is on the disk
	name  long
	alias long // the short name, if that is another one
	long  bool // it has a long name
}

// place returns where slot n of a directory is; ok is false behind its end.
func (v *Volume) place(dir *File, n int) (at int64, ok bool, e linux.Errno) {
	off := int64(n) * slotSize
	if n >= maxSlots {
		return 0, false, 0
	}
	if dir.fixed {
		return v.rootAt + off, off < v.rootSize, 0
	}
	c, _, _, e := v.find(&dir.chain, uint32(off/v.cluster))
	return v.offset(c) + off%v.cluster, c != 0, e
}

// slots calls f for the slots of a directory from number n on, those that end it too, until f returns false. f must not use the
// volume. s is the slot itself: changes are noted by the caller.
func (v *Volume) slots(dir *File, n int, f func(n int, at int64, s *slot) bool) linux.Errno {
	for {
		at, ok, e := v.place(dir, n)
		if e != 0 || !ok {
			return e
		}
		b, e := v.block(at, false)
		if e != 0 {
			return e
		}
		for i := at - b.at; i+slotSize <= int64(len(b.data)); i += slotSize {
			if !f(n, b.at+i, (*slot)(b.data[i:])) {
				return 0
			}
			n++
		}
	}
}

// entries calls f for the entries of a directory from slot n on, until f returns false. f must not use the volume, nor keep en.
func (v *Volume) entries(dir *File, n int, f func(en *entry) bool) linux.Errno {
	var g gather
	var en entry
	return v.slots(dir, n, func(n int, at int64, s *slot) bool {
		switch {
		case s[0] == slotEnd:
			return false
		case s[0] == slotFree:
			g.drop()
			return true
		case s.isLong():
			g.add(s, n)
			return true
		case s[slotAttr]&attrVolume != 0:
			g.drop()
			return true
		}
		en.slot, en.start, en.n, en.at = *s, n, n, at
		en.alias.show(s.name(), s[slotSmall])
		en.name = en.alias
		if en.long = g.of(s.name()); en.long {
			en.start = g.start
			en.name.n = copy(en.name.units[:], g.name.units[:g.name.n])
		}
		g.drop()
		return en.name.isDots() || f(&en)
	})
}

// isDots reports whether a name is one of the two that every directory has, or no name at all.
func (l *long) isDots() bool {
	return l.n == 0 || l.units[0] == '.' && (l.n == 1 || l.n == 2 && l.units[1] == '.')
}

// lookup finds a name in a directory; found is false if it is not there.
func (v *Volume) lookup(dir *File, name *long) (result entry, found bool, e linux.Errno) {
	e = v.entries(dir, 0, func(en *entry) bool {
		if found = en.name.same(name) || en.long && en.alias.same(name); found {
			result = *en
		}
		return !found
	})
	return result, found, e
}

// A gap is where there is room for an entry, and what its short name is to be.
type gap struct {
	start int  // the first of the slots
	count int  // how many are needed
	free  int  // how many there are; if that is less the directory has to grow
	atEnd bool // they go beyond those in use
	short short
}

// findGap looks for slots in a row for a name, and a short name that nobody has.
func (v *Volume) findGap(dir *File, name *long) (g gap, e linux.Errno) {
	s, isShort := name.isShort()
	g.count = 1
	var b basis
	var tails *tailSet
	if !isShort {
		g.count += name.slots()
		b, tails = name.basis(), new(tailSet)
	}
	found, ended := false, false
	e = v.slots(dir, 0, func(n int, at int64, s *slot) bool {
		ended = ended || s[0] == slotEnd
		switch {
		case found:
		case ended || s[0] == slotFree:
			if g.free == 0 {
				g.start = n
			}
			g.free++
			found = g.free == g.count
			g.atEnd = ended
		default:
			g.start, g.free = n+1, 0
		}
		if tails != nil && !ended && s[0] != slotFree && !s.isLong() {
			tails.add(b.tail(s.name()))
		}
		return !ended || !found
	})
	if g.short = s; tails != nil && e == 0 {
		t, ok := tails.unused(b2i(b.lossy))
		if !ok {
			return g, linux.ENOSPC
		}
		g.short = b.name(t)
	}
	return g, e
}

// A tailSet is which tails of a basis are in use.
type tailSet [maxSlots / 64]uint64

func (t *tailSet) add(n int) {
	if n >= 0 {
		t[n/64] |= 1 << (n % 64)
	}
}

// unused returns the first from n on.
func (t *tailSet) unused(n int) (int, bool) {
	for n < maxSlots && t[n/64]&(1<<(n%64)) != 0 {
		n++
	}
	return n, n < maxSlots
}

// tail returns which tail makes s of the basis, -1 if none does.
func (b *basis) tail(s short) int {
	t, at := 0, 7
	for at >= 0 && s[at] == ' ' {
		at--
	}
	for scale := 1; at >= 0 && s[at] >= '0' && s[at] <= '9' && scale < maxSlots; scale *= 10 {
		t += int(s[at]-'0') * scale
		at--
	}
	if at < 0 || s[at] != '~' {
		t = 0
	}
	if t < maxSlots && b.name(t) == s {
		return t
	}
	return -1
}

// add makes an entry in a directory. The error is ENOSPC: there is no room for it.
func (v *Volume) add(dir *File, name *long, s slot) (en entry, e linux.Errno) {
	g, e := v.findGap(dir, name)
	if e != 0 {
		return en, e
	}
	for g.free < g.count {
		if e := v.growFolder(dir); e != 0 {
			return en, e
		}
		g.free += int(v.cluster / slotSize)
		g.atEnd = true
	}
	copy(s[:], g.short[:])
	en = entry{slot: s, start: g.start, n: g.start + g.count - 1, name: *name}
	sum := g.short.sum()
	for i := range g.count {
		raw := s
		if i < g.count-1 {
			raw = name.longSlot(g.count-1-i, sum)
		}
		if en.at, e = v.put(dir, g.start+i, &raw); e != 0 {
			return en, e
		}
	}
	if g.atEnd { // what is behind the new end may be anything: "DIR_Name[0]"
		return en, v.endAt(dir, g.start+g.count)
	}
	return en, 0
}

// put writes a slot.
func (v *Volume) put(dir *File, n int, s *slot) (at int64, e linux.Errno) {
	at, ok, e := v.place(dir, n)
	if e == 0 && !ok {
		e = v.damaged()
	}
	if e != 0 {
		return at, e
	}
	return at, v.putAt(at, s)
}

func (v *Volume) putAt(at int64, s *slot) linux.Errno {
	b, e := v.block(at, false)
	if e != 0 {
		return e
	}
	copy(b.data[at-b.at:], s[:])
	v.cache.mark(b, folder)
	return 0
}

// endAt sees that slot n, if there is one, is marked as behind all entries.
func (v *Volume) endAt(dir *File, n int) linux.Errno {
	at, ok, e := v.place(dir, n)
	if e != 0 || !ok {
		return e
	}
	b, e := v.block(at, false)
	if e != 0 || b.data[at-b.at] == slotEnd {
		return e
	}
	b.data[at-b.at] = slotEnd
	v.cache.mark(b, folder)
	return 0
}

// erase frees the slots from start to n. The one that has the file goes last.
func (v *Volume) erase(dir *File, start, n int) linux.Errno {
	for i := start; i <= n; i++ {
		at, ok, e := v.place(dir, i)
		if e != 0 || !ok {
			return e
		}
		b, e := v.block(at, false)
		if e != 0 {
			return e
		}
		b.data[at-b.at] = slotFree
		v.cache.mark(b, folder)
	}
	return 0
}

// growFolder gives a directory one more cluster, of free slots.
func (v *Volume) growFolder(dir *File) linux.Errno {
	if dir.fixed {
		return linux.ENOSPC
	}
	_, tail, length, e := v.find(&dir.chain, maxSlots*slotSize/uint32(v.cluster)+1)
	switch {
	case e != 0:
		return e
	case tail == 0 || int64(length)*v.cluster >= maxSlots*slotSize:
		return linux.ENOSPC
	}
	c, e := v.allocate(tail)
	if e != 0 {
		return e
	}
	if e = v.clearFolder(c, nil); e != 0 {
		return e
	}
	if e = v.setNext(tail, c); e != 0 {
		return e
	}
	dir.chain.note(length, c)
	return 0
}

// clearFolder writes a directory's new cluster, which begins with some slots. It is written at once, for it has to be on the disk
// before anything refers to it.
func (v *Volume) clearFolder(c uint32, begin []slot) linux.Errno {
	at := v.offset(c)
	v.forget(at, at+v.cluster)
	b := make([]byte, min(v.cluster, maxWrite))
	for off := int64(0); off < v.cluster; off += int64(len(b)) {
		if off == 0 {
			for i := range begin {
				copy(b[i*slotSize:], begin[i][:])
			}
		}
		if e := v.write(b, at+off); e != 0 {
			return e
		}
		clear(b[:len(begin)*slotSize])
	}
	v.freshFolders = true
	return 0
}
