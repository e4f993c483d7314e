package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"math"
)

// Copying between descriptors.

// copyPiece is how many bytes are copied at a time.
const copyPiece = 64 << 10

// A place is where in a file one end of a copy is.
type place struct {
	d   *description
	f   positional // nil if the file has no offsets
	off int64
	ptr uintptr // where the caller keeps the offset; 0: the description's own is used
}

// place finds one end of a copy. The errors are EBADF, EFAULT and EINVAL; if there is none the caller puts d.
func (p *Process) place(a, ptr uintptr) (s place, e linux.Errno) {
	if s.d, e = p.fds.get(fd(a)); e != 0 {
		return s, e
	}
	s.ptr = ptr
	s.f, _ = s.d.file.(positional)
	if s.d.path {
		e = linux.EBADF
	} else if ptr == 0 {
		s.d.pos.Lock()
		s.off = s.d.offset
		s.d.pos.Unlock()
	} else if s.off, e = load[int64](ptr); e == 0 && s.off < 0 {
		e = linux.EINVAL
	}
	if e != 0 {
		s.d.put()
	}
	return s, e
}

// finish leaves the offset where it belongs.
func (s *place) finish() linux.Errno {
	if s.ptr != 0 {
		return store(s.ptr, s.off)
	}
	s.d.pos.Lock()
	s.d.offset = s.off
	s.d.pos.Unlock()
	return 0
}

// sendfile copies from a file to whatever may be written to (sendfile(2)). The checks are in the order of Linux's.
func sendfile(p *Process, a args) (uintptr, linux.Errno) {
	in, e := p.place(a.a2, a.a3)
	if e != 0 {
		return 0, e
	}
	defer in.d.put()
	n := min(int(a.a4), linux.MAX_RW)
	switch {
	case !in.d.readable():
		return 0, linux.EBADF
	case n < 0 || overflows(in.off, n):
		return 0, linux.EINVAL
	}
	out, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer out.put()
	switch {
	case !out.writable():
		return 0, linux.EBADF
	case in.f == nil || p.inode(in.d).IsDir() || out.flags.Load()&linux.O_APPEND != 0:
		return 0, linux.EINVAL
	}
	n, e = in.copy(n, out.write)
	if e == 0 {
		e = in.finish()
	}
	return uintptr(n), e
}

// copy moves up to n bytes to write, until one of the ends stops.
func (s *place) copy(n int, write func([]byte) (int, linux.Errno)) (done int, e linux.Errno) {
	buf := make([]byte, min(n, copyPiece))
	for done < n {
		piece, e := s.f.readAt(buf[:min(n-done, len(buf))], s.off)
		if piece == 0 || e != 0 {
			return done, partly(done, e)
		}
		w, e := write(buf[:piece])
		s.off += int64(w)
		done += w
		if e != 0 || w < piece {
			return done, partly(done, e)
		}
	}
	return done, 0
}

// partly forgets an error after something was done: the caller hears of it the next time.
func partly(done int, e linux.Errno) linux.Errno {
	if done > 0 {
		return 0
	}
	return e
}

// copyFileRange copies between regular files (copy_file_range(2)).
func copyFileRange(p *Process, a args) (uintptr, linux.Errno) {
	if a.a6 != 0 {
		return 0, linux.EINVAL
	}
	in, e := p.place(a.a1, a.a2)
	if e != 0 {
		return 0, e
	}
	defer in.d.put()
	out, e := p.place(a.a3, a.a4)
	if e != 0 {
		return 0, e
	}
	defer out.d.put()
	from, ok := in.d.file.(*regular)
	to, ok2 := out.d.file.(*regular)
	n := min(int(a.a5), linux.MAX_RW)
	switch {
	case p.inode(in.d).IsDir() || p.inode(out.d).IsDir():
		return 0, linux.EISDIR
	case !ok || !ok2 || n < 0:
		return 0, linux.EINVAL
	case !in.d.readable() || !out.d.writable() || out.d.flags.Load()&linux.O_APPEND != 0:
		return 0, linux.EBADF
	case out.off == math.MaxInt64:
		return 0, linux.EFBIG
	}
	n = max(0, int(min(int64(n), from.node.Size()-in.off)))
	if from.node == to.node && in.off < out.off+int64(n) && out.off < in.off+int64(n) {
		return 0, linux.EINVAL // the ranges overlap
	}
	done, e := in.copy(n, func(b []byte) (int, linux.Errno) {
		w, e := to.writeAt(out.d, b, out.off)
		out.off += int64(w)
		return w, e
	})
	if e == 0 {
		e = in.finish()
	}
	if e == 0 {
		e = out.finish()
	}
	return uintptr(done), e
}

// splice moves nothing: what it is for, callers do by reading and writing when it is EINVAL.
func splice(p *Process, a args) (uintptr, linux.Errno) { return 0, linux.EINVAL }

func memfdCreate(p *Process, a args) (uintptr, linux.Errno) {
	const longest = linux.NAME_MAX - len("memfd:") + 1
	if _, e := userString(a.a1, longest, linux.EINVAL); e != 0 {
		return 0, e
	}
	if a.a2&^(linux.MFD_CLOEXEC|linux.MFD_NOEXEC|linux.MFD_EXEC) != 0 {
		return 0, linux.EINVAL
	}
	n, e := p.fs.NewFile(0o777)
	if e != 0 {
		return 0, e
	}
	d, e := p.openNode(n, linux.O_RDWR)
	if e != 0 {
		n.Release()
		return 0, e
	}
	r, e := p.fds.install(d, 0, a.a2&linux.MFD_CLOEXEC != 0)
	return uintptr(r), e
}
