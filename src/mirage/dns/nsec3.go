package dns

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
)

// An nsec3Chain is the NSEC3 records of a zone that belong together (RFC 5155).
type nsec3Chain struct {
	params []byte   // algorithm, flags, iterations, salt after its length: the data of NSEC3PARAM
	nodes  []uint32 // the names with such records, in the order of their hashes
}

const (
	nsec3SHA1   = 1    // RFC 5155 section 11
	nsec3Rounds = 2500 // RFC 5155 section 10.3: the most iterations, for the largest keys
	hashDigits  = 32   // of a hash in base32
)

// findChain gives zone the first chain of its NSEC3PARAM records that is whole.
func (b *builder) findChain(z *Zone, number uint16) error {
	zone := &b.zones[number]
	i := b.set(zone.apex, number, TypeNSEC3PARAM)
	if i == noSet {
		return nil
	}
	s := &b.sets[i]
	for k, off := uint16(0), s.off; k < s.count; k++ {
		var rec record
		rec, off = b.record(off)
		if rec.data[0] != nsec3SHA1 || rec.data[1] != 0 { // RFC 5155 section 4.1.2: flags that are not known
			continue
		}
		if n := be16(rec.data[2:]); n > nsec3Rounds {
			return errors.New("zone " + z.apex.String() + " has NSEC3 records of " + strconv.Itoa(int(n)) +
				" iterations: sign it with 0 (RFC 9276), at most with " + strconv.Itoa(nsec3Rounds))
		}
		c := &nsec3Chain{params: rec.data}
		for n := zone.apex + 1; int(n) < len(b.nodes) && b.isBelow(n, zone.apex); n++ {
			if b.nodes[n].parent == zone.apex && b.labels[b.nodes[n].label] == hashDigits && b.inChain(c, n, number, false) {
				c.nodes = append(c.nodes, n)
			}
		}
		var name [maxName]byte
		if n, exact := b.covering(c, b.appendNode(name[:0], zone.apex)); exact && b.inChain(c, n, number, true) {
			zone.nsec3 = c
			return nil
		}
	}
	return nil
}

// inChain reports whether n has an NSEC3 record of c, with soa one that says that its name has SOA.
func (ix *index) inChain(c *nsec3Chain, n uint32, zone uint16, soa bool) bool {
	i := ix.set(n, zone, TypeNSEC3)
	if i == noSet {
		return false
	}
	s := &ix.sets[i]
	for k, off := uint16(0), s.off; k < s.count; k++ {
		var rec record
		rec, off = ix.record(off)
		d := rec.data
		salt := d[4 : 5+int(d[4])]
		if d[0] == c.params[0] && bytes.Equal(d[2:4], c.params[2:4]) && bytes.Equal(salt, c.params[4:]) {
			rest := d[4+len(salt):]
			if !soa || hasType(rest[1+int(rest[0]):], TypeSOA) {
				return true
			}
		}
	}
	return false
}

// covering returns the name in c whose NSEC3 record matches the hash of name, which is in lower case, or covers it.
func (ix *index) covering(c *nsec3Chain, name []byte) (n uint32, exact bool) {
	if len(c.nodes) == 0 {
		return noNode, false
	}
	salt := c.params[5:]
	var b [maxName + 255]byte
	sum := sha1(append(append(b[:0], name...), salt...)) // RFC 5155 section 5
	for range be16(c.params[2:]) {
		sum = sha1(append(append(b[:0], sum[:]...), salt...))
	}
	var label [1 + hashDigits]byte
	label[0] = hashDigits
	base32hex.appendEncoded(label[:1], sum[:])
	i, exact := slices.BinarySearchFunc(c.nodes, label[:], func(n uint32, label []byte) int {
		return compareLabels(ix.label(n), label)
	})
	switch {
	case exact:
	case i == 0: // before the first: the last goes around
		i = len(c.nodes) - 1
	default:
		i--
	}
	return c.nodes[i], exact
}

// onlyNSEC3 reports whether n is there for NSEC3 records alone.
func (ix *index) onlyNSEC3(n uint32, zone uint16) bool {
	found := false
	for i, end := ix.setsOf(n); i < end; i++ {
		if s := &ix.sets[i]; s.zone == zone {
			if s.typ != TypeNSEC3 && s.typ != TypeRRSIG {
				return false
			}
			found = found || s.typ == TypeNSEC3
		}
	}
	return found
}

// chain returns the zone's NSEC3 chain if the answer is to have NSEC3 records, or nil.
func (r *resolver) chain() *nsec3Chain {
	if !r.req.do {
		return nil
	}
	return r.ix.zones[r.zone].nsec3
}

// A proof is the NSEC3 record that matches a name's hash or covers it.
type proof struct {
	node  uint32
	exact bool
	ok    bool // there should be one: the name is the zone's
}

func (r *resolver) proofOf(name []byte) proof {
	n, exact := r.ix.covering(r.chain(), name)
	return proof{n, exact, true}
}

// proofOfNode is for a name with data of the zone's own, or between such names: not a delegation, nor below one.
func (r *resolver) proofOfNode(n uint32) proof {
	ix := r.ix
	zone, _ := ix.zoneOf(n)
	if zone != r.zone || !ix.exists(n) || ix.onlyNSEC3(n, zone) || ix.cut(n, zone) != noNode {
		return proof{}
	}
	var b [maxName]byte
	return r.proofOf(ix.appendNode(b[:0], n))
}

// proofOfCut is for a delegation, or a name with DS records.
func (r *resolver) proofOfCut(n uint32) proof {
	ix := r.ix
	if n == ix.zones[r.zone].apex || !ix.has(n, r.zone, TypeDS) && !ix.has(n, r.zone, TypeNS) {
		return proof{}
	}
	if zone, _ := ix.zoneOf(ix.nodes[n].parent); zone != r.zone {
		return proof{}
	}
	var b [maxName]byte
	return r.proofOf(ix.appendNode(b[:0], n))
}

// addProof adds the NSEC3 records of p.
func (r *resolver) addProof(p proof) {
	if p.ok && p.node != noNode {
		if set := r.ix.set(p.node, r.zone, TypeNSEC3); set != noSet {
			r.addOnly(inAuthority, owner(p.node), p.node, set)
		}
	}
}

// nsec3Missing proves that the name one label longer than what name and encloser have in common is not there: the
// next closer name of RFC 5155 section 1.3.
func (r *resolver) nsec3Missing(encloser uint32, name []byte) {
	ix := r.ix
	var at [maxName / 2]uint8
	labels := labelOffsets(name, &at)
	next := name[at[labels-1-int(ix.nodes[encloser].depth)]:]
	p := r.proofOf(next)
	if p.exact { // RFC 5155 section 7.2.9
		r.rcode, r.err = RcodeServerFailure, errCollision
		return
	}
	r.addProof(p)
}

// nsec3Name adds the proofs that go with an answer, before the answer itself is found: from is the node that
// answers, noNode if none does; wildcard says that it is the source of a wildcard; encloser is the closest
// encloser of name (RFC 5155 section 7.2).
func (r *resolver) nsec3Name(from uint32, wildcard bool, encloser uint32, name []byte) {
	ix := r.ix
	if wildcard { // section 7.2.6
		r.nsec3Missing(encloser, name)
	}
	switch {
	case from == noNode: // section 7.2.2
		r.nsec3Missing(encloser, name)
		if p := r.proofOfNode(encloser); p.exact {
			r.addProof(p)
		}
		if r.proofOfNode(encloser).ok && ix.nameLen(encloser)+len(wildcardLabel) <= maxName {
			var b [maxName]byte
			r.addProof(r.proofOf(ix.appendNode(append(b[:0], wildcardLabel...), encloser)))
		}
	case ix.onlyNSEC3(from, r.zone) || !ix.hasAny(from, r.zone): // an empty non-terminal: section 7.2.3
		r.nsec3NoData(from, wildcard)
	}
}

// hasAny reports whether zone has an rrset at n.
func (ix *index) hasAny(n uint32, zone uint16) bool {
	for i, end := ix.setsOf(n); i < end; i++ {
		if ix.sets[i].zone == zone {
			return true
		}
	}
	return false
}

// nsec3NoData proves that n, or the name that its wildcard stands for, does not have the type that is asked for
// (RFC 5155 sections 7.2.3 to 7.2.5).
func (r *resolver) nsec3NoData(n uint32, made bool) {
	ix := r.ix
	wildcard := made || ix.looksLikeSource(n)
	parent := ix.nodes[n].parent
	switch {
	case r.req.typ == TypeDS && n == ix.zones[r.zone].apex:
		if p := r.proofOfNode(n); p.exact {
			r.addProof(p)
		}
	case r.req.typ == TypeDS:
		r.nsec3NoDS(n, false)
		if p := r.proofOfNode(parent); wildcard && p.exact {
			r.addProof(p)
		}
	case wildcard: // that the name itself is missing has been proved: section 7.2.5
		if p := r.proofOfNode(parent); p.exact {
			r.addProof(p)
		}
		r.addProof(r.proofOfNode(n))
	default:
		p := r.proofOfNode(n)
		if !p.ok {
			return
		}
		for !p.exact { // opt-out: up to a name that has one
			up := r.proofOfNode(ix.nodes[n].parent)
			if !up.ok || up.exact || n == 0 {
				break
			}
			n, p = ix.nodes[n].parent, up
		}
		r.addProof(p)
		if up := r.proofOfNode(ix.nodes[n].parent); !p.exact && up.exact {
			r.addProof(up)
		}
	}
}

// looksLikeSource reports whether NSD takes a question for n itself as one that n's wildcard answers: it does when
// n has an asterisk and no child up to one. The proof then says a little more than it has to.
func (ix *index) looksLikeSource(n uint32) bool {
	if !equalLabels(ix.label(n), wildcardLabel) {
		return false
	}
	next := n + 1 // the first child, if n has children
	return int(next) == len(ix.nodes) || ix.nodes[next].parent != n || compareLabels(ix.label(next), wildcardLabel) > 0
}

// nsec3NoDS proves that n has no DS record (RFC 5155 sections 7.2.4 and 7.2.7); referral says that n is the
// delegation that the answer is.
func (r *resolver) nsec3NoDS(n uint32, referral bool) {
	ix := r.ix
	cut, own := r.proofOfCut(n), r.proofOfNode(n)
	if cut.exact {
		r.addProof(cut)
		return
	}
	if !referral && own.exact {
		r.addProof(own)
		return
	}
	// Opt-out: the closest encloser that has a record, and what covers the name below it.
	above, below := ix.nodes[n].parent, noNode
	p := r.proofOfNode(above)
	for !p.exact {
		if above == 0 {
			return
		}
		above, below = ix.nodes[above].parent, above
		p = r.proofOfNode(above)
	}
	r.addProof(p)
	if below != noNode {
		if q := r.proofOfNode(below); q.ok {
			r.addProof(q)
			return
		}
	}
	r.addProof(cut)
}
