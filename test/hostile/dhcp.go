package hostile

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Message types of DHCP: RFC 2132 section 9.6.
const (
	dhcpDiscover = 1
	dhcpOffer    = 2
	dhcpRequest  = 3
	dhcpAck      = 5
)

var dhcpMagic = []byte{99, 130, 83, 99} // RFC 2131 section 3

// dhcpReply returns a frame with a server's message, to all: a client without an address asks for that. RFC 2131
// section 2 and 4.1.
func dhcpReply(kind byte, xid [4]byte, options []byte) []byte {
	m := []byte{2, 1, 6, 0} // BOOTREPLY over Ethernet
	m = append(m, xid[:]...)
	m = append(m, make([]byte, 8)...)
	m = append(m, machineAddr.AsSlice()...)
	m = append(m, peerAddr.AsSlice()...)
	m = append(m, make([]byte, 4)...)
	m = append(m, machineHW[:]...)
	m = append(m, make([]byte, 10+64+128)...)
	m = append(append(m, dhcpMagic...), 53, 1, kind)
	m = append(append(m, options...), 255)
	all := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	from, to := netip.AddrPortFrom(peerAddr, 67), netip.AddrPortFrom(all, 68)
	return ethernet(broadcast, peerHW, typeIPv4, ipv4{from: peerAddr, to: all, proto: protoUDP}.packet(udp(from, to, m)))
}

// lease are the options of an honest answer: server, netmask, gateway and an hour's lease.
func lease() []byte {
	o := append([]byte{54, 4}, peerAddr.AsSlice()...)
	o = append(o, 1, 4, 255, 255, 255, 0)
	o = append(append(o, 3, 4), peerAddr.AsSlice()...)
	return append(o, 51, 4, 0, 0, 14, 16)
}

// dhcpRequestIn returns what a DHCP client asks in a frame, and its xid.
func dhcpRequestIn(frame []byte) (kind byte, xid [4]byte, ok bool) {
	const header = 14 + 20 + 8
	if len(frame) < header+240 || binary.BigEndian.Uint16(frame[12:]) != typeIPv4 || frame[23] != protoUDP ||
		binary.BigEndian.Uint16(frame[36:]) != 67 {
		return 0, xid, false
	}
	m := frame[header:]
	options := m[240:]
	if i := bytes.Index(options, []byte{53, 1}); i >= 0 && i+2 < len(options) {
		return options[i+2], [4]byte(m[4:8]), true
	}
	return 0, xid, false
}

// forgedDHCP returns a server's message with a guessed xid and options that are lies or make no sense.
func forgedDHCP(r *rand.Rand) []byte {
	var xid [4]byte
	binary.BigEndian.PutUint32(xid[:], r.Uint32())
	options := make([]byte, r.IntN(300))
	for i := range options {
		options[i] = byte(r.Uint32())
	}
	if r.IntN(2) == 0 {
		options = append(lease(), options...)
	}
	return dhcpReply(byte(1+r.IntN(8)), xid, options)
}
