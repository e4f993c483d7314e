package ipfrag

import (
	"internal/mirage/netstack/wire"
	"sync"
)

// Bounds and times.
const (
	second    = int64(1e9)
	lifetime  = 30 * second // less than RFC 1122 section 3.3.2's 60 s: at today's speeds IDs come again sooner (RFC 4963)
	maxMemory = 1 << 20     // octets held in all
	maxSource = 256 << 10   // octets held for one source: two datagrams of the largest size
	maxParts  = 128         // fragments of one datagram: the largest over links of 576 octets has 119
	fixedCost = 1 << 10     // octets charged for a datagram besides its payload: no more than maxMemory/fixedCost are held
	partCost  = 128         // octets charged for a fragment besides its payload
)

// A Key tells datagrams apart: RFC 791 section 3.2, RFC 8200 section 4.5.
type Key struct {
	Src, Dst wire.Addr
	ID       uint32
	Protocol uint8 // 0 in IPv6, where it does not count
}

// A Fragment is what its headers say of one, which have been checked, and what it holds.
type Fragment struct {
	Key
	Offset int // of Data in the whole payload, octets
	More   bool
	Header []byte // of the whole, if Offset is 0
	Data   []byte
}

// FromIPv4 returns the fragment that a datagram is.
func FromIPv4(p wire.IPv4) Fragment {
	return Fragment{
		Key:    Key{p.Src(), p.Dst(), uint32(p.ID()), p.Protocol()},
		Offset: p.FragmentOffset(), More: p.MoreFragments(), Header: p[:p.HeaderLen()], Data: p.Payload(),
	}
}

// limit is the largest payload of a whole datagram.
func (f *Fragment) limit() int {
	if f.Src.Is4() {
		return wire.IPv4MaxLen - wire.IPv4Len
	}
	return wire.IPv6MaxLen
}

func (f *Fragment) end() int { return f.Offset + len(f.Data) }

type part struct {
	offset int
	data   []byte
}

// A datagram is what is there of one. They form a list from the oldest to the youngest.
type datagram struct {
	key        Key
	header     []byte // of the fragment at offset 0, with its options
	parts      []part // in order, without overlap
	have       int    // octets in parts
	total      int    // octets of the whole payload; -1 until the last fragment came
	charge     int    // octets that it is counted for
	due        int64
	spoiled    bool // to be dropped, and kept only so that later fragments are dropped too
	prev, next *datagram
}

// A Table holds datagrams that are not whole yet. Its methods may be called from any goroutine.
type Table struct {
	mu      sync.Mutex
	all     map[Key]*datagram
	sources map[wire.Addr]int // octets charged
	memory  int
	list    datagram // ring: list.next is the oldest
}

// NewTable makes an empty table.
func NewTable() *Table {
	t := &Table{all: make(map[Key]*datagram), sources: make(map[wire.Addr]int)}
	t.list.prev, t.list.next = &t.list, &t.list
	return t
}

// Held returns how many datagrams are held, and what they are charged, in octets.
func (t *Table) Held() (datagrams, octets int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.all), t.memory
}

// A Verdict is what became of a fragment.
type Verdict uint8

const (
	Kept  Verdict = iota // it waits for the others
	Whole                // it completed a datagram
	Bad                  // it was dropped, and its datagram with it
	Full                 // it was dropped for want of room
)

// Input takes a fragment. If it completes a datagram, that is returned: the header of its first fragment, which the caller
// makes that of the whole, and the payload.
func (t *Table) Input(now int64, p *Fragment) ([]byte, Verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.all[p.Key]
	if d == nil {
		if !t.makeRoom(nil, p.Src, fixedCost) {
			return nil, Full
		}
		d = t.add(p.Key, now+lifetime)
	}
	if d.spoiled {
		return nil, Bad
	}
	cost := len(p.Data) + partCost
	if !d.accepts(p) {
		t.spoil(d)
		return nil, Bad
	}
	if d.holds(p) {
		return nil, Kept // RFC 8200 section 4.5 allows exact duplicates: the network makes them
	}
	if i, fits := d.place(p); !fits || len(d.parts) == maxParts {
		t.spoil(d)
		return nil, Bad
	} else if !t.makeRoom(d, p.Src, cost) {
		return nil, Full
	} else {
		d.insert(i, p)
		t.pay(d, cost)
	}
	if d.have != d.total {
		return nil, Kept
	}
	t.remove(d)
	if p.Src.Is4() && len(d.header)+d.total > wire.IPv4MaxLen {
		return nil, Bad
	}
	return d.assemble(), Whole
}

// accepts checks a fragment against RFC 791 section 3.2 or RFC 8200 section 4.5 and what is known of the whole.
func (d *datagram) accepts(p *Fragment) bool {
	n, end := len(p.Data), p.end()
	if n == 0 || end > p.limit() {
		return false // nothing in it, or beyond 65535 octets
	}
	if p.More {
		return n%8 == 0 && (d.total < 0 || end <= d.total)
	}
	last := 0
	if len(d.parts) > 0 {
		last = d.parts[len(d.parts)-1].end()
	}
	return (d.total < 0 || d.total == end) && last <= end
}

func (q part) end() int { return q.offset + len(q.data) }

// holds reports whether the same fragment is there already.
func (d *datagram) holds(p *Fragment) bool {
	for _, q := range d.parts {
		if q.offset == p.Offset {
			return string(q.data) == string(p.Data)
		}
	}
	return false
}

// place returns where in parts a fragment belongs, and whether it fits between its neighbours.
func (d *datagram) place(p *Fragment) (i int, fits bool) {
	start, end := p.Offset, p.end()
	for i = len(d.parts); i > 0 && d.parts[i-1].offset >= start; i-- {
	}
	fits = (i == 0 || d.parts[i-1].end() <= start) && (i == len(d.parts) || end <= d.parts[i].offset)
	return i, fits
}

func (d *datagram) insert(i int, p *Fragment) {
	d.parts = append(d.parts, part{})
	copy(d.parts[i+1:], d.parts[i:])
	d.parts[i] = part{p.Offset, append([]byte(nil), p.Data...)}
	d.have += len(p.Data)
	if !p.More {
		d.total = p.end()
	}
	if p.Offset == 0 {
		d.header = append([]byte(nil), p.Header...)
	}
}

// assemble joins the parts.
func (d *datagram) assemble() []byte {
	h := len(d.header)
	p := make([]byte, h+d.total)
	copy(p, d.header)
	for _, q := range d.parts {
		copy(p[h+q.offset:], q.data)
	}
	return p
}
