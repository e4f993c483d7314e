package dns

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const soa = "@ SOA ns host 1 2 3 4 5\n"

func readZone(t testing.TB, text string) *Zone {
	t.Helper()
	z, err := ReadZone(strings.NewReader(text), "test.zone", MustParseName("example"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func lines(z *Zone) (list []string) {
	for r := range z.Records() {
		list = append(list, r.String())
	}
	return list
}

// The rules of RFC 1035 section 5 and what was added to them.
func TestZoneFile(t *testing.T) {
	z := readZone(t, `
; a comment
$TTL 1h   ; RFC 2308 section 4
@  IN SOA ns host (
	1 ; serial
	2 3
	4 5 )
	NS ns            ; the owner is left out: the last one
   IN 60 NS ns2      ; class and TTL in either order
	2m IN NS ns3

a A 192.0.2.1
$ORIGIN sub          ; relative to the origin before
b 5 A 192.0.2.2
@ MX 0 @
$ORIGIN other.example.
c TXT a"b"  "c d" (
 "e;(f" ) ; )
d TYPE1 \# 4 C0000201
e.example. CLASS1 TYPE65280 \# 2 ab cd
\# A 192.0.2.3
"quoted" A 192.0.2.4
`)
	want := []string{
		`example.	3600	IN	SOA	ns.example. host.example. 1 2 3 4 5`,
		`example.	3600	IN	NS	ns.example.`,
		`example.	60	IN	NS	ns2.example.`,
		`example.	120	IN	NS	ns3.example.`,
		`a.example.	3600	IN	A	192.0.2.1`,
		`b.sub.example.	5	IN	A	192.0.2.2`,
		`sub.example.	3600	IN	MX	0 sub.example.`,
		`c.other.example.	3600	IN	TXT	"a" "b" "c d" "e;(f"`,
		`d.other.example.	3600	IN	A	192.0.2.1`,
		`e.example.	3600	IN	TYPE65280	\# 2 ABCD`,
		`#.other.example.	3600	IN	A	192.0.2.3`,
		`quoted.other.example.	3600	IN	A	192.0.2.4`,
	}
	if got := lines(z); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if z.Origin().String() != "example." || z.Len() != len(want) {
		t.Error(z.Origin(), z.Len())
	}
}

// RFC 3629 section 6: a byte order mark is no part of the text.
func TestZoneByteOrderMark(t *testing.T) {
	const text = "$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns\n"
	if got, want := lines(readZone(t, byteOrderMark+text)), lines(readZone(t, text)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Where a TTL comes from: RFC 1035 section 5.1 without $TTL, RFC 2308 section 4 with it.
func TestZoneTTL(t *testing.T) {
	z := readZone(t, soa+"a A 192.0.2.1\nb 7 A 192.0.2.1\nc A 192.0.2.1\n$TTL 9\nd A 192.0.2.1\ne 8 A 192.0.2.1\nf A 192.0.2.1\n")
	var got []uint32
	for r := range z.Records() {
		got = append(got, r.TTL)
	}
	if want := []uint32{3600, 3600, 7, 7, 9, 8, 9}; !slices.Equal(got, want) {
		t.Error(got, want)
	}
}

// What is written can be read back.
func TestZoneRoundTrip(t *testing.T) {
	z := readZone(t, soa+`a TXT "q\"\\ \200" x
\.\@ HINFO "a b" ""
b SVCB 1 . alpn="a\\,b,c" key700="x y"
c NAPTR 1 2 "u" "" "!^.*$!x!" .
d TYPE800 \# 3 010203
`)
	again := readZone(t, strings.Join(lines(z), "\n"))
	if !slices.Equal(lines(z), lines(again)) {
		t.Error(lines(again))
	}
}

// Errors say file, line and what to do.
func TestZoneErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "test.zone: the zone has no SOA record",
		"a A 192.0.2.1\n":         "test.zone: the zone has no SOA record",
		soa + "a A 1.2.3\n":       `test.zone:2: A: "1.2.3" is not an IPv4 address`,
		soa + "\n\na NOSUCH x\n":  `test.zone:4: "NOSUCH" is not a type; TYPEnnn writes those that have no name here`,
		soa + "a\n":               "test.zone:2: a type is missing: write OWNER TTL IN TYPE DATA",
		soa + "a 1 2 A 1.2.3.4\n": `test.zone:2: "2": a second TTL, where a type is wanted`,
		soa + "a 1x A 1.2.3.4\n":  `test.zone:2: "1x" is not a number of seconds`,
		soa + "a CH A 1.2.3.4\n":  "test.zone:2: only records of class IN are served",
		soa + "a OPT \\# 0\n":     "test.zone:2: questions, OPT and TSIG are not data of a zone",
		soa + "a..b A 1.2.3.4\n":  `test.zone:2: owner "a..b": a name has an empty label`,
		soa + "a TXT (\n\"x\"\n":  "test.zone:2: a parenthesis is not closed",
		soa + "a TXT \"x\n\n":     "test.zone:2: a quoted string is not closed",
		soa + "a TXT x )\n":       "test.zone:2: a closing parenthesis without an opening one",
		soa + "$TTL\n":            "test.zone:2: $TTL: an argument is missing",
		soa + "$TTL x\n":          `test.zone:2: $TTL: "x" is not a number of seconds`,
		soa + "$TTL 1 2\n":        `test.zone:2: $TTL: "2" is too much`,
		soa + "$ORIGIN a..b\n":    `test.zone:2: $ORIGIN "a..b": a name has an empty label`,
		soa + "$GENERATE 1-2 a\n": "test.zone:2: $GENERATE is not a directive: $ORIGIN, $TTL and $INCLUDE are",
		soa + "$INCLUDE x\n":      "test.zone:2: $INCLUDE: no files can be opened here",
		soa + "a TXT \"" + strings.Repeat("\\200", 1<<17) + "\"": "test.zone:2: a record is too long",
		soa + "a TXT \\": "test.zone:2: TXT: a backslash",
	} {
		_, err := ReadZone(strings.NewReader(text), "test.zone", MustParseName("example"), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60q: %v; want %s", text, err, want)
		}
		if e := new(ZoneError); err != nil && !errors.As(err, &e) {
			t.Errorf("%.60q: %T", text, err)
		}
	}
	if _, err := ReadZone(strings.NewReader(soa), "x", "", nil); err == nil || !strings.Contains(err.Error(), "give $ORIGIN") {
		t.Error(err)
	}
	if _, err := ReadZone(strings.NewReader("  A 1.2.3.4\n"), "x", "", nil); err == nil || !strings.Contains(err.Error(), "x:1: the first record has no owner") {
		t.Error(err)
	}
}

// $INCLUDE, RFC 1035 section 5.1: the origin of the file that includes stays.
func TestInclude(t *testing.T) {
	files := fstest.MapFS{
		"zones/main.zone":    {Data: []byte("$ORIGIN example.\n" + soa + "$INCLUDE sub/a.inc\nx A 192.0.2.1\n$INCLUDE \"sub/a.inc\" sub ; comment\ny A 192.0.2.2\n")},
		"zones/sub/a.inc":    {Data: []byte("a A 192.0.2.3\n$INCLUDE b.inc\n$ORIGIN elsewhere.example.\nd A 192.0.2.5\n")},
		"zones/sub/b.inc":    {Data: []byte("b A 192.0.2.4")},
		"zones/loop.zone":    {Data: []byte("$ORIGIN example.\n" + soa + "\n$INCLUDE loop.zone\n")},
		"zones/missing.zone": {Data: []byte("$ORIGIN example.\n" + soa + "$INCLUDE nosuch\n")},
		"zones/bad.zone":     {Data: []byte("$ORIGIN example.\n" + soa + "$INCLUDE bad.inc\n")},
		"zones/bad.inc":      {Data: []byte("\n\na A\n")},
	}
	z, err := ReadZoneFS(files, "zones/main.zone", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := range z.Records() {
		got = append(got, r.Name.String())
	}
	want := []string{"example.", "a.example.", "b.example.", "d.elsewhere.example.", "x.example.", "a.sub.example.", "b.sub.example.", "d.elsewhere.example.", "y.example."}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for name, want := range map[string]string{
		"zones/loop.zone":    "zones/loop.zone:4: $INCLUDE goes deeper than 10 files",
		"zones/missing.zone": "zones/missing.zone:3: $INCLUDE: open zones/nosuch",
		"zones/bad.zone":     "zones/bad.inc:3: A: an IPv4 address is missing",
		"nosuch":             "open nosuch",
	} {
		if _, err := ReadZoneFS(files, name, ""); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %s", name, err, want)
		}
	}
}

func TestZoneFileSize(t *testing.T) {
	f := &zoneFile{zone: &Zone{}, left: 100}
	if err := f.read(strings.NewReader(strings.Repeat("\n", 200)), "x", 0); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
}

func TestReadZoneFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "z")
	if err := os.WriteFile(name, []byte(soa+"$INCLUDE "+name+".inc\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".inc", []byte("a A 192.0.2.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	z, err := ReadZoneFile(name, Root)
	if err != nil || z.Len() != 2 {
		t.Error(err)
	}
	if _, err := ReadZoneFile(name+".nosuch", Root); !os.IsNotExist(err) {
		t.Error(err)
	}
}

func TestZoneAdd(t *testing.T) {
	z := new(Zone)
	name := MustParseName("example")
	for _, c := range []struct {
		r    Record
		want error
	}{
		{Record{name, TypeA, ClassIN, 1, []byte{1, 2, 3, 4}}, nil},
		{Record{name, TypeA, ClassIN, 1, []byte{1, 2, 3}}, errBadData},
		{Record{"example", TypeA, ClassIN, 1, []byte{1, 2, 3, 4}}, errBadName},
		{Record{name, TypeA, ClassCH, 1, []byte{1, 2, 3, 4}}, errClass},
		{Record{name, TypeANY, ClassIN, 1, nil}, errNotData},
		{Record{name, 65280, ClassIN, 1, make([]byte, 65536)}, errBadData},
	} {
		if err := z.Add(c.r); err != c.want {
			t.Errorf("%.40v: %v, want %v", c.r, err, c.want)
		}
	}
	if z.Len() != 1 || z.Origin() != "" {
		t.Error(z.Len(), z.Origin())
	}
	if _, err := NewServer(Options{}, z); err == nil {
		t.Error("a zone without SOA")
	}
}

// A zone as a whole: what does not go together, with the place.
func TestZoneChecks(t *testing.T) {
	for text, want := range map[string]string{
		"other.test. A 192.0.2.1\n":  "test.zone:2: other.test. is not in the zone example.",
		"@ SOA a b 1 2 3 4 5\n":      "test.zone:2: a second SOA record at one name", // RFC 1035 section 5.2
		"a SOA a b 1 2 3 4 5\n":      "test.zone:2: a.example. has an SOA record, but the zone is example.",
		"a A 192.0.2.1\na CNAME b\n": "test.zone:3: a.example. has a CNAME record and others", // RFC 1034 section 3.6.2
		"a CNAME b\na TXT x\n":       "test.zone:3: a.example. has a CNAME record and others",
		"a CNAME b\na CNAME c\n":     "test.zone:3: a second CNAME record at one name",                    // RFC 2181 section 10.1
		"a DNAME b\nA DNAME c\n":     "test.zone:3: a second DNAME record at one name",                    // RFC 6672 section 2.4
		"a DNAME b\nx.a TXT x\n":     "test.zone:3: x.a.example. is below the DNAME record of a.example.", // RFC 6672 section 2.4
		"@ NSEC3PARAM 1 0 2501 -\n":  "zone example. has NSEC3 records of 2501 iterations",                // RFC 5155 section 10.3
	} {
		if _, err := NewServer(Options{}, readZone(t, soa+text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v; want %s", text, err, want)
		}
	}
	// Signatures and proofs may stand beside CNAME: RFC 4034 section 2.5.
	ok := "a CNAME b\na RRSIG CNAME 8 2 1 20300101000000 20200101000000 1 example. AA==\na NSEC b CNAME RRSIG NSEC\na CNAME B\n"
	if _, err := NewServer(Options{}, readZone(t, soa+ok)); err != nil {
		t.Error(err)
	}
	z := readZone(t, soa)
	if _, err := NewServer(Options{}, z, z); err == nil || err.Error() != "zone example. is there twice" {
		t.Error(err)
	}
}

// Anything may be a zone file: no panic, no endless loop, and what is read can be served and written.
func FuzzReadZone(f *testing.F) {
	f.Add(soa + "a A 192.0.2.1\n* TXT ( \"x\" y ) ; z\n$ORIGIN b\n$TTL 1h\nc DNAME d\n")
	f.Add(soa + "a SVCB 1 . alpn=h2\n NAPTR 1 2 \"\" \"\" \"\" .\n\\065 TYPE99 \\# 1 00\n$INCLUDE x y\n")
	f.Add(soa + "@ NSEC3PARAM 1 0 0 -\nP9KQ9P9L9DE7F5Q5Q5Q5Q5Q5Q5Q5Q5Q5 NSEC3 1 0 0 - P9KQ9P9L9DE7F5Q5Q5Q5Q5Q5Q5Q5Q5Q5 A SOA\n")
	f.Fuzz(func(t *testing.T, text string) {
		open := func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("i A 192.0.2.9\n")), nil }
		z, err := ReadZone(strings.NewReader(text), "fuzz", MustParseName("example"), open)
		if err != nil {
			return
		}
		again, err := ReadZone(strings.NewReader(strings.Join(lines(z), "\n")), "again", "", nil)
		if err != nil || !slices.Equal(lines(z), lines(again)) {
			t.Fatalf("%v\n%v\n%v", err, lines(z), lines(again))
		}
		if s, err := NewServer(Options{}, z); err == nil {
			for r := range z.Records() {
				m := Message{Questions: []Question{{r.Name, r.Type, ClassIN}}, Additionals: []Record{EDNS{DNSSECOK: true}.Record()}}
				q, err := m.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := ParseMessage(s.Answer(nil, q, 1232)); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// A zone's SOA record names it, whatever the caller took its name for: RFC 1035 section 5.2 has one SOA record in a file, at
// the top of the zone.
func TestOriginOfSOA(t *testing.T) {
	for _, origin := range []Name{"", MustParseName("zone.txt.")} {
		z, err := ReadZone(strings.NewReader("soa.test. SOA ns host 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n"), "zone", origin, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := map[Name]bool{MustParseName("soa.test."): true, MustParseName("ns.soa.test."): true}
		for r := range z.Records() {
			if !want[r.Name] {
				t.Error("a record of ", r.Name)
			}
		}
	}
	if _, err := ReadZone(strings.NewReader("ns A 192.0.2.1\nsoa.test. SOA ns host 1 2 3 4 5\n"), "zone", "", nil); err == nil {
		t.Error("a relative name before the SOA record is taken")
	}
}

// RFC 2181 section 5: a set has no two records with the same data, however many it has.
func TestLargeSet(t *testing.T) {
	for _, n := range []int{fewRecords - 1, fewRecords, fewRecords + 1, 60000} {
		var text strings.Builder
		text.WriteString("$ORIGIN example.\n@ 1 SOA a a 1 2 3 4 5\n@ 1 NS a\na 1 A 192.0.2.1\n")
		for i := range n {
			for range 2 {
				fmt.Fprintf(&text, "b 1 A 10.0.%d.%d\n", i>>8, i&255)
			}
			if i%7 == 0 {
				fmt.Fprintf(&text, "b 1 A 10.0.%d.%d\n", i/2>>8, i/2&255)
			}
		}
		ix, err := buildIndex([]*Zone{readZone(t, text.String())})
		if err != nil {
			t.Fatal(err)
		}
		if most := slices.MaxFunc(ix.sets, func(a, b rrset) int { return int(a.count) - int(b.count) }); int(most.count) != n {
			t.Errorf("%d records of %d", most.count, n)
		}
	}
}
