package wire

import "internal/byteorder"

// A MAC is an Ethernet address: 48 bits, the first octet on the wire highest.
type MAC uint64

// BroadcastMAC is every station on the link.
const BroadcastMAC MAC = 1<<48 - 1

// MACFrom returns the address whose octets are b.
func MACFrom(b [6]byte) MAC {
	return MAC(byteorder.BEUint32(b[:4]))<<16 | MAC(byteorder.BEUint16(b[4:]))
}

// As6 returns the octets of m.
func (m MAC) As6() (b [6]byte) {
	byteorder.BEPutUint32(b[:4], uint32(m>>16))
	byteorder.BEPutUint16(b[4:], uint16(m))
	return b
}

// IsGroup reports whether m names many stations: broadcast or multicast (IEEE 802.3 section 3.2.3).
func (m MAC) IsGroup() bool { return m>>40&1 != 0 }

// MulticastMAC returns the Ethernet address of an IPv4 group (RFC 1112 section 6.4) or an IPv6 one (RFC 2464
// section 7).
func MulticastMAC(a Addr) MAC {
	if a.Is4() {
		return 0x01005e000000 | MAC(a.lo&0x7fffff)
	}
	return 0x333300000000 | MAC(uint32(a.lo))
}

// String returns m as six pairs of hexadecimal digits between colons.
func (m MAC) String() string {
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 17)
	for i, o := range m.As6() {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[o>>4], digits[o&15])
	}
	return string(b)
}

// IsStation reports whether m can be the address of one station.
func (m MAC) IsStation() bool { return m != 0 && !m.IsGroup() }
