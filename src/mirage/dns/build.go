package dns

import (
	"bytes"
	"cmp"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
)

// A builder makes an index of zones.
type builder struct {
	index
	zone  *Zone // the one being worked on
	owner []placed
	seen  map[string]bool // the data of the rrset that is being made, if it has more than fewRecords
}

// fewRecords are so few that a new record is sooner compared with each of them.
const fewRecords = 32

// placed is a record of a zone and the node of its owner.
type placed struct {
	node uint32
	zone uint16
	typ  Type
	off  int // in the zone's arena
}

var errManyZones = errors.New("more than 65535 zones")

// buildIndex makes an index of zones and checks each as a whole.
func buildIndex(zones []*Zone) (*index, error) {
	if len(zones) > 0xffff {
		return nil, errManyZones
	}
	b := &builder{}
	b.seed = rand.Uint64()
	b.nodes = []node{{}}
	b.labels = []byte{0}
	b.table = make([]uint32, 64)
	b.table[b.hashLabel(0, b.labels)&63] = 1
	for i, z := range zones {
		if err := b.place(z, uint16(i)); err != nil {
			return nil, err
		}
	}
	order := b.sort()
	for i := range b.owner {
		b.owner[i].node = order[b.owner[i].node]
	}
	slices.SortFunc(b.owner, func(x, y placed) int { // within a name and a zone the order of the file stays
		return cmp.Or(cmp.Compare(x.node, y.node), cmp.Compare(x.zone, y.zone), cmp.Compare(x.off, y.off))
	})
	if err := b.collect(zones); err != nil {
		return nil, err
	}
	for i := range b.zones {
		if err := b.finish(zones[i], uint16(i)); err != nil {
			return nil, err
		}
	}
	ix := b.index
	ix.sets, ix.records, ix.labels = slices.Clip(ix.sets), slices.Clip(ix.records), slices.Clip(ix.labels)
	return &ix, nil
}

// place puts the names of z into the tree.
func (b *builder) place(z *Zone, number uint16) error {
	if z.apex == "" {
		return errors.New("a zone has no SOA record")
	}
	apex := b.intern([]byte(z.apex))
	if b.nodes[apex].flags&nodeApex != 0 {
		return errors.New("zone " + z.apex.String() + " is there twice")
	}
	b.nodes[apex].flags |= nodeApex
	b.zones = append(b.zones, servedZone{apex: apex, soa: noSet, ns: noSet})
	for off := 0; off < len(z.arena); {
		e, next := z.entry(off)
		n := b.intern(e.name)
		if !b.isBelow(n, apex) {
			return z.errorAt(e.at, Name(e.name).String()+" is not in the zone "+z.apex.String())
		}
		b.owner = append(b.owner, placed{n, number, e.typ, off})
		at, count, _ := e.typ.names(e.data)
		for rest := e.data[at:]; count > 0; count-- {
			length := nameLen(rest)
			b.intern(rest[:length])
			rest = rest[length:]
		}
		off = next
	}
	return nil
}

// intern returns the node of name, making it and those above it where they are not there.
func (b *builder) intern(name []byte) uint32 {
	n, left := b.find(name)
	if left == 0 {
		return n
	}
	var at [maxName / 2]uint8
	labelOffsets(name, &at)
	for ; left > 0; left-- {
		label := name[at[left-1]:]
		b.nodes = append(b.nodes, node{parent: n, label: uint32(len(b.labels)), depth: b.nodes[n].depth + 1})
		for _, c := range label[:1+int(label[0])] {
			b.labels = append(b.labels, lower(c))
		}
		n = uint32(len(b.nodes) - 1)
		if len(b.nodes)*2 > len(b.table) {
			b.table = make([]uint32, 2*len(b.table))
			b.fillTable()
		} else {
			b.insert(n)
		}
	}
	return n
}

func (b *builder) fillTable() {
	clear(b.table)
	for n := range b.nodes {
		b.insert(uint32(n))
	}
}

func (b *builder) insert(n uint32) {
	mask := uint64(len(b.table) - 1)
	i := b.hashLabel(b.nodes[n].parent, b.labels[b.nodes[n].label:]) & mask
	for b.table[i] != 0 {
		i = (i + 1) & mask
	}
	b.table[i] = n + 1
}

// sort brings the nodes into canonical order and returns the new number of each.
func (b *builder) sort() (moved []uint32) {
	order := make([]uint32, len(b.nodes))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, b.compareNodes)
	moved = make([]uint32, len(order))
	for i, old := range order {
		moved[old] = uint32(i)
	}
	nodes := make([]node, len(b.nodes))
	for i, old := range order {
		nodes[i] = b.nodes[old]
		nodes[i].parent = moved[nodes[i].parent]
	}
	b.nodes = nodes
	for i := range b.zones {
		b.zones[i].apex = moved[b.zones[i].apex]
	}
	b.fillTable()
	return moved
}

func (b *builder) compareNodes(x, y uint32) int {
	i, j := x, y
	for b.nodes[i].depth > b.nodes[j].depth {
		i = b.nodes[i].parent
	}
	for b.nodes[j].depth > b.nodes[i].depth {
		j = b.nodes[j].parent
	}
	if i == j {
		return cmp.Compare(b.nodes[x].depth, b.nodes[y].depth)
	}
	for b.nodes[i].parent != b.nodes[j].parent {
		i, j = b.nodes[i].parent, b.nodes[j].parent
	}
	return compareLabels(b.labels[b.nodes[i].label:], b.labels[b.nodes[j].label:])
}

// collect makes the rrsets, those of a name in the order in which the file first has a record of them.
func (b *builder) collect(zones []*Zone) error {
	for len(b.owner) > 0 {
		n, end := b.owner[0].node, 1
		for end < len(b.owner) && b.owner[end].node == n {
			end++
		}
		b.nodes[n].first = uint32(len(b.sets))
		for i := range b.owner[:end] {
			p := &b.owner[i]
			if p.off < 0 { // in the rrset of an earlier record
				continue
			}
			if len(b.sets)-int(b.nodes[n].first) == 0xffff {
				e, _ := zones[p.zone].entry(p.off)
				return zones[p.zone].errorAt(e.at, "more than 65535 types at one name")
			}
			if err := b.addSet(zones[p.zone], b.owner[i:end]); err != nil {
				return err
			}
		}
		b.nodes[n].count = uint16(uint32(len(b.sets)) - b.nodes[n].first)
		for m := n; b.nodes[m].flags&nodeExists == 0; m = b.nodes[m].parent {
			b.nodes[m].flags |= nodeExists
		}
		b.owner = b.owner[end:]
	}
	return nil
}

// addSet makes an rrset of those records among list, records of one name, that are like the first.
func (b *builder) addSet(z *Zone, list []placed) error {
	head := list[0]
	s := rrset{off: uint32(len(b.records)), typ: head.typ, zone: head.zone}
	first, _ := z.entry(head.off)
	for i := range list {
		p := &list[i]
		if p.zone != head.zone || p.typ != head.typ || p.off < 0 {
			continue
		}
		e, _ := z.entry(p.off)
		p.off = -1
		if e.typ != TypeRRSIG && e.typ != 24 { // RFC 2181 section 5.2: one TTL for all; signatures have their set's
			e.ttl = first.ttl
		}
		if s.count == 0xffff {
			return z.errorAt(e.at, "more than 65535 "+e.typ.String()+" records at one name")
		}
		if len(b.records) > maxArena {
			return errBigZone
		}
		if err := b.addRecord(&s, e); err != nil {
			return z.errorAt(e.at, err.Error())
		}
	}
	b.sets = append(b.sets, s)
	return b.checkName(z, head.node, &b.sets[len(b.sets)-1], first.at)
}

// addRecord appends e to s unless s has one with the same data (RFC 2181 section 5).
func (b *builder) addRecord(s *rrset, e entry) error {
	start := len(b.records)
	b.records = append(appendBE32(b.records, e.ttl), 0, 0)
	at, count, compress := e.typ.names(e.data)
	b.records = append(b.records, e.data[:at]...)
	rest := e.data[at:]
	for range count {
		length := nameLen(rest)
		n, _ := b.find(rest[:length])
		b.records = appendBE32(b.records, n)
		rest = rest[length:]
	}
	b.records = append(b.records, rest...)
	length := len(b.records) - start - 6
	b.records[start+4], b.records[start+5] = byte(length>>8), byte(length)
	if e.typ == TypeNAPTR {
		at = -1
	}
	s.nameAt, s.names, s.compress = int8(at), uint8(count), compress
	if b.hasData(s, b.records[start+6:]) {
		b.records = b.records[:start]
		return nil
	}
	if s.count++; s.count > 1 && (e.typ == TypeSOA || e.typ == TypeCNAME || e.typ == TypeDNAME) {
		return errors.New("a second " + e.typ.String() + " record at one name") // RFC 2181 section 10.1, RFC 6672 section 2.4
	}
	return nil
}

// hasData reports whether s has a record with that data, which is the next of its records otherwise.
func (b *builder) hasData(s *rrset, data []byte) bool {
	if s.count > fewRecords {
		known := b.seen[string(data)]
		b.seen[string(data)] = true
		return known
	}
	for d := range b.dataOf(s) {
		if bytes.Equal(d, data) {
			return true
		}
	}
	if s.count == fewRecords { // those behind it are looked up
		b.seen = map[string]bool{string(data): true}
		for d := range b.dataOf(s) {
			b.seen[string(d)] = true
		}
	}
	return false
}

// dataOf are the data of s' records.
func (b *builder) dataOf(s *rrset) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		off := s.off
		for range s.count {
			var r record
			if r, off = b.record(off); !yield(r.data) {
				return
			}
		}
	}
}
