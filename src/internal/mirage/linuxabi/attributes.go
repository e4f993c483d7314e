package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
)

// What is known of a file besides its contents: stat, permissions, owners, times, sizes.

// treeDevice is the number of the device that the whole tree is on.
const treeDevice = 1

func timespec(ns int64) linux.Timespec {
	sec, nsec := ns/1e9, ns%1e9
	if nsec < 0 { // before 1970
		sec, nsec = sec-1, nsec+1e9
	}
	return linux.Timespec{Sec: sec, Nsec: nsec}
}

func storeStat(ptr uintptr, n *fs.Inode) linux.Errno {
	a := n.Attr()
	var s linux.Stat
	s.Dev, s.Ino, s.Mode, s.Uid, s.Gid, s.Rdev = treeDevice, a.Ino, a.Mode, a.UID, a.GID, a.Rdev
	s.Size, s.Blocks = a.Size, a.Blocks
	s.Blksize = pageSize
	if a.Device != 0 {
		s.Dev = a.Device
		setSize(&s.Blksize, a.BlockSize)
	}
	s.Nlink = linux.Nlink(a.Nlink)
	s.Atim, s.Mtim, s.Ctim = timespec(a.Atime), timespec(a.Mtime), timespec(a.Ctime)
	return store(ptr, s)
}

// setSize sets a field whose size depends on the architecture.
func setSize[T int32 | int64](p *T, v int64) { *p = T(v) }

func fstat(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	return 0, storeStat(a.a2, p.inode(d))
}

func newfstatat(p *Process, a args) (uintptr, linux.Errno) {
	if a.a4&^(linux.AT_SYMLINK_NOFOLLOW|linux.AT_NO_AUTOMOUNT|linux.AT_EMPTY_PATH) != 0 {
		return 0, linux.EINVAL
	}
	n, e := p.lookup(a.a1, a.a2, a.a4)
	if e != 0 {
		return 0, e
	}
	return 0, storeStat(a.a3, n)
}

func stat(p *Process, a args) (uintptr, linux.Errno) {
	return newfstatat(p, args{atCwd, a.a1, a.a2, 0, 0, 0})
}

func lstat(p *Process, a args) (uintptr, linux.Errno) {
	return newfstatat(p, args{atCwd, a.a1, a.a2, linux.AT_SYMLINK_NOFOLLOW, 0, 0})
}

func statx(p *Process, a args) (uintptr, linux.Errno) {
	const flags = linux.AT_SYMLINK_NOFOLLOW | linux.AT_NO_AUTOMOUNT | linux.AT_EMPTY_PATH | linux.AT_STATX_SYNC_TYPE
	if a.a3&^flags != 0 || a.a3&linux.AT_STATX_SYNC_TYPE == linux.AT_STATX_SYNC_TYPE || a.a4&linux.STATX_RESERVED != 0 {
		return 0, linux.EINVAL
	}
	n, e := p.lookup(a.a1, a.a2, a.a3)
	if e != 0 {
		return 0, e
	}
	t := n.Attr()
	dev, size := uint64(treeDevice), int64(pageSize)
	if t.Device != 0 {
		dev, size = t.Device, t.BlockSize
	}
	return 0, store(a.a5, linux.Statx{
		Mask: linux.STATX_BASIC_STATS | linux.STATX_BTIME, Blksize: uint32(size),
		Nlink: t.Nlink, Uid: t.UID, Gid: t.GID, Mode: uint16(t.Mode), Ino: t.Ino, Size: uint64(t.Size), Blocks: uint64(t.Blocks),
		Atime: statxTime(t.Atime), Mtime: statxTime(t.Mtime), Ctime: statxTime(t.Ctime), Btime: statxTime(t.Btime),
		RdevMajor: major(t.Rdev), RdevMinor: minor(t.Rdev), DevMajor: major(dev), DevMinor: minor(dev),
	})
}

// major and minor are the parts of a device number, as linux.Makedev makes it.
func major(dev uint64) uint32 { return uint32(dev >> 8 & 0xfff) }
func minor(dev uint64) uint32 { return uint32(dev&0xff | dev>>12&0xfff00) }

func statxTime(ns int64) linux.StatxTime {
	t := timespec(ns)
	return linux.StatxTime{Sec: t.Sec, Nsec: uint32(t.Nsec)}
}

// faccessat2 asks what root may do: all, but execute what nobody may.
func faccessat2(p *Process, a args) (uintptr, linux.Errno) {
	const execute, modes = 1, 7
	if a.a3&^modes != 0 || a.a4&^(linux.AT_EACCESS|linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return 0, linux.EINVAL
	}
	n, e := p.lookup(a.a1, a.a2, a.a4)
	if e == 0 && a.a3&execute != 0 && !n.IsDir() && n.Mode()&linux.S_IXUGO == 0 {
		e = linux.EACCES
	}
	return 0, e
}

func faccessat(p *Process, a args) (uintptr, linux.Errno) {
	return faccessat2(p, args{a.a1, a.a2, a.a3, 0, 0, 0})
}

func access(p *Process, a args) (uintptr, linux.Errno) {
	return faccessat2(p, args{atCwd, a.a1, a.a2, 0, 0, 0})
}

// onFile serves a call that changes an open file's node.
func (p *Process) onFile(a uintptr, change func(n *fs.Inode) linux.Errno) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if d.path {
		return 0, linux.EBADF
	}
	return 0, change(p.inode(d))
}

func fchmodat2(p *Process, a args) (uintptr, linux.Errno) {
	if a.a4&^(linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return 0, linux.EINVAL
	}
	n, e := p.lookup(a.a1, a.a2, a.a4)
	if e != 0 {
		return 0, e
	}
	return 0, n.Chmod(uint32(a.a3))
}

func fchmodat(p *Process, a args) (uintptr, linux.Errno) {
	return fchmodat2(p, args{a.a1, a.a2, a.a3, 0, 0, 0})
}

func chmod(p *Process, a args) (uintptr, linux.Errno) {
	return fchmodat2(p, args{atCwd, a.a1, a.a2, 0, 0, 0})
}

func fchmod(p *Process, a args) (uintptr, linux.Errno) {
	return p.onFile(a.a1, func(n *fs.Inode) linux.Errno { return n.Chmod(uint32(a.a2)) })
}

func fchownat(p *Process, a args) (uintptr, linux.Errno) {
	if a.a5&^(linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return 0, linux.EINVAL
	}
	n, e := p.lookup(a.a1, a.a2, a.a5)
	if e != 0 {
		return 0, e
	}
	return 0, n.Chown(int32(a.a3), int32(a.a4))
}

func chown(p *Process, a args) (uintptr, linux.Errno) {
	return fchownat(p, args{atCwd, a.a1, a.a2, a.a3, 0, 0})
}

func lchown(p *Process, a args) (uintptr, linux.Errno) {
	return fchownat(p, args{atCwd, a.a1, a.a2, a.a3, linux.AT_SYMLINK_NOFOLLOW, 0})
}

func fchown(p *Process, a args) (uintptr, linux.Errno) {
	return p.onFile(a.a1, func(n *fs.Inode) linux.Errno { return n.Chown(int32(a.a2), int32(a.a3)) })
}

// utimensat sets two times, each given, UTIME_NOW or UTIME_OMIT; no times at all are now.
func utimensat(p *Process, a args) (uintptr, linux.Errno) {
	now := linux.Timespec{Nsec: linux.UTIME_NOW}
	t := [2]linux.Timespec{now, now}
	if a.a3 != 0 {
		var e linux.Errno
		if t, e = load[[2]linux.Timespec](a.a3); e != 0 {
			return 0, e
		}
	}
	var times [2]*int64
	for i := range t {
		ns, ok := t[i].Sec*1e9+t[i].Nsec, t[i].Nsec >= 0 && t[i].Nsec < 1e9
		switch {
		case t[i].Nsec == linux.UTIME_OMIT:
			continue
		case t[i].Nsec == linux.UTIME_NOW:
			ns = wallClock()
		case !ok:
			return 0, linux.EINVAL
		}
		times[i] = &ns
	}
	if t[0].Nsec == linux.UTIME_OMIT && t[1].Nsec == linux.UTIME_OMIT {
		return 0, 0 // nothing is looked at (utimensat(2))
	}
	return p.setTimes(a.a1, a.a2, a.a4, times)
}

// setTimes finds the file: with no path at all it is the one that is open.
func (p *Process) setTimes(dirfd, ptr, flags uintptr, times [2]*int64) (uintptr, linux.Errno) {
	set := func(n *fs.Inode) linux.Errno { return n.SetTimes(times[0], times[1]) }
	if ptr == 0 && int32(dirfd) != linux.AT_FDCWD {
		if flags != 0 {
			return 0, linux.EINVAL
		}
		return p.onFile(dirfd, set)
	}
	if flags&^(linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return 0, linux.EINVAL
	}
	n, e := p.lookup(dirfd, ptr, flags)
	if e != 0 {
		return 0, e
	}
	return 0, set(n)
}

// futimesat serves itself, utimes and, with another unit, utime: what was there before utimensat.
func futimesat(p *Process, a args) (uintptr, linux.Errno) {
	now := wallClock()
	times := [2]*int64{&now, &now}
	if a.a3 != 0 {
		t, e := load[[2]linux.Timeval](a.a3)
		if e != 0 {
			return 0, e
		}
		for i := range t {
			if t[i].Usec < 0 || t[i].Usec >= 1e6 {
				return 0, linux.EINVAL
			}
			ns := t[i].Sec*1e9 + t[i].Usec*1e3
			times[i] = &ns
		}
	}
	return p.setTimes(a.a1, a.a2, 0, times)
}

func utimes(p *Process, a args) (uintptr, linux.Errno) {
	return futimesat(p, args{atCwd, a.a1, a.a2, 0, 0, 0})
}

func utime(p *Process, a args) (uintptr, linux.Errno) {
	now := wallClock()
	times := [2]*int64{&now, &now}
	if a.a2 != 0 {
		sec, e := load[[2]int64](a.a2)
		if e != 0 {
			return 0, e
		}
		for i := range sec {
			ns := sec[i] * 1e9
			times[i] = &ns
		}
	}
	return p.setTimes(atCwd, a.a1, 0, times)
}
