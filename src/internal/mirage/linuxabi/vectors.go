package linuxabi

import "internal/mirage/linuxabi/linux"

// Scattered buffers: readv, writev and their kin.

// bounceSize is how many bytes of scattered buffers are moved as one piece. Up to here a call is as atomic as one
// with a single buffer, which datagrams and pipes need.
const bounceSize = 1 << 20

// vector loads the buffers of count iovecs. The errors are EINVAL (more than IOV_MAX, or bytes than an int can say)
// and EFAULT.
func vector(ptr, count uintptr, write bool) (v [][]byte, total int, e linux.Errno) {
	if count > linux.IOV_MAX {
		return nil, 0, linux.EINVAL
	}
	iov, e := loadSlice[linux.Iovec](ptr, int(count))
	if e != 0 {
		return nil, 0, e
	}
	v = make([][]byte, 0, len(iov))
	for _, i := range iov {
		if int(i.Len) < 0 {
			return nil, 0, linux.EINVAL
		}
		n := min(i.Len, uintptr(linux.MAX_RW-total))
		b, e := userBytes(i.Base, n, write)
		if e != 0 {
			return nil, 0, e
		}
		if n > 0 {
			v = append(v, b)
		}
		total += int(n)
	}
	return v, total, 0
}

// scatter fills v by read, which is called once unless v is larger than bounceSize.
func scatter(v [][]byte, total int, read func(b []byte) (int, linux.Errno)) (int, linux.Errno) {
	if len(v) <= 1 {
		return read(single(v))
	}
	if total > bounceSize {
		return each(v, read)
	}
	bounce := make([]byte, total)
	n, e := read(bounce)
	for rest := bounce[:min(n, total)]; len(rest) > 0; v = v[1:] { // n may be what a datagram was before it was cut
		rest = rest[copy(v[0], rest):]
	}
	return n, e
}

// gather hands v to write, in one piece unless it is larger than bounceSize.
func gather(v [][]byte, total int, write func(b []byte) (int, linux.Errno)) (int, linux.Errno) {
	if len(v) <= 1 {
		return write(single(v))
	}
	if total > bounceSize {
		return each(v, write)
	}
	bounce := make([]byte, 0, total)
	for _, b := range v {
		bounce = append(bounce, b...)
	}
	return write(bounce)
}

func single(v [][]byte) []byte {
	if len(v) == 0 {
		return nil
	}
	return v[0]
}

// each calls f for each buffer until one comes out short.
func each(v [][]byte, f func(b []byte) (int, linux.Errno)) (done int, e linux.Errno) {
	for _, b := range v {
		n, e := f(b)
		if done += n; e != 0 && done == 0 {
			return 0, e
		}
		if e != 0 || n < len(b) {
			break
		}
	}
	return done, 0
}

func readv(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if !d.readable() {
		return 0, linux.EBADF
	}
	v, total, e := vector(a.a2, a.a3, true)
	if e != 0 {
		return 0, e
	}
	n, e := scatter(v, total, d.read)
	return uintptr(n), e
}

func writev(p *Process, a args) (uintptr, linux.Errno) {
	d, e := p.fds.get(fd(a.a1))
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if !d.writable() {
		return 0, linux.EBADF
	}
	v, total, e := vector(a.a2, a.a3, false)
	if e != 0 {
		return 0, e
	}
	n, e := gather(v, total, d.write)
	return uintptr(n), e
}

func preadv(p *Process, a args) (uintptr, linux.Errno) {
	return p.vectorAt(a, false, func(f positional, d *description, v [][]byte, total int) (int, linux.Errno) {
		off := int64(a.a4)
		return scatter(v, total, func(b []byte) (int, linux.Errno) {
			n, e := f.readAt(b, off)
			off += int64(n)
			return n, e
		})
	})
}

func pwritev(p *Process, a args) (uintptr, linux.Errno) {
	return p.vectorAt(a, true, func(f positional, d *description, v [][]byte, total int) (int, linux.Errno) {
		off := int64(a.a4)
		return gather(v, total, func(b []byte) (int, linux.Errno) {
			n, e := f.writeAt(d, b, off)
			off += int64(n)
			return n, e
		})
	})
}

// vectorAt serves preadv and pwritev. Their offset is in the fourth argument, whole: the fifth is its upper half on
// 32-bit machines alone.
func (p *Process) vectorAt(a args, writing bool, op func(positional, *description, [][]byte, int) (int, linux.Errno)) (uintptr, linux.Errno) {
	if int64(a.a4) < 0 {
		return 0, linux.EINVAL
	}
	d, f, e := p.positional(a.a1, writing)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	v, total, e := vector(a.a2, a.a3, !writing)
	if e != 0 {
		return 0, e
	}
	if overflows(int64(a.a4), total) {
		return 0, linux.EINVAL
	}
	n, e := op(f, d, v, total)
	return uintptr(n), e
}

// preadv2 and pwritev2 are served without flags; an offset of -1 is the description's own (preadv2(2)).
func preadv2(p *Process, a args) (uintptr, linux.Errno) {
	switch {
	case a.a6 != 0:
		return 0, linux.EOPNOTSUPP
	case int64(a.a4) == -1:
		return readv(p, a)
	}
	return preadv(p, a)
}

func pwritev2(p *Process, a args) (uintptr, linux.Errno) {
	switch {
	case a.a6 != 0:
		return 0, linux.EOPNOTSUPP
	case int64(a.a4) == -1:
		return writev(p, a)
	}
	return pwritev(p, a)
}
