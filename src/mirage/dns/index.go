package dns

// An index holds the records of all zones that are served, read-only, in a form made for answering: a tree of
// names, in a few arrays without pointers.
//
// All zones share the tree, as a name can belong to two: the delegation of a zone that is served too has records
// of the parent's and of the child's. Names that occur only in data are in it as well; they do not "exist".
type index struct {
	nodes  []node // in the canonical order of names (RFC 4034 section 6.1); node 0 is the root
	labels []byte
	table  []uint32 // hash table of nodes by parent and label: node number plus 1, 0 for empty
	seed   uint64

	sets    []rrset
	records []byte // see record

	zones []servedZone
}

// A node is one name.
type node struct {
	parent uint32
	label  uint32 // offset in labels of the length byte and the label in lower case
	first  uint32 // its first rrset
	count  uint16 // how many it has
	depth  uint8  // labels
	flags  nodeFlags
}

type nodeFlags uint8

const (
	nodeExists nodeFlags = 1 << iota // it, or a name below it, has records
	nodeApex                         // it is the origin of a zone served
)

// An rrset is the records of one type at one name in one zone.
type rrset struct {
	off      uint32 // of the first record
	typ      Type
	count    uint16
	zone     uint16
	nameAt   int8 // where in the data nodes stand in place of names; -1 for a single one at the end
	names    uint8
	compress bool // those names may be compressed
}

// A servedZone is what answering needs to know of a zone.
type servedZone struct {
	apex     uint32
	soa      uint32 // number of the rrset
	ns       uint32 // likewise; noSet for none
	negative uint32 // TTL of the SOA record in negative answers (RFC 2308 section 3)
	secure   bool   // it is signed: its keys have a signature
	nsec3    *nsec3Chain
}

const (
	noNode = ^uint32(0)
	noSet  = ^uint32(0)
)

// A record is one record of an rrset. In the index it is its TTL (4 bytes), the length of its data (2) and the
// data, in which the number of a node (4) stands in place of each name that is one.
type record struct {
	ttl  uint32
	data []byte
}

// record returns the record at off and the offset of the next.
func (ix *index) record(off uint32) (record, uint32) {
	b := ix.records[off:]
	end := 6 + uint32(be16(b[4:]))
	return record{be32(b), b[6:end]}, off + end
}

// target returns the node that stands at s.nameAt in the data of a record of s, the i-th of them.
func (s *rrset) target(data []byte, i int) uint32 {
	at := int(s.nameAt)
	if at < 0 {
		at = len(data) - 4
	}
	return be32(data[at+4*i:])
}

func (ix *index) label(n uint32) []byte {
	at := ix.nodes[n].label
	return ix.labels[at : at+1+uint32(ix.labels[at])]
}

// setsOf returns the numbers of the first rrset of n and of the one behind its last.
func (ix *index) setsOf(n uint32) (from, to uint32) {
	from = ix.nodes[n].first
	return from, from + uint32(ix.nodes[n].count)
}

// set returns the number of the rrset of type t that zone has at n, or noSet.
func (ix *index) set(n uint32, zone uint16, t Type) uint32 {
	for i, end := ix.setsOf(n); i < end; i++ {
		if s := &ix.sets[i]; s.typ == t && s.zone == zone {
			return i
		}
	}
	return noSet
}

func (ix *index) has(n uint32, zone uint16, t Type) bool { return ix.set(n, zone, t) != noSet }

func (ix *index) exists(n uint32) bool { return ix.nodes[n].flags&nodeExists != 0 }

// hashLabel hashes the label that b starts with under parent.
func (ix *index) hashLabel(parent uint32, b []byte) uint64 {
	h := (ix.seed ^ uint64(parent)) * 0x9e3779b97f4a7c15
	for _, c := range b[:1+int(b[0])] {
		h = (h ^ uint64(lower(c))) * 0x100000001b3
	}
	return h ^ h>>32
}

// child returns the node whose label, in any case, label starts with and whose parent is parent, or noNode.
func (ix *index) child(parent uint32, label []byte) uint32 {
	mask := uint64(len(ix.table) - 1)
	for i := ix.hashLabel(parent, label) & mask; ; i = (i + 1) & mask {
		n := ix.table[i] - 1
		if n == noNode {
			return noNode
		}
		if ix.nodes[n].parent == parent && n != 0 && equalLabels(ix.labels[ix.nodes[n].label:], label) {
			return n
		}
	}
}

// equalLabels compares the label that a starts with, in lower case, with the one of b.
func equalLabels(a, b []byte) bool {
	if a[0] != b[0] {
		return false
	}
	for i := 1; i <= int(a[0]); i++ {
		if a[i] != lower(b[i]) {
			return false
		}
	}
	return true
}

// find returns the deepest node that is name or above it, and how many of name's labels are not in its name.
func (ix *index) find(name []byte) (n uint32, left int) {
	var at [maxName / 2]uint8
	for left = labelOffsets(name, &at); left > 0; left-- {
		c := ix.child(n, name[at[left-1]:])
		if c == noNode {
			break
		}
		n = c
	}
	return n, left
}

var wildcardLabel = []byte{1, '*'}

// wildcard returns the wildcard name below n (RFC 4592 section 2.1.1) if it exists, or noNode.
func (ix *index) wildcard(n uint32) uint32 {
	w := ix.child(n, wildcardLabel)
	if w != noNode && !ix.exists(w) {
		return noNode
	}
	return w
}

// appendNode appends n's name.
func (ix *index) appendNode(dst []byte, n uint32) []byte {
	for ; n != 0; n = ix.nodes[n].parent {
		dst = append(dst, ix.label(n)...)
	}
	return append(dst, 0)
}

// isBelow reports whether n is above or lies below it.
func (ix *index) isBelow(n, above uint32) bool {
	for ix.nodes[n].depth > ix.nodes[above].depth {
		n = ix.nodes[n].parent
	}
	return n == above
}

// nameLen returns the length of n's name.
func (ix *index) nameLen(n uint32) int {
	length := 1
	for ; n != 0; n = ix.nodes[n].parent {
		length += 1 + int(ix.labels[ix.nodes[n].label])
	}
	return length
}

// before returns the last node that sorts before name in canonical order or is it.
func (ix *index) before(name []byte) uint32 {
	lo, hi := uint32(0), uint32(len(ix.nodes)) // nodes[lo] <= name < nodes[hi]
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		if ix.compare(mid, name) <= 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// compare orders n's name and name.
func (ix *index) compare(n uint32, name []byte) int {
	var at [maxName / 2]uint8
	var path [maxName / 2]uint32
	have := labelOffsets(name, &at)
	depth := int(ix.nodes[n].depth)
	for i := depth; i > 0; i-- {
		path[i-1], n = n, ix.nodes[n].parent
	}
	for i := 0; i < depth && i < have; i++ {
		if c := compareLabels(ix.labels[ix.nodes[path[i]].label:], name[at[have-1-i]:]); c != 0 {
			return c
		}
	}
	return depth - have
}

// zoneOf returns the zone that n lies in, the deepest served, or false.
func (ix *index) zoneOf(n uint32) (uint16, bool) {
	for ; ; n = ix.nodes[n].parent {
		if ix.nodes[n].flags&nodeApex != 0 {
			for i, end := ix.setsOf(n); i < end; i++ {
				if ix.sets[i].typ == TypeSOA {
					return ix.sets[i].zone, true
				}
			}
		}
		if n == 0 {
			return 0, false
		}
	}
}

// zoneAbove returns the zone that n's parent lies in, or false.
func (ix *index) zoneAbove(n uint32) (uint16, bool) {
	if n == 0 {
		return 0, false
	}
	return ix.zoneOf(ix.nodes[n].parent)
}

// cut returns the highest delegation of zone at n or above it (RFC 1034 section 4.2.1), or noNode.
func (ix *index) cut(n uint32, zone uint16) uint32 {
	found := noNode
	for apex := ix.zones[zone].apex; n != apex && n != 0; n = ix.nodes[n].parent {
		if ix.has(n, zone, TypeNS) {
			found = n
		}
	}
	return found
}

// dnameAbove returns the deepest name above n, and below the origin of zone, that has a DNAME record, or noNode.
func (ix *index) dnameAbove(n uint32, zone uint16) uint32 {
	for apex := ix.zones[zone].apex; n != apex && n != 0; {
		n = ix.nodes[n].parent
		if n != apex && ix.has(n, zone, TypeDNAME) {
			return n
		}
	}
	return noNode
}
