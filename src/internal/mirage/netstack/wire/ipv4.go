package wire

import "internal/byteorder"

// IPv4 is a datagram or a fragment of one (RFC 791 section 3.1).
type IPv4 []byte

// IPv4Len is the length of a header without options, IPv4MaxLen the largest total length.
const (
	IPv4Len    = 20
	IPv4MaxLen = 65535
)

// Values of IPv4.Protocol and IPv6.Next.
const (
	ProtoICMP = 1
	ProtoIGMP = 2
	ProtoTCP  = 6
	ProtoUDP  = 17
)

// ParseIPv4 checks the version and that the header and the total length lie in b, and returns the datagram
// without what follows it (a short frame's padding). It does not check the header's checksum.
func ParseIPv4(b []byte) (IPv4, bool) {
	if len(b) < IPv4Len {
		return nil, false
	}
	w := byteorder.BEUint32(b)
	h, n := int(w>>24&15)*4, int(w&0xffff)
	if w>>28 != 4 || h < IPv4Len || n < h || n > len(b) {
		return nil, false
	}
	return b[:n], true
}

func (p IPv4) HeaderLen() int      { return int(p[0]&15) * 4 }
func (p IPv4) TOS() uint8          { return p[1] }
func (p IPv4) TotalLen() int       { return int(byteorder.BEUint16(p[2:4])) }
func (p IPv4) ID() uint16          { return byteorder.BEUint16(p[4:6]) }
func (p IPv4) DontFragment() bool  { return p[6]&0x40 != 0 }
func (p IPv4) MoreFragments() bool { return p[6]&0x20 != 0 }
func (p IPv4) TTL() uint8          { return p[8] }
func (p IPv4) Protocol() uint8     { return p[9] }
func (p IPv4) Checksum() uint16    { return byteorder.BEUint16(p[10:12]) }
func (p IPv4) Src() Addr           { return V4From(byteorder.BEUint32(p[12:16])) }
func (p IPv4) Dst() Addr           { return V4From(byteorder.BEUint32(p[16:20])) }
func (p IPv4) Options() []byte     { return p[IPv4Len:p.HeaderLen()] }
func (p IPv4) Payload() []byte     { return p[p.HeaderLen():] }

// FragmentOffset returns where the payload lies in the whole datagram's, in octets.
func (p IPv4) FragmentOffset() int { return int(byteorder.BEUint16(p[6:8])&0x1fff) * 8 }

// IsFragment reports whether p is only a part of a datagram.
func (p IPv4) IsFragment() bool { return byteorder.BEUint16(p[6:8])&0x3fff != 0 }

// ChecksumOK reports whether the header's sum is right.
func (p IPv4) ChecksumOK() bool {
	// Without options, the case of nearly every packet, five words, in the other byte order: RFC 1071 section 2 (B).
	w := (*[IPv4Len]byte)(p)
	a, b, c := byteorder.LEUint64(w[0:8]), byteorder.LEUint64(w[8:16]), byteorder.LEUint32(w[16:20])
	if a&15 != 5 {
		return Sum(0).Add(p[:p.HeaderLen()]).Fold() == 0xffff
	}
	v := a>>32 + a&0xffffffff + b>>32 + b&0xffffffff + uint64(c)
	v = v>>48 + v>>32&0xffff + v>>16&0xffff + v&0xffff
	return (v>>16+v)&0xffff == 0xffff
}

// IPFields is what an IP header without options says besides its addresses and length, under IPv4's names.
type IPFields struct {
	TOS      uint8 // IPv6: the traffic class
	TTL      uint8 // IPv6: the hop limit
	Protocol uint8 // IPv6: the next header
	DontFrag bool  // IPv6: it is not to be sent in fragments
	More     bool  // more fragments follow; this and the rest is IPv4's alone
	ID       uint16
	Offset   uint16 // of the fragment, in units of eight octets
}

// Put writes a header without options, and its checksum, for a datagram of n octets in all.
func (p IPv4) Put(f *IPFields, n int, src, dst Addr) {
	h := (*[IPv4Len]byte)(p)
	flags := uint64(f.Offset)
	if f.DontFrag {
		flags |= 0x4000
	}
	if f.More {
		flags |= 0x2000
	}
	a := 0x45<<56 | uint64(f.TOS)<<48 | uint64(uint16(n))<<32 | uint64(f.ID)<<16 | flags
	b := uint64(f.TTL)<<24 | uint64(f.Protocol)<<16
	from, to := src.Bits32(), dst.Bits32()
	b |= uint64((Sum(a>>32) + Sum(uint32(a)) + Sum(b) + Sum(from) + Sum(to)).Checksum())
	byteorder.BEPutUint64(h[0:8], a)
	byteorder.BEPutUint64(h[8:16], b<<32|uint64(from))
	byteorder.BEPutUint32(h[16:20], to)
}

// IPv4 option types (RFC 791 section 3.1).
const (
	optEnd         = 0
	optNop         = 1
	optLooseRoute  = 131
	optStrictRoute = 137
)

// OptionsOK reports whether the options are well formed and none is a source route. Hosts drop datagrams with
// source routes: RFC 7126 sections 4.3 and 4.4; malformed ones are an error by RFC 1122 section 3.2.1.8.
func (p IPv4) OptionsOK() bool {
	for o := p.Options(); len(o) > 0; {
		switch o[0] {
		case optEnd:
			return true
		case optNop:
			o = o[1:]
			continue
		case optLooseRoute, optStrictRoute:
			return false
		}
		if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
			return false
		}
		o = o[o[1]:]
	}
	return true
}

// SetWhole makes the header that of a datagram that fills p and is not a fragment (the flag DF stays).
func (p IPv4) SetWhole() {
	byteorder.BEPutUint16(p[2:4], uint16(len(p)))
	byteorder.BEPutUint16(p[6:8], byteorder.BEUint16(p[6:8])&0x4000)
	byteorder.BEPutUint16(p[10:12], 0)
	byteorder.BEPutUint16(p[10:12], Sum(0).Add(p[:p.HeaderLen()]).Checksum())
}
