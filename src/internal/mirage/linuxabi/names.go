package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
)

// Names in the tree: making, removing and moving them.

func mkdirat(p *Process, a args) (uintptr, linux.Errno) {
	at, path, e := p.pathAt(a.a1, a.a2)
	if e != 0 {
		return 0, e
	}
	return 0, p.fs.Mkdir(at, path, uint32(a.a3)&^p.umask.Load())
}

func mkdir(p *Process, a args) (uintptr, linux.Errno) {
	return mkdirat(p, args{atCwd, a.a1, a.a2, 0, 0, 0})
}

func mknodat(p *Process, a args) (uintptr, linux.Errno) {
	at, path, e := p.pathAt(a.a1, a.a2)
	if e != 0 {
		return 0, e
	}
	_, e = p.fs.Mknod(at, path, uint32(a.a3)&^p.umask.Load(), uint64(uint32(a.a4)))
	return 0, e
}

func mknod(p *Process, a args) (uintptr, linux.Errno) {
	return mknodat(p, args{atCwd, a.a1, a.a2, a.a3, 0, 0})
}

func unlinkat(p *Process, a args) (uintptr, linux.Errno) {
	if a.a3&^linux.AT_REMOVEDIR != 0 {
		return 0, linux.EINVAL
	}
	at, path, e := p.pathAt(a.a1, a.a2)
	switch {
	case e != 0:
		return 0, e
	case a.a3 != 0:
		return 0, p.fs.Rmdir(at, path)
	}
	return 0, p.fs.Unlink(at, path)
}

func unlink(p *Process, a args) (uintptr, linux.Errno) {
	return unlinkat(p, args{atCwd, a.a1, 0, 0, 0, 0})
}

func rmdir(p *Process, a args) (uintptr, linux.Errno) {
	return unlinkat(p, args{atCwd, a.a1, linux.AT_REMOVEDIR, 0, 0, 0})
}

func renameat2(p *Process, a args) (uintptr, linux.Errno) {
	switch a.a5 { // RENAME_WHITEOUT is refused as by a file system without it
	case 0, linux.RENAME_NOREPLACE, linux.RENAME_EXCHANGE:
	default:
		return 0, linux.EINVAL
	}
	oldAt, old, e := p.pathAt(a.a1, a.a2)
	if e != 0 {
		return 0, e
	}
	at, path, e := p.pathAt(a.a3, a.a4)
	if e != 0 {
		return 0, e
	}
	return 0, p.fs.Rename(oldAt, old, at, path, int(a.a5))
}

func renameat(p *Process, a args) (uintptr, linux.Errno) {
	return renameat2(p, args{a.a1, a.a2, a.a3, a.a4, 0, 0})
}

func rename(p *Process, a args) (uintptr, linux.Errno) {
	return renameat2(p, args{atCwd, a.a1, atCwd, a.a2, 0, 0})
}

func linkat(p *Process, a args) (uintptr, linux.Errno) {
	if a.a5&^(linux.AT_SYMLINK_FOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return 0, linux.EINVAL
	}
	oldAt, old, e := p.nodeOrPath(a.a1, a.a2, a.a5)
	if e != 0 {
		return 0, e
	}
	at, path, e := p.pathAt(a.a3, a.a4)
	if e != 0 {
		return 0, e
	}
	return 0, p.fs.Link(oldAt, old, at, path, a.a5&linux.AT_SYMLINK_FOLLOW != 0)
}

func link(p *Process, a args) (uintptr, linux.Errno) {
	return linkat(p, args{atCwd, a.a1, atCwd, a.a2, 0, 0})
}

// nodeOrPath is pathAt for calls that take AT_EMPTY_PATH: with it an empty path means the descriptor's own file, which
// is then what is returned.
func (p *Process) nodeOrPath(dirfd, ptr, flags uintptr) (*fs.Inode, string, linux.Errno) {
	var path string
	var e linux.Errno
	if ptr != 0 || flags&linux.AT_EMPTY_PATH == 0 {
		if path, e = userPath(ptr); e != 0 {
			return nil, "", e
		}
	}
	if path != "" || flags&linux.AT_EMPTY_PATH == 0 {
		at, e := p.base(dirfd, path)
		return at, path, e
	}
	at, e := p.base(dirfd, ".")
	return at, "", e
}

func symlinkat(p *Process, a args) (uintptr, linux.Errno) {
	target, e := userPath(a.a1)
	if e != 0 {
		return 0, e
	}
	if target == "" {
		return 0, linux.ENOENT
	}
	at, path, e := p.pathAt(a.a2, a.a3)
	if e != 0 {
		return 0, e
	}
	return 0, p.fs.Symlink(target, at, path)
}

func symlink(p *Process, a args) (uintptr, linux.Errno) {
	return symlinkat(p, args{a.a1, atCwd, a.a2, 0, 0, 0})
}

func readlinkat(p *Process, a args) (uintptr, linux.Errno) {
	if int32(a.a4) <= 0 {
		return 0, linux.EINVAL
	}
	at, path, e := p.nodeOrPath(a.a1, a.a2, linux.AT_EMPTY_PATH)
	if e != 0 {
		return 0, e
	}
	n := at
	if path != "" {
		if n, e = p.fs.Lookup(at, path, false); e != 0 {
			return 0, e
		}
	}
	target, e := n.Readlink()
	if e != 0 && path == "" {
		e = linux.ENOENT // do_readlinkat
	}
	if e != 0 {
		return 0, e
	}
	length := min(uintptr(len(target)), a.a4)
	b, e := userBytes(a.a3, length, true)
	return uintptr(copy(b, target)), e
}

func readlink(p *Process, a args) (uintptr, linux.Errno) {
	return readlinkat(p, args{atCwd, a.a1, a.a2, a.a3, 0, 0})
}

// lookup finds the node that an *at call names; of flags AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW count.
func (p *Process) lookup(dirfd, ptr, flags uintptr) (*fs.Inode, linux.Errno) {
	at, path, e := p.nodeOrPath(dirfd, ptr, flags)
	if e != 0 || path == "" {
		return at, e
	}
	return p.fs.Lookup(at, path, flags&linux.AT_SYMLINK_NOFOLLOW == 0)
}
