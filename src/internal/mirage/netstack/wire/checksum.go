package wire

import "internal/byteorder"

// A Sum is a one's complement sum in progress (RFC 1071), of big-endian words, not yet folded to 16 bits. The
// zero Sum is empty.
type Sum uint64

// Add adds the words of b, which starts at an even offset of what is summed. An odd last octet counts as the
// high half of a word (RFC 1071 section 4.1).
func (s Sum) Add(b []byte) Sum {
	// Summed as 32-bit words in the other byte order, eight octets a step: RFC 1071 section 2 (B) and (C). The
	// accumulator overflows after 32 GiB.
	var acc uint64
	for len(b) >= 32 {
		acc += uint64(byteorder.LEUint32(b)) + uint64(byteorder.LEUint32(b[4:])) +
			uint64(byteorder.LEUint32(b[8:])) + uint64(byteorder.LEUint32(b[12:])) +
			uint64(byteorder.LEUint32(b[16:])) + uint64(byteorder.LEUint32(b[20:])) +
			uint64(byteorder.LEUint32(b[24:])) + uint64(byteorder.LEUint32(b[28:]))
		b = b[32:]
	}
	for len(b) >= 4 {
		acc += uint64(byteorder.LEUint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		acc += uint64(byteorder.LEUint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		acc += uint64(b[0])
	}
	le := fold(acc)
	return s + Sum(le>>8|le<<8&0xff00)
}

// AddAddr adds an address.
func (s Sum) AddAddr(a Addr) Sum {
	// The 0xffff of a mapped IPv4 address is the other zero of one's complement arithmetic: it changes nothing
	// as long as something else is summed.
	return s + Sum(a.hi>>32) + Sum(uint32(a.hi)) + Sum(a.lo>>32) + Sum(uint32(a.lo))
}

// Fold returns the 16-bit sum, not complemented.
func (s Sum) Fold() uint16 { return uint16(fold(uint64(s))) }

// Checksum returns the complement of the sum, which goes into a header.
func (s Sum) Checksum() uint16 { return ^s.Fold() }

func fold(v uint64) uint32 {
	v = v>>32 + v&0xffffffff
	v = v>>32 + v&0xffffffff
	w := uint32(v>>16) + uint32(v&0xffff)
	return w>>16 + w&0xffff
}

// PseudoSum returns the sum of the pseudo-header of a transport segment of n octets (RFC 768, RFC 9293 section
// 3.1, RFC 8200 section 8.1).
func PseudoSum(src, dst Addr, protocol uint8, n int) Sum {
	return (Sum(n) + Sum(protocol)).AddAddr(src).AddAddr(dst)
}
