package wire

import "internal/byteorder"

// IPv4 is a datagram or a fragment of one (RFC 791 section 3.1).
type IPv4 []byte

// IPv4Len is the length of a header without options, IPv4MaxLen the largest total length.
const (
	IPv4Len    = 20
	IPv4MaxLen = 65535
)

// Values of IPv4.Protocol.
const (
	ProtoICMP = 1
	ProtoIGMP = 2
	ProtoTCP  = 6
	ProtoUDP  = 17
)

// ParseIPv4 checks the version and that the header and the total length lie in b, and returns the datagram
// without what follows it (a short frame's padding). It does not check the header's checksum.
func ParseIPv4(b []byte) (IPv4, bool) {
	if len(b) < IPv4Len || b[0]>>4 != 4 {
		return nil, false
	}
	h, n := IPv4(b).HeaderLen(), IPv4(b).TotalLen()
	if h < IPv4Len || n < h || n > len(b) {
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
func (p IPv4) Src() Addr           { return AddrFrom4([4]byte(p[12:16])) }
func (p IPv4) Dst() Addr           { return AddrFrom4([4]byte(p[16:20])) }
func (p IPv4) Options() []byte     { return p[IPv4Len:p.HeaderLen()] }
func (p IPv4) Payload() []byte     { return p[p.HeaderLen():] }

// FragmentOffset returns where the payload lies in the whole datagram's, in octets.
func (p IPv4) FragmentOffset() int { return int(byteorder.BEUint16(p[6:8])&0x1fff) * 8 }

// IsFragment reports whether p is only a part of a datagram.
func (p IPv4) IsFragment() bool { return byteorder.BEUint16(p[6:8])&0x3fff != 0 }

// ChecksumOK reports whether the header's sum is right.
func (p IPv4) ChecksumOK() bool {
	if p[0]&15 != 5 {
		return Sum(0).Add(p[:p.HeaderLen()]).Fold() == 0xffff
	}
	// Without options: five words, the case of nearly every packet.
	return (Sum(byteorder.BEUint64(p[0:8])>>32) + Sum(byteorder.BEUint32(p[4:8])) + Sum(byteorder.BEUint32(p[8:12])) +
		Sum(byteorder.BEUint32(p[12:16])) + Sum(byteorder.BEUint32(p[16:20]))).Fold() == 0xffff
}

// IPv4Fields is what a header without options says.
type IPv4Fields struct {
	TOS      uint8
	TotalLen int // octets
	ID       uint16
	DontFrag bool
	More     bool // more fragments follow
	Offset   int  // of the fragment, octets, a multiple of 8
	TTL      uint8
	Protocol uint8
	Src, Dst Addr
}

// Put writes a header without options, and its checksum.
func (p IPv4) Put(f IPv4Fields) {
	_ = p[IPv4Len-1]
	flags := uint32(f.Offset / 8)
	if f.DontFrag {
		flags |= 0x4000
	}
	if f.More {
		flags |= 0x2000
	}
	w0 := 0x45<<24 | uint32(f.TOS)<<16 | uint32(f.TotalLen)&0xffff
	w1 := uint32(f.ID)<<16 | flags
	w2 := uint32(f.TTL)<<24 | uint32(f.Protocol)<<16
	src, dst := f.Src.Bits32(), f.Dst.Bits32()
	w2 |= uint32((Sum(w0) + Sum(w1) + Sum(w2) + Sum(src) + Sum(dst)).Checksum())
	byteorder.BEPutUint32(p[0:4], w0)
	byteorder.BEPutUint32(p[4:8], w1)
	byteorder.BEPutUint32(p[8:12], w2)
	byteorder.BEPutUint32(p[12:16], src)
	byteorder.BEPutUint32(p[16:20], dst)
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
