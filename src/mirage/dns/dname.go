package dns

import "bytes"

// dname answers for a name below encloser, which has the DNAME rrset set (RFC 6672 section 3.2). It returns true
// when p has become the name that it leads to.
func (r *resolver) dname(p *point, encloser, set uint32) bool {
	ix := r.ix
	rec, _ := ix.record(ix.sets[set].off)
	to := ix.sets[set].target(rec.data, 0)
	if !r.add(inAnswer, owner(encloser), encloser, set) && ix.isBelow(to, encloser) {
		return false // names would only grow
	}
	r.links++
	prefix := p.name[:len(p.name)-ix.nameLen(encloser)]
	if len(prefix)+ix.nameLen(to) > maxName {
		r.rcode, r.err = RcodeYXDomain, errExpansion
		return false
	}
	name := ix.appendNode(append(r.list(p.name), prefix...), to)
	if r.hasAlias(p.name, name) {
		return false // a loop
	}
	next := point{node: noNode, name: name}
	var left int
	if next.encloser, left = ix.find(name); left == 0 {
		next.node = next.encloser
	}
	from, ok := r.makeUp(owner(encloser), prefix)
	if ok && bytes.Equal(p.name, r.asked[:len(r.req.name())]) {
		from = theQuestion
	}
	if ok {
		next.owner, ok = r.makeUp(owner(next.encloser), name[:len(name)-ix.nameLen(next.encloser)])
	}
	if !ok || len(r.items) == maxItems {
		return false
	}
	r.aliases = append(r.aliases, alias{from, next.owner, rec.ttl})
	r.items = append(r.items, item{inAnswer, from, noNode, uint32(len(r.aliases) - 1)})
	*p = next
	return r.req.typ != TypeCNAME
}

// makeUp returns the name that labels, not ended by the root's, make below parent.
func (r *resolver) makeUp(parent owner, labels []byte) (owner, bool) {
	var at [maxName / 2]uint8
	for i := labelOffsets(labels, &at); i > 0; i-- {
		if len(r.made) == maxMadeUp {
			return 0, false
		}
		m := madeUp{parent: parent}
		label := labels[at[i-1]:]
		copy(m.label[:], label[:1+int(label[0])])
		r.made = append(r.made, m)
		parent = madeUpName | owner(len(r.made)-1)
	}
	return parent, true
}

// hasAlias reports whether the answer has a CNAME record from one name to another.
func (r *resolver) hasAlias(from, to []byte) bool {
	ix := r.ix
	var b [2][maxName]byte
	for i := range r.items {
		x := &r.items[i]
		var target owner
		switch {
		case x.section != inAnswer:
			continue
		case x.node == noNode:
			target = r.aliases[x.set].to
		case ix.sets[x.set].typ == TypeCNAME:
			rec, _ := ix.record(ix.sets[x.set].off)
			target = owner(ix.sets[x.set].target(rec.data, 0))
		default:
			continue
		}
		if bytes.Equal(r.appendOwner(b[0][:0], x.owner), from) && bytes.Equal(r.appendOwner(b[1][:0], target), to) {
			return true
		}
	}
	return false
}

// appendOwner appends o's name.
func (r *resolver) appendOwner(dst []byte, o owner) []byte {
	if o == theQuestion {
		return append(dst, r.asked[:len(r.req.name())]...)
	}
	for o&madeUpName != 0 {
		m := &r.made[o&^madeUpName]
		dst = append(dst, m.label[:1+int(m.label[0])]...)
		o = m.parent
	}
	return r.ix.appendNode(dst, uint32(o))
}
