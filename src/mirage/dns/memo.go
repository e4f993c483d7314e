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
	sets  []memoSet
	seen  []atomic.Uint32 // of questions asked once: the upper half of their hash
	turn  atomic.Uint32   // which entry of a full set is replaced next
	bytes atomic.Int64    // taken by entries
	limit int64
}

// A memoSet is the few places where an answer can be.
type memoSet [4]atomic.Pointer[memoEntry]

// A memoEntry is an answer, never changed.
type memoEntry struct {
	hash   uint64
	detail uint64 // see memoKey
	name   []byte // in lower case
	answer []byte
}

// A memoKey is what an answer depends on: the question's name in any case, its type and class, and what EDNS says.
type memoKey struct {
	hash   uint64
	detail uint64 // type, class and the detail bits
	name   []byte
}

const (
	detailOPT  = 1 << 32
	detailDO   = 1 << 33
	detailNSID = 1 << 34

	entryCost = 96 // bytes of an entry besides the name and the answer, about
)

// newMemo returns a memo of at most about limit bytes.
func newMemo(limit int) *memo {
	sets := 16
	for sets*len(memoSet{})*256 < limit && sets < 1<<20 {
		sets *= 2
	}
	return &memo{seed: rand.Uint64(), sets: make([]memoSet, sets), seen: make([]atomic.Uint32, 4*sets), limit: int64(limit)}
}

// fold puts the letters A to Z among eight bytes in lower case.
func fold(w uint64) uint64 {
	const ones = 0x0101010101010101
	low := w &^ (0x80 * ones)
	fromA := low + (0x80-'A')*ones
	pastZ := low + (0x80-'Z'-1)*ones
	return w | (fromA&^pastZ&^w&(0x80*ones))>>2
}

// word returns the eight bytes of name from i on, or fewer at its end, in lower case. Length bytes are below 'A'.
func word(name []byte, i int) uint64 {
	if i+8 <= len(name) {
		return fold(le64(name[i:]))
	}
	var w uint64
	for j := len(name) - 1; j >= i; j-- {
		w = w<<8 | uint64(name[j])
	}
	return fold(w)
}

// hashName hashes name, in any case, and detail.
func (m *memo) hashName(name []byte, detail uint64) uint64 {
	const k = 0x9e3779b97f4a7c15
	h := m.seed ^ detail
	for i := 0; i < len(name); i += 8 {
		hi, lo := bits.Mul64(h^word(name, i), k)
		h = hi ^ lo
	}
	hi, lo := bits.Mul64(h^m.seed, k)
	return hi ^ lo
}

// key fills in k, but for the hash, from a query of the common form: one question, and at most an OPT record of
// version 0. It returns the offset behind the question and the size of the largest answer that the client takes,
// or 0, 0 for a query that has to be looked at with care.
func (m *memo) key(query []byte, k *memoKey) (end, limit int) {
	if len(query) < headerLen+5 {
		return 0, 0
	}
	// QR, opcode, rcode: 0. One question, no answers, no authorities. The other flags do not count.
	const mask, want = 0xffff_ffff_ffff_0ff8, 0x0000_0000_0100_0000
	if le64(query[2:])&mask != want {
		return 0, 0
	}
	i := headerLen
	for query[i] != 0 {
		if query[i] > maxLabel {
			return 0, 0
		}
		if i += 1 + int(query[i]); i+5 > len(query) {
			return 0, 0
		}
	}
	k.name = query[headerLen : i+1]
	k.detail = uint64(be32(query[i+1:]))
	end = i + 5
	if len(k.name) > maxName || Class(k.detail) != ClassIN {
		return 0, 0
	}
	switch be16(query[10:]) {
	case 0:
		return end, minUDPSize
	case 1:
		var r request
		r.msg = query
		if r.options(end) < 0 || r.version != 0 {
			return 0, 0
		}
		k.detail |= detailOPT
		if r.do {
			k.detail |= detailDO
		}
		if r.nsid {
			k.detail |= detailNSID
		}
		return end, max(int(r.size), minUDPSize)
	}
	return 0, 0
}

// find returns the entry of k, nil when there is none.
func (m *memo) find(k *memoKey) *memoEntry {
	set := &m.sets[k.hash&uint64(len(m.sets)-1)]
	for i := range set {
		if e := set[i].Load(); e != nil && e.hash == k.hash && e.detail == k.detail && e.is(k.name) {
			return e
		}
	}
	return nil
}

func (e *memoEntry) is(name []byte) bool {
	if len(e.name) != len(name) {
		return false
	}
	for i := 0; i < len(name); i += 8 {
		if word(e.name, i) != word(name, i) {
			return false
		}
	}
	return true
}

// add keeps answer if the question has been asked before: one that comes only once would drive out another.
func (m *memo) add(k *memoKey, answer []byte) {
	seen := &m.seen[k.hash&uint64(len(m.seen)-1)]
	if tag := uint32(k.hash>>32) | 1; seen.Swap(tag) != tag {
		return
	}
	set := &m.sets[k.hash&uint64(len(m.sets)-1)]
	slot := &set[m.turn.Add(1)%uint32(len(set))]
	for i := range set {
		if e := set[i].Load(); e == nil || e.hash == k.hash {
			slot = &set[i]
			break
		}
	}
	size := int64(entryCost + len(k.name) + len(answer))
	m.replace(slot, nil)
	for i := 0; i < len(set) && m.bytes.Load()+size > m.limit; i++ {
		m.replace(&set[i], nil)
	}
	if m.bytes.Load()+size > m.limit {
		return
	}
	b := make([]byte, len(k.name)+len(answer))
	e := &memoEntry{k.hash, k.detail, b[:len(k.name):len(k.name)], b[len(k.name):]}
	for i, c := range k.name {
		e.name[i] = lower(c)
	}
	copy(e.answer, answer)
	m.replace(slot, e)
}

// replace puts e, or nothing, into slot.
func (m *memo) replace(slot *atomic.Pointer[memoEntry], e *memoEntry) {
	if old := slot.Swap(e); old != e {
		m.bytes.Add(e.size() - old.size())
	}
}

func (e *memoEntry) size() int64 {
	if e == nil {
		return 0
	}
	return int64(entryCost + len(e.name) + len(e.answer))
}
