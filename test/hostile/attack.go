package hostile

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// attacks return a hostile frame each.
var attacks = []func(r *rand.Rand) []byte{noise, mutant, forgedARP, fragment, forgedDHCP, flood}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func randomAddr(r *rand.Rand) netip.Addr {
	if r.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte{10, 99, 0, byte(r.Uint32())})
	}
	return netip.AddrFrom4([4]byte(random(r, 4)))
}

// noise is a frame of random bytes of a type that somebody may look at.
func noise(r *rand.Rand) []byte {
	kinds := []uint16{typeIPv4, typeARP, 0x86dd, 0x8100, uint16(r.Uint32())}
	return ethernet(machineHW, hwAddr(random(r, 6)), kinds[r.IntN(len(kinds))], random(r, r.IntN(1500)))
}

// mutant is a good frame with some bytes changed, and perhaps cut off.
func mutant(r *rand.Rand) []byte {
	f := [][]byte{
		datagram(uint16(r.Uint32()), 53, random(r, r.IntN(600))),
		ethernet(machineHW, peerHW, typeIPv4, ipv4{from: peerAddr, to: machineAddr, proto: protoICMP}.packet(echoRequest(r.IntN(600)))),
		ethernet(broadcast, peerHW, typeARP, arp(1, peerHW, peerAddr, hwAddr{}, machineAddr)),
	}[r.IntN(3)]
	for range 1 + r.IntN(4) {
		f[14+r.IntN(len(f)-14)] = byte(r.Uint32())
	}
	if r.IntN(3) == 0 {
		f = f[:14+r.IntN(len(f)-14)]
	}
	return f
}

// forgedARP says that some address is at some other place, the machine's own among them.
func forgedARP(r *rand.Rand) []byte {
	liar := hwAddr(random(r, 6))
	liar[0] &^= 1
	sender := randomAddr(r)
	if sender == peerAddr {
		sender = machineAddr // whoever may speak for the peer may cut it off: ARP has no answer to that
	}
	to := []hwAddr{broadcast, machineHW}[r.IntN(2)]
	return ethernet(to, liar, typeARP, arp(uint16(1+r.IntN(2)), liar, sender, machineHW, randomAddr(r)))
}

// fragment is part of a packet whose other parts overlap it, do not fit, or never come: RFC 5722, RFC 3128.
func fragment(r *rand.Rand) []byte {
	offset := uint16(r.IntN(1 << 13))
	if r.IntN(2) == 0 {
		offset = uint16(r.IntN(200))
	}
	h := ipv4{from: randomAddr(r), to: machineAddr, proto: protoUDP, id: uint16(r.Uint32()), fragment: offset}
	if r.IntN(4) == 0 {
		h.id = uint16(r.IntN(4))
		h.from = peerAddr
	}
	if r.IntN(3) > 0 {
		h.fragment |= moreFragments
	}
	return ethernet(machineHW, peerHW, typeIPv4, h.packet(random(r, 8*r.IntN(180)+r.IntN(2))))
}

// flood asks for answers to addresses that are not there, at ports where nobody listens and at the server's.
func flood(r *rand.Rand) []byte {
	from := randomAddr(r)
	port := []uint16{53, uint16(r.Uint32())}[r.IntN(2)]
	query := random(r, 12+r.IntN(40))
	binary.BigEndian.PutUint16(query[2:], 0x0100) // a DNS query, as far as its header goes
	d := udp(netip.AddrPortFrom(from, uint16(r.Uint32())), netip.AddrPortFrom(machineAddr, port), query)
	return ethernet(machineHW, peerHW, typeIPv4, ipv4{from: from, to: machineAddr, proto: protoUDP}.packet(d))
}
