package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"sync/atomic"
)

// Socket options, and those of level SOL_SOCKET that all families have (socket(7)).

func setsockopt(p *Process, a args) (uintptr, linux.Errno) {
	const longest = 4096
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	if a.a5 > longest {
		return 0, linux.EINVAL
	}
	value, e := userBytes(a.a4, a.a5, false)
	if e != 0 {
		return 0, e
	}
	if h := s.common().hintFor(a.a2, a.a3); h != nil {
		return 0, s.common().hints.take(h, value)
	}
	return 0, s.setOption(p, a.a2, a.a3, value)
}

func getsockopt(p *Process, a args) (uintptr, linux.Errno) {
	d, s, e := p.socket(a.a1)
	if e != 0 {
		return 0, e
	}
	defer d.put()
	size, e := load[int32](a.a5)
	if e != 0 {
		return 0, e
	}
	if size < 0 {
		return 0, linux.EINVAL
	}
	value, e := []byte(nil), linux.Errno(0)
	if h := s.common().hintFor(a.a2, a.a3); h != nil {
		value = s.common().hints.taken(h)
	} else if value, e = s.option(p, a.a2, a.a3); e != 0 {
		return 0, e
	}
	b, e := userBytes(a.a4, uintptr(min(int(size), len(value))), true)
	if e != 0 {
		return 0, e
	}
	return 0, store(a.a5, int32(copy(b, value)))
}

// intOption reads an option of type int. The error is EINVAL: it is too short.
func intOption(value []byte) (int, linux.Errno) {
	if len(value) < 4 {
		return 0, linux.EINVAL
	}
	return int(int32(get32(value))), 0
}

// intValue makes the value of an option of type int.
func intValue(v int) []byte {
	b := make([]byte, 4)
	put32(b, uint32(v))
	return b
}

func boolValue(v bool) []byte {
	if v {
		return intValue(1)
	}
	return intValue(0)
}

// remembered are the options that change nothing here: what they ask for is what is done anyway, or has no meaning for
// the sockets that there are.
func remembered(name uintptr) bool {
	switch name {
	case linux.SO_DONTROUTE, linux.SO_OOBINLINE, linux.SO_KEEPALIVE, linux.SO_PASSCRED:
		return true
	}
	return false
}

// setBase sets an option of level SOL_SOCKET that all families have. The error is ENOPROTOOPT: there is none of that
// number, or EINVAL.
func (s *socketBase) setBase(name uintptr, value []byte) linux.Errno {
	switch {
	case name == linux.SO_RCVTIMEO:
		return setTimeout(&s.receiveTimeout, value)
	case name == linux.SO_SNDTIMEO:
		return setTimeout(&s.sendTimeout, value)
	case name == linux.SO_LINGER:
		if len(value) < 8 {
			return linux.EINVAL
		}
		s.linger.Store(get64(value))
		return 0
	}
	v, e := intOption(value)
	switch {
	case e != 0:
		return e
	case remembered(name):
		s.setFlag(name, v != 0)
		return 0
	case name == linux.SO_RCVLOWAT && v <= 1:
		return 0 // one byte wakes the reader
	case name == linux.SO_SNDBUF, name == linux.SO_SNDBUFFORCE:
		s.sendBuffer.Store(sendBuffer(v))
		return 0
	case name == linux.SO_RCVBUF, name == linux.SO_RCVBUFFORCE:
		return 0 // a wish (socket(7)): the family that has buffers grants it
	case name == linux.SO_RCVLOWAT:
		return linux.EINVAL
	}
	return linux.ENOPROTOOPT
}

// sendBuffer is what is granted of a wish: twice as much, for overhead, within bounds (socket(7), SO_SNDBUF).
func sendBuffer(wish int) int32 {
	const least = 4608
	return int32(max(2*min(uint32(wish), mostStreamBuffer), least))
}

func (s *socketBase) setFlag(name uintptr, on bool) {
	if on {
		s.flags.Or(1 << name)
	} else {
		s.flags.And(^uint32(1 << name))
	}
}

func (s *socketBase) flag(name uintptr) bool { return s.flags.Load()>>name&1 != 0 }

// setTimeout reads a struct timeval. The errors are EINVAL and EDOM.
func setTimeout(t *atomic.Int64, value []byte) linux.Errno {
	if len(value) < 16 {
		return linux.EINVAL
	}
	sec, usec := int64(get64(value)), int64(get64(value[8:]))
	if usec < 0 || usec >= 1e6 {
		return linux.EDOM
	}
	ns, ok := nanoseconds(linux.Timespec{Sec: sec, Nsec: usec * 1e3})
	if !ok {
		ns = 0 // a negative time is none (net/core/sock.c, sock_set_timeout)
	}
	t.Store(ns)
	return 0
}

func timeoutValue(t *atomic.Int64) []byte {
	s := timespec(t.Load())
	b := make([]byte, 16)
	put64(b, uint64(s.Sec))
	put64(b[8:], uint64(s.Nsec/1e3))
	return b
}

// base returns the value of an option of level SOL_SOCKET that all families have. The error is ENOPROTOOPT.
func (s *socketBase) base(name uintptr) ([]byte, linux.Errno) {
	const buffer = 212992 // net.core.rmem_default and wmem_default
	switch name {
	case linux.SO_TYPE:
		return intValue(s.kind), 0
	case linux.SO_DOMAIN:
		return intValue(s.domain), 0
	case linux.SO_PROTOCOL:
		return intValue(s.protocol), 0
	case linux.SO_ERROR, linux.SO_ACCEPTCONN, linux.SO_REUSEADDR, linux.SO_REUSEPORT, linux.SO_BROADCAST:
		return intValue(0), 0
	case linux.SO_RCVLOWAT, linux.SO_SNDLOWAT:
		return intValue(1), 0
	case linux.SO_SNDBUF:
		if granted := s.sendBuffer.Load(); granted != 0 {
			return intValue(int(granted)), 0
		}
		return intValue(buffer), 0
	case linux.SO_RCVBUF:
		return intValue(buffer), 0
	case linux.SO_RCVTIMEO:
		return timeoutValue(&s.receiveTimeout), 0
	case linux.SO_SNDTIMEO:
		return timeoutValue(&s.sendTimeout), 0
	case linux.SO_LINGER:
		b := make([]byte, 8)
		put64(b, s.linger.Load())
		return b, 0
	}
	if remembered(name) {
		return boolValue(s.flag(name)), 0
	}
	return nil, linux.ENOPROTOOPT
}
