package linuxabi

import (
	"internal/mirage/fs"
	"internal/mirage/linuxabi/linux"
	"math"
)

// base returns the directory from which a path given with dirfd starts. The errors are ENOENT (empty path) and EBADF.
func (p *Process) base(dirfd uintptr, path string) (*fs.Inode, linux.Errno) {
	switch {
	case path == "":
		return nil, linux.ENOENT
	case path[0] == '/':
		return p.fs.Root(), 0
	case int32(dirfd) == linux.AT_FDCWD:
		return p.cwd.Load(), 0
	}
	d, e := p.fds.get(int(int32(dirfd)))
	if e != 0 {
		return nil, e
	}
	defer d.put()
	return p.inode(d), 0
}

// pathAt is base with the path still in the caller's memory.
func (p *Process) pathAt(dirfd, ptr uintptr) (*fs.Inode, string, linux.Errno) {
	path, e := userPath(ptr)
	if e != 0 {
		return nil, "", e
	}
	at, e := p.base(dirfd, path)
	return at, path, e
}

// inode returns the node behind a description, and makes it for a file that came without a path.
func (p *Process) inode(d *description) *fs.Inode {
	if n := d.node.Load(); n != nil {
		return n
	}
	d.node.CompareAndSwap(nil, p.fs.NewNode(d.file.mode(), 0))
	return d.node.Load()
}

// fd converts a descriptor argument, which is an int.
func fd(a uintptr) int { return int(int32(a)) }

func openat(p *Process, a args) (uintptr, linux.Errno) {
	flags := int(uint32(a.a3))
	if e := fs.CheckFlags(flags); e != 0 {
		return 0, e
	}
	at, path, e := p.pathAt(a.a1, a.a2)
	if e == 0 {
		e = p.fds.spare()
	}
	if e != 0 {
		return 0, e
	}
	n, e := p.fs.Open(at, path, flags, uint32(a.a4)&^p.umask.Load())
	if e != 0 {
		return 0, e
	}
	d, e := p.openNode(n, flags)
	if e != 0 {
		n.Release()
		return 0, e
	}
	d.opened = origin{at, path}
	r, e := p.fds.install(d, 0, flags&linux.O_CLOEXEC != 0)
	return uintptr(r), e
}

// open is openat as it was before 2.6.16; creat too.
func open(p *Process, a args) (uintptr, linux.Errno) {
	return openat(p, args{atCwd, a.a1, a.a2, a.a3, 0, 0})
}

func creat(p *Process, a args) (uintptr, linux.Errno) {
	return openat(p, args{atCwd, a.a1, linux.O_CREAT | linux.O_WRONLY | linux.O_TRUNC, a.a2, 0, 0})
}

// atCwd is AT_FDCWD as an argument.
const atCwd = ^uintptr(-linux.AT_FDCWD - 1)

// openNode makes the description of what a path led to, and takes over the reference to n unless it fails.
func (p *Process) openNode(n *fs.Inode, flags int) (*description, linux.Errno) {
	f, e := p.nodeFile(n, flags)
	if e != 0 {
		return nil, e
	}
	d := newDescription(f, flags)
	d.node.Store(n)
	d.held = true
	return d, 0
}

func (p *Process) nodeFile(n *fs.Inode, flags int) (file, linux.Errno) {
	if flags&linux.O_PATH != 0 {
		return pathFile{n}, 0
	}
	switch n.Type() {
	case linux.S_IFREG:
		if b, ok := n.Snapshot(); ok {
			return &snapshot{node: n, data: b}, 0
		}
		return &regular{n}, 0
	case linux.S_IFDIR:
		return &directory{node: n}, 0
	case linux.S_IFCHR:
		return p.device(n)
	case linux.S_IFBLK:
		return p.openBlock(n)
	case linux.S_IFIFO:
		if c, ok := n.Attached(nil).(*console); ok {
			return &consoleFile{console: c}, 0
		}
		return openFIFO(n, flags)
	}
	return nil, linux.ENXIO
}

func closeFd(p *Process, a args) (uintptr, linux.Errno) { return 0, p.fds.close(fd(a.a1)) }

func closeRange(p *Process, a args) (uintptr, linux.Errno) {
	first, last := uint32(a.a1), uint32(a.a2)
	if first > last || a.a3&^linux.CLOSE_RANGE_CX != 0 {
		return 0, linux.EINVAL
	}
	p.fds.each(int(first), int(last), func(fd int, s *slot) {
		if a.a3 != 0 {
			s.cloexec.Store(true)
		} else {
			p.fds.close(fd)
		}
	})
	return 0, 0
}

func read(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if !d.readable() {
		return 0, linux.EBADF
	}
	b, e := userBuffer(a.a2, a.a3, true)
	if e != 0 {
		return 0, e
	}
	n, e := d.read(b)
	return uintptr(n), e
}

func write(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if !d.writable() {
		return 0, linux.EBADF
	}
	b, e := userBuffer(a.a2, a.a3, false)
	if e != 0 {
		return 0, e
	}
	n, e := d.write(b)
	return uintptr(n), e
}

// overflows reports whether n bytes at off end past the last offset that there is, which Linux refuses
// (rw_verify_area).
func overflows(off int64, n int) bool { return off > math.MaxInt64-int64(n) }

// A positional file has offsets: it can be read and written anywhere.
type positional interface {
	readAt(b []byte, off int64) (int, linux.Errno)
	writeAt(d *description, b []byte, off int64) (int, linux.Errno)
}

func pread(p *Process, a args) (uintptr, linux.Errno) {
	return p.transferAt(a, false, func(f positional, d *description, b []byte) (int, linux.Errno) {
		return f.readAt(b, int64(a.a4))
	})
}

func pwrite(p *Process, a args) (uintptr, linux.Errno) {
	return p.transferAt(a, true, func(f positional, d *description, b []byte) (int, linux.Errno) {
		return f.writeAt(d, b, int64(a.a4))
	})
}

// transferAt serves pread64 and pwrite64.
func (p *Process) transferAt(a args, writing bool, op func(positional, *description, []byte) (int, linux.Errno)) (uintptr, linux.Errno) {
	if int64(a.a4) < 0 {
		return 0, linux.EINVAL
	}
	d, f, e := p.positional(a.a1, writing)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	b, e := userBuffer(a.a2, a.a3, !writing)
	if e != 0 {
		return 0, e
	}
	if overflows(int64(a.a4), len(b)) {
		return 0, linux.EINVAL
	}
	n, e := op(f, d, b)
	return uintptr(n), e
}

// positional returns a descriptor's file for reading or writing at an offset. The errors are EBADF and ESPIPE; if
// there is none the caller puts d.
func (p *Process) positional(a uintptr, writing bool) (*description, positional, linux.Errno) {
	d, e := p.fds.get(fd(a))
	if e != 0 {
		return nil, nil, e
	}
	f, ok := d.file.(positional)
	switch {
	case d.path:
		e = linux.EBADF
	case !ok:
		e = linux.ESPIPE
	case writing && !d.writable() || !writing && !d.readable():
		e = linux.EBADF
	}
	if e != 0 {
		d.put()
		return nil, nil, e
	}
	return d, f, 0
}

// A seeker is a file on which lseek means something.
type seeker interface {
	// seek returns the offset that SEEK_END, SEEK_DATA or SEEK_HOLE begins at.
	seek(off int64, whence int) (int64, linux.Errno)
}

func lseek(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	f, ok := d.file.(seeker)
	switch {
	case d.path:
		return 0, linux.EBADF
	case a.a3 > linux.SEEK_HOLE:
		return 0, linux.EINVAL
	case !ok:
		return 0, linux.ESPIPE
	}
	d.pos.Lock()
	defer d.pos.Unlock()
	off := int64(a.a2)
	switch whence := int(a.a3); whence {
	case linux.SEEK_SET:
	case linux.SEEK_CUR:
		off += d.offset // negative when it overflows
	default:
		if off, e = f.seek(off, whence); e != 0 {
			return 0, e
		}
	}
	if off < 0 {
		return 0, linux.EINVAL
	}
	d.offset = off
	return uintptr(off), 0
}
