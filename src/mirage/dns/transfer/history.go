package transfer

import "mirage/dns"

// A delta is what a change of a zone has taken out and put in (RFC 1995 section 4).
type delta struct {
	from, to       dns.Record // the SOA records
	removed, added []dns.Record
	size           int // bytes, about
}

// recordKey is what makes a record of a zone, besides its TTL (RFC 2181 section 5).
type recordKey struct {
	name dns.Name // in lower case
	typ  dns.Type
	data string
}

func keyOf(r dns.Record) recordKey { return recordKey{r.Name.Lower(), r.Type, string(r.Data)} }

// recordsOf returns z's records but SOA, each once.
func recordsOf(z *dns.Zone) map[recordKey]dns.Record {
	set := make(map[recordKey]dns.Record, z.Len())
	for r := range z.Records() {
		if r.Type == dns.TypeSOA {
			continue
		}
		if k := keyOf(r); set[k].Name == "" {
			set[k] = r
		}
	}
	return set
}

// sizeOf is a record's size in a message without compression, bytes.
func sizeOf(r dns.Record) int { return len(r.Name) + 10 + len(r.Data) }

// difference returns what leads from old to v, in the order in which the zones have it.
func difference(old, v *version) *delta {
	d := &delta{from: old.soa, to: v.soa, size: sizeOf(old.soa) + sizeOf(v.soa)}
	was, is := recordsOf(old.zone), recordsOf(v.zone)
	missing := func(z *dns.Zone, from, in map[recordKey]dns.Record) (list []dns.Record) {
		for r := range z.Records() {
			k := keyOf(r)
			if mine := from[k]; mine.Name == "" { // SOA, or one that is there twice
				continue
			} else if other := in[k]; other.Name == "" || other.TTL != mine.TTL {
				list = append(list, mine)
				d.size += sizeOf(mine)
			}
			delete(from, k)
		}
		return list
	}
	before := make(map[recordKey]dns.Record, len(was))
	for k, r := range was {
		before[k] = r
	}
	d.removed = missing(old.zone, was, is)
	d.added = missing(v.zone, is, before)
	return d
}

// remember gives v the history of old and the step from there, as long as that is shorter than the zone (RFC 1995
// section 5) and than limit.
func (v *version) remember(old *version, limit int) {
	d := difference(old, v)
	if !newer(v.serial, old.serial) {
		if v.serial == old.serial && len(d.removed)+len(d.added) == 0 {
			v.deltas = old.deltas
		}
		return
	}
	v.deltas = append(append(v.deltas, old.deltas...), d)
	whole := 0
	for r := range v.zone.Records() {
		whole += sizeOf(r)
	}
	size := 0
	for i := len(v.deltas) - 1; i >= 0; i-- {
		if size += v.deltas[i].size; size > min(limit, whole) {
			v.deltas = append([]*delta(nil), v.deltas[i+1:]...)
			return
		}
	}
}

// since returns the changes since serial, nil if they are not known.
func (v *version) since(serial uint32) []*delta {
	for i, d := range v.deltas {
		if serialOf(d.from) == serial {
			return v.deltas[i:]
		}
	}
	return nil
}
