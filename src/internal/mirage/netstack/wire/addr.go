package wire

import (
	"internal/byteorder"
	"math/bits"
)

// An Addr is an IPv4 or IPv6 address. An IPv4 address is kept as an IPv4-mapped IPv6 address (RFC 4291 section
// 2.5.5.2), a form that never appears in a header. The zero Addr is ::. Addrs are comparable with == and hold
// no pointer.
type Addr struct{ hi, lo uint64 }

const mapped = 0xffff << 32

// Addresses with a meaning of their own.
var (
	Any4       = V4(0, 0, 0, 0)         // this host on this network, RFC 1122 section 3.2.1.3 (a)
	Broadcast4 = V4(255, 255, 255, 255) // limited broadcast, RFC 1122 section 3.2.1.3 (c)
	Loopback4  = V4(127, 0, 0, 1)
	AllHosts4  = V4(224, 0, 0, 1) // RFC 1112 section 4
	Any6       = Addr{}
	Loopback6  = Addr{0, 1}

	// RFC 4291 section 2.7.1: all nodes and all routers of a link.
	AllNodes6   = Addr{0xff02 << 48, 1}
	AllRouters6 = Addr{0xff02 << 48, 2}
	// RFC 3810 section 5.2.14: routers that understand MLDv2.
	AllMLDv2Routers = Addr{0xff02 << 48, 0x16}
	// RFC 9915 section 7.1.
	AllDHCPv6Servers = Addr{0xff02 << 48, 0x1_0002}

	LinkLocal6 = Prefix{Addr{0xfe80 << 48, 0}, 64} // RFC 4291 section 2.5.6
)

// V4 returns the IPv4 address a.b.c.d.
func V4(a, b, c, d byte) Addr {
	return V4From(uint32(a)<<24 | uint32(b)<<16 | uint32(c)<<8 | uint32(d))
}

// V4From returns the IPv4 address whose 32 bits, first octet highest, are v.
func V4From(v uint32) Addr { return Addr{0, mapped | uint64(v)} }

// AddrFrom4 returns the IPv4 address in b.
func AddrFrom4(b [4]byte) Addr { return V4From(byteorder.BEUint32(b[:])) }

// AddrFrom16 returns the IPv6 address in b, or the IPv4 address that it maps.
func AddrFrom16(b [16]byte) Addr { return Addr{byteorder.BEUint64(b[:8]), byteorder.BEUint64(b[8:])} }

// As4 returns the octets of an IPv4 address, the last four of any other.
func (a Addr) As4() (b [4]byte) {
	byteorder.BEPutUint32(b[:], uint32(a.lo))
	return b
}

// As16 returns the octets of an IPv6 address, ::ffff:a.b.c.d for an IPv4 one.
func (a Addr) As16() (b [16]byte) {
	byteorder.BEPutUint64(b[:8], a.hi)
	byteorder.BEPutUint64(b[8:], a.lo)
	return b
}

// Is4 reports whether a is an IPv4 address.
func (a Addr) Is4() bool { return a.hi == 0 && a.lo>>32 == 0xffff }

// Bits32 returns an IPv4 address as a number, first octet highest.
func (a Addr) Bits32() uint32 { return uint32(a.lo) }

// IsUnspecified reports whether a is 0.0.0.0 or ::.
func (a Addr) IsUnspecified() bool { return a == Any4 || a == Any6 }

// IsLoopback reports whether a is in 127.0.0.0/8 or is ::1 (RFC 1122 section 3.2.1.3 (g), RFC 4291 section 2.5.3).
func (a Addr) IsLoopback() bool { return a.Is4() && byte(a.lo>>24) == 127 || a == Loopback6 }

// IsMulticast reports whether a is in 224.0.0.0/4 or ff00::/8 (RFC 1112 section 4, RFC 4291 section 2.7).
func (a Addr) IsMulticast() bool { return a.Is4() && byte(a.lo>>28)&0xf == 0xe || a.hi>>56 == 0xff }

// IsLinkLocal reports whether a is an IPv6 address that means something on one link alone: in fe80::/10, or a group of
// interface-local or link-local scope (RFC 4291 sections 2.5.6 and 2.7, RFC 4007 section 4).
func (a Addr) IsLinkLocal() bool {
	return a.hi>>54 == 0xfe80>>6 || a.hi>>56 == 0xff && (a.hi>>48&0xf == 1 || a.hi>>48&0xf == 2)
}

// SolicitedNode returns the group in which a node with the IPv6 address a listens for neighbour solicitations (RFC 4291
// section 2.7.1).
func (a Addr) SolicitedNode() Addr { return Addr{0xff02 << 48, 0x1_ff00_0000 | a.lo&0xff_ffff} }

// WithID returns the IPv6 address with the first 64 bits of a and an interface identifier.
func (a Addr) WithID(id uint64) Addr { return Addr{a.hi, id} }

// Words returns the two halves of a.
func (a Addr) Words() (hi, lo uint64) { return a.hi, a.lo }

// CommonPrefix returns how many bits a and b share from the first on.
func (a Addr) CommonPrefix(b Addr) int {
	if a.hi != b.hi {
		return bits.LeadingZeros64(a.hi ^ b.hi)
	}
	return 64 + bits.LeadingZeros64(a.lo^b.lo)
}

// Hash mixes the bits of a with seed, for tables whose order nobody outside should know.
func (a Addr) Hash(seed uint64) uint64 {
	h := (a.lo ^ a.hi<<1 ^ seed) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	h = (h ^ seed>>7) * 0xd6e8feb86659fd93
	return h ^ h>>32
}

// BitLen is 32 or 128.
func (a Addr) BitLen() int {
	if a.Is4() {
		return 32
	}
	return 128
}

// An AddrPort is one end of a flow. Zone is the index of the interface to which a link-local IPv6 address
// belongs, 0 for every other address. The zero AddrPort is nobody.
type AddrPort struct {
	Addr Addr
	Zone uint32
	Port uint16
}

// On returns one end of a flow as it is seen on an interface: with the zone that a link-local address has there.
func On(a Addr, port uint16, iface int) AddrPort {
	if a.IsLinkLocal() {
		return AddrPort{a, uint32(iface), port}
	}
	return AddrPort{a, 0, port}
}

// A Prefix is a network: the first Bits bits of Addr. The others may be set, as in an interface's own
// address with its subnet (10.0.2.15/24).
type Prefix struct {
	Addr Addr
	Bits uint8 // 0 to Addr.BitLen()
}

// mask returns the mask of the first n of 128 bits.
func mask(n int) (hi, lo uint64) {
	if n >= 64 {
		return ^uint64(0), ^(^uint64(0) >> (n - 64))
	}
	return ^(^uint64(0) >> n), 0
}

func (p Prefix) mask() (hi, lo uint64) { return mask(int(p.Bits) + 128 - p.Addr.BitLen()) }

// Contains reports whether a, of the same family, lies in p.
func (p Prefix) Contains(a Addr) bool { return p.Matcher().Match(a) && a.Is4() == p.Addr.Is4() }

// A Matcher is a Prefix made ready to be compared with many addresses.
type Matcher struct{ hi, lo, maskHi, maskLo uint64 }

// Matcher returns the matcher of p.
func (p Prefix) Matcher() Matcher {
	hi, lo := p.mask()
	return Matcher{p.Addr.hi & hi, p.Addr.lo & lo, hi, lo}
}

// Match reports whether a lies in m, taking an IPv4 address for the IPv6 one that maps it.
func (m Matcher) Match(a Addr) bool { return a.hi&m.maskHi == m.hi && a.lo&m.maskLo == m.lo }

// Masked returns p with the bits outside it cleared.
func (p Prefix) Masked() Prefix {
	hi, lo := p.mask()
	return Prefix{Addr{p.Addr.hi & hi, p.Addr.lo & lo}, p.Bits}
}

// Broadcast returns the directed broadcast address of an IPv4 network (RFC 1122 section 3.2.1.3 (d)). A /31
// (RFC 3021 section 2.1) and a /32 have none: ok is false.
func (p Prefix) Broadcast() (a Addr, ok bool) {
	if !p.Addr.Is4() || p.Bits > 30 {
		return Addr{}, false
	}
	return V4From(uint32(p.Addr.lo) | ^uint32(0)>>p.Bits), true
}
