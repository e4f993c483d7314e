package transfer

import (
	"context"
	"errors"
	"mirage/dns"
	"mirage/dns/tsig"
	"time"
)

// A Secondary keeps a copy of a zone in a Store. Its fields must not change once it runs.
type Secondary struct {
	Store     *Store
	Zone      dns.Name
	Primaries []Target // asked in this order; what is not signed with a Target's Key is not believed

	// NotifyFrom are others that may tell of changes; primaries may, signed with their keys.
	NotifyFrom []Rule

	MaxBytes int                             // of a zone that is taken; 0 is 256 MiB
	Log      func(primary Target, err error) // called with what went wrong; may be nil

	woken chan struct{}
}

const (
	minTimer    = time.Second // whatever a SOA record says
	firstRetry  = 10 * time.Second
	defaultMost = 256 << 20
)

var errNoPrimary = errors.New("transfer: a Secondary needs a Store, a Zone and Primaries")

// wake has the zone's state asked for now.
func (s *Secondary) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// mayNotify reports whether r may tell of changes (RFC 1996 section 3.10).
func (s *Secondary) mayNotify(r *request) bool {
	for _, p := range s.Primaries {
		if p.Addr.Addr() == r.from && (p.Key == nil || r.key != nil && sameKey(p.Key, r.key)) {
			return true
		}
	}
	return allowed(s.NotifyFrom, r.from, r.key)
}

func sameKey(a, b *tsig.Key) bool { return a.Name.Equal(b.Name) && a.Algorithm.Equal(b.Algorithm) }

// Run keeps the zone until ctx ends, and returns ctx's error. It asks every refresh time of the SOA record, or when told
// of a change; if nobody answers every retry time; and when nobody has for the expire time the zone is served no more (RFC
// 1034 section 4.3.5): queries for it are refused. A zone of that name that the Store has already is where it starts from.
func (s *Secondary) Run(ctx context.Context) error {
	if s.Store == nil || s.Zone == "" || len(s.Primaries) == 0 {
		return errNoPrimary
	}
	s.woken = make(chan struct{}, 1)
	s.listen(true)
	defer s.listen(false)
	expires := time.Now().Add(firstRetry)
	if v := s.Store.version(s.Zone); v != nil {
		_, _, expire := timersOf(v.soa)
		expires = time.Now().Add(max(expire, minTimer))
	}
	for tries := 0; ctx.Err() == nil; tries++ {
		wait := min(firstRetry<<min(tries, 6), 10*time.Minute)
		good := s.refresh(ctx)
		if v := s.Store.version(s.Zone); v != nil {
			refresh, retry, expire := timersOf(v.soa)
			wait = max(retry, minTimer)
			if good {
				tries, wait, expires = 0, max(refresh, minTimer), time.Now().Add(max(expire, minTimer))
			}
			wait = min(wait, max(time.Until(expires), 0))
			if !good && wait == 0 {
				s.Store.RemoveZone(s.Zone)
				wait = max(retry, minTimer)
			}
		}
		s.sleep(ctx, wait)
	}
	return ctx.Err()
}

// listen has notifications for the zone wake s, or not.
func (s *Secondary) listen(on bool) {
	s.Store.mu.Lock()
	defer s.Store.mu.Unlock()
	if on {
		s.Store.hears[s.Zone.Lower()] = s
	} else {
		delete(s.Store.hears, s.Zone.Lower())
	}
}

// sleep waits for d, a notification or the end of ctx.
func (s *Secondary) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.woken:
	case <-ctx.Done():
	}
}

// refresh asks the primaries until one of them has the zone as new as ours or newer.
func (s *Secondary) refresh(ctx context.Context) bool {
	for _, p := range s.Primaries {
		err := s.ask(ctx, p)
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		if s.Log != nil {
			s.Log(p, err)
		}
	}
	return false
}

// ask brings the zone up to date from one primary: by the changes if it has a zone and gets them, else whole.
func (s *Secondary) ask(ctx context.Context, p Target) error {
	have := s.Store.version(s.Zone)
	c := &client{dial: s.Store.options.Dial, target: p, zone: s.Zone, most: s.MaxBytes}
	if c.most == 0 {
		c.most = defaultMost
	}
	defer c.close()
	soa, err := c.soa(ctx)
	if err != nil {
		return err
	}
	if have != nil && !newer(serialOf(soa), have.serial) {
		if serialOf(soa) == have.serial {
			return nil
		}
		return errOld
	}
	var z *dns.Zone
	if have != nil {
		z, err = c.changes(ctx, have)
	}
	if have == nil || err != nil {
		c.close()
		z, err = c.whole(ctx)
	}
	if err != nil || z == nil {
		return err
	}
	if !z.Origin().Equal(s.Zone) {
		return errOther
	}
	return s.Store.SetZone(z)
}
