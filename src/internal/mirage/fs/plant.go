package fs

import "internal/mirage/linuxabi/linux"

// What only the system-call layer puts in the tree, at boot. Paths are absolute; the directory must be there.
// A failure is a mistake of the caller or a tree without any room, and is returned as an errno.

// plant makes a node, whether or not its directory is fixed.
func (f *FS) plant(path string, mode uint32, rdev uint64) (*Inode, linux.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.vacant(f.root, path, true)
	if e != 0 {
		return nil, e
	}
	fixed := p.dir.dir.fixed
	p.dir.dir.fixed = false
	n, e := f.create(p, mode, rdev)
	p.dir.dir.fixed = fixed
	return n, e
}

// Generated makes a file whose contents are what f returns each time that it is opened.
func (f *FS) Generated(path string, mode uint32, contents func() []byte) linux.Errno {
	n, e := f.plant(path, linux.S_IFREG|mode, 0)
	if e == 0 {
		n.generate = contents
	}
	return e
}

// Prepared makes a regular file; prepare is called before each time that it is opened, without locks held.
func (f *FS) Prepared(path string, mode uint32, prepare func()) (*Inode, linux.Errno) {
	n, e := f.plant(path, linux.S_IFREG|mode, 0)
	if e == 0 {
		n.prepare = prepare
	}
	return n, e
}

// Pointer makes a symbolic link.
func (f *FS) Pointer(path, target string) linux.Errno {
	n, e := f.plant(path, linux.S_IFLNK|0o777, 0)
	if e == 0 {
		n.target = target
	}
	return e
}

// Magic makes a symbolic link that leads where l says.
func (f *FS) Magic(path string, l Link) linux.Errno {
	n, e := f.plant(path, linux.S_IFLNK|0o777, 0)
	if e == 0 {
		n.link = l
	}
	return e
}

// Fixed makes a directory in which callers can make and remove nothing.
func (f *FS) Fixed(path string, mode uint32) linux.Errno {
	n, e := f.plant(path, linux.S_IFDIR|mode, 0)
	if e == 0 {
		n.dir.fixed = true
	}
	return e
}

// Fill gives a directory the names of d besides its own. The errors are those of Lookup, ENOTDIR, and EEXIST: it has such already.
func (f *FS) Fill(path string, d Dynamic) linux.Errno {
	n, e := f.Lookup(f.root, path, true)
	if e != 0 {
		return e
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case n.dir == nil:
		return linux.ENOTDIR
	case n.dir.dynamic != nil:
		return linux.EEXIST
	}
	n.dir.dynamic = d
	return 0
}

// Numbers takes n inode numbers that no node has, and returns the first.
func (f *FS) Numbers(n int) uint64 { return f.lastIno.Add(uint64(n)) - uint64(n) + 1 }

// NewLink makes the node of a symbolic link that is no part of the tree, for Dynamic.Lookup. ino tells it from others.
func (f *FS) NewLink(ino uint64, mode uint32, l Link) *Inode {
	n := f.makeInode(ino, linux.S_IFLNK|mode, 0)
	n.nlink, n.link = 1, l
	return n
}

// NewGenerated makes the node of a generated file that is no part of the tree, for Dynamic.Lookup.
func (f *FS) NewGenerated(ino uint64, mode uint32, contents func() []byte) *Inode {
	n := f.makeInode(ino, linux.S_IFREG|mode, 0)
	n.nlink, n.generate = 1, contents
	return n
}

// NewNode makes a node that is no part of the tree, such as a pipe's. mode has its type, not a file's or directory's.
func (f *FS) NewNode(mode uint32, rdev uint64) *Inode {
	n := f.makeInode(f.lastIno.Add(1), mode, rdev)
	n.nlink = 1
	return n
}

// Uproot takes away what is at path, whoever made it, and all below it.
func (f *FS) Uproot(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.walkParent(f.root, path)
	if e != 0 || p.kind != endName || p.node == nil {
		return
	}
	f.uproot(p)
}

func (f *FS) uproot(p place) {
	d := p.node.dir
	if d == nil {
		f.unlink(p)
		return
	}
	for name, e := range d.entries {
		f.uproot(place{dir: p.node, name: name, node: e.node})
	}
	d.fixed, d.dynamic = false, nil
	f.rmdir(p)
}
