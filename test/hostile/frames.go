package hostile

import (
	"encoding/binary"
	"net/netip"
)

// An hwAddr is an Ethernet address.
type hwAddr [6]byte

var (
	broadcast   = hwAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	peerHW      = hwAddr{0x02, 0, 0, 0, 0, 1}
	machineHW   = hwAddr{0x52, 0x54, 0, 0x99, 0, 2}
	peerAddr    = netip.AddrFrom4([4]byte{10, 99, 0, 1})
	machineAddr = netip.AddrFrom4([4]byte{10, 99, 0, 2})
)

// EtherTypes and IP protocols, as IANA numbers them.
const (
	typeIPv4 = 0x0800
	typeARP  = 0x0806

	protoICMP = 1
	protoUDP  = 17
)

// ethernet puts a header before payload: IEEE 802.3 clause 3.1.1.
func ethernet(to, from hwAddr, kind uint16, payload []byte) []byte {
	f := append(to[:], from[:]...)
	f = binary.BigEndian.AppendUint16(f, kind)
	return append(f, payload...)
}

// arp returns an ARP message: RFC 826. op is 1 for a request, 2 for a reply.
func arp(op uint16, senderHW hwAddr, sender netip.Addr, targetHW hwAddr, target netip.Addr) []byte {
	p := []byte{0, 1, 8, 0, 6, 4} // Ethernet, IPv4 and their addresses' lengths
	p = binary.BigEndian.AppendUint16(p, op)
	p = append(append(p, senderHW[:]...), sender.AsSlice()...)
	return append(append(p, targetHW[:]...), target.AsSlice()...)
}

// An ipv4 is the header of a packet: RFC 791 section 3.1.
type ipv4 struct {
	from, to netip.Addr
	proto    byte
	id       uint16
	fragment uint16 // flags and offset as they stand in the header
}

const moreFragments = 1 << 13

// packet puts the header before payload.
func (h ipv4) packet(payload []byte) []byte {
	p := []byte{0x45, 0}
	p = binary.BigEndian.AppendUint16(p, uint16(20+len(payload)))
	p = binary.BigEndian.AppendUint16(p, h.id)
	p = binary.BigEndian.AppendUint16(p, h.fragment)
	p = append(p, 64, h.proto, 0, 0)
	p = append(append(p, h.from.AsSlice()...), h.to.AsSlice()...)
	binary.BigEndian.PutUint16(p[10:], ^sum(0, p))
	return append(p, payload...)
}

// sum adds b to an Internet checksum: RFC 1071.
func sum(s uint32, b []byte) uint16 {
	for i := 0; i < len(b); i += 2 {
		s += uint32(b[i]) << 8
		if i+1 < len(b) {
			s += uint32(b[i+1])
		}
	}
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}

// udp returns a datagram: RFC 768.
func udp(from, to netip.AddrPort, payload []byte) []byte {
	length := uint16(8 + len(payload))
	d := binary.BigEndian.AppendUint16(nil, from.Port())
	d = binary.BigEndian.AppendUint16(d, to.Port())
	d = binary.BigEndian.AppendUint16(d, length)
	d = append(append(d, 0, 0), payload...)
	pseudo := append(from.Addr().AsSlice(), to.Addr().AsSlice()...)
	pseudo = binary.BigEndian.AppendUint16(append(pseudo, 0, protoUDP), length)
	check := ^sum(uint32(sum(0, pseudo)), d)
	if check == 0 {
		check = 0xffff // 0 means that there is none
	}
	binary.BigEndian.PutUint16(d[6:], check)
	return d
}

// datagram returns a frame from the peer to the machine.
func datagram(fromPort, toPort uint16, payload []byte) []byte {
	from, to := netip.AddrPortFrom(peerAddr, fromPort), netip.AddrPortFrom(machineAddr, toPort)
	p := ipv4{from: peerAddr, to: machineAddr, proto: protoUDP}.packet(udp(from, to, payload))
	return ethernet(machineHW, peerHW, typeIPv4, p)
}

// echoRequest returns a ping: RFC 792.
func echoRequest(size int) []byte {
	p := make([]byte, 8+size)
	p[0] = 8
	binary.BigEndian.PutUint16(p[2:], ^sum(0, p))
	return p
}
