package tcp

import (
	"internal/byteorder"
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A tuple names a connection: RFC 9293 section 3.3.1.
type tuple struct{ local, remote wire.AddrPort }

// hash is a secret function of a tuple, and of what it is for. IPv4's addresses fit in a word.
func (t *tuple) hash(k inet.Secret, purpose uint64) uint64 {
	ports := uint64(t.local.Port)<<16 | uint64(t.remote.Port)
	if t.local.Addr.Is4() && t.remote.Addr.Is4() {
		return k.Hash(uint64(t.local.Addr.Bits32())<<32|uint64(t.remote.Addr.Bits32()), ports|purpose<<32)
	}
	l, r := t.local.Addr.As16(), t.remote.Addr.As16()
	return k.Hash(byteorder.LEUint64(l[:8]), byteorder.LEUint64(l[8:]), byteorder.LEUint64(r[:8]), byteorder.LEUint64(r[8:]),
		ports|purpose<<32)
}

// What tuples are hashed for.
const (
	forISN = iota
	forClock
	forPort
	forCookie
	forShare
)

// initialSequence is RFC 6528 section 3: a clock of four microseconds, and a secret function of the connection.
func initialSequence(k inet.Secret, now int64, t *tuple) seq {
	return seq(uint32(now/4e3) + uint32(t.hash(k, forISN)))
}

// clockOffset is where the timestamps of a connection begin: RFC 7323 section 7.1, the same for the same hosts so that
// RFC 6191 has something to go by.
func clockOffset(k inet.Secret, t *tuple) uint32 {
	hosts := tuple{local: wire.AddrPort{Addr: t.local.Addr}, remote: wire.AddrPort{Addr: t.remote.Addr}}
	return uint32(hosts.hash(k, forClock))
}
