//go:build !mirage

package wire

import (
	"bytes"
	"testing"
)

func must6(s string) Addr {
	a, ok := ParseAddr(s)
	if !ok {
		panic(s)
	}
	return a
}

// RFC 8200 section 3, by a datagram that Linux sent.
func TestIPv6(t *testing.T) {
	b := unhex(t, "600d4a53 0010 3a40 fe800000000000005054 00fffe123456 ff020000000000000000000000000001 8000 f2a1 0001 0002 6869 6869 6869 6869 ffff")
	p, ok := ParseIPv6(b)
	if !ok || len(p) != 56 || p.Class() != 0 || p.Flow() != 0xd4a53 || p.PayloadLen() != 16 || p.Next() != ProtoICMPv6 ||
		p.HopLimit() != 64 || p.Src() != must6("fe80::5054:ff:fe12:3456") || p.Dst() != AllNodes6 {
		t.Errorf("%v: % x", ok, []byte(p))
	}
	again := make(IPv6, len(p))
	copy(again.Payload(), p.Payload())
	again.Put(&IPFields{Protocol: p.Next(), TTL: p.HopLimit(), TOS: p.Class()}, p.Flow(), len(p), p.Src(), p.Dst())
	if !bytes.Equal(again, p) {
		t.Errorf("% x, want % x", []byte(again), []byte(p))
	}
	for name, c := range map[string][]byte{
		"short": b[:39], "IPv4": append([]byte{0x45}, b[1:]...), "longer than it is": b[:55],
	} {
		if _, ok := ParseIPv6(c); ok {
			t.Errorf("%s: taken", name)
		}
	}
}

// RFC 4443 section 2.3, by the pseudo-header of RFC 8200 section 8.1.
func TestICMPv6Checksum(t *testing.T) {
	src, dst := must6("fe80::1"), must6("2001:db8::2")
	m := ICMPv6(append(make([]byte, 8), "odd"...))
	m.Put(ICMPv6Echo, 0, 0x12345678, src, dst)
	pseudo := append(append(unhex(t, "fe800000000000000000000000000001 20010db8000000000000000000000002 0000000b 0000003a"), m...), 0)
	if !m.ChecksumOK(src, dst) || slowSum(pseudo) != 0xffff {
		t.Errorf("% x", []byte(m))
	}
	if m.ChecksumOK(src, must6("2001:db8::3")) {
		t.Error("the addresses do not count")
	}
}

// RFC 4291 sections 2.5.6 and 2.7.1, RFC 2464 section 7.
func TestIPv6Addresses(t *testing.T) {
	for s, want := range map[string]bool{"fe80::1": true, "febf::1": true, "fec0::1": false, "ff02::1": true, "ff01::1": true, "ff05::1": false, "::1": false} {
		if must6(s).IsLinkLocal() != want {
			t.Errorf("%s link-local: %v", s, !want)
		}
	}
	a := must6("2001:db8::aabb:ccdd:eeff:1122")
	if g := a.SolicitedNode(); g != must6("ff02::1:ffff:1122") || MulticastMAC(g) != 0x3333ffff1122 {
		t.Errorf("%v at %v", g, MulticastMAC(g))
	}
	for s, n := range map[string]int{"2001:db8::aabb:ccdd:eeff:1122": 128, "2001:db8::aabb:ccdd:eeff:1123": 127, "2001:db8::": 64, "a001::": 0} {
		if got := a.CommonPrefix(must6(s)); got != n {
			t.Errorf("%s: %d bits", s, got)
		}
	}
}

// RFC 4861 sections 4.2 to 4.6.
func TestNDPMessages(t *testing.T) {
	n := Neighbour{Target: must6("fe80::2"), Solicited: true, Override: true, Link: 0x020304050607, HasLink: true, Nonce: 0xa1a2a3a4a5a6}
	m := make(ICMPv6, n.Len())
	n.Put(m, ICMPv6NeighbourAdvert, n.Target, AllNodes6)
	if want := unhex(t, "60000000 fe800000000000000000000000000002 0201020304050607 0e01a1a2a3a4a5a6"); !bytes.Equal(m[4:], want) {
		t.Errorf("% x", []byte(m))
	}
	if got, ok := ParseNeighbour(m); !ok || got != n {
		t.Errorf("%+v, want %+v", got, n)
	}
	ra := unhex(t, "86000000 40 c8 0708 00007530 000003e8 0101020304050607 05010000000005dc 0304 40c0 00015180 00003840 00000000 20010db8000000000000000000000000")
	a, ok := ParseRouterAdvert(ra)
	if !ok || a.HopLimit != 64 || !a.Managed || !a.Other || a.Preference != 1 || a.Lifetime != 1800 || a.Reachable != 30000 ||
		a.Retrans != 1000 || a.Link != 0x020304050607 || a.MTU != 1500 {
		t.Errorf("%+v", a)
	}
	for octet, want := range map[byte]int8{0x00: 0, 0x08: 1, 0x10: 0, 0x18: -1} { // RFC 4191 section 2.1
		ra[5] = octet
		if a, _ := ParseRouterAdvert(ra); a.Preference != want {
			t.Errorf("%#x: preference %d, want %d", octet, a.Preference, want)
		}
	}
	p, ok := ParsePrefixInfo(ra[32:])
	if !ok || p.Prefix.String() != "2001:db8::/64" || !p.OnLink || !p.Auto || p.Valid != 86400 || p.Preferred != 14400 {
		t.Errorf("%+v", p)
	}
}

// RFC 3810 sections 5.1 and 5.2.
func TestMLDMessages(t *testing.T) {
	for code, want := range map[uint16]int64{0: 0, 1000: 1000, 0x7fff: 32767, 0x8000: 0x1000 << 3, 0xffff: 0x1fff << 10} {
		m := make(ICMPv6, 28)
		m[4], m[5], m[24] = byte(code>>8), byte(code), 0xfa
		if q, ok := ParseMLDQuery(m); !ok || q.V1 || q.MaxDelay != want*1e6 || q.Robustness != 2 {
			t.Errorf("%#x: %+v, want %d ms", code, q, want)
		}
	}
	for name, m := range map[string]ICMPv6{"25 octets": make(ICMPv6, 25), "short": make(ICMPv6, 23), "sources beyond the end": append(make(ICMPv6, 27), 1)} {
		if _, ok := ParseMLDQuery(m); ok {
			t.Errorf("%s: taken", name)
		}
	}
	b := make([]byte, 8)
	PutRouterAlert(b, ProtoICMPv6)
	if want := unhex(t, "3a 00 05 02 0000 01 00"); !bytes.Equal(b, want) {
		t.Errorf("% x", b)
	}
}

// FuzzIPv6: whatever comes, nothing is read beyond the end, and what is read again is the same.
func FuzzIPv6(f *testing.F) {
	f.Add(unhex(f, "60000000 0018 0040 fe800000000000000000000000000001 fe800000000000000000000000000002 3c00050200000100 3a00010400000000 8000000000010002"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := ParseIPv6(b[:len(b):len(b)])
		if !ok {
			return
		}
		c, problem := Walk(p)
		if c.At > len(p) || c.NextAt >= c.At || p[c.NextAt] != c.Next || problem.Pointer >= len(p) {
			t.Fatalf("%+v, %+v of % x", c, problem, b)
		}
		if problem.Verdict == Accept && c.Next == ProtoFragment && len(p) >= c.At+Fragment6Len {
			f := Fragment6(p[c.At:])
			_, _, _, _, _ = f.Next(), f.Offset(), f.More(), f.ID(), f.Payload()
		}
		if m, ok := ParseICMPv6(p[c.At:]); ok {
			m.ChecksumOK(p.Src(), p.Dst())
		}
	})
}

// FuzzNDP: messages of neighbour discovery and MLD.
func FuzzNDP(f *testing.F) {
	f.Add(uint8(0), unhex(f, "86000000 40 c8 0708 00007530 000003e8 0101020304050607 05010000000005dc 0304 40c0 00015180 00003840 00000000 20010db8000000000000000000000000"))
	f.Add(uint8(1), unhex(f, "88000000 60000000 fe800000000000000000000000000002 0201020304050607 0e01a1a2a3a4a5a6"))
	f.Add(uint8(2), make([]byte, 44))
	f.Add(uint8(0), unhex(f, "86000000 40 c8 0708 00007530 000003e8 1f03000000000e10 07657861 6d706c65 036e657400000000"))
	f.Fuzz(func(t *testing.T, kind uint8, b []byte) {
		m := ICMPv6(b[:len(b):len(b)])
		switch kind % 4 {
		case 0:
			a, ok := ParseRouterAdvert(m)
			if !ok {
				return
			}
			options, rounds := a.Options, 0
			for o, ok := options.Next(); ok; o, ok = options.Next() {
				if p, ok := ParsePrefixInfo(o); ok && (p.Prefix.Addr.Is4() || p.Prefix.Masked() != p.Prefix) {
					t.Fatalf("prefix %v", p.Prefix)
				}
				if _, addrs, ok := ParseRDNSS(o); ok && len(addrs)%16 != 0 {
					t.Fatalf("%d octets of addresses", len(addrs))
				}
				if _, name, ok := ParseDNSSL(o); ok && (name == "" || len(name) > 253) {
					t.Fatalf("domain %q", name)
				}
				if rounds++; rounds > maxNDPOptions {
					t.Fatal("without end")
				}
			}
		case 1:
			if n, ok := ParseNeighbour(m); ok {
				again := make(ICMPv6, n.Len())
				n.Put(again, m.Type(), Any6, Any6)
				if got, ok := ParseNeighbour(again); !ok || got != n {
					t.Fatalf("%+v reads as %+v", n, got)
				}
			}
		case 2:
			if q, ok := ParseMLDQuery(m); ok && (q.MaxDelay < 0 || len(q.Sources)%16 != 0) {
				t.Fatalf("%+v", q)
			}
		case 3:
			ParseRedirect(m)
		}
	})
}

// FuzzDHCP6: messages of DHCPv6.
func FuzzDHCP6(f *testing.F) {
	f.Add(unhex(f, "07 123456 0003 0028 00000001 00000064 000000c8 0005 0018 20010db8000000000000000000000002 00000258 000003e8 0018 000d 076578616d706c65 036f726700"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := ParseDHCP6(b[:len(b):len(b)])
		if !ok {
			return
		}
		o := m.Options()
		o.Status()
		o.Domain()
		for code, data, ok := o.Next(); ok; code, data, ok = o.Next() {
			if a, ok := ParseIANA(data); ok && code == DHCP6IANA {
				if addr, preferred, valid, ok := a.Addr(); ok && (addr.Is4() || preferred > valid) {
					t.Fatalf("%v for %d of %d", addr, preferred, valid)
				}
			}
		}
	})
}
