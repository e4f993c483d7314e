package linuxabi

import "internal/mirage/linuxabi/linux"

// Copying between descriptors.

// copyPiece is how many bytes are copied at a time.
const copyPiece = 64 << 10

// A copyFrom reads the source at its place and moves that place on by what came out at the other end.
type copyFrom struct {
	f   positional
	d   *description
	off int64
	ptr uintptr // where the caller keeps the offset; 0: the description's own is used
}

// source prepares a descriptor that is read at an offset.
func (p *Process) source(a, ptr uintptr, writing bool) (s copyFrom, e linux.Errno) {
	s.ptr = ptr
	if s.d, s.f, e = p.positional(a, writing); e != 0 {
		return s, e
	}
	if ptr == 0 {
		s.d.pos.Lock()
		s.off = s.d.offset
		s.d.pos.Unlock()
		return s, 0
	}
	if s.off, e = load[int64](ptr); e == 0 && s.off < 0 {
		e = linux.EINVAL
	}
	if e != 0 {
		s.d.put()
	}
	return s, e
}

// finish leaves the offset where it belongs.
func (s *copyFrom) finish() linux.Errno {
	if s.ptr != 0 {
		return store(s.ptr, s.off)
	}
	s.d.pos.Lock()
	s.d.offset = s.off
	s.d.pos.Unlock()
	return 0
}

// sendfile copies from a file to whatever may be written to (sendfile(2)).
func sendfile(p *Process, a args) (uintptr, linux.Errno) {
	out, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer out.put()
	in, e := p.source(a.a2, a.a3, false)
	if e == linux.ESPIPE {
		e = linux.EINVAL
	}
	if e != 0 {
		return 0, e
	}
	defer in.d.put()
	switch {
	case !out.writable():
		return 0, linux.EBADF
	case out.flags.Load()&linux.O_APPEND != 0 || int(a.a4) < 0:
		return 0, linux.EINVAL
	}
	n, e := in.copy(min(int(a.a4), linux.MAX_RW), out.write)
	if e == 0 {
		e = in.finish()
	}
	return uintptr(n), e
}

// copy moves up to n bytes to write, until one of the ends stops.
func (s *copyFrom) copy(n int, write func([]byte) (int, linux.Errno)) (done int, e linux.Errno) {
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
	in, e := p.source(a.a1, a.a2, false)
	if e != 0 {
		return 0, plainFiles(e)
	}
	defer in.d.put()
	out, e := p.source(a.a3, a.a4, true)
	if e != 0 {
		return 0, plainFiles(e)
	}
	defer out.d.put()
	from, ok := in.f.(*regular)
	to, ok2 := out.f.(*regular)
	n := min(int(a.a5), linux.MAX_RW)
	switch {
	case !ok || !ok2 || n < 0:
		return 0, linux.EINVAL
	case out.d.flags.Load()&linux.O_APPEND != 0:
		return 0, linux.EBADF
	case from.node == to.node && in.off < out.off+int64(n) && out.off < in.off+int64(n):
		return 0, linux.EINVAL
	}
	done, e := in.copy(n, func(b []byte) (int, linux.Errno) {
		w, e := to.node.WriteAt(b, out.off)
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

// plainFiles is the error for what is no regular file.
func plainFiles(e linux.Errno) linux.Errno {
	if e == linux.ESPIPE {
		return linux.EINVAL
	}
	return e
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
