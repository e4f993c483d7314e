package fs

import "internal/mirage/linuxabi/linux"

// Rename is renameat2(2); flags are 0, RENAME_NOREPLACE or RENAME_EXCHANGE.
func (f *FS) Rename(oldAt *Inode, old string, at *Inode, path string, flags int) linux.Errno {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, e := f.walkParent(oldAt, old)
	if e != 0 {
		return e
	}
	to, e := f.walkParent(at, path)
	if e != 0 {
		return e
	}
	if e := mayRename(from, to, flags); e != 0 {
		return e
	}
	if from.node == to.node {
		return 0 // two names of one file stay as they are (rename(2))
	}
	if flags&linux.RENAME_EXCHANGE != 0 {
		return f.exchange(from, to)
	}
	return f.replace(from, to)
}

// named reports whether the path ends in a name.
func (p place) named() bool { return p.kind == endName || p.kind == endLong }

// mayRename checks in the order in which Linux's do_renameat2 does.
func mayRename(from, to place, flags int) linux.Errno {
	exchange := flags&linux.RENAME_EXCHANGE != 0
	switch {
	case !from.named():
		return linux.EBUSY
	case !to.named() && flags&linux.RENAME_NOREPLACE != 0:
		return linux.EEXIST
	case !to.named():
		return linux.EBUSY
	case from.kind == endLong:
		return linux.ENAMETOOLONG
	case from.node == nil:
		return linux.ENOENT
	case to.kind == endLong:
		return linux.ENAMETOOLONG
	case to.node != nil && flags&linux.RENAME_NOREPLACE != 0:
		return linux.EEXIST
	case to.node == nil && exchange:
		return linux.ENOENT
	case exchange && to.slash && !to.node.IsDir():
		return linux.ENOTDIR
	case !from.node.IsDir() && (from.slash || to.slash && !exchange):
		return linux.ENOTDIR
	case from.node.holds(to.dir):
		return linux.EINVAL
	case to.node != nil && to.node.holds(from.dir) && exchange:
		return linux.EINVAL
	case to.node != nil && to.node.holds(from.dir):
		return linux.ENOTEMPTY
	case from.dir.dir.fixed || to.dir.dir.fixed:
		return linux.EPERM
	}
	return 0
}

// holds reports whether the directory d is n or lies below it. fs.mu is held.
func (n *Inode) holds(d *Inode) bool {
	if !n.IsDir() {
		return false
	}
	for ; d != n; d = d.dir.parent {
		if d == d.dir.parent {
			return false
		}
	}
	return true
}

// replace moves from to to, and removes what was there.
func (f *FS) replace(from, to place) linux.Errno {
	if to.node != nil {
		switch {
		case from.node.IsDir():
			if e := f.rmdir(to); e != 0 {
				return e
			}
		case to.node.IsDir():
			return linux.EISDIR
		default:
			f.unlink(to)
		}
	}
	from.dir.dir.remove(from.name)
	to.dir.dir.add(to.name, from.node)
	f.moved(from, to)
	return 0
}

// exchange makes two names change places.
func (f *FS) exchange(from, to place) linux.Errno {
	from.dir.dir.entries[from.name].node = to.node
	to.dir.dir.entries[to.name].node = from.node
	f.moved(from, to)
	f.moved(place{dir: to.dir, name: to.name, node: to.node}, from)
	return 0
}

// moved brings parents, link counts and times up to date after from.node has got the name to.
func (f *FS) moved(from, to place) {
	if d := from.node.dir; d != nil {
		from.dir.nlink--
		to.dir.nlink++
		d.parent, d.name = to.dir, to.name
	}
	from.dir.touch()
	to.dir.touch()
	from.node.touchCtime()
}
