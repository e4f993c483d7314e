package fs

import "internal/mirage/linuxabi/linux"

// Open does what open(2) does to the tree: it finds or makes the file, and truncates it if asked. flags are those of
// open; that CheckFlags passed; the permissions of a new file are mode. The node has one more reference; the caller Releases it.
// What the node's type and flags mean for reading and writing is the caller's affair.
func (f *FS) Open(at *Inode, path string, flags int, mode uint32) (*Inode, linux.Errno) {
	n, created, e := f.openNode(at, path, flags, mode)
	if e != 0 || flags&linux.O_PATH != 0 {
		return n, e
	}
	if n.prepare != nil {
		n.prepare()
	}
	n.Happened(linux.IN_OPEN)
	if flags&linux.O_TRUNC != 0 && !created && n.Type() == linux.S_IFREG {
		if e := n.Truncate(0); e != 0 {
			n.Release()
			return nil, e
		}
	}
	return n, 0
}

// CheckFlags refuses combinations that open(2) refuses, and O_TMPFILE, as a file system without it does.
func CheckFlags(flags int) linux.Errno {
	switch {
	case flags&linux.O_PATH != 0:
		return 0
	case flags&linux.O_TMPFILE_ != 0:
		if flags&linux.O_DIRECTORY == 0 || flags&linux.O_ACCMODE == linux.O_RDONLY || flags&linux.O_CREAT != 0 {
			return linux.EINVAL
		}
		return linux.EOPNOTSUPP
	case flags&(linux.O_CREAT|linux.O_DIRECTORY) == linux.O_CREAT|linux.O_DIRECTORY:
		return linux.EINVAL
	}
	return 0
}

// openNode finds or makes the file and takes a reference.
func (f *FS) openNode(at *Inode, path string, flags int, mode uint32) (n *Inode, created bool, e linux.Errno) {
	create := flags&(linux.O_CREAT|linux.O_PATH) == linux.O_CREAT
	at, path = f.reach(at, path, flags&linux.O_NOFOLLOW == 0 && (!create || flags&linux.O_EXCL == 0), false)
	f = at.fs
	if create {
		f.mu.Lock()
		defer f.mu.Unlock()
	} else {
		f.mu.RLock()
		defer f.mu.RUnlock()
	}
	exclusive := create && flags&linux.O_EXCL != 0
	p, e := f.walk(at, path, flags&linux.O_NOFOLLOW == 0 && !exclusive, create)
	if e != 0 {
		return nil, false, e
	}
	if p.node == nil && create {
		n, e = f.create(p, linux.S_IFREG|mode&linux.S_IALL, 0)
		created = true
	} else {
		n, e = p.existing()
	}
	if e == 0 && !created {
		e = n.mayOpen(flags, create, exclusive)
	}
	if e != 0 {
		return nil, false, e
	}
	n.Acquire()
	return n, created, 0
}

// mayOpen checks the flags of open against what is there.
func (n *Inode) mayOpen(flags int, create, exclusive bool) linux.Errno {
	switch {
	case exclusive:
		return linux.EEXIST
	case create && n.IsDir():
		return linux.EISDIR
	case flags&linux.O_DIRECTORY != 0 && !n.IsDir():
		return linux.ENOTDIR
	case flags&linux.O_PATH != 0:
		return 0
	case n.Type() == linux.S_IFLNK:
		return linux.ELOOP
	case n.IsDir() && (flags&linux.O_ACCMODE != linux.O_RDONLY || flags&linux.O_TRUNC != 0):
		return linux.EISDIR
	case n.Type() == linux.S_IFREG && (flags&linux.O_ACCMODE != linux.O_RDONLY || flags&linux.O_TRUNC != 0) && n.fs.isReadOnly():
		return linux.EROFS
	case n.Type() == linux.S_IFSOCK:
		return linux.ENXIO
	case n.generate != nil && (flags&linux.O_ACCMODE != linux.O_RDONLY || n.Mode()&0o444 == 0):
		return linux.EACCES
	}
	return 0
}
