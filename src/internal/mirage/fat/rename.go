package fat

import "internal/mirage/linuxabi/linux"

// Rename gives child, which is in f, a name in the directory to, in place of what is there, which is replaced or nil. At any moment
// of it one of the names is on the disk, and one that is replaced is the old file or the new one.
//
// What had the name before keeps its entry, which is child's then, so that a sector that is written changes all at once. The
// errors are those of a name that cannot be, ENOTEMPTY and ENOSPC.
func (f *File) Rename(child, to *File, name string, replaced *File) linux.Errno {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if e := v.begin(); e != 0 {
		return e
	}
	if replaced != nil && replaced.isDir {
		if empty, e := v.isEmpty(replaced); e != 0 || !empty {
			return orNotEmpty(e)
		}
	}
	dir, start, n := child.dir, child.start, child.n
	moved, e := v.move(child, to, name, replaced)
	if !moved {
		return e
	}
	if child.isDir && dir != to {
		e = first(e, v.setAbove(child, to))
	}
	e = first(e, v.erase(dir, start, n))
	v.changedFolder(dir, -b2i(child.isDir))
	v.changedFolder(to, b2i(child.isDir))
	return e
}

// first is the first of two errors.
func first(e, then linux.Errno) linux.Errno {
	if e != 0 {
		return e
	}
	return then
}

// move gives child an entry in the directory to, and sees that it is on the disk unless the old one goes in the same write.
func (v *Volume) move(child, to *File, name string, replaced *File) (moved bool, e linux.Errno) {
	s := child.slot
	s.setMoves(s.moves() + 1)
	if replaced != nil && v.sameSector(child, replaced) {
		e = v.takeOver(child, to, replaced, s)
		return e == 0, e
	}
	// What the new entry refers to goes first.
	if e = v.sync(); e != 0 {
		return false, e
	}
	if replaced != nil {
		e = v.takeOver(child, to, replaced, s)
	} else {
		e = v.enter(child, to, name, s)
	}
	if e != 0 {
		return false, e
	}
	return true, v.sync()
}

// enter makes a new entry child's.
func (v *Volume) enter(child, to *File, name string, s slot) linux.Errno {
	var want long
	if e := want.parse(name); e != 0 {
		return e
	}
	s[slotSmall] &= moveBits
	en, e := v.add(to, &want, s)
	if e != 0 {
		return e
	}
	v.files.forget(child)
	child.dir, child.start, child.n, child.at, child.slot, child.name = to, en.start, en.n, en.at, en.slot, en.name.String()
	v.files.put(child)
	return 0
}

// takeOver makes replaced's entry child's.
func (v *Volume) takeOver(child, to, replaced *File, s slot) linux.Errno {
	copy(s[:11], replaced.slot[:11])
	s[slotSmall] = s[slotSmall]&moveBits | replaced.slot[slotSmall]&^moveBits
	if e := v.putAt(replaced.at, &s); e != 0 {
		return e
	}
	at, start, n, name := replaced.at, replaced.start, replaced.n, replaced.name
	if replaced.isDir && to.count > 0 {
		to.count--
	}
	v.vanish(replaced)
	v.files.forget(child)
	child.dir, child.start, child.n, child.at, child.slot, child.name = to, start, n, at, s, name
	v.files.put(child)
	return 0
}

// sameSector reports whether two entries lie in one sector, so that both change or none.
func (v *Volume) sameSector(a, b *File) bool {
	first, ok, e := v.place(a.dir, a.start)
	return e == 0 && ok && first/v.sector == b.at/v.sector && a.at/v.sector == b.at/v.sector
}

// setAbove has a directory say that it lies in another.
func (v *Volume) setAbove(f, above *File) linux.Errno {
	at, ok, e := v.place(f, 1)
	if e != 0 || !ok {
		return e
	}
	b, e := v.block(at, false)
	if e != 0 {
		return e
	}
	s := (*slot)(b.data[at-b.at:])
	if s[0] != '.' || s[1] != '.' {
		return 0 // there is none; check.go makes do without
	}
	s.setFirst(above.number())
	v.cache.mark(b, folder)
	return 0
}
