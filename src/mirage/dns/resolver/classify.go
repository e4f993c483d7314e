package resolver

import (
	"internal/byteorder"
	"mirage/dns"
	"time"
)

// A meaning is what a server's answer says: nothing, an answer, or which zone to ask.
type meaning struct {
	answer  *entry
	zone    *entry
	learned []*entry // to be kept
}

// classify finds out what m says about q, coming from a server of zone. What the server is not responsible for, or was not
// asked, does not count (RFC 5452 section 6, RFC 2181 section 5.4.1).
func classify(m *dns.Message, zone dns.Name, q key, now time.Time) (a meaning) {
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return a
	}
	if m.Authoritative {
		for _, typ := range []dns.Type{q.typ, dns.TypeCNAME} {
			if records := pick(m.Answers, q.name, typ); len(records) > 0 && (typ == q.typ || len(records) == 1) {
				return answered(key{name: q.name, typ: typ}, hasRecords, records, now)
			}
		}
		if m.Rcode == dns.RcodeNameError {
			return answered(key{name: q.name}, noName, startOf(m, zone, q.name), now)
		}
	}
	if m.Rcode != dns.RcodeSuccess || len(m.Answers) > 0 && !m.Authoritative {
		return a
	}
	soa := startOf(m, zone, q.name)
	if len(soa) == 0 {
		if a = referral(m, zone, q, now); a.zone != nil {
			return a
		}
	}
	if m.Authoritative && pick(m.Answers, q.name, 0) == nil { // RFC 2308 section 2.2
		return answered(q, noData, soa, now)
	}
	return a
}

// pick returns the records of type typ at name, 0 being all types, each once, called name.
func pick(list []dns.Record, name dns.Name, typ dns.Type) (found []dns.Record) {
	type content struct {
		typ  dns.Type
		data string
	}
	seen := map[content]bool{}
	for _, r := range list {
		if r.Class != dns.ClassIN || typ != 0 && r.Type != typ || !r.Name.Equal(name) {
			continue
		}
		if c := (content{r.Type, string(r.Data)}); !seen[c] {
			seen[c] = true
			r.Name = name
			found = append(found, r)
		}
	}
	return found
}

// startOf returns the SOA record of the zone in which name is not (RFC 2308 section 3), nothing if there is none that a
// server of zone may speak for.
func startOf(m *dns.Message, zone, name dns.Name) []dns.Record {
	for _, r := range m.Authorities {
		if r.Type == dns.TypeSOA && r.Class == dns.ClassIN && r.Name.Within(zone) && name.Within(r.Name) {
			r.Name = r.Name.Lower()
			return []dns.Record{r}
		}
	}
	return nil
}

// answered is an answer that is kept for as long as its records say.
func answered(k key, is kind, records []dns.Record, now time.Time) meaning {
	e := &entry{key: k, kind: is, records: records}
	d := lifetime(records)
	switch {
	case is == hasRecords:
		d = min(d, maxTTL)
	case len(records) == 0: // RFC 2308 section 5: not to be kept
		d = 0
	default: // RFC 2308 section 5: the smaller of the TTL and the MINIMUM field
		soa := records[0].Data
		d = min(d, ttlOf(byteorder.BEUint32(soa[len(soa)-4:])), maxNegative)
	}
	e.expires = now.Add(d)
	a := meaning{answer: e}
	if d > 0 {
		a.learned = []*entry{e}
	}
	return a
}

// lifetime is the shortest of records.
func lifetime(records []dns.Record) time.Duration {
	d := maxTTL
	for _, r := range records {
		d = min(d, ttlOf(r.TTL))
	}
	return d
}

// ttlOf is a TTL's time; one with the highest bit set is 0 (RFC 2181 section 8).
func ttlOf(seconds uint32) time.Duration {
	if seconds >= 1<<31 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// referral finds the delegation in m: to a zone below the one that was asked, with q's name in it (RFC 1034 section
// 5.3.3, step 4b). With it come addresses of its servers if they are in the zone that was asked.
func referral(m *dns.Message, zone dns.Name, q key, now time.Time) (a meaning) {
	var child dns.Name
	for _, r := range m.Authorities {
		n := r.Name.Lower()
		if r.Type == dns.TypeNS && r.Class == dns.ClassIN && n.Labels() > zone.Labels() && n.Within(zone) && q.name.Within(n) && n.Labels() > child.Labels() {
			child = n
		}
	}
	if child == "" || child.Labels() == 0 || q.typ == dns.TypeDS && q.name.Equal(child) {
		return a
	}
	servers := pick(m.Authorities, child, dns.TypeNS)
	a.zone = &entry{key: key{child, dns.TypeNS, forDelegation}, records: servers, expires: now.Add(max(lifetime(servers), time.Second))}
	a.learned = []*entry{a.zone}
	for _, s := range servers {
		host := dns.Name(s.Data).Lower()
		if !host.Within(zone) {
			continue
		}
		for _, typ := range []dns.Type{dns.TypeA, dns.TypeAAAA} {
			if glue := pick(m.Additionals, host, typ); len(glue) > 0 {
				a.learned = append(a.learned, &entry{key: key{host, typ, forGlue}, records: glue, expires: now.Add(max(lifetime(glue), time.Second))})
			}
		}
	}
	return a
}
