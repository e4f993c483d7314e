package linuxabi

import "internal/mirage/linuxabi/linux"

// Ancillary data: a list of struct cmsghdr, each with its data, at multiples of eight bytes (cmsg(3)).

// eachControl calls f for each item of ancillary data. The error is EINVAL for a length that cannot be, or f's.
func eachControl(b []byte, f func(level, kind int32, data []byte) linux.Errno) linux.Errno {
	for len(b) >= linux.SizeofCmsghdr {
		n := get64(b)
		if n < linux.SizeofCmsghdr || n > uint64(len(b)) {
			return linux.EINVAL
		}
		if e := f(int32(get32(b[8:])), int32(get32(b[12:])), b[linux.SizeofCmsghdr:n]); e != 0 {
			return e
		}
		b = b[min((n+7)&^7, uint64(len(b))):]
	}
	return 0
}

// addTime appends when a datagram came, nanoseconds since 1970: a struct timespec, or a struct timeval (socket(7), SO_TIMESTAMP).
func (m *message) addTime(exact bool, ns int64) {
	t, kind := timespec(ns), int32(linux.SO_TIMESTAMPNS)
	if !exact {
		t.Nsec, kind = t.Nsec/1e3, linux.SO_TIMESTAMP
	}
	var b [16]byte
	put64(b[:], uint64(t.Sec))
	put64(b[8:], uint64(t.Nsec))
	m.addControl(linux.SOL_SOCKET, kind, b[:])
}

// addControl appends an item to what is received with m, or notes that there is no room for it.
func (m *message) addControl(level, kind int32, data []byte) {
	size := linux.SizeofCmsghdr + len(data)
	if size > m.room-len(m.control) {
		m.flags |= linux.MSG_CTRUNC
		return
	}
	var h [linux.SizeofCmsghdr]byte
	put64(h[:], uint64(size))
	put32(h[8:], uint32(level))
	put32(h[12:], uint32(kind))
	m.control = append(append(m.control, h[:]...), data...)
	for len(m.control)%8 != 0 && len(m.control) < m.room {
		m.control = append(m.control, 0)
	}
}
