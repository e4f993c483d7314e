package transfer

import (
	"iter"
	"mirage/dns"
)

// chunk is about how many bytes of records a message of a transfer has: all names in it can be pointed to (RFC 1035
// section 4.1.4).
const chunk = 16 << 10

// all are the records of an AXFR: SOA, the others, SOA again (RFC 5936 section 2.2).
func (v *version) all() iter.Seq[dns.Record] {
	return func(yield func(dns.Record) bool) {
		if !yield(v.soa) {
			return
		}
		for r := range v.zone.Records() {
			if r.Type != dns.TypeSOA && !yield(r) {
				return
			}
		}
		yield(v.soa)
	}
}

// changes are the records of an IXFR (RFC 1995 section 4).
func (v *version) changes(deltas []*delta) iter.Seq[dns.Record] {
	return func(yield func(dns.Record) bool) {
		if !yield(v.soa) {
			return
		}
		for _, d := range deltas {
			for _, part := range [][]dns.Record{{d.from}, d.removed, {d.to}, d.added} {
				for _, r := range part {
					if !yield(r) {
						return
					}
				}
			}
		}
		yield(v.soa)
	}
}

// only is one record.
func only(r dns.Record) iter.Seq[dns.Record] {
	return func(yield func(dns.Record) bool) { yield(r) }
}

// records returns what answers m: for IXFR the changes if they are known, the SOA record alone to a client that has
// nothing to learn, else the zone (RFC 1995 section 4).
func (v *version) records(m *dns.Message) iter.Seq[dns.Record] {
	if m.Questions[0].Type == dns.TypeAXFR || len(m.Authorities) != 1 || m.Authorities[0].Type != dns.TypeSOA {
		return v.all()
	}
	serial := serialOf(m.Authorities[0])
	if !newer(v.serial, serial) {
		return only(v.soa)
	}
	if deltas := v.since(serial); deltas != nil {
		return v.changes(deltas)
	}
	return v.all()
}

// transfer sends the answer to m, in as many messages as it takes, and reports whether all of it is sent.
func (st *Store) transfer(m *dns.Message, r *request, send func([]byte) bool) bool {
	v := st.version(m.Questions[0].Name)
	if v == nil {
		return false
	}
	answer := head(m)
	size, ok := 0, true
	flush := func() bool {
		b, err := answer.Append(nil)
		// RFC 5936 section 2.2.1: the question stands in the first message, and may be left out of the others.
		answer.Questions, answer.Answers, size = nil, answer.Answers[:0], 0
		return err == nil && len(b) <= maxMessage && send(r.sign(b))
	}
	for rec := range v.records(m) {
		if size > 0 && size+sizeOf(rec) > chunk {
			if ok = flush(); !ok {
				return false
			}
		}
		answer.Answers = append(answer.Answers, rec)
		size += sizeOf(rec)
	}
	return flush()
}

// head returns an answer to m without records.
func head(m *dns.Message) *dns.Message {
	return &dns.Message{
		Header:    dns.Header{ID: m.ID, Response: true, Opcode: m.Opcode, Authoritative: true, RecursionDesired: m.RecursionDesired},
		Questions: m.Questions,
	}
}

// transferDatagram answers an IXFR in a datagram: with the SOA record alone if the changes do not fit (RFC 1995
// section 2), for the client to come by TCP.
func (st *Store) transferDatagram(m *dns.Message, r *request, most int) []byte {
	v := st.version(m.Questions[0].Name)
	if v == nil {
		return nil
	}
	limit := 512
	if e, ok, err := m.EDNS(); ok && err == nil {
		limit = min(max(limit, int(e.UDPSize)), most)
	}
	if r.key != nil {
		limit -= signatureRoom(r.key)
	}
	answer := head(m)
	size := 0
	for rec := range v.records(m) {
		if size += sizeOf(rec); size > 2*limit {
			break
		}
		answer.Answers = append(answer.Answers, rec)
	}
	b, err := answer.Append(nil)
	if err != nil || size > 2*limit || len(b) > limit {
		answer.Answers = []dns.Record{v.soa}
		b, _ = answer.Append(nil)
	}
	return r.sign(b)
}
