package dns

import (
	"errors"
	"sync"
	"sync/atomic"
)

const (
	// DefaultUDPSize is the size of the largest answer in a datagram, unless Options say another: what the smallest
	// packet that every IPv6 link carries, 1280 bytes (RFC 8200 section 5), has room for.
	DefaultUDPSize = 1232
	minUDPSize     = 512 // RFC 1035 section 4.2.1

	defaultMemoBytes = 4 << 20
)

// Options say how a Server answers. The zero value is good for most.
type Options struct {
	// Full adds what may save the client a question: the zone's servers to answers, and the addresses of names in
	// NS, MX and SRV records. Without it only delegations and answers with NS records have addresses.
	Full bool

	// UDPSize is the size in bytes of the largest answer in a datagram, for clients that say with EDNS that they
	// take it; 0 is DefaultUDPSize.
	UDPSize int

	// Identity answers the questions id.server and hostname.bind of class CH, Version those of version.server and
	// version.bind (RFC 4892). They are refused when it is empty.
	Identity, Version string

	// NSID goes with answers to clients that ask for it (RFC 5001), unless it is empty.
	NSID string

	// MemoBytes bounds the memory in which answers are kept, about; 0 is 4 MiB.
	MemoBytes int
}

// A Server answers queries for the zones that it has. Its methods may be called at the same time.
type Server struct {
	options Options
	detail  uint64 // bits of memoKey that make a difference
	state   atomic.Pointer[state]
	pool    sync.Pool // of *resolver
}

// A state is what answers come from: it is replaced as a whole.
type state struct {
	index *index
	memo  *memo
}

var errOptions = errors.New("dns: Options: UDPSize is from 512 to 65535, the strings are of at most 255 bytes")

// NewServer returns a server with zones, as SetZones.
func NewServer(o Options, zones ...*Zone) (*Server, error) {
	if o.UDPSize == 0 {
		o.UDPSize = DefaultUDPSize
	}
	if o.MemoBytes == 0 {
		o.MemoBytes = defaultMemoBytes
	}
	if o.UDPSize < minUDPSize || o.UDPSize > 0xffff || len(o.Identity) > 255 || len(o.Version) > 255 || len(o.NSID) > 255 {
		return nil, errOptions
	}
	s := &Server{options: o, detail: detailOPT | detailDO}
	if o.NSID != "" {
		s.detail |= detailNSID
	}
	s.pool.New = func() any { return new(resolver) }
	if err := s.SetZones(zones...); err != nil {
		return nil, err
	}
	return s, nil
}

// SetZones makes the server answer for zones in place of those that it had. It does so at once: an answer comes
// from the old zones or from the new ones. When a zone is not as it must be, the error says where, and the server
// keeps what it had.
func (s *Server) SetZones(zones ...*Zone) error {
	ix, err := buildIndex(zones)
	if err != nil {
		return err
	}
	s.state.Store(&state{ix, newMemo(s.options.MemoBytes)})
	return nil
}

// Answer appends the answer to query to dst and returns it, or dst alone when the query must not be answered. It
// appends at most max bytes, what a datagram may have, and fewer when the client takes only fewer. It keeps
// neither slice; they must not overlap. When dst has room and the question has been asked before, it allocates
// nothing.
func (s *Server) Answer(dst, query []byte, max int) []byte {
	st := s.state.Load()
	var k memoKey
	limit := st.memo.key(query, &k, s.detail)
	if limit == 0 {
		return s.resolve(dst, query, max, st, nil, transport{})
	}
	e, exact := st.memo.find(query, &k)
	if e == nil || len(e.answer) > min(limit, max, s.options.UDPSize) {
		return s.resolve(dst, query, max, st, &k, transport{})
	}
	return e.appendTo(dst, query, &k, exact)
}
