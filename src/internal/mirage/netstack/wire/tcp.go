package wire

import "internal/byteorder"

// TCP is a segment (RFC 9293 section 3.1).
type TCP []byte

// TCPLen is the length of a header without options, TCPMaxLen that of the longest.
const (
	TCPLen    = 20
	TCPMaxLen = 60
)

// TCPChecksumAt is where the checksum lies in a header.
const TCPChecksumAt = 16

// Control bits: TCP.Flags.
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// ParseTCP checks that the header with its options lies in b. It checks neither the checksum nor the options.
func ParseTCP(b []byte) (TCP, bool) {
	if len(b) < TCPLen {
		return nil, false
	}
	n := TCP(b).HeaderLen()
	return b, n >= TCPLen && n <= len(b)
}

func (t TCP) SrcPort() uint16  { return byteorder.BEUint16(t[0:2]) }
func (t TCP) DstPort() uint16  { return byteorder.BEUint16(t[2:4]) }
func (t TCP) Seq() uint32      { return byteorder.BEUint32(t[4:8]) }
func (t TCP) Ack() uint32      { return byteorder.BEUint32(t[8:12]) }
func (t TCP) HeaderLen() int   { return int(t[12]>>4) * 4 }
func (t TCP) Flags() uint8     { return t[13] }
func (t TCP) Window() uint16   { return byteorder.BEUint16(t[14:16]) }
func (t TCP) Checksum() uint16 { return byteorder.BEUint16(t[16:18]) }
func (t TCP) Urgent() uint16   { return byteorder.BEUint16(t[18:20]) }
func (t TCP) Options() []byte  { return t[TCPLen:t.HeaderLen()] }
func (t TCP) Payload() []byte  { return t[t.HeaderLen():] }

// ChecksumOK reports whether the checksum is right.
func (t TCP) ChecksumOK(src, dst Addr) bool {
	return PseudoSum(src, dst, ProtoTCP, len(t)).Add(t).Fold() == 0xffff
}

// TCPFields is what a header says besides its length and options.
type TCPFields struct {
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Flags            uint8
	Window           uint16
}

// Put writes the header of t, of which the options (n octets, a multiple of four) and the payload are in place: with the
// whole checksum, or, if partial is set, with the pseudo-header's sum for someone below to finish.
func (t TCP) Put(f *TCPFields, n int, src, dst Addr, partial bool) {
	h := (*[TCPLen]byte)(t)
	byteorder.BEPutUint32(h[0:4], uint32(f.SrcPort)<<16|uint32(f.DstPort))
	byteorder.BEPutUint32(h[4:8], f.Seq)
	byteorder.BEPutUint32(h[8:12], f.Ack)
	byteorder.BEPutUint32(h[12:16], uint32(TCPLen+n)<<26|uint32(f.Flags)<<16|uint32(f.Window))
	s := PseudoSum(src, dst, ProtoTCP, len(t))
	if partial {
		byteorder.BEPutUint32(h[16:20], uint32(s.Fold())<<16)
		return
	}
	byteorder.BEPutUint32(h[16:20], 0)
	byteorder.BEPutUint16(h[16:18], s.Add(t).Checksum())
}
