package fs

import (
	"internal/mirage/fat"
	"internal/mirage/linuxabi/linux"
)

// Volumes of disks in the tree. A mounted volume is a tree of its own, with its own locks, so that a disk that is slow or gone holds
// up nobody but those who use it. Its nodes are made when they are looked up, and stay as long as anybody has them; names and
// contents are the volume's (package fat). Paths are led from one tree to the other by reach.

// A Mount is what mounted a volume, and where.
type Mount struct {
	Path   string
	Device uint64 // number, as linux.Makedev makes it
	Name   string // of the device
	*fat.Volume
	tree *FS
}

// Mount puts a volume in the place of the directory at m.Path, which is made if need be. The errors are those of Mkdir, ENOTDIR, and
// EBUSY: there is a volume already.
func (f *FS) Mount(m Mount) linux.Errno {
	if e := f.mkdirs(m.Path); e != 0 {
		return e
	}
	at, path := f.reach(f.root, m.Path, true, false)
	outer := at.fs
	outer.mu.Lock()
	defer outer.mu.Unlock()
	p, e := outer.walk(at, path, true, false)
	switch {
	case e != 0:
		return e
	case p.node == outer.root:
		return linux.EBUSY
	case !p.node.IsDir():
		return linux.ENOTDIR
	}
	inner := &FS{now: f.now, limit: f.limit, pager: f.pager, disk: &m, covers: p.node}
	m.tree = inner
	inner.root = inner.nodeOf(m.Root(), nil)
	p.node.covered = inner
	f.mountsMu.Lock()
	f.mounts = append(f.mounts, &m)
	f.mountsMu.Unlock()
	f.mounted.Store(true)
	return 0
}

// Mounts returns the volumes that are mounted.
func (f *FS) Mounts() []*Mount {
	f.mountsMu.Lock()
	defer f.mountsMu.Unlock()
	return f.mounts[:len(f.mounts):len(f.mounts)]
}

// nodeOf returns the node of a file in the directory above, nil for the root.
func (f *FS) nodeOf(file *fat.File, above *Inode) *Inode {
	mode := uint32(linux.S_IFREG | 0o755)
	if file.IsDir() {
		mode = linux.S_IFDIR | 0o755
	} else if file.IsReadOnly() {
		mode &^= 0o222
	}
	name := file.Name()
	return file.Owner(func() any {
		n := f.makeInode(file.Ino(), mode, 0)
		n.file, n.nlink = file, 1
		n.home = home{above, name}
		if file.IsDir() {
			n.dir = &directory{parent: above, name: name}
			if above == nil {
				n.dir.parent = n
			}
		}
		return n
	}).(*Inode)
}

// lookupFile is directory.lookup on a volume.
func (n *Inode) lookupFile(name string) (*Inode, linux.Errno) {
	file, e := n.file.Lookup(name)
	if e != 0 || file == nil {
		return nil, e
	}
	return n.fs.nodeOf(file, n), 0
}

// createFile is create on a volume, which has files and directories alone.
func (f *FS) createFile(p place, mode uint32) (*Inode, linux.Errno) {
	kind := mode & linux.S_IFMT
	if kind != linux.S_IFREG && kind != linux.S_IFDIR {
		return nil, linux.EPERM
	}
	file, e := p.dir.file.Create(p.name, kind == linux.S_IFDIR)
	if e != 0 {
		return nil, e
	}
	n := f.nodeOf(file, p.dir)
	p.happened(linux.IN_CREATE, 0, n)
	return n, 0
}

// removeFile takes the name p away, on a volume.
func (f *FS) removeFile(p place) linux.Errno {
	if e := p.dir.file.Remove(p.node.file); e != 0 {
		return e
	}
	p.node.nlink = 0
	p.node.freeIfUnused()
	return 0
}

// renameFile is replace on a volume.
func (f *FS) renameFile(from, to place) linux.Errno {
	var replaced *fat.File
	if to.node != nil {
		switch {
		case from.node.IsDir() && !to.node.IsDir():
			return linux.ENOTDIR
		case !from.node.IsDir() && to.node.IsDir():
			return linux.EISDIR
		}
		replaced = to.node.file
	}
	if e := from.dir.file.Rename(from.node.file, to.dir.file, to.name, replaced); e != 0 {
		return e
	}
	if to.node != nil {
		to.node.Acquire() // until all else is told
		defer to.node.releaseLocked()
		to.node.nlink = 0
	}
	to.name = from.node.file.Name() // a replaced file's stays as it was written
	if d := from.node.dir; d != nil {
		d.parent, d.name = to.dir, to.name
	}
	from.node.home = home{to.dir, to.name}
	f.tellMoved(from, to, to.node)
	return 0
}

// listFiles is readDir for what is on a volume, behind the two names that every directory has.
func (n *Inode) listFiles(cookie int64, f func(Dirent) bool) linux.Errno {
	return n.file.List(max(cookie-dotdotCookie, 0), func(d fat.Dirent) bool {
		kind := uint32(linux.S_IFREG)
		if d.IsDir {
			kind = linux.S_IFDIR
		}
		return f(Dirent{d.Name, d.Ino, kind, d.Cookie + dotdotCookie})
	})
}

// ReadOnly reports whether nothing of n can be changed, since it is on a volume that cannot.
func (n *Inode) ReadOnly() bool { return n.fs.isReadOnly() }

// isReadOnly reports whether nothing in the tree can be changed.
func (f *FS) isReadOnly() bool { return f.disk != nil && f.disk.ReadOnly() }

// reach follows a path through volumes to the tree that it ends in, and returns where it starts there. follow is walk's; last says
// that the last name is not followed even if slashes come after it. Errors are found again by whoever walks the rest.
func (f *FS) reach(at *Inode, path string, follow, last bool) (*Inode, string) {
	if !f.mounted.Load() {
		return at, path
	}
	for path != "" {
		way, slashes := path, ""
		for last && len(way) > 1 && way[len(way)-1] == '/' {
			way, slashes = way[:len(way)-1], "/"
		}
		at.fs.mu.RLock()
		p, _ := at.fs.walk(at, way, follow, false)
		at.fs.mu.RUnlock()
		if p.kind != endOther {
			break
		}
		at, path = p.node, p.name+slashes
	}
	return at, path
}

// Reserve makes the directory at path, and those above it, for a volume that is to come: until then nothing can be made in it.
func (f *FS) Reserve(path string) linux.Errno {
	if e := f.mkdirs(path); e != 0 {
		return e
	}
	n, e := f.Lookup(f.root, path, true)
	switch {
	case e != 0:
		return e
	case !n.IsDir():
		return linux.ENOTDIR
	case n.file != nil:
		return 0 // on a volume, which has come already
	}
	f.mu.Lock()
	n.dir.fixed = true
	f.mu.Unlock()
	return 0
}

// mkdirs makes a directory, and those above it, where there is none.
func (f *FS) mkdirs(path string) linux.Errno {
	for i := 1; i <= len(path); i++ {
		if i == len(path) || path[i] == '/' {
			if e := f.Mkdir(f.root, path[:i], 0o755); e != 0 && e != linux.EEXIST {
				return e
			}
		}
	}
	return 0
}

// Disk is the volume whose tree f is, nil if it is in memory.
func (f *FS) Disk() *Mount { return f.disk }
