package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// Socket addresses, as bytes in the caller's memory and as the network stack's.

// errno converts an error of the network stack.
func errno(err error) linux.Errno {
	switch e := err.(type) {
	case nil:
		return 0
	case inet.Errno:
		return linux.Errno(e)
	}
	return linux.EIO
}

// userAddr returns the bytes of an address that the caller gave. The error is EINVAL: no address is so long.
func userAddr(ptr, n uintptr) ([]byte, linux.Errno) {
	if uint32(n) > linux.SizeofSockaddr {
		return nil, linux.EINVAL
	}
	return userBytes(ptr, uintptr(uint32(n)), false)
}

// family returns the address family that an address begins with, AF_UNSPEC if it is too short to say.
func family(b []byte) uint16 {
	if len(b) < 2 {
		return linux.AF_UNSPEC
	}
	return get16(b)
}

// inet reads an address of the socket's domain: a struct sockaddr_in, or a sockaddr_in6, which may map an IPv4 address (RFC
// 4291 section 2.5.5.2). The errors are EINVAL (too short) and EAFNOSUPPORT.
func (s *socketBase) inet(b []byte) (wire.AddrPort, linux.Errno) {
	if s.domain == linux.AF_INET6 {
		return parseInet6(b)
	}
	return parseInet(b)
}

// parseInet6 reads a struct sockaddr_in6; the scope may be missing, as in RFC 2133.
func parseInet6(b []byte) (wire.AddrPort, linux.Errno) {
	const withoutScope = linux.SizeofSockaddrIn6 - 4
	if len(b) < withoutScope {
		return wire.AddrPort{}, linux.EINVAL
	}
	if family(b) != linux.AF_INET6 {
		return wire.AddrPort{}, linux.EAFNOSUPPORT
	}
	a := wire.AddrPort{Addr: wire.AddrFrom16([16]byte(b[8:24])), Port: uint16(b[2])<<8 | uint16(b[3])}
	if len(b) >= linux.SizeofSockaddrIn6 && a.Addr.IsLinkLocal() {
		a.Zone = get32(b[24:])
	}
	return a, 0
}

// parseInet reads a struct sockaddr_in.
func parseInet(b []byte) (wire.AddrPort, linux.Errno) {
	if len(b) < linux.SizeofSockaddrIn {
		return wire.AddrPort{}, linux.EINVAL
	}
	if family(b) != linux.AF_INET {
		return wire.AddrPort{}, linux.EAFNOSUPPORT
	}
	return wire.AddrPort{Addr: wire.V4(b[4], b[5], b[6], b[7]), Port: uint16(b[2])<<8 | uint16(b[3])}, 0
}

// inetName is room for the address of either family.
type inetName [linux.SizeofSockaddrIn6]byte

// put makes the address of a socket's domain, and returns what of b it takes.
func (b *inetName) put(s *socketBase, a wire.AddrPort) []byte {
	if s.domain != linux.AF_INET6 {
		short := putInet(a)
		return b[:copy(b[:], short[:])]
	}
	put16(b[:], linux.AF_INET6)
	b[2], b[3] = byte(a.Port>>8), byte(a.Port)
	put32(b[4:], 0)
	ip := a.Addr.As16()
	copy(b[8:], ip[:])
	put32(b[24:], a.Zone)
	return b[:]
}

// putInet makes a struct sockaddr_in.
func putInet(a wire.AddrPort) (b [linux.SizeofSockaddrIn]byte) {
	put16(b[:], linux.AF_INET)
	b[2], b[3] = byte(a.Port>>8), byte(a.Port)
	ip := a.Addr.As4()
	copy(b[4:], ip[:])
	return b
}

// storeAddr stores an address where the caller has room for as much as is said at sizePtr, and there how long it is:
// what does not fit is cut off (accept(2)). Without a pointer nothing is asked for.
func storeAddr(ptr, sizePtr uintptr, addr []byte) linux.Errno {
	if ptr == 0 {
		return 0
	}
	size, e := load[int32](sizePtr)
	if e != 0 {
		return e
	}
	if size < 0 {
		return linux.EINVAL
	}
	b, e := userBytes(ptr, uintptr(min(int(size), len(addr))), true)
	if e != 0 {
		return e
	}
	copy(b, addr)
	return store(sizePtr, int32(len(addr)))
}

func get16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
func get32(b []byte) uint32 { return uint32(get16(b)) | uint32(get16(b[2:]))<<16 }
func get64(b []byte) uint64 { return uint64(get32(b)) | uint64(get32(b[4:]))<<32 }

// anyPort is 0.0.0.0:0: what an unbound socket's address is.
var anyPort = wire.AddrPort{Addr: wire.Any4}
