package dns

import "errors"

// checkName sees that s, the newest rrset of n, goes with the others that its zone has there; at is where its
// first record stands.
func (b *builder) checkName(z *Zone, n uint32, s *rrset, at position) error {
	fail := func(text string) error {
		return z.errorAt(at, Name(b.appendNode(nil, n)).String()+" "+text)
	}
	zone := &b.zones[s.zone]
	switch {
	case s.typ == TypeSOA && n != zone.apex:
		return fail("has an SOA record, but the zone is " + z.apex.String())
	case s.typ == TypeSOA:
		zone.soa = uint32(len(b.sets) - 1)
	case s.typ == TypeNS && n == zone.apex:
		zone.ns = uint32(len(b.sets) - 1)
	}
	// RFC 2181 section 10.1 and RFC 4034 section 2.5: nothing beside CNAME but DNSSEC's records about it.
	var cname, other bool
	for i := b.nodes[n].first; i < uint32(len(b.sets)); i++ {
		switch o := &b.sets[i]; {
		case o.zone != s.zone:
		case o.typ == TypeCNAME:
			cname = true
		case o.typ != TypeRRSIG && o.typ != TypeNSEC && o.typ != TypeNSEC3 && o.typ != 24 && o.typ != 30: // SIG, NXT
			other = true
		}
	}
	if cname && other {
		return fail("has a CNAME record and others: a name with CNAME has nothing else")
	}
	return nil
}

// finish completes what is known of zone once all its records are in.
func (b *builder) finish(z *Zone, number uint16) error {
	zone := &b.zones[number]
	if zone.soa == noSet {
		return errors.New("zone " + z.apex.String() + " has no SOA record")
	}
	soa, _ := b.record(b.sets[zone.soa].off)
	// RFC 2308 section 3: the smaller of the SOA record's TTL and its MINIMUM field.
	zone.negative = min(soa.ttl, be32(soa.data[len(soa.data)-4:]))
	if i := b.set(zone.apex, number, TypeRRSIG); i != noSet {
		s := &b.sets[i]
		for k, off := uint16(0), s.off; k < s.count; k++ {
			var r record
			r, off = b.record(off)
			zone.secure = zone.secure || Type(be16(r.data)) == TypeDNSKEY
		}
	}
	if err := b.checkDNAME(z, number); err != nil {
		return err
	}
	return b.findChain(z, number)
}

// checkDNAME sees that nothing is below a DNAME record (RFC 6672 section 2.4), DNSSEC's own records left aside.
func (b *builder) checkDNAME(z *Zone, number uint16) error {
	apex := b.zones[number].apex
	for n := apex + 1; int(n) < len(b.nodes) && b.isBelow(n, apex); n++ {
		if !b.exists(n) || b.onlyNSEC3(n, number) || !b.hasAny(n, number) {
			continue
		}
		d := b.dnameAbove(n, number)
		if d == noNode && b.has(apex, number, TypeDNAME) {
			d = apex
		}
		if d != noNode {
			return z.errorAt(b.firstOf(z, n), Name(b.appendNode(nil, n)).String()+" is below the DNAME record of "+
				Name(b.appendNode(nil, d)).String()+": take one of them out")
		}
	}
	return nil
}

// firstOf returns where z's first record of n stands.
func (b *builder) firstOf(z *Zone, n uint32) position {
	for off := 0; off < len(z.arena); {
		var e entry
		e, off = z.entry(off)
		if m, left := b.find(e.name); m == n && left == 0 {
			return e.at
		}
	}
	return position{noFile, 0}
}
