package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
)

// Extended attributes (xattr(7)): no file has any, or can be given one, as on a file system that does not keep them. Programs that copy
// files with all that belongs to them ask, and take that answer, but not ENOSYS.

// A finder finds the file that a call is about, by its first argument.
type finder func(p *Process, a uintptr) (*fs.Inode, linux.Errno)

func byPath(p *Process, a uintptr) (*fs.Inode, linux.Errno) { return p.lookup(atCwd, a, 0) }

func byPathItself(p *Process, a uintptr) (*fs.Inode, linux.Errno) {
	return p.lookup(atCwd, a, linux.AT_SYMLINK_NOFOLLOW)
}

func byDescriptor(p *Process, a uintptr) (n *fs.Inode, e linux.Errno) {
	_, e = p.onFile(a, func(found *fs.Inode) linux.Errno {
		n = found
		return 0
	})
	return n, e
}

// attributeName checks a name. The errors are EFAULT, and ERANGE: it is empty, or too long.
func attributeName(ptr uintptr) linux.Errno {
	name, e := userString(ptr, linux.XATTR_NAME_MAX+1, linux.ERANGE)
	if e == 0 && name == "" {
		e = linux.ERANGE
	}
	return e
}

// setxattr refuses in the order of Linux's setxattr_copy.
func setxattr(find finder) handler {
	return func(p *Process, a args) (uintptr, linux.Errno) {
		n, e := find(p, a.a1)
		switch {
		case e != 0:
			return 0, e
		case n.ReadOnly():
			return 0, linux.EROFS
		case a.a5&^(linux.XATTR_CREATE|linux.XATTR_REPLACE) != 0:
			return 0, linux.EINVAL
		}
		if e := attributeName(a.a2); e != 0 {
			return 0, e
		}
		if a.a4 > linux.XATTR_SIZE_MAX {
			return 0, linux.E2BIG
		}
		if _, e := userBytes(a.a3, a.a4, false); e != 0 {
			return 0, e
		}
		return 0, linux.EOPNOTSUPP
	}
}

// getxattr serves removexattr too.
func getxattr(find finder) handler {
	return func(p *Process, a args) (uintptr, linux.Errno) {
		_, e := find(p, a.a1)
		if e == 0 {
			e = attributeName(a.a2)
		}
		if e == 0 {
			e = linux.EOPNOTSUPP
		}
		return 0, e
	}
}

// listxattr lists none.
func listxattr(find finder) handler {
	return func(p *Process, a args) (uintptr, linux.Errno) {
		_, e := find(p, a.a1)
		return 0, e
	}
}
