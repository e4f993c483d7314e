package resolver

import (
	"mirage/dns"
	"time"
)

// forward has somebody else resolve, whose word counts as if all zones' servers had said it.
func (r *Resolver) forward(w *work, k key) (*entry, error) {
	if w.left--; w.left < 0 {
		w.left = 0
		return nil, errWork
	}
	m, _, err := r.query(k, true)
	if err != nil {
		return nil, err
	}
	m.RecursionDesired = true
	a, err := r.options.Forward(w.ctx, m)
	switch {
	case err != nil:
		return nil, err
	case !answers(a, m):
		return nil, errAnswer
	}
	said := *a
	said.Authoritative = true
	meant := classify(&said, dns.Root, k, time.Now())
	if meant.answer == nil {
		return nil, errServers
	}
	for _, e := range meant.learned {
		r.cache.put(e)
	}
	return meant.answer, nil
}
