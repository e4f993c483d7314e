package wire

import "internal/byteorder"

// Messages of multicast listener discovery (RFC 3810 section 5; version 1: RFC 2710 section 3).

// An MLDQuery is what a query says.
type MLDQuery struct {
	V1         bool
	MaxDelay   int64 // nanoseconds within which to answer
	Group      Addr  // :: for all
	Robustness uint8 // 0: it does not say
	Sources    []byte
}

// ParseMLDQuery reads a query of either version: RFC 3810 section 8.1.
func ParseMLDQuery(m ICMPv6) (q MLDQuery, ok bool) {
	if len(m) < 24 || m.Code() != 0 && len(m) == 24 {
		return q, false
	}
	q.Group = AddrFrom16([16]byte(m[8:24]))
	code := int64(byteorder.BEUint16(m[4:6]))
	switch {
	case len(m) == 24:
		q.V1 = true
	case len(m) < 28:
		return q, false // section 8.1: to be ignored
	default:
		if n := int(byteorder.BEUint16(m[26:28])); 28+16*n > len(m) {
			return q, false
		} else {
			q.Sources = m[28 : 28+16*n]
		}
		q.Robustness = m[24] & 7
		if code >= 1<<15 { // section 5.1.3: a floating-point number
			code = (code&0xfff | 0x1000) << (code>>12&7 + 3)
		}
	}
	q.MaxDelay = code * 1e6
	return q, q.Group.IsUnspecified() || q.Group.IsMulticast() && !q.Group.Is4()
}

// Types of a GroupRecord (section 5.2.12, RFC 3376 section 4.2.12).
const (
	GroupIsInclude = 1
	GroupIsExclude = 2
	GroupToInclude = 3
	GroupToExclude = 4
	GroupAllow     = 5
	GroupBlock     = 6
)

// A GroupRecord is a record of a report.
type GroupRecord struct {
	Type    uint8
	Group   Addr
	Sources []Addr
}

// MLDLen is the length of a record in a report of MLD.
func (r *GroupRecord) MLDLen() int { return mldRecordLen + 16*len(r.Sources) }

const (
	mldRecordLen   = 20
	mldReportFixed = 8
)

// MLDReportLen is the length of a report with records.
func MLDReportLen(records []GroupRecord) int {
	n := mldReportFixed
	for k := range records {
		n += records[k].MLDLen()
	}
	return n
}

// PutMLDReport writes a version 2 report (section 5.2) into m, whose length is MLDReportLen's.
func PutMLDReport(m ICMPv6, records []GroupRecord, src, dst Addr) {
	b := m[mldReportFixed:]
	for k := range records {
		r := &records[k]
		byteorder.BEPutUint32(b, uint32(r.Type)<<24|uint32(uint16(len(r.Sources))))
		group := r.Group.As16()
		b = b[4+copy(b[4:], group[:]):]
		for _, s := range r.Sources {
			a := s.As16()
			b = b[copy(b, a[:]):]
		}
	}
	m.Put(ICMPv6MLDv2Report, 0, uint32(len(records)), src, dst)
}

// MLDv1Len is the length of version 1 messages.
const MLDv1Len = 24

// PutMLDv1 writes a version 1 report or done message (RFC 2710 section 3).
func PutMLDv1(m ICMPv6, typ uint8, group, src, dst Addr) {
	g := group.As16()
	copy(m[8:], g[:])
	m.Put(typ, 0, 0, src, dst)
}

// RouterAlertLen is the length of the hop-by-hop header that MLD messages have (RFC 3810 section 5).
const RouterAlertLen = 8

// PutRouterAlert writes a hop-by-hop options header with a router alert of value 0, "contains MLD" (RFC 2711 section 2.1).
func PutRouterAlert(b []byte, next uint8) {
	byteorder.BEPutUint64(b, uint64(next)<<56|OptRouterAlert<<40|2<<32|optPadN<<8)
}
