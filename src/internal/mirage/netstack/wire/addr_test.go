//go:build !mirage

package wire

import (
	"net/netip"
	"testing"
)

func addr(t testing.TB, s string) Addr {
	t.Helper()
	a, ok := ParseAddr(s)
	if !ok {
		t.Fatalf("%q is no address", s)
	}
	return a
}

func TestParseAddr(t *testing.T) {
	for _, s := range []string{
		"0.0.0.0", "127.0.0.1", "255.255.255.255", "10.0.2.15",
		"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "fe80::1:2:3:4", "1:2:3:4:5:6:7:8", "1::8",
		"0:0:1::", "::2:0:0:3", "2001:0:0:1::1", "::1.2.3.4", "64:ff9b::192.0.2.33", "1:2:3:4:5:6:1.2.3.4",
		"2001:DB8::A",
	} {
		want := netip.MustParseAddr(s)
		got := addr(t, s)
		if got.As16() != want.As16() || got.Is4() != want.Is4() {
			t.Errorf("%s: % x, want % x", s, got.As16(), want.As16())
		}
		if got.String() != want.String() { // netip keeps RFC 5952 but for ::1.2.3.4, written so by neither
			t.Errorf("%s: prints %s, want %s", s, got, want)
		}
	}
	for _, s := range []string{
		"", ".", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1..2.3", "-1.2.3.4", "1.2.3.999999999999",
		":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:", ":1", "1:2:3:4:5:6:7:1.2.3.4",
		"::1.2.3", "fe80::1%eth0", "1::2:3:4:5:6:7:8", "::00001",
	} {
		if a, ok := ParseAddr(s); ok {
			t.Errorf("%q was read as %v", s, a)
		}
	}
}

func TestPrefix(t *testing.T) {
	for _, c := range []struct {
		prefix, in, out, masked, broadcast string
	}{
		{"10.0.2.15/24", "10.0.2.255", "10.0.3.0", "10.0.2.0/24", "10.0.2.255"},
		{"192.0.2.1/31", "192.0.2.0", "192.0.2.2", "192.0.2.0/31", ""}, // RFC 3021 section 2.1
		{"192.0.2.1/32", "192.0.2.1", "192.0.2.0", "192.0.2.1/32", ""},
		{"0.0.0.0/0", "203.0.113.9", "2001:db8::1", "0.0.0.0/0", "255.255.255.255"},
		{"172.16.0.1/30", "172.16.0.3", "172.16.0.4", "172.16.0.0/30", "172.16.0.3"},
		{"2001:db8::1/32", "2001:db8:ffff::", "2001:db9::", "2001:db8::/32", ""},
		{"2001:db8::1/64", "2001:db8::ffff:0:0:1", "2001:db8:0:1::", "2001:db8::/64", ""},
		{"::/0", "2001:db8::1", "10.0.0.1", "::/0", ""},
	} {
		p, ok := ParsePrefix(c.prefix)
		if !ok {
			t.Fatalf("%q is no prefix", c.prefix)
		}
		if !p.Contains(addr(t, c.in)) || p.Contains(addr(t, c.out)) {
			t.Errorf("%v: contains %s: %v, %s: %v", p, c.in, p.Contains(addr(t, c.in)), c.out, p.Contains(addr(t, c.out)))
		}
		if p.Masked().String() != c.masked {
			t.Errorf("%v masked is %v, want %s", p, p.Masked(), c.masked)
		}
		if b, ok := p.Broadcast(); ok != (c.broadcast != "") || ok && b != addr(t, c.broadcast) {
			t.Errorf("%v: broadcast %v %v, want %q", p, b, ok, c.broadcast)
		}
	}
	for _, s := range []string{"", "/", "10.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/08", "10.0.0.1/-1", "::/129", "10.0.0.1/1/1"} {
		if p, ok := ParsePrefix(s); ok {
			t.Errorf("%q was read as %v", s, p)
		}
	}
}

func TestAddrClasses(t *testing.T) {
	for _, c := range []struct {
		addr                        string
		loopback, multicast, unspec bool
	}{
		{"127.255.0.1", true, false, false}, // RFC 1122 section 3.2.1.3 (g)
		{"::1", true, false, false},
		{"128.0.0.1", false, false, false},
		{"223.255.255.255", false, false, false},
		{"224.0.0.0", false, true, false}, // RFC 1112 section 4
		{"239.255.255.255", false, true, false},
		{"240.0.0.0", false, false, false},
		{"ff02::1", false, true, false},
		{"0.0.0.0", false, false, true},
		{"::", false, false, true},
	} {
		a := addr(t, c.addr)
		if a.IsLoopback() != c.loopback || a.IsMulticast() != c.multicast || a.IsUnspecified() != c.unspec {
			t.Errorf("%v: loopback %v multicast %v unspecified %v", a, a.IsLoopback(), a.IsMulticast(), a.IsUnspecified())
		}
	}
}

func TestMAC(t *testing.T) {
	m := MACFrom([6]byte{2, 0, 0xab, 0, 0, 0xf1})
	if m.String() != "02:00:ab:00:00:f1" || m.As6() != [6]byte{2, 0, 0xab, 0, 0, 0xf1} || m.IsGroup() {
		t.Errorf("%v % x %v", m, m.As6(), m.IsGroup())
	}
	for a, want := range map[string]string{
		"224.0.0.251": "01:00:5e:00:00:fb", "239.255.1.2": "01:00:5e:7f:01:02", // RFC 1112 section 6.4: 23 bits
		"ff02::1:ff00:1": "33:33:ff:00:00:01", // RFC 2464 section 7
	} {
		if got := MulticastMAC(addr(t, a)); got.String() != want || !got.IsGroup() {
			t.Errorf("%s: %v, want %s", a, got, want)
		}
	}
	if !BroadcastMAC.IsGroup() {
		t.Error("broadcast is a group: IEEE 802.3 section 3.2.3")
	}
}

func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{"10.0.0.1", "::", "1::8", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, ok := ParseAddr(s)
		n, err := netip.ParseAddr(s)
		if want := err == nil && n.Zone() == ""; ok != want {
			t.Fatalf("%q: %v, netip says %v", s, ok, err)
		}
		if ok && a.As16() != n.As16() {
			t.Fatalf("%q: %v, netip says %v", s, a, n)
		}
		if b, again := ParseAddr(a.String()); ok && (!again || a != b) {
			t.Fatalf("%q prints as %q, which reads as %v", s, a, b)
		}
	})
}
