package fs

import "internal/mirage/linuxabi/linux"

// Unlink takes away a name of anything but a directory.
func (f *FS) Unlink(at *Inode, path string) linux.Errno {
	at, path = f.reach(at, path, false, true)
	f = at.fs
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.walkParent(at, path)
	switch {
	case e != 0:
		return e
	case p.kind == endLong:
		return linux.ENAMETOOLONG
	case p.kind != endName:
		return linux.EISDIR
	case f.isReadOnly():
		return linux.EROFS
	case p.node == nil:
		return linux.ENOENT
	case p.slash && !p.node.IsDir():
		return linux.ENOTDIR
	case p.dir.dir.fixed:
		return linux.EPERM
	case p.node.IsDir():
		return linux.EISDIR
	}
	if p.node.file != nil {
		if e := f.removeFile(p); e != 0 {
			return e
		}
	} else {
		p.node.tell(linux.IN_ATTRIB, 0, "", false) // of the number of links
		f.unlink(p)
	}
	p.happened(linux.IN_DELETE, 0, p.node)
	return 0
}

// unlink takes the name p away from what is not a directory. fs.mu is held for writing.
func (f *FS) unlink(p place) {
	p.dir.dir.remove(p.name)
	p.dir.touch()
	f.unreserve(nameCost)
	p.node.nlink--
	p.node.touchCtime()
	p.node.freeIfUnused()
}

// Rmdir removes an empty directory.
func (f *FS) Rmdir(at *Inode, path string) linux.Errno {
	at, path = f.reach(at, path, false, true)
	f = at.fs
	f.mu.Lock()
	defer f.mu.Unlock()
	p, e := f.walkParent(at, path)
	switch {
	case e != 0:
		return e
	case p.kind == endLong:
		return linux.ENAMETOOLONG
	case p.kind == endRoot:
		return linux.EBUSY
	case p.kind == endDot:
		return linux.EINVAL
	case p.kind == endDotDot:
		return linux.ENOTEMPTY
	case f.isReadOnly():
		return linux.EROFS
	case p.node == nil:
		return linux.ENOENT
	case p.dir.dir.fixed:
		return linux.EPERM
	}
	if e = f.rmdir(p); e == 0 {
		p.happened(linux.IN_DELETE, 0, p.node)
	}
	return e
}

// rmdir removes the directory p. The errors are ENOTDIR, EBUSY (a fixed one) and ENOTEMPTY. fs.mu is held for writing.
func (f *FS) rmdir(p place) linux.Errno {
	d := p.node.dir
	switch {
	case d == nil:
		return linux.ENOTDIR
	case p.node.file != nil:
		return f.removeFile(p)
	case d.fixed || d.dynamic != nil:
		return linux.EBUSY
	case len(d.entries) != 0:
		return linux.ENOTEMPTY
	}
	p.dir.dir.remove(p.name)
	p.dir.nlink--
	p.dir.touch()
	f.unreserve(nameCost)
	p.node.nlink = 0
	p.node.touchCtime()
	p.node.freeIfUnused()
	return 0
}
