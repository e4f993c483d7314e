package fat

import "internal/mirage/linuxabi/linux"

// What is done to names. A directory is a File that IsDir; that it is, and that it has not been removed, the caller sees to.

// Lookup returns the file of that name in the directory, nil if there is none. A long name's short one is a name too.
func (f *File) Lookup(name string) (*File, linux.Errno) {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	return f.find(name)
}

func (f *File) find(name string) (*File, linux.Errno) {
	var want long
	if want.parse(name) != 0 {
		return nil, 0 // no such file can be there
	}
	en, found, e := f.v.lookup(f, &want)
	if e != 0 || !found {
		return nil, e
	}
	return f.v.file(f, &en), 0
}

// Create makes a file or a directory in the directory. The errors are those of a name that cannot be (long.parse), EEXIST and ENOSPC.
func (f *File) Create(name string, isDir bool) (*File, linux.Errno) {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if e := v.begin(); e != 0 {
		return nil, e
	}
	var want long
	if e := want.parse(name); e != 0 {
		return nil, e
	}
	if _, found, e := v.lookup(f, &want); e != 0 || found {
		return nil, orExists(e)
	}
	var s slot
	now := v.now()
	s.setMade(now)
	s.setUsed(now)
	s.setChanged(now)
	s[slotAttr] = attrArchive
	if isDir {
		s[slotAttr] = attrFolder
		c, e := v.newFolder(f, s)
		if e != 0 {
			return nil, e
		}
		s.setFirst(c)
	}
	en, e := v.add(f, &want, s)
	if e != 0 {
		if isDir {
			v.release(s.first(32))
		}
		return nil, e
	}
	v.changedFolder(f, b2i(isDir))
	created := v.file(f, &en)
	if isDir {
		created.count = 0
	}
	return created, 0
}

func orExists(e linux.Errno) linux.Errno {
	if e == 0 {
		e = linux.EEXIST
	}
	return e
}

// newFolder makes a cluster with the two entries that every directory in dir has: "Directories".
func (v *Volume) newFolder(dir *File, s slot) (uint32, linux.Errno) {
	c, e := v.allocate(0)
	if e != 0 {
		return 0, e
	}
	here, above := s, s
	fill(here[:11])
	fill(above[:11])
	here[0], above[0], above[1] = '.', '.', '.'
	here.setFirst(c)
	above.setFirst(dir.number())
	return c, v.clearFolder(c, []slot{here, above})
}

// number is what a directory's first cluster is called in those below it: the root's is 0 ("Directories").
func (f *File) number() uint32 {
	if f.dir == nil {
		return 0
	}
	return f.chain.first
}

// changedFolder notes that a directory was changed, and has so many directories more.
func (v *Volume) changedFolder(f *File, more int) {
	if f.count >= 0 {
		f.count += more
	}
	if f.dir != nil {
		f.slot.setChanged(v.now())
		v.save(f)
	}
}

// IsEmpty reports whether nothing is in the directory.
func (f *File) IsEmpty() (bool, linux.Errno) {
	f.v.mu.Lock()
	defer f.v.mu.Unlock()
	return f.v.isEmpty(f)
}

func (v *Volume) isEmpty(f *File) (empty bool, e linux.Errno) {
	empty = true
	e = v.entries(f, 0, func(*entry) bool {
		empty = false
		return false
	})
	return empty, e
}

// Remove takes child's name away. Its contents stay until it is closed. The error is ENOTEMPTY.
func (f *File) Remove(child *File) linux.Errno {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if e := v.begin(); e != 0 {
		return e
	}
	if child.isDir {
		if empty, e := v.isEmpty(child); e != 0 || !empty {
			return orNotEmpty(e)
		}
	}
	if e := v.erase(f, child.start, child.n); e != 0 {
		return e
	}
	v.changedFolder(f, -b2i(child.isDir))
	v.vanish(child)
	return 0
}

func orNotEmpty(e linux.Errno) linux.Errno {
	if e == 0 {
		e = linux.ENOTEMPTY
	}
	return e
}

// vanish notes that f has no name any more.
func (v *Volume) vanish(f *File) {
	v.files.forget(f)
	f.gone, f.dir = true, nil
	v.nameless++
}

// A Dirent is a name in a directory.
type Dirent struct {
	Name   string
	Ino    uint64
	IsDir  bool
	Cookie int64 // greater than those before it; it stays as long as the name
}

// List calls each for the names in the directory whose cookies are greater, until it returns false.
func (f *File) List(cookie int64, each func(Dirent) bool) linux.Errno {
	v := f.v
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.entries(f, int(min(max(cookie, 0), maxSlots)), func(en *entry) bool {
		ino := inoOf(en.at)
		if known := v.files.get(en.at); known != nil {
			ino = known.ino
		}
		return each(Dirent{en.name.String(), ino, en.slot.isFolder(), int64(en.n) + 1})
	})
}
