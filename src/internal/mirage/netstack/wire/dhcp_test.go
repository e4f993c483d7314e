//go:build !mirage

package wire

import (
	"bytes"
	"testing"
)

func message(options ...byte) DHCP {
	m := make([]byte, DHCPLen)
	DHCP(m).Put(0x12345678, 3, true, V4(10, 0, 0, 9), 0x020000000001)
	return append(m, options...)
}

func TestDHCPMessage(t *testing.T) {
	m, ok := ParseDHCP(message())
	if !ok || m.Op() != BootRequest || !m.Ethernet() || m.XID() != 0x12345678 || m.Client() != V4(10, 0, 0, 9) ||
		m.Hardware() != 0x020000000001 || m[8] != 0 || m[9] != 3 || m[10] != 0x80 {
		t.Errorf("% x", []byte(m))
	}
	if _, ok := ParseDHCP(m[:239]); ok {
		t.Error("239 octets were read")
	}
	m[236]++
	if _, ok := ParseDHCP(m); ok {
		t.Error("another cookie was read: RFC 2131 section 3")
	}
}

func TestDHCPOptions(t *testing.T) {
	for _, c := range []struct {
		name    string
		options []byte
		want    string // of OptDomain; "-" for none
	}{
		{"plain", []byte{OptDomain, 3, 'o', 'r', 'g', OptEnd}, "org"},
		{"padded", []byte{0, 0, OptDomain, 1, 'x', 0, OptEnd}, "x"},
		{"empty", []byte{OptDomain, 0, OptEnd}, ""},
		{"absent", []byte{53, 1, 2, OptEnd}, "-"},
		{"behind the end", []byte{OptEnd, OptDomain, 1, 'x'}, "-"},
		{"split: RFC 3396 section 5", []byte{OptDomain, 2, 'a', 'b', 53, 1, 2, OptDomain, 1, 'c', OptEnd}, "abc"},
		{"without an end", []byte{OptDomain, 1, 'x'}, "x"},
		{"beyond the message", []byte{OptDomain, 4, 'x'}, "-"},
		{"code without length", []byte{OptDomain}, "-"},
	} {
		got, ok := message(c.options...).Option(nil, OptDomain)
		if !ok {
			got = []byte("-")
		}
		if string(got) != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// RFC 2132 section 9.3 and RFC 3396 section 5: options go on in file, then in sname.
func TestDHCPOverload(t *testing.T) {
	for value, want := range []string{"a", "ab", "ac", "abc"} {
		m := message(OptDomain, 1, 'a', OptOverload, 1, byte(value), OptEnd)
		copy(m[108:], []byte{OptDomain, 1, 'b', OptEnd})
		copy(m[44:], []byte{OptDomain, 1, 'c', OptEnd})
		if got, ok := m.Option(nil, OptDomain); !ok || string(got) != want {
			t.Errorf("overload %d: %q, want %q", value, got, want)
		}
	}
}

func TestDHCPOptionDoesNotAllocate(t *testing.T) {
	m := message(OptDomain, 3, 'o', 'r', 'g', OptOverload, 1, 3, OptEnd)
	var buf [64]byte
	if n := testing.AllocsPerRun(100, func() { m.Option(buf[:0], OptDomain) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDHCP(f *testing.F) {
	f.Add([]byte(message(53, 1, 2, OptEnd)), byte(53))
	f.Add([]byte(message(OptOverload, 1, 3, OptDomain, 200)), byte(15))
	f.Fuzz(func(t *testing.T, b []byte, code byte) {
		m, ok := ParseDHCP(b[:len(b):len(b)])
		if !ok {
			return
		}
		value, _ := m.Option(nil, code)
		if len(value) > len(m) {
			t.Fatalf("an option of %d octets in a message of %d", len(value), len(m))
		}
		again := AppendDHCPOption(bytes.Clone(m[:DHCPLen]), 250, 1, 2)
		if v, ok := DHCP(again).Option(nil, 250); ok && len(v) < 2 {
			t.Fatalf("% x", v)
		}
	})
}
