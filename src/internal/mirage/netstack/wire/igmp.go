package wire

import "internal/byteorder"

// IGMP is a message of the Internet Group Management Protocol (RFC 3376, version 2: RFC 2236).
type IGMP []byte

// IGMPLen is the length of the fixed part, and of a whole message of version 2.
const IGMPLen = 8

// Types (RFC 3376 section 4).
const (
	IGMPQuery    = 0x11
	IGMPv2Report = 0x16
	IGMPv2Leave  = 0x17
	IGMPv3Report = 0x22
)

// Groups of routers: all (RFC 1112), and those that understand IGMPv3 (RFC 3376 section 4.2.14).
var (
	AllRouters4      = V4(224, 0, 0, 2)
	AllIGMPv3Routers = V4(224, 0, 0, 22)
)

func (m IGMP) Type() uint8 { return m[0] }

// ChecksumOK reports whether the checksum is right.
func (m IGMP) ChecksumOK() bool { return Sum(0).Add(m).Fold() == 0xffff }

// An IGMPQueryInfo is what a query says.
type IGMPQueryInfo struct {
	Old        bool  // of version 1 or 2
	MaxDelay   int64 // nanoseconds within which to answer
	Group      Addr  // 0.0.0.0 for all
	Robustness uint8 // 0: it does not say
	Sources    []byte
}

// ParseIGMPQuery reads a query of any version: RFC 3376 section 7.1.
func ParseIGMPQuery(m IGMP) (q IGMPQueryInfo, ok bool) {
	if len(m) < IGMPLen || len(m) > IGMPLen && len(m) < 12 || m.Type() != IGMPQuery {
		return q, false
	}
	q.Group = AddrFrom4([4]byte(m[4:8]))
	code := int64(m[1])
	switch {
	case len(m) == IGMPLen && code == 0: // version 1
		q.Old, code = true, 100
	case len(m) == IGMPLen:
		q.Old = true
	default:
		n := int(byteorder.BEUint16(m[10:12]))
		if 12+4*n > len(m) {
			return q, false
		}
		q.Sources = m[12 : 12+4*n]
		q.Robustness = m[8] & 7
		if code >= 128 { // section 4.1.1: a floating-point number
			code = (code&0xf | 0x10) << (code>>4&7 + 3)
		}
	}
	q.MaxDelay = code * 1e8
	return q, q.Group.IsUnspecified() || q.Group.IsMulticast()
}

const (
	igmpRecordLen   = 8
	igmpReportFixed = 8
)

// IGMPLen is the length of a record in a report of IGMP.
func (r *GroupRecord) IGMPLen() int { return igmpRecordLen + 4*len(r.Sources) }

// IGMPReportLen is the length of a version 3 report with records.
func IGMPReportLen(records []GroupRecord) int {
	n := igmpReportFixed
	for k := range records {
		n += records[k].IGMPLen()
	}
	return n
}

// PutReport writes a version 3 report (section 4.2), whose length is IGMPReportLen's.
func (m IGMP) PutReport(records []GroupRecord) {
	byteorder.BEPutUint64(m, IGMPv3Report<<56|uint64(len(records)))
	b := m[igmpReportFixed:]
	for k := range records {
		r := &records[k]
		byteorder.BEPutUint64(b, uint64(r.Type)<<56|uint64(uint16(len(r.Sources)))<<32|uint64(r.Group.Bits32()))
		b = b[igmpRecordLen:]
		for _, s := range r.Sources {
			byteorder.BEPutUint32(b, s.Bits32())
			b = b[4:]
		}
	}
	byteorder.BEPutUint16(m[2:4], Sum(0).Add(m).Checksum())
}

// PutOld writes a version 2 report or leave message (RFC 2236 section 2).
func (m IGMP) PutOld(typ uint8, group Addr) {
	byteorder.BEPutUint64(m, uint64(typ)<<56|uint64(group.Bits32()))
	byteorder.BEPutUint16(m[2:4], Sum(0).Add(m[:IGMPLen]).Checksum())
}

// RouterAlert4Len is the length of the option that IGMP messages have (RFC 3376 section 4, RFC 2113).
const RouterAlert4Len = 4

// SetRouterAlert makes room that was left behind a header of 20 octets, written by Put, a router alert.
func (p IPv4) SetRouterAlert() {
	const alert = 0x94040000
	p[0] = 0x46
	byteorder.BEPutUint32(p[IPv4Len:], alert)
	byteorder.BEPutUint16(p[10:12], 0)
	byteorder.BEPutUint16(p[10:12], Sum(0).Add(p[:IPv4Len+RouterAlert4Len]).Checksum())
}
