package ipfrag

import "internal/mirage/netstack/wire"

func (t *Table) add(k Key, due int64) *datagram {
	d := &datagram{key: k, total: -1, due: due}
	d.prev, d.next = t.list.prev, &t.list
	d.prev.next, t.list.prev = d, d
	t.all[k] = d
	t.pay(d, fixedCost)
	return d
}

func (t *Table) remove(d *datagram) {
	d.prev.next, d.next.prev = d.next, d.prev
	delete(t.all, d.key)
	t.pay(d, -d.charge)
}

// pay charges octets to a datagram, its source and the table.
func (t *Table) pay(d *datagram, octets int) {
	d.charge += octets
	t.memory += octets
	if t.sources[d.key.Src] += octets; t.sources[d.key.Src] == 0 {
		delete(t.sources, d.key.Src)
	}
}

// spoil drops what is there of a datagram and remembers that it is to be dropped.
func (t *Table) spoil(d *datagram) {
	d.spoiled, d.parts, d.header = true, nil, nil
	t.pay(d, fixedCost-d.charge)
}

// makeRoom drops the oldest datagrams, first of the source and then of all, until octets more fit. It does not drop
// keep, for which the room is.
func (t *Table) makeRoom(keep *datagram, src wire.Addr, octets int) bool {
	for t.sources[src]+octets > maxSource {
		if !t.dropOldest(keep, src) {
			return false
		}
	}
	for t.memory+octets > maxMemory {
		if !t.dropOldest(keep, wire.Addr{}) {
			return false
		}
	}
	return true
}

// dropOldest drops the oldest datagram but keep, of the source src if that is specified.
func (t *Table) dropOldest(keep *datagram, src wire.Addr) bool {
	for d := t.list.next; d != &t.list; d = d.next {
		if d != keep && (src == wire.Addr{} || src == d.key.Src) {
			t.remove(d)
			return true
		}
	}
	return false
}

// Next returns when Expire is due, 0 if nothing waits.
func (t *Table) Next() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list.next == &t.list {
		return 0
	}
	return t.list.next.due
}

// Expire drops the datagrams whose time is over. Of each that had its first fragment, that is returned, header
// and payload: its sender is to be told (RFC 1122 section 3.3.2). dropped counts all that were not whole.
func (t *Table) Expire(now int64) (first [][]byte, dropped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for d := t.list.next; d != &t.list && d.due <= now; d = t.list.next {
		t.remove(d)
		dropped++
		if d.header != nil {
			first = append(first, append(d.header, d.parts[0].data...))
		}
	}
	return first, dropped
}
