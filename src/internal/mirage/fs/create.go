package fs

import "internal/mirage/linuxabi/linux"

// create makes a node at p, where nothing is. fs.mu is held for writing. The errors are ENOENT and ENOSPC.
func (f *FS) create(p place, mode uint32, rdev uint64) (*Inode, linux.Errno) {
	if p.dir.dir.fixed {
		return nil, linux.ENOENT // as /proc
	}
	if p.dir.file != nil {
		return f.createFile(p, mode)
	}
	if !f.reserve(nodeCost + nameCost) {
		return nil, linux.ENOSPC
	}
	n := f.newInode(mode, rdev)
	if p.dir.Mode()&linux.S_ISGID != 0 { // inode_init_owner: the group and the bit come down the tree
		n.gid.Store(p.dir.gid.Load())
		if n.IsDir() {
			n.mode.Store(mode | linux.S_ISGID)
		}
	}
	n.nlink = 1
	if n.IsDir() {
		n.dir = &directory{parent: p.dir, name: p.name}
		n.nlink = 2
		p.dir.nlink++
	}
	n.home = home{p.dir, p.name}
	p.dir.dir.add(p.name, n)
	p.dir.touch()
	p.happened(linux.IN_CREATE, 0, n)
	return n, 0
}

// vacant resolves a path at which something is to be made. The errors are walk's, EEXIST, and ENOENT when slashes
// follow the name of what is not to be a directory. fs.mu is held.
func (f *FS) vacant(at *Inode, path string, dir bool) (place, linux.Errno) {
	p, e := f.walkParent(at, path)
	switch {
	case e != 0:
		return p, e
	case p.kind == endLong:
		return p, linux.ENAMETOOLONG
	case p.kind != endName || p.node != nil:
		return p, linux.EEXIST
	case p.slash && !dir:
		return p, linux.ENOENT
	}
	return p, 0
}

// Mkdir makes a directory.
func (f *FS) Mkdir(at *Inode, path string, mode uint32) linux.Errno {
	at, path = f.reach(at, path, false, true)
	f = at.fs
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.vacant(at, path, true)
	if e == 0 {
		_, e = f.create(p, linux.S_IFDIR|mode&(linux.S_IALL&^(linux.S_ISUID|linux.S_ISGID)), 0)
	}
	return e
}

// Mknod makes a regular file, a FIFO, a socket or a device node; mode has its type. The error is EINVAL for another type.
func (f *FS) Mknod(at *Inode, path string, mode uint32, rdev uint64) (*Inode, linux.Errno) {
	switch mode & linux.S_IFMT {
	case 0:
		mode |= linux.S_IFREG
	case linux.S_IFREG, linux.S_IFIFO, linux.S_IFSOCK:
		rdev = 0
	case linux.S_IFCHR, linux.S_IFBLK:
	case linux.S_IFDIR:
		return nil, linux.EPERM
	default:
		return nil, linux.EINVAL
	}
	at, path = f.reach(at, path, false, true)
	f = at.fs
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.vacant(at, path, false)
	if e != 0 {
		return nil, e
	}
	return f.create(p, mode, rdev)
}

// Symlink makes a symbolic link to target.
func (f *FS) Symlink(target string, at *Inode, path string) linux.Errno {
	if target == "" {
		return linux.ENOENT
	}
	at, path = f.reach(at, path, false, true)
	f = at.fs
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.vacant(at, path, false)
	if e != 0 {
		return e
	}
	n, e := f.create(p, linux.S_IFLNK|0o777, 0)
	if e == 0 {
		n.target = target
	}
	return e
}

// Link makes another name for the file at old; follow says whether a symbolic link there is followed. An empty old
// is the node oldAt itself.
func (f *FS) Link(oldAt *Inode, old string, at *Inode, path string, follow bool) linux.Errno {
	n, e := oldAt, linux.Errno(0)
	if old != "" {
		if n, e = f.Lookup(oldAt, old, follow); e != 0 {
			return e
		}
	}
	at, path = f.reach(at, path, false, true)
	f = at.fs
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.vacant(at, path, false)
	switch {
	case e != 0:
		return e
	case n.fs != f:
		return linux.EXDEV
	case f.disk != nil:
		return linux.EPERM // there are no links on FAT
	case p.dir.dir.fixed:
		return linux.ENOENT
	case n.IsDir():
		return linux.EPERM
	case n.nlink == 0:
		return linux.ENOENT
	}
	return f.link(p, n)
}

// link gives n the name p. fs.mu is held for writing.
func (f *FS) link(p place, n *Inode) linux.Errno {
	if !f.reserve(nameCost) {
		return linux.ENOSPC
	}
	n.nlink++
	n.touchCtime()
	n.home = home{p.dir, p.name}
	p.dir.dir.add(p.name, n)
	p.dir.touch()
	n.tell(linux.IN_ATTRIB, 0, "", false) // of the number of links
	p.happened(linux.IN_CREATE, 0, n)
	return 0
}
