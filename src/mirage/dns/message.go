package dns

import (
	"errors"
	"strconv"
)

// A Header is what every message starts with, but the counts (RFC 1035 section 4.1.1, RFC 4035 section 3).
type Header struct {
	ID                 uint16
	Response           bool // QR
	Opcode             Opcode
	Authoritative      bool  // AA
	Truncated          bool  // TC
	RecursionDesired   bool  // RD
	RecursionAvailable bool  // RA
	AuthenticData      bool  // AD
	CheckingDisabled   bool  // CD
	Rcode              Rcode // its lower four bits; EDNS.ExtendedRcode has the others
}

// A Question asks for the records of a type at a name.
type Question struct {
	Name  Name
	Type  Type
	Class Class
}

// A Record is a resource record. Data is in wire form, its names not compressed.
type Record struct {
	Name  Name
	Type  Type
	Class Class
	TTL   uint32 // seconds
	Data  []byte
}

// A Message is a whole query or answer.
type Message struct {
	Header
	Questions   []Question
	Answers     []Record
	Authorities []Record
	Additionals []Record
}

const headerLen = 12

// Bits of the header's second 16-bit word.
const (
	flagQR = 1 << 15
	flagAA = 1 << 10
	flagTC = 1 << 9
	flagRD = 1 << 8
	flagRA = 1 << 7
	flagAD = 1 << 5
	flagCD = 1 << 4
)

var (
	errTrailing = errors.New("the message goes on behind its last record")
	errTooMany  = errors.New("more than 65535 records in a section")
	errBadData  = errors.New("a record's data does not fit its type")
)

// ParseMessage returns what b holds. All of b must be the message.
func ParseMessage(b []byte) (*Message, error) {
	if len(b) < headerLen {
		return nil, errShort
	}
	m := &Message{Header: parseHeader(b)}
	off := headerLen
	for n := be16(b[4:]); n > 0; n-- {
		var q Question
		var err error
		if q.Name, off, err = readName(b, off); err != nil {
			return nil, err
		}
		if len(b) < off+4 {
			return nil, errShort
		}
		q.Type, q.Class = Type(be16(b[off:])), Class(be16(b[off+2:]))
		off += 4
		m.Questions = append(m.Questions, q)
	}
	for i, section := range [...]*[]Record{&m.Answers, &m.Authorities, &m.Additionals} {
		for n := be16(b[6+2*i:]); n > 0; n-- {
			var r Record
			var err error
			if r, off, err = readRecord(b, off); err != nil {
				return nil, err
			}
			*section = append(*section, r)
		}
	}
	if off != len(b) {
		return nil, errTrailing
	}
	return m, nil
}

func parseHeader(b []byte) Header {
	f := be16(b[2:])
	return Header{
		ID:                 be16(b),
		Response:           f&flagQR != 0,
		Opcode:             Opcode(f >> 11 & 15),
		Authoritative:      f&flagAA != 0,
		Truncated:          f&flagTC != 0,
		RecursionDesired:   f&flagRD != 0,
		RecursionAvailable: f&flagRA != 0,
		AuthenticData:      f&flagAD != 0,
		CheckingDisabled:   f&flagCD != 0,
		Rcode:              Rcode(f & 15),
	}
}

func (h *Header) flags() uint16 {
	f := uint16(h.Opcode&15)<<11 | uint16(h.Rcode&15)
	for _, b := range [...]struct {
		set bool
		bit uint16
	}{
		{h.Response, flagQR}, {h.Authoritative, flagAA}, {h.Truncated, flagTC}, {h.RecursionDesired, flagRD},
		{h.RecursionAvailable, flagRA}, {h.AuthenticData, flagAD}, {h.CheckingDisabled, flagCD},
	} {
		if b.set {
			f |= b.bit
		}
	}
	return f
}

// readRecord returns the record at off in b and the offset behind it.
func readRecord(b []byte, off int) (r Record, next int, err error) {
	if r.Name, off, err = readName(b, off); err != nil {
		return r, 0, err
	}
	if len(b) < off+10 {
		return r, 0, errShort
	}
	r.Type, r.Class, r.TTL = Type(be16(b[off:])), Class(be16(b[off+2:])), be32(b[off+4:])
	next = off + 10 + int(be16(b[off+8:]))
	if next > len(b) {
		return r, 0, errShort
	}
	r.Data, err = readData(r.Type, b[:next], off+10)
	return r, next, err
}

// readData returns the data of a record of type t that is msg from off on, its names without compression.
func readData(t Type, msg []byte, off int) ([]byte, error) {
	l := t.layout()
	if l == nil {
		return append([]byte(nil), msg[off:]...), nil
	}
	var data []byte
	for i := 0; i < len(l.fields); i++ {
		switch f := l.fields[i]; f {
		case fieldName, fieldFullName, fieldLiteral:
			n, next, err := readName(msg, off)
			if err != nil {
				return nil, err
			}
			data, off = append(data, n...), next
		default:
			n := fieldLen(f, msg[off:])
			if n < 0 {
				return nil, errBadData
			}
			data, off = append(data, msg[off:off+n]...), off+n
		}
	}
	if off != len(msg) || len(data) > 0xffff {
		return nil, errBadData
	}
	return data, nil
}

// Append appends the message in wire form to dst, names compressed where RFC 3597 section 4 allows it.
func (m *Message) Append(dst []byte) ([]byte, error) {
	c := compressor{start: len(dst)}
	b := appendBE16(appendBE16(dst, m.ID), m.flags())
	for _, n := range [...]int{len(m.Questions), len(m.Answers), len(m.Authorities), len(m.Additionals)} {
		if n > 0xffff {
			return dst, errTooMany
		}
		b = appendBE16(b, uint16(n))
	}
	for _, q := range m.Questions {
		if nameLen([]byte(q.Name)) != len(q.Name) {
			return dst, errBadName
		}
		b = c.append(b, q.Name)
		b = appendBE16(appendBE16(b, uint16(q.Type)), uint16(q.Class))
	}
	for _, section := range [...][]Record{m.Answers, m.Authorities, m.Additionals} {
		for i := range section {
			var err error
			if b, err = c.appendRecord(b, &section[i]); err != nil {
				return dst, err
			}
		}
	}
	return b, nil
}

var errBadName = errors.New("a name is not in wire form: use ParseName")

// A compressor remembers where names were written in a message (RFC 1035 section 4.1.4).
type compressor struct {
	start int
	names map[Name]uint16 // in lower case
}

// append appends n, or its first labels and a pointer to where the others stand.
func (c *compressor) append(b []byte, n Name) []byte {
	for key := n.Lower(); len(n) > 1; n, key = n.Parent(), key.Parent() {
		if at, ok := c.names[key]; ok {
			return append(b, 0xc0|byte(at>>8), byte(at))
		}
		if at := len(b) - c.start; at < 0x4000 {
			if c.names == nil {
				c.names = make(map[Name]uint16)
			}
			c.names[key] = uint16(at)
		}
		b = append(b, n[:1+n[0]]...)
	}
	return append(b, 0)
}

func (c *compressor) appendRecord(b []byte, r *Record) ([]byte, error) {
	if nameLen([]byte(r.Name)) != len(r.Name) {
		return b, errBadName
	}
	if len(r.Data) > 0xffff || !validData(r.Type, r.Data) {
		return b, errBadData
	}
	b = c.append(b, r.Name)
	b = appendBE32(appendBE16(appendBE16(b, uint16(r.Type)), uint16(r.Class)), r.TTL)
	b = append(b, 0, 0)
	start := len(b)
	at, count, compress := r.Type.names(r.Data)
	b = append(b, r.Data[:at]...)
	rest := r.Data[at:]
	for ; compress && count > 0; count-- {
		n := nameLen(rest)
		b, rest = c.append(b, Name(rest[:n])), rest[n:]
	}
	b = append(b, rest...)
	n := len(b) - start
	b[start-2], b[start-1] = byte(n>>8), byte(n)
	return b, nil
}

// String returns the record as a line of a zone file.
func (r Record) String() string {
	b := append(r.Name.appendText(nil), '\t')
	b = append(strconv.AppendUint(b, uint64(r.TTL), 10), '\t')
	b = append(append(b, r.Class.String()...), '\t')
	b = append(append(b, r.Type.String()...), '\t')
	return string(append(b, FormatData(r.Type, r.Data)...))
}
