package dns

import (
	"bytes"
	stdhex "encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := stdhex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Examples from the RFCs that define the types, as text and in wire form.
func TestData(t *testing.T) {
	for _, c := range []struct {
		typ        Type
		text, wire string
	}{
		{TypeA, "192.0.2.1", "c0000201"},
		{TypeAAAA, "2001:db8::1", "20010db8000000000000000000000001"},
		{TypeMX, "10 mail", "000a 04 6d61696c 07 6578616d706c65 00"},
		{TypeTXT, `one "two three" "" \"\065`, "03 6f6e65 09 74776f207468726565 00 02 2241"},
		{TypeSOA, "ns h 1 2h 1h30m 1w2d 300", "02 6e73 07 6578616d706c65 00 01 68 07 6578616d706c65 00 00000001 00001c20 00001518 000bdd80 0000012c"},
		{TypeDS, "60485 RSASHA1 1 2BB183AF 5F22", "ec45 05 01 2bb183af5f22"},                                                                                            // RFC 4034 section 5.4
		{TypeRRSIG, "A 5 3 86400 20030322173103 20030220173103 2642 . AQID", "0001 05 03 00015180 3e7c9dd7 3e5510d7 0a52 00 010203"},                                    // RFC 4034 section 3.3; times by hand
		{TypeNSEC, "host A MX RRSIG NSEC TYPE1234", "04 686f7374 07 6578616d706c65 00 0006 400100000003 041b 000000000000000000000000000000000000000000000000000020"},   // RFC 4034 section 4.3
		{TypeNSEC3, "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG", "01 01 000c 04 aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 0006 400000000002"}, // RFC 5155 appendix A
		{TypeNSEC3PARAM, "1 0 0 -", "01 00 0000 00"},
		{TypeSSHFP, "2 1 123456789abcdef6", "02 01 123456789abcdef6"},
		{TypeCAA, `0 issue "ca.example; x"`, "00 05 6973737565 63612e6578616d706c653b2078"},
		{TypeURI, `10 1 "ftp://x"`, "000a 0001 6674703a2f2f78"},
		{TypeEUI48, "00-00-5e-00-53-2a", "00005e00532a"}, // RFC 7043 section 3.2
		{TypeEUI64, "00-00-5e-ef-10-00-00-2a", "00005eef1000002a"},
		{104, "10 0014:4fff:ff20:ee64", "000a 00144fffff20ee64"},                                 // RFC 6742 section 2.1.3
		{TypeAPL, "1:192.168.32.0/21 !1:192.168.38.0/28", "0001 15 03 c0a820 0001 1c 83 c0a826"}, // RFC 3123 section 5
		{TypeAPL, "", ""},
		{11, "192.0.2.1 tcp smtp 53", "c0000201 06 00000040 000004"},
		{TypeIPSECKEY, "10 1 2 192.0.2.38 AQID", "0a 01 02 c0000226 010203"},
		{TypeIPSECKEY, "10 0 2 .", "0a 00 02"},
		{TypeIPSECKEY, "10 3 2 gw AQID", "0a 03 02 02 6777 07 6578616d706c65 00 010203"},
		{TypeHIP, "2 200100107B1A74DF AQID rvs", "08 02 0003 200100107b1a74df 010203 03 727673 07 6578616d706c65 00"}, // RFC 8005 section 6
		{22, "0x47.0005.80", "47000580"},
		{30, "next A MX NXT", "04 6e657874 07 6578616d706c65 00 40010002"},
		{TypeCERT, "PGP 1 RSASHA1 AQID", "0003 0001 05 010203"},
		{TypeISDN, "150862028003217 004", "0f 313530383632303238303033323137 03 303034"},
		{TypeISDN, "1", "01 31"},
		{62, "66 3 A NS AAAA", "00000042 0003 0004 60000008"}, // RFC 7477 section 2.1.2
		// RFC 9460 appendix D.
		{TypeSVCB, "0 foo.example.com.", "0000 03 666f6f 07 6578616d706c65 03 636f6d 00"},
		{TypeSVCB, "1 .", "0001 00"},
		{TypeSVCB, "16 foo.example.com. port=53", "0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035"},
		{TypeSVCB, "1 foo.example.com. key667=hello", "0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f"},
		{TypeSVCB, `1 foo.example.com. key667="hello\210qoo"`, "0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f"},
		{TypeSVCB, `1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"`, "0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001"},
		{TypeSVCB, "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1", "0010 03666f6f076578616d706c65036f726700 0000 0004 0001 0004 0001 0009 02 6832 05 68332d3139 0004 0004 c0000201"},
		{TypeSVCB, `16 foo.example.org. alpn="f\\\\oo\\,bar,h2"`, "0010 03666f6f076578616d706c65036f726700 0001 000c 08 665c6f6f2c626172 02 6832"},
		{731, `\# 6 abcdef 012345`, "abcdef012345"}, // RFC 3597 section 5
		{731, `\# 0`, ""},
		{TypeA, `\# 4 0A000001`, "0a000001"},
	} {
		want := unhex(t, c.wire)
		got, err := ParseData(c.typ, c.text, MustParseName("example"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v %s\n got %x, %v\nwant %x", c.typ, c.text, got, err, want)
			continue
		}
		again, err := ParseData(c.typ, FormatData(c.typ, got), "")
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("%v %s is written as %s, which is %x, %v", c.typ, c.text, FormatData(c.typ, got), again, err)
		}
	}
}

func TestFormatData(t *testing.T) {
	for _, c := range []struct {
		typ        Type
		wire, want string
	}{
		{TypeNSEC, "01 61 00 0006 400100000003", "a. A MX RRSIG NSEC"},
		{TypeNSEC, "01 61 00", "a."},
		{TypeTXT, "01 61 00", `"a" ""`},
		{TypeNAPTR, "0001 0002 01 75 00 00 00", `1 2 "u" "" "" .`},
		{TypeSVCB, "0001 00 0001 0003 02 6832 0003 0002 0035", `1 . alpn="h2" port=53`},
		{TypeAPL, "0001 18 03 c00002 0002 00 00", "1:192.0.2.0/24 2:::/0"},
		{TypeAPL, "0003 18 00", `\# 4 00031800`},            // a family without a text form
		{TypeNSEC, "01 61 00 0001 00", `\# 6 016100000100`}, // a zero at the end that should not be there
		{TypeA, "010203", `\# 3 010203`},
		{65280, "", `\# 0`},
	} {
		if got := FormatData(c.typ, unhex(t, c.wire)); got != c.want {
			t.Errorf("%v %s is written as %s, want %s", c.typ, c.wire, got, c.want)
		}
	}
}

// RFC 1876 section 2: 2^31 is the equator, thousandths of a second of arc.
func TestLOC(t *testing.T) {
	got, err := ParseData(TypeLOC, "42 21 54 N 71 06 18 W -24m 30m", "")
	lat, long := uint32(1<<31+(42*3600+21*60+54)*1000), uint32(1<<31-(71*3600+6*60+18)*1000)
	want := appendBE32(appendBE32(appendBE32([]byte{0, 0x33, 0x16, 0x13}, lat), long), 10000000-2400)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%x, %v, want %x", got, err, want)
	}
	if text := FormatData(TypeLOC, got); text != "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m" {
		t.Error(text)
	}
}

func TestDataErrors(t *testing.T) {
	for _, c := range []struct {
		typ        Type
		text, want string
	}{
		{TypeA, "", "an IPv4 address is missing"},
		{TypeA, "192.0.2", `A: "192.0.2" is not an IPv4 address`},
		{TypeA, "192.0.2.1 2", `"2" is too much`},
		{TypeAAAA, "192.0.2.1", "is not an IPv6 address"},
		{TypeMX, "mail", `"mail" is not a number from 0 to 65535`},
		{TypeMX, "10", "MX: a name is missing"},
		{TypeMX, "65536 m", "is not a number"},
		{TypeMX, "1 a..b", "empty label"},
		{TypeMX, "1 a", "no origin"},
		{TypeTXT, "", "a string is missing"},
		{TypeTXT, strings.Repeat("a", 256), "longer than 255 bytes"},
		{TypeTXT, `\300`, "backslash"},
		{TypeSOA, "a. b. 1 2 3 4 5y", "is not a number of seconds"},
		{TypeDS, "1 2 3", "hexadecimal digits are missing"},
		{TypeDS, "1 NOSUCH 3 00", `"NOSUCH"`},
		{TypeDS, "1 2 3 0x", `"x" is not a digit here`},
		{TypeDS, "1 2 3 000", "cut short"},
		{TypeRRSIG, "NOSUCH 5 3 1 2 3 4 . AA==", "is not a type"},
		{TypeRRSIG, "A 5 3 1 20031322173103 3 4 . AA==", "is not a time"},
		{TypeDNSKEY, "1 3 5 A", "cut short"},
		{TypeNSEC, "a. NOSUCH", "is not a type"},
		{TypeCAA, "0 is-sue x", "is not a tag"},
		{TypeLOC, "91 N 0 E 0", "not a number of the kind or size"},
		{TypeLOC, "1 2 3 N 4 5 6", "E or W is missing"},
		{TypeEUI48, "00-00-5e-00-53", "is not 6 hexadecimal groups"},
		{TypeSVCB, "1 . port=x", "port: "},
		{TypeSVCB, "1 . port=1 port=2", "port is there twice"},
		{TypeSVCB, "1 . mandatory=alpn", "which is not there"},
		{TypeSVCB, "1 . mandatory=mandatory", "mandatory lists itself"},
		{TypeSVCB, "1 . nosuch=1", "is not a service parameter"},
		{TypeSVCB, "1 . no-default-alpn=1", "takes no value"},
		{TypeSVCB, "1 . alpn", "a value is missing"},
		{TypeSVCB, "1 . ipv4hint=::1", "not an address of the family"},
		{731, "foo", `write \# LENGTH HEX`},
		{731, `\# 2 00`, "says 2 bytes, but 1 follow"},
		{TypeA, `\# 3 000000`, "not well-formed"},
		{TypeNS, `\# 2 c000`, "not well-formed"}, // a pointer has nothing to point to
		{TypeIPSECKEY, "1 4 1 x", "gateway type is one of"},
		{TypeAPL, "1:192.0.2.0/33", "is not an address prefix"},
		{11, "192.0.2.1 tcp nosuch", "write its port's number"},
	} {
		if got, err := ParseData(c.typ, c.text, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %s: %x, %v; want %s", c.typ, c.text, got, err, c.want)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for _, l := range layouts {
		if got, ok := ParseType(strings.ToLower(l.name)); !ok || got != l.typ {
			t.Error(l.name, got, ok)
		}
		if len(l.fields) == 0 {
			t.Error(l.name, "has no fields")
		}
	}
	for text, want := range map[string]Type{"TYPE1": 1, "type65535": 65535, "ANY": TypeANY, "axfr": TypeAXFR} {
		if got, ok := ParseType(text); !ok || got != want {
			t.Error(text, got, ok)
		}
	}
	for _, text := range []string{"", "TYPE", "TYPE65536", "TYPE-1", "TYPEx", "NOSUCH"} {
		if got, ok := ParseType(text); ok {
			t.Error(text, got)
		}
	}
	if Type(65280).String() != "TYPE65280" || Class(17).String() != "CLASS17" || ClassIN.String() != "IN" || TypeANY.String() != "ANY" {
		t.Error("String")
	}
	if c, ok := ParseClass("class3"); !ok || c != ClassCH {
		t.Error(c, ok)
	}
}

// Dates are computed here, and in package time, from different things.
func TestDates(t *testing.T) {
	for text, want := range map[string]uint64{"19700101000000": 0, "20000229235959": 951868799, "20380119031408": 1 << 31, "20030322173103": 1048354263} {
		got, err := parseDate([]byte(text))
		if err != nil || got != want || string(appendDate(nil, uint32(got))) != text {
			t.Error(text, got, err, string(appendDate(nil, uint32(got))))
		}
	}
}

// SHA-1 of FIPS 180-4's examples and of lengths around the end of a block.
func TestSHA1(t *testing.T) {
	for text, want := range map[string]string{
		"":    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"abc": "a9993e364706816aba3e25717850c26c9cd0d89d",
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
	} {
		if got := sha1([]byte(text)); stdhex.EncodeToString(got[:]) != want {
			t.Errorf("%q: %x", text, got)
		}
	}
	compareSHA1(t)
}

// What is well-formed can be written and read back, whatever it is.
func FuzzData(f *testing.F) {
	f.Add(uint16(TypeSVCB), []byte("\x00\x01\x00\x00\x01\x00\x03\x02h2"))
	f.Add(uint16(TypeNSEC), []byte("\x00\x00\x01\x40"))
	f.Add(uint16(TypeHIP), []byte("\x01\x02\x00\x01\x00\x00\x00"))
	f.Add(uint16(TypeLOC), make([]byte, 16))
	f.Add(uint16(TypeNAPTR), []byte("\x00\x01\x00\x02\x00\x00\x00\x00"))
	for _, l := range layouts {
		f.Add(uint16(l.typ), []byte("\x00\x01\x02\x03"))
	}
	f.Fuzz(func(t *testing.T, typ uint16, data []byte) {
		if len(data) > 0xffff || !validData(Type(typ), data) {
			return
		}
		text := FormatData(Type(typ), data)
		got, err := ParseData(Type(typ), text, "")
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%v %x is written as %s, which is %x, %v", Type(typ), data, text, got, err)
		}
	})
}
