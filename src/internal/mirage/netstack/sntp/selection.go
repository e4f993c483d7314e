package sntp

// tolerance is how much a machine's clock may be off by what it is said to run at, in parts of 10^6. RFC 5905 (PHI) takes 15; the
// rate of a virtual machine's is measured in the fraction of a second that its boot takes.
const tolerance = 100

// A reading is what a server's best sample says of a time.
type reading struct{ base, distance, at int64 }

// A selection finds what servers agree on.
type selection struct {
	readings []reading
}

// choose returns the best reading of those that agree, if they are more than half of all that have one: RFC 5905 section 11.2.1, the
// intersection of Marzullo's algorithm.
func (n *selection) choose(now int64, servers []*server) (best reading, ok bool) {
	n.readings = n.readings[:0]
	for _, s := range servers {
		if r, ok := s.best(now); ok {
			n.readings = append(n.readings, r)
		}
	}
	agree := 0
	var low, high int64 // of where most intervals meet
	for _, r := range n.readings {
		// Each place where most meet begins with the lower end of one.
		from, to, count := r.base-r.distance, r.base+r.distance, 0
		for _, q := range n.readings {
			if q.base-q.distance <= from && from <= q.base+q.distance {
				count++
				to = min(to, q.base+q.distance)
			}
		}
		if count > agree || count == agree && to-from < high-low {
			agree, low, high = count, from, to
		}
	}
	if 2*agree <= len(n.readings) {
		return best, false
	}
	for _, r := range n.readings {
		if r.base-r.distance <= low && low <= r.base+r.distance && (!ok || r.distance < best.distance) {
			best, ok = r, true
		}
	}
	return best, ok
}

// best returns what the sample says that can be least wrong by now: RFC 5905 section 10, the clock filter. A server that has not
// answered the last eight times says nothing.
func (s *server) best(now int64) (best reading, ok bool) {
	if s.asked >= len(s.samples) || s.refused {
		return best, false
	}
	for _, k := range s.samples[:min(s.count, len(s.samples))] {
		age := now - k.at
		r := reading{k.base, k.distance + age/1e6*tolerance, k.at}
		if r.distance <= maxDistance && (!ok || r.distance < best.distance) {
			best, ok = r, true
		}
	}
	return best, ok
}
