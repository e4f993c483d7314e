package wire

import "internal/byteorder"

// TCPOptions is what the options of a segment say (RFC 9293 section 3.2, RFC 7323, RFC 2018). The zero TCPOptions is a
// segment without options.
type TCPOptions struct {
	MSS           uint16 // 0: absent
	HasScale      bool
	Scale         uint8
	SACKPermitted bool
	HasTime       bool
	TimeVal       uint32
	TimeEcho      uint32
	Blocks        [4]SACKBlock
	NumBlocks     uint8
}

// A SACKBlock is a range of sequence numbers that have arrived, without End itself.
type SACKBlock struct{ Start, End uint32 }

// Option kinds (RFC 9293 section 3.1, RFC 7323 sections 2.2 and 3.2, RFC 2018 sections 2 and 3).
const (
	tcpEnd           = 0
	tcpNop           = 1
	tcpMSS           = 2
	tcpScale         = 3
	tcpSACKPermitted = 4
	tcpSACK          = 5
	tcpTime          = 8
)

// timeHeader is what a timestamps option aligned as RFC 7323 appendix A has it begins with.
const timeHeader = tcpNop<<24 | tcpNop<<16 | tcpTime<<8 | 10

// Parse reads the options of a header. It is false if a length is impossible (RFC 9293 section 3.1, MUST-7); unknown
// options are passed over (MUST-6).
func (o *TCPOptions) Parse(b []byte) bool {
	*o = TCPOptions{}
	if len(b) == 12 && byteorder.BEUint32(b) == timeHeader { // nearly every segment
		o.setTime(b[4:])
		return true
	}
	for len(b) > 0 {
		switch b[0] {
		case tcpEnd:
			return true
		case tcpNop:
			b = b[1:]
			continue
		}
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) || !o.parse(b[0], b[2:b[1]]) {
			return false
		}
		b = b[b[1]:]
	}
	return true
}

// parse reads one option.
func (o *TCPOptions) parse(kind uint8, v []byte) bool {
	switch kind {
	case tcpMSS:
		if len(v) != 2 {
			return false
		}
		o.MSS = byteorder.BEUint16(v)
	case tcpScale:
		if len(v) != 1 {
			return false
		}
		o.HasScale, o.Scale = true, min(v[0], 14) // RFC 7323 section 2.3
	case tcpSACKPermitted:
		if len(v) != 0 {
			return false
		}
		o.SACKPermitted = true
	case tcpTime:
		if len(v) != 8 {
			return false
		}
		o.setTime(v)
	case tcpSACK:
		if len(v) == 0 || len(v)%8 != 0 || len(v)/8 > len(o.Blocks) {
			return false
		}
		for i := range len(v) / 8 {
			o.Blocks[i] = SACKBlock{byteorder.BEUint32(v[8*i:]), byteorder.BEUint32(v[8*i+4:])}
		}
		o.NumBlocks = uint8(len(v) / 8)
	}
	return true
}

func (o *TCPOptions) setTime(v []byte) {
	o.HasTime, o.TimeVal, o.TimeEcho = true, byteorder.BEUint32(v), byteorder.BEUint32(v[4:])
}

// Len returns how many octets Put writes: a multiple of four, at most 40 if there are no more than three blocks beside a
// timestamp, and none beside the options of a SYN.
func (o *TCPOptions) Len() int {
	n := 0
	if o.MSS != 0 {
		n += 4
	}
	if o.HasScale {
		n += 4
	}
	if o.HasTime {
		n += 12
	} else if o.SACKPermitted {
		n += 4
	}
	if o.NumBlocks > 0 {
		n += 4 + 8*int(o.NumBlocks)
	}
	return n
}

// Put writes the options where a header's lie, in words of four octets.
func (o *TCPOptions) Put(b []byte) {
	if o.MSS != 0 {
		byteorder.BEPutUint32(b, tcpMSS<<24|4<<16|uint32(o.MSS))
		b = b[4:]
	}
	if o.HasScale {
		byteorder.BEPutUint32(b, tcpNop<<24|tcpScale<<16|3<<8|uint32(o.Scale))
		b = b[4:]
	}
	pad := uint32(tcpNop<<8 | tcpNop)
	if o.SACKPermitted {
		pad = tcpSACKPermitted<<8 | 2
	}
	if o.HasTime {
		byteorder.BEPutUint32(b, pad<<16|tcpTime<<8|10)
		byteorder.BEPutUint32(b[4:], o.TimeVal)
		byteorder.BEPutUint32(b[8:], o.TimeEcho)
		b = b[12:]
	} else if o.SACKPermitted {
		byteorder.BEPutUint32(b, pad<<16|tcpNop<<8|tcpNop)
		b = b[4:]
	}
	if o.NumBlocks > 0 {
		byteorder.BEPutUint32(b, tcpNop<<24|tcpNop<<16|tcpSACK<<8|2+8*uint32(o.NumBlocks))
		for i, s := range o.Blocks[:o.NumBlocks] {
			byteorder.BEPutUint32(b[4+8*i:], s.Start)
			byteorder.BEPutUint32(b[8+8*i:], s.End)
		}
	}
}
