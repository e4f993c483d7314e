package dns

// minimalSize is the size beyond which an answer gets nothing that it can do without: it then fits one frame,
// whatever the client's buffer. On a stream there are no frames.
const minimalSize = 1232

// A writer writes an answer of at most limit bytes.
type writer struct {
	buf    []byte
	limit  int
	places []written

	cutShort bool // something was left out for want of space
}

// written says where a name stands in the answer.
type written struct {
	name owner
	at   uint16
}

// questionAt notes that the question has n's name at offset at of the message.
func (r *resolver) questionAt(n uint32, at int) {
	r.places = append(r.places, written{theQuestion, headerLen})
	for ; n != 0; n = r.ix.nodes[n].parent {
		r.places = append(r.places, written{owner(n), uint16(at)})
		at += len(r.ix.label(n))
	}
}

// place returns where o's name stands, 0 if nowhere.
func (w *writer) place(o owner) uint16 {
	for i := range w.places {
		if w.places[i].name == o {
			return w.places[i].at
		}
	}
	return 0
}

// rollBack takes back what has been written from offset mark on.
func (w *writer) rollBack(mark int) {
	w.buf = w.buf[:mark]
	for n := len(w.places); n > 0 && int(w.places[n-1].at) >= mark; n-- {
		w.places = w.places[:n-1]
	}
}

// putName writes o's name, from the first label on that stands somewhere already as a pointer to there (RFC 1035
// section 4.1.4).
func (r *resolver) putName(o owner) {
	for o != 0 {
		if at := r.place(o); at != 0 {
			r.buf = append(r.buf, 0xc0|byte(at>>8), byte(at))
			return
		}
		if len(r.buf) < 0x4000 {
			r.places = append(r.places, written{o, uint16(len(r.buf))})
		}
		if o&madeUpName != 0 {
			m := &r.made[o&^madeUpName]
			r.buf = append(r.buf, m.label[:1+int(m.label[0])]...)
			o = m.parent
		} else {
			r.buf = append(r.buf, r.ix.label(uint32(o))...)
			o = owner(r.ix.nodes[o].parent)
		}
	}
	r.buf = append(r.buf, 0)
}

// putHead writes a record up to the length of its data.
func (r *resolver) putHead(o owner, t Type, ttl uint32) {
	r.putName(o)
	r.buf = appendBE16(appendBE16(r.buf, uint16(t)), uint16(ClassIN))
	r.buf = append(appendBE32(r.buf, ttl), 0, 0)
}

// endRecord fills in the length of the data that started at start. If the record does not fit it takes back what
// is written from mark on and returns false.
func (w *writer) endRecord(mark, start int) bool {
	n := len(w.buf) - start
	w.buf[start-2], w.buf[start-1] = byte(n>>8), byte(n)
	if len(w.buf) <= w.limit {
		return true
	}
	w.rollBack(mark)
	return false
}

// putRecord writes the record rec of s if it fits.
func (r *resolver) putRecord(o owner, s *rrset, ttl uint32, data []byte) bool {
	mark := len(r.buf)
	r.putHead(o, s.typ, ttl)
	start := len(r.buf)
	if s.names > 0 {
		at := int(s.nameAt)
		if at < 0 {
			at = len(data) - 4
		}
		r.buf = append(r.buf, data[:at]...)
		for i := range int(s.names) {
			n := s.target(data, i)
			if s.compress {
				r.putName(owner(n))
			} else {
				r.buf = r.ix.appendNode(r.buf, n)
			}
		}
		data = data[at+4*int(s.names):]
	}
	r.buf = append(r.buf, data...)
	return r.endRecord(mark, start)
}

// putSet writes the records of x with their signatures, and returns how many it has written and whether that is
// all of them.
func (r *resolver) putSet(x *item) (count uint16, all bool) {
	if x.node == noNode {
		return r.putAlias(x.owner, &r.aliases[x.set])
	}
	s := &r.ix.sets[x.set]
	zone := &r.ix.zones[s.zone]
	negative := x.set == zone.soa && x.section == inAuthority
	var rec record
	for off := s.off; count < s.count; count++ {
		rec, off = r.ix.record(off)
		if negative {
			rec.ttl = zone.negative
		}
		if !r.putRecord(x.owner, s, rec.ttl, rec.data) {
			return count, false
		}
	}
	if !r.req.do || !zone.secure || s.typ == TypeRRSIG {
		return count, true
	}
	signatures, all := r.putSignatures(x, s, rec.ttl)
	return count + signatures, all
}

// putAlias writes a CNAME record made from DNAME.
func (r *resolver) putAlias(o owner, a *alias) (count uint16, all bool) {
	mark := len(r.buf)
	r.putHead(o, TypeCNAME, a.ttl)
	start := len(r.buf)
	r.putName(a.to)
	if !r.endRecord(mark, start) {
		return 0, false
	}
	return 1, true
}

// putSignatures writes the signatures of x, whose records are s and have the TTL ttl.
func (r *resolver) putSignatures(x *item, s *rrset, ttl uint32) (count uint16, all bool) {
	set := r.ix.set(x.node, s.zone, TypeRRSIG)
	if set == noSet {
		return 0, true
	}
	sigs := &r.ix.sets[set]
	for i, off := uint16(0), sigs.off; i < sigs.count; i++ {
		var rec record
		rec, off = r.ix.record(off)
		if Type(be16(rec.data)) != s.typ {
			continue
		}
		if s.typ == TypeSOA { // RFC 4035 section 3.1.1: the TTL of what is signed
			rec.ttl = ttl
		}
		if !r.putRecord(x.owner, sigs, rec.ttl, rec.data) {
			return count, false
		}
		count++
	}
	return count, true
}

// putSections writes all items and returns how many records the answer, authority and additional sections have,
// and whether TC is to be set: answer and authority are there as whole rrsets or not at all (RFC 2181 section 9),
// while rrsets that are only useful are left out.
func (r *resolver) putSections() (counts [3]uint16, truncated bool) {
	full := false
	for sec := inAnswer; sec < sections && !truncated && !full; sec++ {
		var count uint16
		for i := range r.items {
			x := &r.items[i]
			if x.section != sec {
				continue
			}
			mark := len(r.buf)
			n, all := r.putSet(x)
			needed := sec < inAuthorityIfFits
			switch {
			case needed && !all:
				r.rollBack(mark)
				truncated, r.cutShort = true, true
			case !needed && (!all || len(r.buf) > minimalSize && !r.via.stream):
				r.rollBack(mark)
				full, r.cutShort = true, true
			default:
				count += n
			}
			if truncated {
				break
			}
		}
		switch sec {
		case inAnswer:
			counts[0] = count
		case inAuthority, inAuthorityIfFits:
			counts[1] += count
		default:
			counts[2] += count
		}
		if full && sec == inAdditionalFirst && count == 0 && r.cut != noNode {
			truncated = true // a delegation without any address is of no use
		}
	}
	return counts, truncated
}
