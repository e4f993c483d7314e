package dns

// signed reports whether the answer is to have DNSSEC's records (RFC 4035 section 3.1).
func (r *resolver) signed() bool { return r.req.do && r.ix.zones[r.zone].secure }

// nsecBefore adds the NSEC record that covers a name after which n comes next: the one of n, or of the last name
// before it that has one.
func (r *resolver) nsecBefore(n uint32) {
	ix := r.ix
	apex := ix.zones[r.zone].apex
	for ; ; n-- {
		if set := ix.set(n, r.zone, TypeNSEC); set != noSet {
			r.add(inAuthority, owner(n), n, set)
			return
		}
		if n == apex || n == 0 {
			return
		}
	}
}

// beforeWildcard returns the last node that sorts before the wildcard below n.
func (r *resolver) beforeWildcard(n uint32) uint32 {
	if r.ix.nameLen(n)+len(wildcardLabel) > maxName { // there is none
		return n
	}
	var b [maxName]byte
	return r.ix.before(r.ix.appendNode(append(b[:0], wildcardLabel...), n))
}
