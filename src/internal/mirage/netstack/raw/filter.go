package raw

import (
	"internal/mirage/netstack/inet"
	"internal/mirage/netstack/wire"
)

// A filter has a bit for each type of ICMP or ICMPv6 message that a socket does not want: ICMP_FILTER knows the first 32
// (raw(7)), ICMP6_FILTER all (RFC 3542 section 3.2).
type filter [8]uint32

// blocks reports whether the filter keeps a datagram back.
func (f *filter) blocks(protocol uint8, pkt *inet.Packet) bool {
	if pkt.Src.Is4() && protocol != wire.ProtoICMP || !pkt.Src.Is4() && protocol != wire.ProtoICMPv6 {
		return false
	}
	least := wire.ICMPLen // what Linux wants there to be, to look at it
	if !pkt.Src.Is4() {
		least = 4
	}
	if len(pkt.Payload) < least {
		return true
	}
	typ := pkt.Payload[0]
	return f[typ/32]>>(typ%32)&1 != 0
}
