package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"math"
)

// Sizes of files and of the tree, and putting them on a disk: the tree's are in memory alone.

func truncate(p *Process, a args) (uintptr, linux.Errno) {
	if int64(a.a2) < 0 {
		return 0, linux.EINVAL
	}
	n, e := p.lookup(atCwd, a.a1, 0)
	if e != 0 {
		return 0, e
	}
	n.Acquire()
	defer n.Release()
	return 0, n.Truncate(int64(a.a2))
}

// writableRegular returns a descriptor that is open for writing a regular file; other is the error if it is not.
func (p *Process) writableRegular(a uintptr, other linux.Errno) (*description, *fs.Inode, linux.Errno) {
	d, e := p.fds.get(fd(a))
	if e != 0 {
		return nil, nil, e
	}
	f, ok := d.file.(*regular)
	if d.path || ok && !d.writable() && other == linux.EBADF {
		e = linux.EBADF
	} else if !ok || !d.writable() {
		e = other
	}
	if e != 0 {
		d.put()
		return nil, nil, e
	}
	return d, f.node, 0
}

func ftruncate(p *Process, a args) (uintptr, linux.Errno) {
	if int64(a.a2) < 0 {
		return 0, linux.EINVAL
	}
	d, n, e := p.writableRegular(a.a1, linux.EINVAL)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	return 0, n.Truncate(int64(a.a2))
}

func fallocate(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	mode, off, length := a.a2, int64(a.a3), int64(a.a4)
	keep, punch, zero := mode&linux.FALLOC_FL_KEEP_SIZE != 0, mode&linux.FALLOC_FL_PUNCH_HOLE != 0, mode&linux.FALLOC_FL_ZERO_RANGE != 0
	const known = linux.FALLOC_FL_KEEP_SIZE | linux.FALLOC_FL_PUNCH_HOLE | linux.FALLOC_FL_ZERO_RANGE
	f, ok := d.file.(*regular)
	onDisk, isDisk := d.file.(*blockFile)
	switch { // in the order of vfs_fallocate
	case d.path:
		return 0, linux.EBADF
	case off < 0 || length <= 0:
		return 0, linux.EINVAL
	case mode&^known != 0 || punch && (!keep || zero):
		return 0, linux.EOPNOTSUPP
	case !d.writable():
		return 0, linux.EBADF
	case isDisk && off > math.MaxInt64-length:
		return 0, linux.EFBIG
	case isDisk:
		return 0, onDisk.allocate(off, length, keep, punch, zero)
	case !ok && p.inode(d).Type() == linux.S_IFIFO:
		return 0, linux.ESPIPE
	case !ok:
		return 0, linux.ENODEV
	case off > math.MaxInt64-length:
		return 0, linux.EFBIG
	}
	return 0, f.node.Allocate(off, length, keep, punch, zero)
}

// fsync serves fdatasync, syncfs and their kin: memory is where the files are, but for disks and their volumes.
func fsync(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if d.path {
		return 0, linux.EBADF
	}
	if d.file.queue() != nil {
		return 0, linux.EINVAL
	}
	if f, ok := d.file.(*blockFile); ok {
		return 0, f.sync()
	}
	return 0, p.inode(d).Sync()
}

// syncAll serves sync, which cannot fail.
func syncAll(p *Process, a args) (uintptr, linux.Errno) {
	p.syncMounts(false)
	p.disks.flush()
	return 0, 0
}

// fadvise takes advice and does nothing about it (posix_fadvise(2)).
func fadvise(p *Process, a args) (uintptr, linux.Errno) {
	const noReuse = 5
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	switch {
	case d.path:
		return 0, linux.EBADF
	case d.file.queue() != nil:
		return 0, linux.ESPIPE
	case int64(a.a3) < 0 || a.a4 > noReuse:
		return 0, linux.EINVAL
	}
	return 0, 0
}

// readahead has nothing to read: the files are in memory (readahead(2)).
func readahead(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	_, ok := d.file.(*regular)
	switch {
	case !d.readable():
		return 0, linux.EBADF
	case !ok:
		return 0, linux.EINVAL
	}
	return 0, 0
}

func (p *Process) storeStatfs(ptr uintptr, n *fs.Inode) linux.Errno {
	if m := n.FS().Disk(); m != nil {
		return storeVolume(ptr, m)
	}
	limit, used, nodes := p.fs.Usage()
	_, free := memory()
	left := min(uint64(max(limit-used, 0)), free) / pageSize
	return store(ptr, linux.Statfs{
		Type: linux.TMPFS_MAGIC, Bsize: pageSize, Frsize: pageSize, Namelen: linux.NAME_MAX,
		Blocks: uint64(limit) / pageSize, Bfree: left, Bavail: left,
		Files: uint64(nodes) + left, Ffree: left,
	})
}

// storeVolume says of a volume what Linux's fat_statfs does.
func storeVolume(ptr uintptr, m *fs.Mount) linux.Errno {
	cluster, all, free, e := m.Space()
	if e != 0 {
		return e
	}
	s := linux.Statfs{
		Type: linux.MSDOS_SUPER_MAGIC, Bsize: cluster, Frsize: cluster, Namelen: linux.NAME_MAX * 6,
		Blocks: uint64(all), Bfree: uint64(free), Bavail: uint64(free), Flags: linux.ST_VALID | linux.ST_NOATIME,
	}
	s.Fsid[0], s.Fsid[1] = int32(m.Device), int32(m.Device>>32)
	if m.ReadOnly() {
		s.Flags |= linux.ST_RDONLY
	}
	return store(ptr, s)
}

func statfs(p *Process, a args) (uintptr, linux.Errno) {
	n, e := p.lookup(atCwd, a.a1, 0)
	if e != 0 {
		return 0, e
	}
	return 0, p.storeStatfs(a.a2, n)
}

func fstatfs(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	return 0, p.storeStatfs(a.a2, p.inode(d))
}
