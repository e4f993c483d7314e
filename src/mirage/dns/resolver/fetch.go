package resolver

import (
	"mirage/dns"
	"time"
)

// fetch asks servers, from the deepest zone on that is known (RFC 1034 section 5.3.3).
func (r *Resolver) fetch(w *work, name dns.Name, typ dns.Type) (*entry, error) {
	k := key{name: name.Lower(), typ: typ}
	if w.active[k] || w.depth == maxDepth {
		return nil, errLoop
	}
	w.active[k] = true
	w.depth++
	defer func() {
		delete(w.active, k)
		w.depth--
	}()
	if r.options.Forward != nil {
		return r.forward(w, k)
	}
	zone := r.zoneOf(k)
	total := k.name.Labels()
	known := zone.key.name.Labels() + 1 // labels of the name that the servers get to know
	for asked := 0; ; asked++ {
		q := k
		if known < total && asked < maxMinimise { // RFC 9156 section 2.3
			q = key{name: lastLabels(k.name, known), typ: dns.TypeA}
		}
		a, err := r.askZone(w, zone, q)
		switch {
		case err != nil:
			return nil, err
		case a.zone != nil: // deeper each time
			zone = a.zone
			known = zone.key.name.Labels() + 1
		case q == k:
			return a.answer, nil
		case a.answer.kind == noName: // not believed of what is above a name: some servers do not know empty ones
			known = total
		default:
			known++
		}
	}
}

// lastLabels returns the last n labels of name.
func lastLabels(name dns.Name, n int) dns.Name {
	for i := name.Labels(); i > n; i-- {
		name = name.Parent()
	}
	return name
}

// zoneOf returns the deepest delegation that is known on the way to what k asks for, the root's at least. DS records are
// the parent's (RFC 4035 section 3.1.4.1).
func (r *Resolver) zoneOf(k key) *entry {
	name := k.name
	if k.typ == dns.TypeDS {
		name = name.Parent()
	}
	now := time.Now()
	for ; name != dns.Root; name = name.Parent() {
		if e := r.cache.fresh(key{name, dns.TypeNS, forDelegation}, now); e != nil {
			return e
		}
	}
	return &entry{key: key{dns.Root, dns.TypeNS, forDelegation}}
}

// askZone asks the servers of zone, one after the other, until one gives an answer that means something.
func (r *Resolver) askZone(w *work, zone *entry, q key) (meaning, error) {
	err := errServers
	for addr := range r.addresses(w, zone) {
		if w.left == 0 {
			return meaning{}, errWork
		}
		if e := w.ctx.Err(); e != nil {
			return meaning{}, e
		}
		m, failed := r.exchange(w, addr, q)
		if failed != nil {
			if failed != errWork && w.ctx.Err() == nil {
				r.setBad(addr)
			}
			continue
		}
		a := classify(m, zone.key.name, q, time.Now())
		if a.zone == nil && a.answer == nil {
			continue // lame
		}
		for _, e := range a.learned {
			r.cache.put(e)
		}
		return a, nil
	}
	if w.left == 0 {
		err = errWork
	}
	return meaning{}, err
}
