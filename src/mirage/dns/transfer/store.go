package transfer

import (
	"context"
	"errors"
	"internal/byteorder"
	"mirage/dns"
	"mirage/dns/tsig"
	"net"
	"net/netip"
	"sync"
	"time"
)

// A Rule allows what comes from addresses of Prefix and, unless Key is empty, is signed with the key of that name.
type Rule struct {
	Prefix netip.Prefix
	Key    dns.Name
}

// A Target is a server to tell or to ask; what it is sent is signed unless Key is nil.
type Target struct {
	Addr netip.AddrPort
	Key  *tsig.Key
}

// Options say who may have a Store's zones. The zero value gives them to nobody.
type Options struct {
	Keys   tsig.Keys
	Allow  []Rule   // who may transfer zones
	Notify []Target // whom to tell when a zone has changed

	// HistoryBytes bounds what is kept of a zone's changes for IXFR, about; 0 is 1 MiB. It is never more than the zone.
	HistoryBytes int

	// Dial is how secondaries and primaries are reached; nil is net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// A Store is the zones of a dns.Server that can be transferred. Its methods may be called at the same time.
type Store struct {
	server  *dns.Server
	options Options

	mu      sync.Mutex
	order   []*version
	hears   map[dns.Name]*Secondary // by the zone in lower case
	telling map[dns.Name]context.CancelFunc
	closed  bool
	tellers sync.WaitGroup
}

// A version is a zone as it is served, never changed, and how it came to be.
type version struct {
	zone   *dns.Zone
	soa    dns.Record
	serial uint32
	deltas []*delta // the newest last, without gaps
}

const defaultHistory = 1 << 20

var (
	errSOA    = errors.New("transfer: a zone without a SOA record")
	errNoZone = errors.New("transfer: there is no such zone")
)

// NewStore makes server answer for zones and returns the Store that has them.
func NewStore(server *dns.Server, o Options, zones ...*dns.Zone) (*Store, error) {
	if o.HistoryBytes == 0 {
		o.HistoryBytes = defaultHistory
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	st := &Store{server: server, options: o, hears: map[dns.Name]*Secondary{}, telling: map[dns.Name]context.CancelFunc{}}
	for _, z := range zones {
		v, err := newVersion(z)
		if err != nil {
			return nil, err
		}
		st.order = append(st.order, v)
	}
	return st, server.SetZones(zones...)
}

func newVersion(z *dns.Zone) (*version, error) {
	for r := range z.Records() {
		if r.Type == dns.TypeSOA {
			return &version{zone: z, soa: r, serial: serialOf(r)}, nil
		}
	}
	return nil, errSOA
}

// serialOf returns the serial number in a SOA record (RFC 1035 section 3.3.13: five numbers are its end).
func serialOf(soa dns.Record) uint32 { return byteorder.BEUint32(soa.Data[len(soa.Data)-20:]) }

// timersOf returns a SOA record's times.
func timersOf(soa dns.Record) (refresh, retry, expire time.Duration) {
	at := func(i int) time.Duration {
		return time.Duration(byteorder.BEUint32(soa.Data[len(soa.Data)-i:])) * time.Second
	}
	return at(16), at(12), at(8)
}

// newer reports whether serial a comes behind b (RFC 1982 section 3.2).
func newer(a, b uint32) bool { return int32(a-b) > 0 }

// SetZone puts z in place of the zone of the same name, or adds it. Queries are answered from the one or the other at any
// time. If the serial number has gone up the difference is kept for IXFR; if it is another the Notify targets are told.
// When z is not as it must be all stays as it was.
func (st *Store) SetZone(z *dns.Zone) error {
	v, err := newVersion(z)
	if err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	order := append([]*version(nil), st.order...)
	i := st.index(z.Origin())
	if i < 0 {
		order = append(order, v)
	} else {
		v.remember(order[i], st.options.HistoryBytes)
		order[i] = v
	}
	if err := st.put(order); err != nil {
		return err
	}
	if i < 0 || st.order[i].serial != v.serial {
		st.tell(v)
	}
	st.order = order
	return nil
}

// RemoveZone ends serving the zone name.
func (st *Store) RemoveZone(name dns.Name) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	i := st.index(name)
	if i < 0 {
		return errNoZone
	}
	order := append(append([]*version(nil), st.order[:i]...), st.order[i+1:]...)
	if err := st.put(order); err != nil {
		return err
	}
	st.order = order
	return nil
}

// Zone returns the zone name as it is served, nil if it is not.
func (st *Store) Zone(name dns.Name) *dns.Zone {
	if v := st.version(name); v != nil {
		return v.zone
	}
	return nil
}

func (st *Store) version(name dns.Name) *version {
	st.mu.Lock()
	defer st.mu.Unlock()
	if i := st.index(name); i >= 0 {
		return st.order[i]
	}
	return nil
}

// index returns where name is in order, -1 for nowhere.
func (st *Store) index(name dns.Name) int {
	for i, v := range st.order {
		if v.zone.Origin().Equal(name) {
			return i
		}
	}
	return -1
}

func (st *Store) put(order []*version) error {
	zones := make([]*dns.Zone, len(order))
	for i, v := range order {
		zones[i] = v.zone
	}
	return st.server.SetZones(zones...)
}

// Close ends telling others.
func (st *Store) Close() {
	st.mu.Lock()
	st.closed = true
	for _, cancel := range st.telling {
		cancel()
	}
	st.mu.Unlock()
	st.tellers.Wait()
}

// allowed reports whether one of rules allows what comes from an address, signed with key unless that is nil.
func allowed(rules []Rule, from netip.Addr, key *tsig.Key) bool {
	from = from.Unmap().WithZone("") // a prefix contains no address that has a zone
	for _, r := range rules {
		if r.Prefix.Contains(from) && (r.Key == "" || key != nil && key.Name.Equal(r.Key)) {
			return true
		}
	}
	return false
}
