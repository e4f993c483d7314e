package linuxabi

import (
	"internal/bytealg"
	"internal/mirage/linuxabi/linux"
	"internal/strconv"
)

// Names of Unix sockets: paths in the tree, or of their own kind when they begin with a NUL (unix(7), "abstract").

// unixUnnamed is the address of a socket that has no name: its family alone.
const unixUnnamed = "\x01\x00"

// A unixName is a name that a socket was bound to.
type unixName struct {
	addr   string      // sockaddr
	socket *unixSocket // nil when it was closed
	names  *unixNames  // where an abstract name is kept
}

// unixNames are the abstract names, under unixMu.
type unixNames struct {
	abstract map[string]*unixName
	next     uint32 // for names that bind chooses
}

// free makes the name lead nowhere. unixMu is held.
func (n *unixName) free() {
	n.socket = nil
	if n.names != nil {
		delete(n.names.abstract, n.addr)
	}
}

// unixPath splits a struct sockaddr_un. An abstract name is all of its bytes; a path ends at a NUL. The error is
// EINVAL.
func unixPath(addr []byte) (path string, abstract bool, e linux.Errno) {
	if len(addr) < 2 || len(addr) > linux.SizeofSockaddrUn || family(addr) != linux.AF_UNIX {
		return "", false, linux.EINVAL
	}
	b := addr[2:]
	if len(b) > 0 && b[0] == 0 {
		return string(b), true, 0
	}
	if i := bytealg.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b), false, 0
}

func (s *unixSocket) bind(p *Process, addr []byte) linux.Errno {
	path, abstract, e := unixPath(addr)
	if e != 0 {
		return e
	}
	unixMu.Lock()
	if s.local != nil {
		unixMu.Unlock()
		return linux.EINVAL
	}
	n := &unixName{socket: s}
	if abstract || path == "" {
		defer unixMu.Unlock()
		if e := p.unix.add(n, path); e != 0 {
			return e
		}
		s.local = n
		return 0
	}
	unixMu.Unlock()
	at, e := p.base(atCwd, path)
	if e != 0 {
		return e
	}
	node, e := p.fs.Mknod(at, path, linux.S_IFSOCK|0o777&^p.umask.Load(), 0)
	if e == linux.EEXIST {
		return linux.EADDRINUSE
	}
	if e != 0 {
		return e
	}
	n.addr = "\x01\x00" + path + "\x00"
	unixMu.Lock()
	defer unixMu.Unlock()
	if s.local != nil {
		return linux.EINVAL
	}
	s.local = n
	node.Attached(func() any { return n })
	return 0
}

// add makes an abstract name, one of its own choice if name is empty. unixMu is held. The error is EADDRINUSE.
func (u *unixNames) add(n *unixName, name string) linux.Errno {
	for name == "" {
		u.next++
		digits := strconv.Itoa(int(u.next&0xfffff | 0x100000)) // five digits or more, as Linux's are
		if u.abstract["\x01\x00\x00"+digits] == nil {
			name = "\x00" + digits
		}
	}
	n.addr, n.names = "\x01\x00"+name, u
	if u.abstract[n.addr] != nil {
		return linux.EADDRINUSE
	}
	if u.abstract == nil {
		u.abstract = make(map[string]*unixName)
	}
	u.abstract[n.addr] = n
	return 0
}

// find returns what a name leads to. The errors are ECONNREFUSED, those of the path, and EINVAL.
func (u *unixNames) find(p *Process, addr []byte) (*unixName, linux.Errno) {
	path, abstract, e := unixPath(addr)
	switch {
	case e != 0:
		return nil, e
	case abstract:
		unixMu.Lock()
		defer unixMu.Unlock()
		if n := u.abstract["\x01\x00"+path]; n != nil {
			return n, 0
		}
		return nil, linux.ECONNREFUSED
	}
	at, e := p.base(atCwd, path)
	if e != 0 {
		return nil, e
	}
	node, e := p.fs.Lookup(at, path, true)
	if e != 0 {
		return nil, e
	}
	n, ok := node.Attached(nil).(*unixName)
	if !ok {
		return nil, linux.ECONNREFUSED
	}
	return n, 0
}
