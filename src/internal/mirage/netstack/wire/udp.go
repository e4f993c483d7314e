package wire

import "internal/byteorder"

// UDP is a user datagram (RFC 768).
type UDP []byte

// UDPLen is the length of the header in octets.
const UDPLen = 8

// ParseUDP checks that the header and the length that it gives lie in b, and returns the datagram without what
// follows it. It does not check the checksum.
func ParseUDP(b []byte) (UDP, bool) {
	if len(b) < UDPLen {
		return nil, false
	}
	n := int(byteorder.BEUint16(b[4:6]))
	if n < UDPLen || n > len(b) {
		return nil, false
	}
	return b[:n], true
}

func (u UDP) SrcPort() uint16  { return byteorder.BEUint16(u[0:2]) }
func (u UDP) DstPort() uint16  { return byteorder.BEUint16(u[2:4]) }
func (u UDP) Checksum() uint16 { return byteorder.BEUint16(u[6:8]) }
func (u UDP) Payload() []byte  { return u[UDPLen:] }

// ChecksumOK reports whether the checksum is right, or is absent, which only IPv4 allows (RFC 768, RFC 8200
// section 8.1).
func (u UDP) ChecksumOK(src, dst Addr) bool {
	if u.Checksum() == 0 {
		return src.Is4()
	}
	return PseudoSum(src, dst, ProtoUDP, len(u)).Add(u).Fold() == 0xffff
}

// Put writes the header of u, the payload being in place: with the whole checksum, or, if partial is set, with
// the pseudo-header's sum for someone below to finish.
func (u UDP) Put(srcPort, dstPort uint16, src, dst Addr, partial bool) {
	h := (*[UDPLen]byte)(u)
	s := PseudoSum(src, dst, ProtoUDP, len(u))
	if partial {
		byteorder.BEPutUint64(h[:], uint64(srcPort)<<48|uint64(dstPort)<<32|uint64(len(u))<<16|uint64(s.Fold()))
		return
	}
	byteorder.BEPutUint64(h[:], uint64(srcPort)<<48|uint64(dstPort)<<32|uint64(len(u))<<16)
	sum := s.Add(u).Checksum()
	if sum == 0 {
		sum = 0xffff // RFC 768: zero would say that there is none
	}
	byteorder.BEPutUint16(h[6:8], sum)
}
