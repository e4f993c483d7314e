package dns

// A resolver finds the answer to one question in an index (RFC 1034 section 4.3.2) and writes it. It is used
// again and again, so that its slices need no new memory.
//
// Which records an answer has, and in which order, is meant to be what NSD does: where the RFCs leave a choice,
// that is the choice.
type resolver struct {
	ix   *index
	full bool // add what is useful, not only what is needed
	req  request
	via  transport

	asked [maxName]byte // the question's name in lower case
	zone  uint16        // the zone that is being looked in
	aa    bool
	rcode Rcode
	links int    // CNAME records followed, DNAME's included
	cut   uint32 // the delegation in the answer, or noNode
	err   extendedError

	items   []item
	aliases []alias  // CNAME records made from DNAME
	made    []madeUp // names made from DNAME that are not in the tree

	writer
	lists [2][maxName]byte // for the names of points
}

// A section is where in the answer an rrset goes. Sections are filled in this order.
type section uint8

const (
	inAnswer section = iota
	inAuthority
	inAuthorityIfFits
	inAdditionalFirst  // A records
	inAdditionalSecond // AAAA records
	inAdditionalThird  // the others
	sections
)

// An item is an rrset of the answer.
type item struct {
	section section
	owner   owner
	node    uint32 // where it stands in the tree, with its signatures; noNode for a made-up CNAME record
	set     uint32 // its number, or that of an alias
}

// An owner is a name that the answer may have to write: the number of a node, that of a made-up name with
// madeUpName set, or theQuestion.
type owner uint32

const (
	madeUpName  owner = 1 << 31
	theQuestion owner = ^owner(0)
)

// An alias is a CNAME record made from DNAME (RFC 6672 section 3.1).
type alias struct {
	from, to owner
	ttl      uint32
}

// A madeUp is a name below another.
type madeUp struct {
	parent owner
	label  [maxLabel + 1]byte
}

// A point is a name that is looked up: the question's or one that an alias leads to.
type point struct {
	owner    owner
	node     uint32 // the name's own, or noNode
	encloser uint32 // the deepest node that is the name or above it
	name     []byte // in lower case
}

const (
	maxItems  = 10240 // rrsets of an answer: a longer chain of aliases is not followed
	maxMadeUp = 1024
)

// resolve looks the question up.
func (r *resolver) resolve() {
	name := r.asked[:copy(r.asked[:], r.req.name())]
	for i, c := range name {
		name[i] = lower(c)
	}
	p := point{owner: theQuestion, node: noNode, name: name}
	var left int
	if p.encloser, left = r.ix.find(name); left == 0 {
		p.node = p.encloser
	}
	r.questionAt(p.encloser, headerLen+len(name)-r.ix.nameLen(p.encloser))
	for r.step(&p) {
	}
}

// step looks up p. It returns true when p has become the next name of a chain of aliases.
func (r *resolver) step(p *point) bool {
	ix := r.ix
	zone, ok := ix.zoneOf(p.encloser)
	if !ok {
		if r.links == 0 { // a chain that leaves our zones is an answer: RFC 1034 section 4.3.2, step 3a
			r.rcode, r.err = RcodeRefused, errNotAuthoritative
		}
		return false
	}
	r.zone = zone
	for !ix.exists(p.encloser) { // names that occur in data only
		p.node, p.encloser = noNode, ix.nodes[p.encloser].parent
	}
	exact := p.node != noNode
	apex := ix.zones[zone].apex
	if exact && r.req.typ == TypeDS && p.node == apex { // RFC 4035 section 3.1.4.1: the parent has DS
		if parent, ok := ix.zoneAbove(apex); ok {
			r.zone = parent
			apex = ix.zones[parent].apex
		}
		if p.node == apex { // we do not serve it
			r.aa = r.req.class != ClassANY
			r.nodata(p.node, false)
			return false
		}
	}
	r.cut = ix.cut(p.encloser, r.zone)
	if r.cut != noNode && ix.dnameAbove(r.cut, r.zone) != noNode {
		r.cut = noNode
	}
	if r.cut != noNode && !(exact && r.req.typ == TypeDS && p.node == r.cut) {
		r.referral()
		return false
	}
	r.aa = r.req.class != ClassANY
	return r.authoritative(p)
}

// referral answers with a delegation (RFC 1034 section 4.3.2, step 3b), signed or proved not to be.
func (r *resolver) referral() {
	ix := r.ix
	r.aa = r.links > 0
	r.add(inAuthority, owner(r.cut), r.cut, ix.set(r.cut, r.zone, TypeNS))
	zone := &ix.zones[r.zone]
	if !r.req.do || !zone.secure {
		return
	}
	if ds := ix.set(r.cut, r.zone, TypeDS); ds != noSet { // RFC 4035 section 3.1.4
		r.add(inAuthority, owner(r.cut), r.cut, ds)
	} else if zone.nsec3 != nil {
		r.nsec3NoDS(r.cut, true)
	} else if nsec := ix.set(r.cut, r.zone, TypeNSEC); nsec != noSet {
		r.add(inAuthority, owner(r.cut), r.cut, nsec)
	}
}

// authoritative answers from the zone's own data.
func (r *resolver) authoritative(p *point) bool {
	ix := r.ix
	encloser, match := p.encloser, p.node
	if match != noNode && ix.onlyNSEC3(match, r.zone) { // RFC 5155 section 7.2.8: as if it were not there
		match, encloser = noNode, ix.nodes[match].parent
	}
	if d := ix.dnameAbove(encloser, r.zone); d != noNode { // RFC 6672 section 2.4: what is below is hidden
		match, encloser = noNode, d
	}
	if match == noNode {
		if d := ix.set(encloser, r.zone, TypeDNAME); d != noSet {
			return r.dname(p, encloser, d)
		}
	}
	from, name := match, owner(match)
	if match == noNode {
		name = p.owner
		from = ix.wildcard(encloser)
	}
	if r.chain() != nil {
		r.nsec3Name(from, match == noNode && from != noNode, encloser, p.name)
	} else if r.signed() {
		if match == noNode { // RFC 4035 section 3.1.3.2 to 3.1.3.4: no such name, wildcard or not
			r.nsecBefore(ix.before(p.name))
		}
		if from == noNode {
			r.nsecBefore(r.beforeWildcard(encloser))
		}
	}
	switch {
	case r.rcode != RcodeSuccess: // hashes collide
		return false
	case from == noNode:
		r.rcode = RcodeNameError
		r.soa()
		return false
	}
	return r.answer(p, name, from)
}

// answer answers with what node has, under the name of owner: node itself or what its wildcard stands for.
func (r *resolver) answer(p *point, name owner, node uint32) bool {
	ix := r.ix
	var set uint32
	switch r.req.typ {
	case TypeANY:
		set = r.any(node)
	case TypeNSEC3: // no name has it: RFC 5155 section 7.2.8
		set = noSet
	default:
		if set = ix.set(node, r.zone, r.req.typ); set != noSet {
			break
		}
		if c := ix.set(node, r.zone, TypeCNAME); c != noSet {
			if !r.add(inAnswer, name, node, c) {
				return false // a loop
			}
			r.links++
			rec, _ := ix.record(ix.sets[c].off)
			to := ix.sets[c].target(rec.data, 0)
			*p = point{owner(to), to, to, ix.appendNode(r.list(p.name), to)}
			return true
		}
	}
	if set == noSet {
		r.nodata(node, name != owner(node))
		return false
	}
	r.add(inAnswer, name, node, set)
	zone := &ix.zones[r.zone]
	if r.full && r.req.class != ClassANY && zone.ns != noSet && r.wantsNS() {
		r.add(inAuthorityIfFits, owner(zone.apex), zone.apex, zone.ns)
	}
	return false
}

// list returns space for a name, other than that in which old is.
func (r *resolver) list(old []byte) []byte {
	if &old[0] == &r.lists[0][0] {
		return r.lists[1][:0]
	}
	return r.lists[0][:0]
}

// wantsNS reports whether the zone's servers may go with the answer: not with types whose sets are large.
func (r *resolver) wantsNS() bool {
	return r.req.typ != TypeDNSKEY && r.req.typ != TypeDS && r.req.typ != TypeANY
}

// any picks the one rrset that answers ANY (RFC 8482 section 4.1): a common type if there is one, DNSSEC's own
// only if there is nothing else.
func (r *resolver) any(node uint32) uint32 {
	ix := r.ix
	normal, last := noSet, noSet
	for i, end := ix.setsOf(node); i < end; i++ {
		s := &ix.sets[i]
		if s.zone != r.zone {
			continue
		}
		switch s.typ {
		case TypeNSEC3:
		case TypeA, TypeAAAA, TypeSOA, TypeMX, TypePTR:
			return i
		case TypeRRSIG:
			if !r.signed() { // with DO, signatures come with what they sign
				last = i
			}
		case TypeDNSKEY, TypeNSEC:
			last = i
		default:
			normal = i
		}
	}
	if normal != noSet {
		return normal
	}
	return last
}

// soa adds the zone's SOA record to a negative answer (RFC 2308 section 3).
func (r *resolver) soa() {
	if r.req.class != ClassANY {
		zone := &r.ix.zones[r.zone]
		r.add(inAuthority, owner(zone.apex), zone.apex, zone.soa)
	}
}

// nodata answers that node, or the name that its wildcard stands for, has no records of the type.
func (r *resolver) nodata(node uint32, made bool) {
	r.soa()
	if r.chain() != nil {
		r.nsec3NoData(node, made)
	} else if r.signed() {
		r.nsecBefore(node)
	}
}

// add adds an rrset, once, and what should go with it. It returns false when the rrset was there, or the answer
// has too many.
func (r *resolver) add(sec section, name owner, node, set uint32) bool {
	added := r.addOnly(sec, name, node, set)
	if !r.full && sec != inAuthority && r.req.typ != TypeNS {
		return added
	}
	// RFC 1034 section 4.3.2, step 6: addresses of the names in the data.
	switch s := &r.ix.sets[set]; s.typ {
	case TypeNS:
		r.additional(s, true)
	case TypeMB, TypeMX, TypeKX, TypeRT, TypeSRV:
		r.additional(s, false)
	}
	return added
}

// addOnly adds an rrset; if it is there already it moves to the section that comes first.
func (r *resolver) addOnly(sec section, name owner, node, set uint32) bool {
	for i := range r.items {
		if x := &r.items[i]; x.set == set && x.owner == name && x.node != noNode {
			moved := sec < x.section
			x.section = min(sec, x.section)
			return moved
		}
	}
	if len(r.items) == maxItems {
		return false
	}
	r.items = append(r.items, item{sec, name, node, set})
	return true
}

// additional adds the addresses of the names in s's data that the zone has. Those below a delegation are glue,
// which goes with NS records only.
func (r *resolver) additional(s *rrset, glue bool) {
	ix := r.ix
	off := s.off
	for range s.count {
		var rec record
		rec, off = ix.record(off)
		to := s.target(rec.data, 0)
		if !glue && ix.cut(to, r.zone) != noNode {
			continue
		}
		from := to
		for !ix.exists(from) {
			from = ix.nodes[from].parent
		}
		if from != to {
			if from = ix.wildcard(from); from == noNode {
				continue
			}
		}
		r.addAddress(inAdditionalFirst, to, from, TypeA)
		r.addAddress(inAdditionalSecond, to, from, TypeAAAA)
		if s.typ == TypeRT { // RFC 1183 section 3.3
			r.addAddress(inAdditionalThird, to, from, TypeX25)
			r.addAddress(inAdditionalThird, to, from, TypeISDN)
		}
	}
}

func (r *resolver) addAddress(sec section, name, node uint32, t Type) {
	if set := r.ix.set(node, r.zone, t); set != noSet {
		r.addOnly(sec, owner(name), node, set)
	}
}
