package wire

import "internal/byteorder"

// ICMP is a message of ICMP for IPv4 (RFC 792).
type ICMP []byte

// ICMPLen is the length of the fixed part in octets.
const ICMPLen = 8

// ICMP types (RFC 792) and codes of destination unreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section
// 5.2.7.1).
const (
	ICMPEchoReply      = 0
	ICMPUnreachable    = 3
	ICMPEcho           = 8
	ICMPTimeExceeded   = 11
	ICMPParameter      = 12
	CodeNet            = 0
	CodeHost           = 1
	CodeProtocol       = 2
	CodePort           = 3
	CodeFragNeeded     = 4
	CodeReassemblyTime = 1 // of time exceeded
)

// ParseICMP checks that b holds the fixed part.
func ParseICMP(b []byte) (ICMP, bool) { return b, len(b) >= ICMPLen }

func (m ICMP) Type() uint8      { return m[0] }
func (m ICMP) Code() uint8      { return m[1] }
func (m ICMP) MTU() int         { return int(byteorder.BEUint16(m[6:8])) } // of fragmentation needed, RFC 1191 section 4
func (m ICMP) Rest() uint32     { return byteorder.BEUint32(m[4:8]) }      // meaning depends on the type
func (m ICMP) Body() []byte     { return m[ICMPLen:] }
func (m ICMP) ChecksumOK() bool { return Sum(0).Add(m).Fold() == 0xffff }

// Put writes the type, the code, the four octets after the checksum, and the checksum of the whole message,
// whose body is in place.
func (m ICMP) Put(typ, code uint8, rest uint32) {
	_ = m[ICMPLen-1]
	byteorder.BEPutUint32(m[0:4], uint32(typ)<<24|uint32(code)<<16)
	byteorder.BEPutUint32(m[4:8], rest)
	byteorder.BEPutUint16(m[2:4], Sum(0).Add(m).Checksum())
}
