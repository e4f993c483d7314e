package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
)

// The working directory, and reading directories.

func getcwd(p *Process, a args) (uintptr, linux.Errno) {
	path, e := p.fs.Path(p.cwd.Load())
	if e != 0 {
		return 0, e
	}
	if len(path) >= linux.PATH_MAX {
		return 0, linux.ENAMETOOLONG
	}
	return uintptr(len(path)) + 1, putString(a.a1, a.a2, path, linux.ERANGE)
}

func chdir(p *Process, a args) (uintptr, linux.Errno) {
	at, path, e := p.pathAt(atCwd, a.a1)
	if e != 0 {
		return 0, e
	}
	return 0, p.changeDir(at, path)
}

func (p *Process) changeDir(at *fs.Inode, path string) linux.Errno {
	n, e := p.fs.Lookup(at, path, true)
	if e != 0 {
		return e
	}
	if !n.IsDir() {
		return linux.ENOTDIR
	}
	p.cwd.Store(n)
	return 0
}

func fchdir(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	n := p.inode(d)
	if !n.IsDir() {
		return 0, linux.ENOTDIR
	}
	p.cwd.Store(n)
	return 0, 0
}

// chroot is refused, as to a process without the capability.
func chroot(p *Process, a args) (uintptr, linux.Errno) { return 0, linux.EPERM }

func umask(p *Process, a args) (uintptr, linux.Errno) {
	return uintptr(p.umask.Swap(uint32(a.a1) & 0o777)), 0
}

// getdents64 fills the buffer with struct linux_dirent64: inode, offset of the next entry, length, type, name.
func getdents64(p *Process, a args) (uintptr, linux.Errno) {
	const nameAt = 19
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	dir, ok := d.file.(*directory)
	if d.path {
		return 0, linux.EBADF
	} else if !ok {
		return 0, linux.ENOTDIR
	}
	b, e := userBuffer(a.a2, uintptr(uint32(a.a3)), true)
	if e != 0 {
		return 0, e
	}
	d.pos.Lock()
	defer d.pos.Unlock()
	used, full := 0, false
	e = dir.node.ReadDir(d.offset, func(entry fs.Dirent) bool {
		size := (nameAt + len(entry.Name) + 1 + 7) &^ 7
		if full = size > len(b)-used; full {
			return false
		}
		r := b[used : used+size]
		put64(r, entry.Ino)
		put64(r[8:], uint64(entry.Next))
		put16(r[16:], uint16(size))
		r[18] = byte(entry.Type >> linux.DTShift)
		clear(r[nameAt+copy(r[nameAt:], entry.Name):])
		used += size
		d.offset = entry.Next
		return true
	})
	if e == 0 && full && used == 0 {
		e = linux.EINVAL // not even one entry fits
	}
	return uintptr(used), e
}

func put16(b []byte, v uint16) { b[0], b[1] = byte(v), byte(v>>8) }

func put32(b []byte, v uint32) {
	put16(b, uint16(v))
	put16(b[2:], uint16(v>>16))
}

func put64(b []byte, v uint64) {
	put32(b, uint32(v))
	put32(b[4:], uint32(v>>32))
}
