package wire

import "internal/byteorder"

// Ethernet is a frame: destination, source, type, payload, without the FCS (IEEE 802.3 section 3.2, RFC 894).
type Ethernet []byte

// EthernetLen is the length of an Ethernet header in octets.
const EthernetLen = 14

// Values of an Ethernet frame's type field (RFC 9542 appendix B.1).
const (
	TypeIPv4 = 0x0800
	TypeARP  = 0x0806
	TypeIPv6 = 0x86dd
)

// ParseEthernet checks that b holds a header.
func ParseEthernet(b []byte) (Ethernet, bool) { return b, len(b) >= EthernetLen }

func (e Ethernet) Dst() MAC        { return MAC(byteorder.BEUint64(e[0:8]) >> 16) }
func (e Ethernet) Src() MAC        { return MAC(byteorder.BEUint64(e[4:12]) & (1<<48 - 1)) }
func (e Ethernet) Type() uint16    { return byteorder.BEUint16(e[12:14]) }
func (e Ethernet) Payload() []byte { return e[EthernetLen:] }

// Put writes the header.
func (e Ethernet) Put(dst, src MAC, typ uint16) {
	h := (*[EthernetLen]byte)(e)
	byteorder.BEPutUint64(h[0:8], uint64(dst<<16|src>>32))
	byteorder.BEPutUint32(h[8:12], uint32(src))
	byteorder.BEPutUint16(h[12:14], typ)
}
