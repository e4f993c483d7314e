package netstack

import (
	"internal/byteorder"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
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
	var b [8 + 4*len(d.next)]byte
	random(b[:])
	d.key = byteorder.LEUint64(b[:])
	for k := range d.next {
		d.next[k].Store(byteorder.LEUint32(b[8+4*k:]))
	}
}

// of returns the next value for a datagram; IPv4 has room for its lower half.
func (d *identifiers) of(r *inet.Route, protocol uint8) uint32 {
	h := r.Dst.Hash(d.key ^ uint64(r.Src.Bits32())<<8 ^ uint64(protocol))
	return d.next[h%uint64(len(d.next))].Add(1)
}

// flow makes the label of a flow: RFC 6437 section 3, the same for all of it and hard to guess. b begins with its ports.
func (d *identifiers) flow(r *inet.Route, protocol uint8, b []byte) uint32 {
	if protocol == wire.ProtoICMPv6 || len(b) < 4 {
		return 0
	}
	h := r.Dst.Hash(d.key ^ r.Src.Hash(uint64(byteorder.BEUint32(b))<<8^uint64(protocol)))
	return uint32(h >> 44)
}
