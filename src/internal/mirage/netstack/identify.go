package netstack

import (
	"internal/byteorder"
	"internal/mirage/netstack/inet"
	"sync/atomic"
)

// identifiers makes the identification field of datagrams that may be fragmented: a counter for each hash of the
// addresses and the protocol, so that a value does not come again soon between two hosts (RFC 6864 section 4.3), and
// so that one host cannot learn from its own how many are sent to others (RFC 7739 section 5.3, for IPv6).
type identifiers struct {
	key  uint64
	next [256]atomic.Uint32
}

func (d *identifiers) seed(random func([]byte)) {
	var b [8 + 2*len(d.next)]byte
	random(b[:])
	d.key = byteorder.LEUint64(b[:])
	for k := range d.next {
		d.next[k].Store(uint32(byteorder.LEUint16(b[8+2*k:])))
	}
}

func (d *identifiers) of(r *inet.Route, protocol uint8) uint16 {
	h := r.Dst.Hash(d.key ^ uint64(r.Src.Bits32())<<8 ^ uint64(protocol))
	return uint16(d.next[h%uint64(len(d.next))].Add(1))
}
