package wire

import "internal/byteorder"

// IPv6 is a datagram with its extension headers, or a fragment of one (RFC 8200 section 3).
type IPv6 []byte

// IPv6Len is the length of a header, IPv6MaxLen the largest length of all that follows it, and IPv6MinMTU what every
// link carries in one piece (RFC 8200 section 5).
const (
	IPv6Len    = 40
	IPv6MaxLen = 65535
	IPv6MinMTU = 1280
)

// Values of IPv6.Next besides those of IPv4.Protocol.
const (
	ProtoHopByHop    = 0
	ProtoRouting     = 43
	ProtoFragment    = 44
	ProtoICMPv6      = 58
	ProtoNoNext      = 59
	ProtoDestOptions = 60
)

// Where fields of the header lie that errors point at.
const (
	IPv6NextAt = 6
	ipv6HopAt  = 7
)

// ParseIPv6 checks the version and that what the header gives as length lies in b, and returns the datagram without what
// follows it.
func ParseIPv6(b []byte) (IPv6, bool) {
	if len(b) < IPv6Len || b[0]>>4 != 6 {
		return nil, false
	}
	n := IPv6Len + int(byteorder.BEUint16(b[4:6]))
	if n > len(b) {
		return nil, false
	}
	return b[:n], true
}

func (p IPv6) Class() uint8    { return p[0]<<4 | p[1]>>4 }
func (p IPv6) Flow() uint32    { return byteorder.BEUint32(p[0:4]) & 0xfffff }
func (p IPv6) PayloadLen() int { return int(byteorder.BEUint16(p[4:6])) }
func (p IPv6) Next() uint8     { return p[IPv6NextAt] }
func (p IPv6) HopLimit() uint8 { return p[ipv6HopAt] }
func (p IPv6) Src() Addr       { return Addr{byteorder.BEUint64(p[8:16]), byteorder.BEUint64(p[16:24])} }
func (p IPv6) Dst() Addr       { return Addr{byteorder.BEUint64(p[24:32]), byteorder.BEUint64(p[32:40])} }
func (p IPv6) Payload() []byte { return p[IPv6Len:] }

// Put writes the header of a datagram of n octets in all. flow is its flow label (RFC 6437).
func (p IPv6) Put(f *IPFields, flow uint32, n int, src, dst Addr) {
	h := (*[IPv6Len]byte)(p)
	byteorder.BEPutUint32(h[0:4], 6<<28|uint32(f.TOS)<<20|flow&0xfffff)
	byteorder.BEPutUint32(h[4:8], uint32(n-IPv6Len)<<16|uint32(f.Protocol)<<8|uint32(f.TTL))
	byteorder.BEPutUint64(h[8:16], src.hi)
	byteorder.BEPutUint64(h[16:24], src.lo)
	byteorder.BEPutUint64(h[24:32], dst.hi)
	byteorder.BEPutUint64(h[32:40], dst.lo)
}

// SetNext makes next the first header after this one, and p's length the one that is given.
func (p IPv6) SetNext(next uint8) {
	byteorder.BEPutUint16(p[4:6], uint16(len(p)-IPv6Len))
	p[IPv6NextAt] = next
}

// Fragment6 is a fragment header (RFC 8200 section 4.5) and what follows it.
type Fragment6 []byte

// Fragment6Len is the length of a fragment header.
const Fragment6Len = 8

func (f Fragment6) Next() uint8     { return f[0] }
func (f Fragment6) Offset() int     { return int(byteorder.BEUint16(f[2:4]) &^ 7) }
func (f Fragment6) More() bool      { return f[3]&1 != 0 }
func (f Fragment6) ID() uint32      { return byteorder.BEUint32(f[4:8]) }
func (f Fragment6) Payload() []byte { return f[Fragment6Len:] }

// Put writes the header of a fragment that begins at offset, a multiple of eight.
func (f Fragment6) Put(next uint8, offset int, more bool, id uint32) {
	v := uint32(next)<<24 | uint32(offset)
	if more {
		v |= 1
	}
	byteorder.BEPutUint32(f[0:4], v)
	byteorder.BEPutUint32(f[4:8], id)
}
