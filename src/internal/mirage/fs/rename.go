package fs

import "internal/mirage/linuxabi/linux"

// Rename is renameat2(2); flags are 0, RENAME_NOREPLACE or RENAME_EXCHANGE.
func (f *FS) Rename(oldAt *Inode, old string, at *Inode, path string, flags int) linux.Errno {
	oldAt, old = f.reach(oldAt, old, false, true)
	at, path = f.reach(at, path, false, true)
	if oldAt.fs != at.fs {
		return linux.EXDEV
	}
	f = at.fs
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
	if f.isReadOnly() {
		return linux.EROFS
	}
	if e := mayRename(from, to, flags); e != 0 {
		return e
	}
	if from.node == to.node {
		return 0 // two names of one file stay as they are (rename(2))
	}
	if from.node.file != nil {
		if flags&linux.RENAME_EXCHANGE != 0 {
			return linux.EINVAL
		}
		return f.renameFile(from, to)
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
		to.node.Acquire() // until all else is told
		defer to.node.releaseLocked()
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
	f.tellMoved(from, to, to.node)
	return 0
}

// tellMoved tells that from was moved to to, where replaced was, in the order of Linux's fsnotify_move.
func (f *FS) tellMoved(from, to place, replaced *Inode) {
	cookie := f.watching.cookie.Add(1)
	from.happened(linux.IN_MOVED_FROM, cookie, from.node)
	to.happened(linux.IN_MOVED_TO, cookie, from.node)
	if replaced != nil {
		replaced.tell(linux.IN_ATTRIB|replaced.isDirEvent(), 0, "", false)
	}
	from.node.tell(linux.IN_MOVE_SELF, 0, "", false)
}

// exchange makes two names change places.
func (f *FS) exchange(from, to place) linux.Errno {
	from.dir.dir.entries[from.name].node = to.node
	to.dir.dir.entries[to.name].node = from.node
	f.moved(from, to)
	f.moved(to, from)
	f.tellMoved(from, to, nil)
	f.tellMoved(to, from, nil)
	return 0
}

// moved brings parents, link counts and times up to date after from.node has got the name to.
func (f *FS) moved(from, to place) {
	if d := from.node.dir; d != nil {
		from.dir.nlink--
		to.dir.nlink++
		d.parent, d.name = to.dir, to.name
	}
	from.node.home = home{to.dir, to.name}
	from.dir.touch()
	to.dir.touch()
	from.node.touchCtime()
}
