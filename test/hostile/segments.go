package hostile

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Flags of TCP: RFC 9293 section 3.1.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

const protoTCP = 6

// A segment is TCP's: RFC 9293 section 3.1.
type segment struct {
	from, to netip.AddrPort
	seq, ack uint32
	flags    byte
	window   uint16
	payload  []byte
}

// frame returns the Ethernet frame that carries it to a card.
func (s segment) frame(card hwAddr) []byte {
	b := binary.BigEndian.AppendUint16(nil, s.from.Port())
	b = binary.BigEndian.AppendUint16(b, s.to.Port())
	b = binary.BigEndian.AppendUint32(b, s.seq)
	b = binary.BigEndian.AppendUint32(b, s.ack)
	b = append(b, 5<<4, s.flags)
	b = binary.BigEndian.AppendUint16(b, s.window)
	b = append(append(b, 0, 0, 0, 0), s.payload...)
	pseudo := append(s.from.Addr().AsSlice(), s.to.Addr().AsSlice()...)
	pseudo = binary.BigEndian.AppendUint16(append(pseudo, 0, protoTCP), uint16(len(b)))
	binary.BigEndian.PutUint16(b[16:], ^sum(uint32(sum(0, pseudo)), b))
	return ethernet(card, peerHW, typeIPv4, ipv4{from: s.from.Addr(), to: s.to.Addr(), proto: protoTCP}.packet(b))
}

// parseSegment reads a frame; false if it carries no segment.
func parseSegment(f []byte) (s segment, ok bool) {
	if len(f) < 54 || binary.BigEndian.Uint16(f[12:]) != typeIPv4 || f[14] != 0x45 || f[23] != protoTCP {
		return s, false
	}
	from, _ := netip.AddrFromSlice(f[26:30])
	to, _ := netip.AddrFromSlice(f[30:34])
	s.from = netip.AddrPortFrom(from, binary.BigEndian.Uint16(f[34:]))
	s.to = netip.AddrPortFrom(to, binary.BigEndian.Uint16(f[36:]))
	s.seq, s.ack, s.flags = binary.BigEndian.Uint32(f[38:]), binary.BigEndian.Uint32(f[42:]), f[47]
	return s, true
}

// crowdAddr is one of the addresses that the attacker answers for, 10.99.2.0/23, or with far one of anywhere.
func crowdAddr(r *rand.Rand, far bool) netip.Addr {
	if far {
		return netip.AddrFrom4([4]byte{byte(11 + r.IntN(100)), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32())})
	}
	return netip.AddrFrom4([4]byte{10, 99, byte(2 + r.IntN(2)), byte(r.Uint32())})
}

// A victim is what an attacker who does not see a connection's segments knows of it.
type victim struct {
	card            hwAddr
	client, machine netip.AddrPort
}

// storms return a hostile frame each about TCP and the connection of a victim.
var storms = []func(r *rand.Rand, v victim) []byte{synFlood, synFlood, strayACK, injection, forgedError, stormFragment}

// synFlood begins a connection that it will never complete: RFC 4987.
func synFlood(r *rand.Rand, v victim) []byte {
	from := netip.AddrPortFrom(crowdAddr(r, r.IntN(2) == 0), uint16(1024+r.IntN(60000)))
	return segment{from: from, to: netip.AddrPortFrom(v.machine.Addr(), 80), seq: r.Uint32(), flags: syn, window: 65535}.frame(v.card)
}

// strayACK is of no connection, and may be taken for a SYN cookie that comes back.
func strayACK(r *rand.Rand, v victim) []byte {
	from := netip.AddrPortFrom(crowdAddr(r, false), uint16(1024+r.IntN(60000)))
	s := segment{from: from, to: netip.AddrPortFrom(v.machine.Addr(), 80), seq: r.Uint32(), ack: r.Uint32(), flags: ack, window: 1000}
	return s.frame(v.card)
}

// injection is a RST, a SYN, a FIN or data in the name of the victim's client, with numbers that are guessed: RFC 5961.
func injection(r *rand.Rand, v victim) []byte {
	s := segment{from: v.client, to: v.machine, seq: r.Uint32(), ack: r.Uint32(), window: uint16(r.Uint32())}
	s.flags = []byte{rst, rst | ack, syn, fin | ack, ack | psh}[r.IntN(5)]
	if s.flags&psh != 0 {
		s.payload = []byte("injected")
	}
	return s.frame(v.card)
}

// forgedError says by ICMP that what the machine sent to the victim's client came to nothing, or was too long: RFC 5927.
func forgedError(r *rand.Rand, v victim) []byte {
	quoted := segment{from: v.machine, to: v.client, seq: r.Uint32(), flags: ack}.frame(v.card)[14 : 14+28]
	p := append([]byte{3, byte(r.IntN(14)), 0, 0, 0, 0, 0, 0}, quoted...)
	if r.IntN(3) == 0 {
		p[1] = 4 // fragmentation needed
		binary.BigEndian.PutUint16(p[6:], uint16(r.IntN(1500)))
	}
	binary.BigEndian.PutUint16(p[2:], ^sum(0, p))
	from := []netip.Addr{v.client.Addr(), crowdAddr(r, true)}[r.IntN(2)]
	return ethernet(v.card, peerHW, typeIPv4, ipv4{from: from, to: v.machine.Addr(), proto: protoICMP}.packet(p))
}

func stormFragment(r *rand.Rand, v victim) []byte {
	f := fragment(r)
	copy(f, v.card[:])
	return f
}
