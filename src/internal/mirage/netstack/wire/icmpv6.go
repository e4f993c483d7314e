package wire

import "internal/byteorder"

// ICMPv6 is a message of ICMP for IPv6 (RFC 4443), of neighbour discovery (RFC 4861) or of MLD (RFC 3810).
type ICMPv6 []byte

// ICMPv6 types and codes.
const (
	ICMPv6Unreachable     = 1
	ICMPv6TooBig          = 2
	ICMPv6TimeExceeded    = 3
	ICMPv6Parameter       = 4
	ICMPv6Echo            = 128
	ICMPv6EchoReply       = 129
	ICMPv6MLDQuery        = 130
	ICMPv6MLDv1Report     = 131
	ICMPv6MLDv1Done       = 132
	ICMPv6RouterSolicit   = 133
	ICMPv6RouterAdvert    = 134
	ICMPv6NeighbourAsk    = 135
	ICMPv6NeighbourAdvert = 136
	ICMPv6Redirect        = 137
	ICMPv6MLDv2Report     = 143

	CodeNoRoute    = 0 // of unreachable: RFC 4443 section 3.1
	CodeAddress    = 3
	CodePort6      = 4
	CodeReassembly = 1 // of time exceeded: section 3.3
	CodeField      = 0 // of parameter problem: section 3.4
	CodeNextHeader = 1
	CodeOption     = 2
	CodeChain      = 3 // RFC 7112 section 5: a first fragment without the whole header chain
)

// ParseICMPv6 checks that b holds the fixed part, which is as long as ICMP's in all messages that are known.
func ParseICMPv6(b []byte) (ICMPv6, bool) { return b, len(b) >= ICMPLen }

func (m ICMPv6) Type() uint8   { return m[0] }
func (m ICMPv6) Code() uint8   { return m[1] }
func (m ICMPv6) Rest() uint32  { return byteorder.BEUint32(m[4:8]) } // the MTU, the pointer, or what the type says
func (m ICMPv6) Body() []byte  { return m[ICMPLen:] }
func (m ICMPv6) IsError() bool { return m[0] < 128 } // RFC 4443 section 2.1

// IsDiscovery reports whether it is a message of neighbour discovery (RFC 4861 section 4). m may be cut short.
func (m ICMPv6) IsDiscovery() bool {
	return len(m) > 0 && m[0] >= ICMPv6RouterSolicit && m[0] <= ICMPv6Redirect
}

// ChecksumOK reports whether the checksum is right (RFC 4443 section 2.3).
func (m ICMPv6) ChecksumOK(src, dst Addr) bool {
	return PseudoSum(src, dst, ProtoICMPv6, len(m)).Add(m).Fold() == 0xffff
}

// Put writes the type, the code, the four octets after the checksum, and the checksum of the whole message, whose body is in
// place.
func (m ICMPv6) Put(typ, code uint8, rest uint32, src, dst Addr) {
	_ = m[ICMPLen-1]
	byteorder.BEPutUint32(m[0:4], uint32(typ)<<24|uint32(code)<<16)
	byteorder.BEPutUint32(m[4:8], rest)
	byteorder.BEPutUint16(m[2:4], PseudoSum(src, dst, ProtoICMPv6, len(m)).Add(m).Checksum())
}
