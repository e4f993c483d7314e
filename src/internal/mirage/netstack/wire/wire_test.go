//go:build !mirage

package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"
)

// slowSum is RFC 1071 section 1, word by word.
func slowSum(b []byte) uint16 {
	var s uint32
	for len(b) > 1 {
		s += uint32(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

func TestSum(t *testing.T) {
	// RFC 1071 section 3.
	if got := Sum(0).Add([]byte{0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7}).Fold(); got != 0xddf2 {
		t.Errorf("the RFC's example sums to %#x, want 0xddf2", got)
	}
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 70000)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	for n := 0; n < 300; n++ {
		if got, want := Sum(0).Add(b[n:2*n]).Fold(), slowSum(b[n:2*n]); got != want {
			t.Fatalf("%d octets: %#x, want %#x", n, got, want)
		}
	}
	if got, want := Sum(0).Add(b).Fold(), slowSum(b); got != want {
		t.Errorf("70000 octets: %#x, want %#x", got, want)
	}
	ones := bytes.Repeat([]byte{0xff}, 65536)
	if got := Sum(0).Add(ones).Add(ones).Fold(); got != 0xffff {
		t.Errorf("ones: %#x", got)
	}
	if got := Sum(0).Add(b[:10]).Add(b[10:33]).Fold(); got != slowSum(b[:33]) {
		t.Errorf("in two parts: %#x", got)
	}
}

func TestPseudoSum(t *testing.T) {
	// RFC 768 and RFC 8200 section 8.1 lay the pseudo-headers out.
	v4 := []byte{10, 0, 0, 1, 192, 0, 2, 255, 0, 17, 0x12, 0x34}
	if got := PseudoSum(V4(10, 0, 0, 1), V4(192, 0, 2, 255), 17, 0x1234).Fold(); got != slowSum(v4) {
		t.Errorf("IPv4: %#x, want %#x", got, slowSum(v4))
	}
	src, dst := addr(t, "2001:db8::1"), addr(t, "fe80::ffff:1234:5678")
	s, d := src.As16(), dst.As16()
	v6 := append(append(s[:], d[:]...), 0, 0, 0x12, 0x34, 0, 0, 0, 58)
	if got := PseudoSum(src, dst, 58, 0x1234).Fold(); got != slowSum(v6) {
		t.Errorf("IPv6: %#x, want %#x", got, slowSum(v6))
	}
}

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A frame from the wire: a DNS query from 10.0.2.15 to 10.0.2.3, both checksums right.
const query = "52550a000203 525400123456 0800" +
	"4500 0039 1c46 4000 4011 065d 0a00020f 0a000203" +
	"8235 0035 0025 e9ec" +
	"abcd 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001"

func TestHeaders(t *testing.T) {
	b := unhex(t, query)
	e, ok := ParseEthernet(b)
	if !ok || e.Dst().String() != "52:55:0a:00:02:03" || e.Src().String() != "52:54:00:12:34:56" || e.Type() != TypeIPv4 {
		t.Fatalf("Ethernet: %v %v %#x", e.Dst(), e.Src(), e.Type())
	}
	p, ok := ParseIPv4(append(e.Payload(), 0, 0, 0)) // padding behind, as in a short frame
	if !ok || !p.ChecksumOK() || p.TotalLen() != 57 || len(p) != 57 || p.TTL() != 64 || p.Protocol() != ProtoUDP ||
		!p.DontFragment() || p.MoreFragments() || p.IsFragment() || p.ID() != 0x1c46 || p.TOS() != 0 {
		t.Fatalf("IPv4: % x", []byte(p))
	}
	u, ok := ParseUDP(p.Payload())
	if !ok || !u.ChecksumOK(p.Src(), p.Dst()) || u.SrcPort() != 0x8235 || u.DstPort() != 53 || len(u.Payload()) != 29 {
		t.Fatalf("UDP: % x, sum %#x", []byte(u), PseudoSum(p.Src(), p.Dst(), ProtoUDP, len(u)).Add(u).Fold())
	}
	// Written again by Put it is the same, octet for octet.
	again := bytes.Clone(b)
	clear(again[:EthernetLen+IPv4Len+UDPLen])
	Ethernet(again).Put(e.Dst(), e.Src(), TypeIPv4)
	f := IPFields{ID: 0x1c46, DontFrag: true, TTL: 64, Protocol: ProtoUDP}
	IPv4(again[EthernetLen:]).Put(&f, 57, p.Src(), p.Dst())
	UDP(again[EthernetLen+IPv4Len:]).Put(0x8235, 53, p.Src(), p.Dst(), false)
	if !bytes.Equal(again, b) {
		t.Errorf("\n% x, want\n% x", again, b)
	}
}

// Every single bit flipped in the headers or the payload is noticed by a length, a version or a checksum (RFC 1071 section
// 1), but for what neither covers.
func TestBitErrors(t *testing.T) {
	good := unhex(t, query)[EthernetLen:]
	for bit := range len(good) * 8 {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		p, ok := ParseIPv4(b)
		if !ok || !p.ChecksumOK() {
			continue
		}
		if u, ok := ParseUDP(p.Payload()); ok && u.ChecksumOK(p.Src(), p.Dst()) {
			t.Errorf("bit %d of octet %d flipped went unnoticed", bit%8, bit/8)
		}
	}
}

func TestParseIPv4Refuses(t *testing.T) {
	good := unhex(t, query)[EthernetLen:]
	for _, c := range []struct {
		name string
		do   func(b []byte) []byte
	}{
		{"short header", func(b []byte) []byte { return b[:19] }},
		{"version 6: RFC 1122 section 3.2.1.1", func(b []byte) []byte { b[0] = 0x65; return b }},
		{"header length below five words", func(b []byte) []byte { b[0] = 0x44; return b }},
		{"header longer than the datagram", func(b []byte) []byte { b[0] = 0x4f; b[3] = 30; return b }},
		{"total length below the header", func(b []byte) []byte { b[3] = 19; return b }},
		{"total length beyond the frame", func(b []byte) []byte { b[3]++; return b }},
		{"nothing", func(b []byte) []byte { return nil }},
	} {
		if p, ok := ParseIPv4(c.do(bytes.Clone(good))); ok {
			t.Errorf("%s: read as % x", c.name, []byte(p))
		}
	}
}

func TestIPv4Options(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []byte
		ok      bool
	}{
		{"none", nil, true},
		{"end", []byte{0, 0xff, 0xff, 0xff}, true},
		{"no operation", []byte{1, 1, 1, 0}, true},
		{"router alert: RFC 2113 section 2.1", []byte{148, 4, 0, 0}, true},
		{"loose source route: RFC 7126 section 4.3", []byte{131, 3, 4, 0}, false},
		{"strict source route behind others: RFC 7126 section 4.4", []byte{1, 137, 3, 4}, false},
		{"length 0: RFC 1122 section 3.2.1.8", []byte{7, 0, 0, 0}, false},
		{"length 1", []byte{7, 1, 0, 0}, false},
		{"length beyond the header", []byte{7, 5, 0, 0}, false},
		{"type without length", []byte{1, 1, 1, 7}, false},
	} {
		p := make(IPv4, IPv4Len+len(c.options))
		p.Put(&IPFields{}, len(p), V4(1, 2, 3, 4), V4(5, 6, 7, 8))
		p[0] = 0x40 | byte(len(p)/4)
		copy(p[IPv4Len:], c.options)
		if p.SetWhole(); !p.ChecksumOK() {
			t.Errorf("%s: the checksum is wrong", c.name)
		}
		if p.OptionsOK() != c.ok {
			t.Errorf("%s: %v, want %v", c.name, !c.ok, c.ok)
		}
	}
}

func TestIPv4Fragments(t *testing.T) {
	p := make(IPv4, IPv4Len+8)
	p.Put(&IPFields{More: true, Offset: 185}, len(p), V4(1, 2, 3, 4), V4(5, 6, 7, 8))
	if !p.IsFragment() || !p.MoreFragments() || p.FragmentOffset() != 1480 || p.DontFragment() || !p.ChecksumOK() {
		t.Errorf("% x", []byte(p))
	}
	p.SetWhole()
	if p.IsFragment() || !p.ChecksumOK() {
		t.Errorf("whole: % x", []byte(p))
	}
}

func TestUDPChecksum(t *testing.T) {
	src, dst := V4(10, 0, 0, 1), V4(10, 0, 0, 2)
	u := make(UDP, UDPLen+3)
	u.Put(1, 2, src, dst, false)
	u[6], u[7] = 0, 0
	if !u.ChecksumOK(src, dst) {
		t.Error("RFC 768: zero means that there is no checksum")
	}
	if u.ChecksumOK(addr(t, "2001:db8::1"), addr(t, "2001:db8::2")) {
		t.Error("RFC 8200 section 8.1: IPv6 has no UDP without a checksum")
	}
	// A payload whose sum comes to zero is sent as 0xffff: RFC 768.
	u.Put(1, 2, src, dst, false)
	sum := u.Checksum()
	u = append(u, 0)[:UDPLen+4]
	for v := 0; v < 1<<16; v++ {
		binary.BigEndian.PutUint16(u[8:], uint16(v))
		if u.Put(1, 2, src, dst, false); u.Checksum() == 0 {
			t.Fatal("a checksum of 0 was written")
		}
		if u.Checksum() == 0xffff {
			sum = 0xffff
		}
	}
	if sum != 0xffff || !u.ChecksumOK(src, dst) {
		t.Error("no payload gave 0xffff")
	}
	for _, b := range [][]byte{nil, make([]byte, 7), {0, 1, 0, 2, 0, 7, 0, 0}, {0, 1, 0, 2, 0, 9, 0, 0}} {
		if _, ok := ParseUDP(b); ok {
			t.Errorf("% x was read", b)
		}
	}
}

// A partial checksum finished by the card is the whole one.
func TestPartialChecksum(t *testing.T) {
	src, dst := V4(10, 0, 0, 1), V4(10, 0, 0, 2)
	u := make(UDP, 100)
	for i := range u {
		u[i] = byte(i * 7)
	}
	u.Put(1000, 53, src, dst, true)
	sum := Sum(0).Add(u).Checksum()
	binary.BigEndian.PutUint16(u[6:], sum)
	if !u.ChecksumOK(src, dst) {
		t.Errorf("%#x", sum)
	}
}

func TestARPMessage(t *testing.T) {
	// RFC 826, "Packet format": hardware Ethernet, protocol IPv4.
	want := unhex(t, "0001 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202")
	m := make(ARP, ARPLen)
	m.Put(ARPRequest, 0x525400123456, V4(10, 0, 2, 15), 0, V4(10, 0, 2, 2))
	if !bytes.Equal(m, want) {
		t.Errorf("% x, want % x", []byte(m), want)
	}
	got, ok := ParseARP(append(want, 0, 0))
	if !ok || got.Op() != ARPRequest || got.SenderMAC() != 0x525400123456 || got.Sender() != V4(10, 0, 2, 15) ||
		got.TargetMAC() != 0 || got.Target() != V4(10, 0, 2, 2) || len(got) != ARPLen {
		t.Errorf("% x", []byte(got))
	}
	for _, change := range [][2]byte{{1, 6}, {2, 0}, {4, 8}, {5, 16}, {7, 3}, {7, 0}} {
		b := bytes.Clone(want)
		b[change[0]] = change[1]
		if _, ok := ParseARP(b); ok {
			t.Errorf("octet %d = %d was read", change[0], change[1])
		}
	}
	if _, ok := ParseARP(want[:27]); ok {
		t.Error("27 octets were read")
	}
}

func TestICMPMessage(t *testing.T) {
	m := make(ICMP, ICMPLen+5)
	copy(m.Body(), "hello")
	m.Put(ICMPEcho, 0, 0x12345678)
	if !m.ChecksumOK() || m.Type() != ICMPEcho || m.Rest() != 0x12345678 || slowSum(m) != 0xffff {
		t.Errorf("% x", []byte(m))
	}
	if m[4]++; m.ChecksumOK() {
		t.Error("a wrong checksum is right")
	}
}

// FuzzFrame: no frame makes a view reach outside it.
func FuzzFrame(f *testing.F) {
	f.Add(unhex(f, query))
	f.Add(unhex(f, "ffffffffffff 525400123456 0806 0001 0800 06 04 0001 525400123456 0a00020f 000000000000 0a000202"))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = b[:len(b):len(b)]
		e, ok := ParseEthernet(b)
		if !ok {
			return
		}
		_, _, _ = e.Dst(), e.Src(), e.Type()
		if m, ok := ParseARP(e.Payload()); ok {
			again := make(ARP, ARPLen)
			if again.Put(m.Op(), m.SenderMAC(), m.Sender(), m.TargetMAC(), m.Target()); !bytes.Equal(again, m) {
				t.Fatalf("% x reads as % x", []byte(m), []byte(again))
			}
		}
		p, ok := ParseIPv4(e.Payload())
		if !ok {
			return
		}
		if p.ChecksumOK() != (slowSum(p[:p.HeaderLen()]) == 0xffff) {
			t.Fatalf("checksum of % x", p[:p.HeaderLen()])
		}
		p.OptionsOK()
		if p.FragmentOffset()+len(p.Payload()) > 2*IPv4MaxLen {
			t.Fatal("impossible offset")
		}
		if u, ok := ParseUDP(p.Payload()); ok {
			u.ChecksumOK(p.Src(), p.Dst())
			_ = append(u.Payload(), 0)
		}
		if m, ok := ParseICMP(p.Payload()); ok {
			_, _, _, _ = m.ChecksumOK(), m.Body(), m.MTU(), m.Rest()
		}
	})
}
