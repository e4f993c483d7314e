package dns

import (
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
)

// A memo keeps answers by question. It is a table of fixed size whose slots are read and replaced atomically:
// no lock, and nothing that a stream of random questions could make grow.
type memo struct {
	seed  uint64
	mask  uint64 // number of sets less one
	sets  []memoSet
	seen  []atomic.Uint32 // of questions asked once: the upper half of their hash
	turn  atomic.Uint32   // counts what would drive out another
	bytes atomic.Int64    // taken by entries
	limit int64
}

// A memoSet is the few places where an answer can be.
type memoSet [4]atomic.Pointer[memoEntry]

// A memoEntry is an answer, never changed.
type memoEntry struct {
	hash   uint64
	detail uint64 // see memoKey
	answer []byte // RD is not set, the question's name is in lower case
}

// A memoKey is what an answer depends on: the question's name in any case, its type and class, and what EDNS says.
type memoKey struct {
	hash   uint64
	detail uint64 // type, class and the detail bits
	end    int    // where the name ends in the query
}

const (
	detailOPT  = 1 << 32
	detailDO   = 1 << 33
	detailNSID = 1 << 34

	detailStream    = 1 << 35 // not cut to the size of a datagram
	detailKeepAlive = 1 << 36

	slotBytes = 128 // of the limit for a slot of the table, about: what a small answer takes
	entryCost = 80  // bytes of an entry besides the answer, about
)

// newMemo returns a memo of at most about limit bytes.
func newMemo(limit int) *memo {
	sets := 16
	for sets*len(memoSet{})*slotBytes < limit && sets < 1<<20 {
		sets *= 2
	}
	return &memo{
		seed: rand.Uint64(), mask: uint64(sets - 1), limit: int64(limit),
		sets: make([]memoSet, sets), seen: make([]atomic.Uint32, sets*len(memoSet{})),
	}
}

const ones = 0x0101010101010101 // in each byte of a word

// fold puts the letters A to Z among eight bytes in lower case. In a name, length bytes are below 'A'.
func fold(w uint64) uint64 {
	low := w &^ (0x80 * ones)
	fromA := low + (0x80-'A')*ones
	pastZ := low + (0x80-'Z'-1)*ones
	return w | (fromA&^pastZ&^w&(0x80*ones))>>2
}

// tail returns the bytes of query from i on, one to eight, and zeros behind them. Before i there is a header.
func tail(query []byte, i int) uint64 {
	return le64(query[len(query)-8:]) >> (8 * uint(i+8-len(query)) & 63)
}

func mix(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^w, 0x9e3779b97f4a7c15)
	return hi ^ lo
}

// key fills in k from a query of the common form: one question, and at most an OPT record of version 0. keep is
// the detail bits that count. It returns the size of the largest answer that the client takes, or 0 for a query
// that has to be looked at with care.
func (m *memo) key(query []byte, k *memoKey, keep uint64) (limit int) {
	if len(query) < headerLen+5 {
		return 0
	}
	// QR, opcode, rcode: 0. One question, no answers, no authorities. The other flags do not count.
	const mask, want = 0xffff_ffff_ffff_0ff8, 0x0000_0000_0100_0000
	if le64(query[2:])&mask != want {
		return 0
	}
	end := headerLen
	for c := query[end]; c != 0; c = query[end] {
		if end += 1 + int(c); c > maxLabel || end >= len(query)-4 {
			return 0
		}
	}
	end++
	k.detail = uint64(be32(query[end:]))
	if end-headerLen > maxName || Class(k.detail) != ClassIN {
		return 0
	}
	limit = minUDPSize
	if query[10]|query[11] != 0 {
		if query[10] != 0 || query[11] != 1 {
			return 0
		}
		detail, size := ednsDetail(query, end+4)
		if detail == 0 {
			return 0
		}
		k.detail |= detail & keep
		limit = max(size, limit)
	}
	k.hash, k.end = m.hash(query[:end], k.detail), end
	return limit
}

// ednsDetail returns the detail bits and the size of the OPT record at off, or 0 if there is none of version 0.
func ednsDetail(query []byte, off int) (detail uint64, size int) {
	if len(query) < off+optLength {
		return 0, 0
	}
	b := query[off : off+optLength]
	if flags := be32(b[7:]); flags&^(flagDO<<16) == 0 && be32(b[3:])&0xffff == 0 && be32(b)>>8 == uint32(TypeOPT) {
		return detailOPT | uint64(flags)>>31*detailDO, int(be16(b[3:])) // the common case: no options
	}
	r := request{msg: query}
	if r.options(off) < 0 || r.version != 0 {
		return 0, 0
	}
	detail = detailOPT
	if r.do {
		detail |= detailDO
	}
	if r.nsid {
		detail |= detailNSID
	}
	if r.keepAlive {
		detail |= detailKeepAlive
	}
	return detail, int(r.size)
}

// hash hashes detail and the name that query ends with. Case does not count: where a letter's case is, all bytes
// have a one.
func (m *memo) hash(query []byte, detail uint64) uint64 {
	const bits = 0x20 * ones
	h := m.seed ^ detail
	i := headerLen
	for ; i < len(query)-8; i += 8 {
		h = mix(h, le64(query[i:i+8])|bits)
	}
	return mix(mix(h, tail(query, i)|bits), m.seed)
}

// find returns the entry of k, which is query's key, or nil, and whether the letters of its name are as in query.
func (m *memo) find(query []byte, k *memoKey) (e *memoEntry, exact bool) {
	set := &m.sets[k.hash&m.mask]
	for i := range set {
		if e := set[i].Load(); e != nil && e.hash == k.hash && e.detail == k.detail {
			if same, exact := sameName(query[:k.end], e.answer); same {
				return e, exact
			}
		}
	}
	return nil, false
}

// appendTo appends the answer to query, whose key is k and whose name is exact or is in letters of other cases.
func (e *memoEntry) appendTo(dst, query []byte, k *memoKey, exact bool) []byte {
	start := len(dst)
	dst = append(dst, e.answer...)
	b := dst[start:]
	b[0], b[1] = query[0], query[1]
	b[2] |= query[2] & (flagRD >> 8)
	if !exact {
		copy(b[headerLen:], query[headerLen:k.end])
	}
	return dst
}

// sameName reports whether the name that query ends with is that of answer's question, which is in lower case, and
// whether query's is so, too. A name that query's is the beginning of does not exist: its end is part of it.
func sameName(query, answer []byte) (same, exact bool) {
	if len(answer) < len(query) {
		return false, false
	}
	answer = answer[:len(query)]
	i, changed := headerLen, uint64(0)
	for ; i < len(query)-8; i += 8 {
		w, a := le64(query[i:i+8]), le64(answer[i:i+8])
		if w != a {
			changed |= w ^ a
			if fold(w) != a {
				return false, false
			}
		}
	}
	w, a := tail(query, i), tail(answer, i)
	return w == a || fold(w) == a, changed|(w^a) == 0
}

// slot returns the place in set for a question with hash, nil if others have them all.
func (m *memo) slot(set *memoSet, hash uint64) *atomic.Pointer[memoEntry] {
	for i := range set {
		if e := set[i].Load(); e == nil || e.hash == hash {
			return &set[i]
		}
	}
	return nil
}

// again reports whether a question with hash has been asked not long ago, and remembers it in most cases: of two
// that would always overwrite each other one must stay.
func (m *memo) again(hash uint64, turn uint32) bool {
	seen := &m.seen[hash&uint64(len(m.seen)-1)]
	tag := uint32(hash >> 32)
	if seen.Load() == tag {
		return true
	}
	if turn%2 == 0 {
		seen.Store(tag)
	}
	return false
}

// add keeps answer, to a query with the key k. When that would drive out another, it does so only if the question has
// been asked before: one that comes only once is not worth it.
func (m *memo) add(k *memoKey, answer []byte) {
	size := int64(entryCost + len(answer))
	set := &m.sets[k.hash&m.mask]
	slot := m.slot(set, k.hash)
	if slot == nil || m.bytes.Load()+size > m.limit {
		turn := m.turn.Add(1)
		if !m.again(k.hash, turn) {
			return
		}
		slot = &set[turn/2%uint32(len(set))]
	}
	m.replace(slot, nil)
	for i := 0; i < len(set) && m.bytes.Load()+size > m.limit; i++ {
		m.replace(&set[i], nil)
	}
	if m.bytes.Load()+size > m.limit {
		return
	}
	answer = append([]byte(nil), answer...)
	answer[2] &^= flagRD >> 8
	name := answer[headerLen:k.end]
	for i, c := range name {
		name[i] = lower(c)
	}
	m.replace(slot, &memoEntry{k.hash, k.detail, answer})
}

// replace puts e, or nothing, into slot.
func (m *memo) replace(slot *atomic.Pointer[memoEntry], e *memoEntry) {
	m.bytes.Add(e.size())
	m.bytes.Add(-slot.Swap(e).size())
}

func (e *memoEntry) size() int64 {
	if e == nil {
		return 0
	}
	return int64(entryCost + len(e.answer))
}
