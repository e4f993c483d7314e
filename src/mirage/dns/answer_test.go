package dns

import (
	"bytes"
	"strings"
	"testing"
)

// rules is a zone in which every rule of answering has a name.
const rules = `$ORIGIN example.
$TTL 100
@ SOA ns host 1 2 3 4 50
@ NS ns
@ MX 5 mail
ns A 192.0.2.1
mail A 192.0.2.2
mail AAAA 2001:db8::2
mail TXT x
www CNAME web
web A 192.0.2.3
chain CNAME www
loop CNAME pool
pool CNAME loop
out CNAME www.outside.
other CNAME www.other.
gone CNAME nosuch
*.wild A 192.0.2.4
exact.wild TXT x
*.wildalias CNAME web
b.ent TXT x
cut NS ns.cut
cut NS ns
cut DS 1 2 3 00
ns.cut A 192.0.2.5
srv SRV 0 0 1 mail
d DNAME web
to.web A 192.0.2.6
long DNAME ` + longLabel + `.` + longLabel + `.` + longLabel + `.x
big TXT ` + longLabel + longLabel + longLabel + `
big TXT a` + longLabel + longLabel + longLabel + `
big TXT b` + longLabel + longLabel + longLabel + `
`

const longLabel = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

const otherZone = "$ORIGIN other.\n@ SOA ns host 1 2 3 4 5\nwww A 192.0.2.9\nback CNAME web.example.\n"

func ruleServer(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := NewServer(o, readZone(t, rules), readZone(t, otherZone))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// makeQuery returns a query; e may be nil.
func makeQuery(t testing.TB, name string, typ Type, e *EDNS) []byte {
	t.Helper()
	m := Message{Header: Header{ID: 99, RecursionDesired: true}, Questions: []Question{{MustParseName(name), typ, ClassIN}}}
	if e != nil {
		m.Additionals = []Record{e.Record()}
	}
	q, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// ask returns the answer, the same at the second and third time.
func ask(t testing.TB, s *Server, query []byte) *Message {
	t.Helper()
	first := s.Answer(nil, query, 65535)
	for range 3 {
		if again := s.Answer(nil, query, 65535); !bytes.Equal(first, again) {
			t.Fatalf("an answer changed\n%x\n%x", first, again)
		}
	}
	m, err := ParseMessage(first)
	if err != nil {
		t.Fatalf("%v in %x", err, first)
	}
	return m
}

// brief says what m is in one line: rcode, flags, and the owner, type and data of records by section.
func brief(m *Message) string {
	words := []string{map[Rcode]string{0: "ok", 1: "formerr", 2: "servfail", 3: "nxdomain", 4: "notimp", 5: "refused", 6: "yxdomain", 9: "notauth"}[m.Rcode]}
	if m.Authoritative {
		words = append(words, "aa")
	}
	if m.Truncated {
		words = append(words, "tc")
	}
	for _, s := range [][]Record{m.Answers, m.Authorities, m.Additionals} {
		words = append(words, "|")
		for _, r := range s {
			if r.Type == TypeSOA {
				words = append(words, r.Name.String()+" SOA")
			} else if r.Type != TypeOPT {
				words = append(words, r.Name.String()+" "+r.Type.String()+" "+FormatData(r.Type, r.Data))
			}
		}
	}
	return strings.ReplaceAll(strings.Join(words, " "), longLabel, "long")
}

func TestAnswers(t *testing.T) {
	s := ruleServer(t, Options{})
	for _, c := range []struct {
		name string
		typ  Type
		want string
	}{
		// RFC 1034 section 4.3.2: the algorithm.
		{"web.example", TypeA, "ok aa | web.example. A 192.0.2.3 | |"},
		{"example", TypeMX, "ok aa | example. MX 5 mail.example. | |"},
		{"example", TypeNS, "ok aa | example. NS ns.example. | | ns.example. A 192.0.2.1"},
		{"nosuch.example", TypeA, "nxdomain aa | | example. SOA |"}, // RFC 2308 section 2.1
		{"web.example", TypeTXT, "ok aa | | example. SOA |"},        // RFC 2308 section 2.2
		{"nosuch.test", TypeA, "refused | | |"},                     // no zone of ours
		{"www.example", TypeA, "ok aa | www.example. CNAME web.example. web.example. A 192.0.2.3 | |"},
		{"www.example", TypeCNAME, "ok aa | www.example. CNAME web.example. | |"},
		{"www.example", TypeTXT, "ok aa | www.example. CNAME web.example. | example. SOA |"},
		{"chain.example", TypeA, "ok aa | chain.example. CNAME www.example. www.example. CNAME web.example. web.example. A 192.0.2.3 | |"},
		{"gone.example", TypeA, "nxdomain aa | gone.example. CNAME nosuch.example. | example. SOA |"}, // RFC 6604 section 3
		{"loop.example", TypeA, "ok aa | loop.example. CNAME pool.example. pool.example. CNAME loop.example. | |"},
		{"out.example", TypeA, "ok aa | out.example. CNAME www.outside. | |"},
		{"other.example", TypeA, "ok aa | other.example. CNAME www.other. www.other. A 192.0.2.9 | |"},
		{"back.other", TypeA, "ok aa | back.other. CNAME web.example. web.example. A 192.0.2.3 | |"},
		// RFC 4592.
		{"x.wild.example", TypeA, "ok aa | x.wild.example. A 192.0.2.4 | |"},
		{"y.x.wild.example", TypeA, "ok aa | y.x.wild.example. A 192.0.2.4 | |"},
		{"x.wild.example", TypeTXT, "ok aa | | example. SOA |"},
		{"exact.wild.example", TypeA, "ok aa | | example. SOA |"},         // section 2.2.1: it exists
		{"x.exact.wild.example", TypeA, "nxdomain aa | | example. SOA |"}, // its closest encloser has no wildcard
		{"*.wild.example", TypeA, "ok aa | *.wild.example. A 192.0.2.4 | |"},
		{"wild.example", TypeA, "ok aa | | example. SOA |"},
		{"x.wildalias.example", TypeA, "ok aa | x.wildalias.example. CNAME web.example. web.example. A 192.0.2.3 | |"},
		{"ent.example", TypeTXT, "ok aa | | example. SOA |"}, // section 2.2.2: empty non-terminals exist
		{"a.ent.example", TypeTXT, "nxdomain aa | | example. SOA |"},
		// RFC 1034 section 4.2.1: delegations, and glue.
		{"cut.example", TypeA, "ok | | cut.example. NS ns.cut.example. cut.example. NS ns.example. | ns.cut.example. A 192.0.2.5 ns.example. A 192.0.2.1"},
		{"x.cut.example", TypeNS, "ok | | cut.example. NS ns.cut.example. cut.example. NS ns.example. | ns.cut.example. A 192.0.2.5 ns.example. A 192.0.2.1"},
		{"ns.cut.example", TypeA, "ok | | cut.example. NS ns.cut.example. cut.example. NS ns.example. | ns.cut.example. A 192.0.2.5 ns.example. A 192.0.2.1"},
		{"cut.example", TypeDS, "ok aa | cut.example. DS 1 2 3 00 | |"}, // RFC 4035 section 3.1.4.1
		{"example", TypeDS, "ok aa | | example. SOA |"},
		// RFC 6672.
		{"to.d.example", TypeA, "ok aa | d.example. DNAME web.example. to.d.example. CNAME to.web.example. to.web.example. A 192.0.2.6 | |"},
		{"to.d.example", TypeCNAME, "ok aa | d.example. DNAME web.example. to.d.example. CNAME to.web.example. | |"},
		{"x.d.example", TypeA, "nxdomain aa | d.example. DNAME web.example. x.d.example. CNAME x.web.example. | example. SOA |"},
		{"d.example", TypeA, "ok aa | | example. SOA |"}, // the name itself is not renamed
		{"d.example", TypeDNAME, "ok aa | d.example. DNAME web.example. | |"},
		{longLabel + ".long.example", TypeA, "yxdomain aa | long.example. DNAME long.long.long.x.example. | |"},
		// RFC 8482 section 4.1.
		{"mail.example", TypeANY, "ok aa | mail.example. A 192.0.2.2 | |"},
		{"cut.example", TypeANY, "ok | | cut.example. NS ns.cut.example. cut.example. NS ns.example. | ns.cut.example. A 192.0.2.5 ns.example. A 192.0.2.1"},
		{"www.example", TypeANY, "ok aa | www.example. CNAME web.example. | |"},
		{"ent.example", TypeANY, "ok aa | | example. SOA |"},
		// Not over UDP, not for everyone.
		{"example", TypeAXFR, "notimp | | |"},
		{"example", TypeIXFR, "refused | | |"},
		{"nosuch.test", TypeIXFR, "notauth | | |"},
	} {
		if got := brief(ask(t, s, makeQuery(t, c.name, c.typ, nil))); got != c.want {
			t.Errorf("%s %v\n got %s\nwant %s", c.name, c.typ, got, c.want)
		}
	}
}

// With Full, what saves a question goes along: RFC 1034 section 4.3.2, step 6.
func TestFullAnswers(t *testing.T) {
	s := ruleServer(t, Options{Full: true})
	for _, c := range []struct {
		name string
		typ  Type
		want string
	}{
		{"web.example", TypeA, "ok aa | web.example. A 192.0.2.3 | example. NS ns.example. | ns.example. A 192.0.2.1"},
		{"example", TypeMX, "ok aa | example. MX 5 mail.example. | example. NS ns.example. | mail.example. A 192.0.2.2 ns.example. A 192.0.2.1 mail.example. AAAA 2001:db8::2"},
		{"srv.example", TypeSRV, "ok aa | srv.example. SRV 0 0 1 mail.example. | example. NS ns.example. | mail.example. A 192.0.2.2 ns.example. A 192.0.2.1 mail.example. AAAA 2001:db8::2"},
		{"example", TypeNS, "ok aa | example. NS ns.example. | | ns.example. A 192.0.2.1"},
		{"nosuch.example", TypeA, "nxdomain aa | | example. SOA |"},
	} {
		if got := brief(ask(t, s, makeQuery(t, c.name, c.typ, nil))); got != c.want {
			t.Errorf("%s %v\n got %s\nwant %s", c.name, c.typ, got, c.want)
		}
	}
}

// RFC 2308 section 3: the smaller of the SOA record's TTL and MINIMUM.
func TestNegativeTTL(t *testing.T) {
	s := ruleServer(t, Options{})
	if m := ask(t, s, makeQuery(t, "nosuch.example", TypeA, nil)); m.Authorities[0].TTL != 50 {
		t.Error(m.Authorities[0])
	}
	if m := ask(t, s, makeQuery(t, "example", TypeSOA, nil)); m.Answers[0].TTL != 100 {
		t.Error(m.Answers[0])
	}
}

// The question comes back as it was, its case too, and ID and RD; the other flags do not.
func TestQuestionKept(t *testing.T) {
	s := ruleServer(t, Options{})
	for _, name := range []string{"WEB.example", "web.EXAMPLE", "wEb.eXaMpLe", "x.WILD.example", "Nosuch.Example"} {
		q := makeQuery(t, name, TypeA, nil)
		m := ask(t, s, q)
		if m.Questions[0].Name.String() != name+"." || m.ID != 99 || !m.RecursionDesired || m.RecursionAvailable || !m.Response {
			t.Errorf("%s: %+v", name, m)
		}
		q[0], q[1], q[2], q[3] = 1, 2, 0, 0x70 // RA, Z, AD, CD
		if b := s.Answer(nil, q, 512); b[0] != 1 || b[1] != 2 || b[2]&1 != 0 || b[3]&0x70 != 0 {
			t.Errorf("header %x", b[:12])
		}
	}
}

// RFC 2181 section 9 and RFC 6891 section 6.2.5.
func TestTruncation(t *testing.T) {
	s := ruleServer(t, Options{})
	for _, c := range []struct {
		e    *EDNS
		max  int
		want string
	}{
		{nil, 65535, "ok aa tc | | |"},
		{&EDNS{UDPSize: 512}, 65535, "ok aa tc | | |"},
		{&EDNS{UDPSize: 100}, 65535, "ok aa tc | | |"}, // less than 512 is 512
		{&EDNS{UDPSize: 4096}, 65535, "ok aa |"},
		{&EDNS{UDPSize: 4096}, 600, "ok aa tc | | |"}, // the link's
	} {
		q := makeQuery(t, "big.example", TypeTXT, c.e)
		for range 3 {
			b := s.Answer(nil, q, c.max)
			m, err := ParseMessage(b)
			if err != nil || !strings.HasPrefix(brief(m), c.want) || len(b) > c.max {
				t.Errorf("%v %d: %v %v", c.e, c.max, brief(m), err)
			}
			if _, ok, _ := m.EDNS(); ok != (c.e != nil) {
				t.Error("OPT")
			}
		}
	}
}

// An answer that was made for a small buffer is not kept for larger ones, and the other way around.
func TestTruncationKept(t *testing.T) {
	for _, sizes := range [][]uint16{{512, 4096, 512}, {4096, 512, 4096}, {560, 4096, 560, 512}} {
		s := ruleServer(t, Options{})
		for range 3 {
			for _, size := range sizes {
				m, err := ParseMessage(s.Answer(nil, makeQuery(t, "big.example", TypeTXT, &EDNS{UDPSize: size}), 65535))
				if err != nil || m.Truncated != (size < 4096) {
					t.Errorf("%v: size %d: %v %v", sizes, size, brief(m), err)
				}
			}
		}
	}
}

func TestEDNSAnswers(t *testing.T) {
	s := ruleServer(t, Options{NSID: "me"})
	q := makeQuery(t, "web.example", TypeA, &EDNS{UDPSize: 4096, DNSSECOK: true, Options: []Option{{OptionNSID, nil}, {OptionCookie, make([]byte, 8)}}})
	e, ok, err := ask(t, s, q).EDNS()
	if err != nil || !ok || e.UDPSize != 1232 || !e.DNSSECOK || len(e.Options) != 1 || string(e.Options[0].Data) != "me" {
		t.Errorf("%+v %v %v", e, ok, err) // RFC 5001 section 2.2
	}
	e, ok, _ = ask(t, s, makeQuery(t, "web.example", TypeA, &EDNS{Version: 1})).EDNS()
	if !ok || e.ExtendedRcode != uint8(RcodeBadVersion>>4) || e.Version != 0 { // RFC 6891 section 6.1.3
		t.Errorf("%+v", e)
	}
	e, _, _ = ask(t, s, makeQuery(t, "nosuch.test", TypeA, &EDNS{})).EDNS()
	if len(e.Options) != 1 || e.Options[0].Code != OptionError || e.Options[0].Data[1] != 20 { // RFC 8914 section 4.21
		t.Errorf("%+v", e)
	}
}

// RFC 4892: id.server and version.server.
func TestChaos(t *testing.T) {
	for _, c := range []struct {
		o    Options
		name string
		typ  Type
		want string
	}{
		{Options{Identity: "here"}, "id.server", TypeTXT, `ok | id.server. TXT "here" | |`},
		{Options{Identity: "here"}, "HOSTNAME.bind", TypeANY, `ok | HOSTNAME.bind. TXT "here" | |`},
		{Options{Version: "1"}, "version.bind", TypeTXT, `ok | version.bind. TXT "1" | |`},
		{Options{Version: "1"}, "version.bind", TypeA, "refused | | |"},
		{Options{}, "version.bind", TypeTXT, "refused | | |"},
		{Options{}, "example", TypeTXT, "refused | | |"},
	} {
		m := Message{Questions: []Question{{MustParseName(c.name), c.typ, ClassCH}}}
		q, _ := m.Append(nil)
		if got := brief(ask(t, ruleServer(t, c.o), q)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Queries that are not answered, or with an error, without ever a look at the zones.
func TestBadQueries(t *testing.T) {
	s := ruleServer(t, Options{})
	good := makeQuery(t, "web.example", TypeA, nil)
	change := func(at int, b byte) []byte {
		q := bytes.Clone(good)
		q[at] = b
		return q
	}
	for _, q := range [][]byte{nil, good[:11], change(2, 0x80)} {
		if got := s.Answer([]byte("x"), q, 512); string(got) != "x" {
			t.Errorf("%x has the answer %x", q, got)
		}
	}
	for _, c := range []struct {
		q    []byte
		want string
	}{
		{good[:12], "formerr | | |"},
		{good[:len(good)-1], "formerr | | |"},
		{change(3, 5), "formerr | | |"},
		{change(5, 0), "formerr | | |"},
		{change(5, 2), "formerr | | |"},
		{change(7, 1), "formerr | | |"},
		{change(9, 1), "formerr | | |"},
		{change(11, 1), "formerr | | |"},
		{change(12, 0xc0), "formerr | | |"},
		{change(2, 5<<3), "notimp | | |"},   // UPDATE
		{change(2, 4<<3), "nxdomain | | |"}, // NOTIFY
		{append(bytes.Clone(good), "garbage"...), "ok aa | web.example. A 192.0.2.3 | |"},
	} {
		if got := brief(ask(t, s, c.q)); got != c.want {
			t.Errorf("%x: %s, want %s", c.q, got, c.want)
		}
	}
}

// Zones are replaced at once, with the answers kept from them.
func TestSetZones(t *testing.T) {
	s := ruleServer(t, Options{})
	q := makeQuery(t, "web.example", TypeA, nil)
	ask(t, s, q)
	if err := s.SetZones(readZone(t, soa+"web A 198.51.100.1\n")); err != nil {
		t.Fatal(err)
	}
	const want = "ok aa | web.example. A 198.51.100.1 | |"
	if got := brief(ask(t, s, q)); got != want {
		t.Error(got)
	}
	if err := s.SetZones(new(Zone)); err == nil {
		t.Error("no error")
	}
	if got := brief(ask(t, s, q)); got != want {
		t.Error("after an error: ", got)
	}
	if err := s.SetZones(); err != nil || brief(ask(t, s, q)) != "refused | | |" {
		t.Error("without zones", err)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{UDPSize: 511}, {UDPSize: 65536}, {NSID: strings.Repeat("x", 256)}} {
		if _, err := NewServer(o); err != errOptions {
			t.Error(o, err)
		}
	}
}

// An answer fits and can be parsed, whatever the query and the size, and comes out the same from the memo.
func FuzzAnswer(f *testing.F) {
	for _, name := range []string{"web.example", "x.wild.example", "to.d.example", "x.cut.example", "loop.example", "big.example", "."} {
		f.Add(makeQuery(f, name, TypeA, nil), 512)
		f.Add(makeQuery(f, name, TypeANY, &EDNS{UDPSize: 1232, DNSSECOK: true}), 1232)
	}
	f.Add([]byte("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x01\x00\x01\x00\x00\xfa\x00\xff\x00\x00\x00\x00\x00\x3d"), 512)
	servers := []*Server{ruleServer(f, Options{NSID: "x"}), ruleServer(f, Options{Full: true, UDPSize: 4096, Identity: "x"})}
	f.Fuzz(func(t *testing.T, query []byte, limit int) {
		for _, s := range servers {
			asked := bytes.Clone(query)
			first := s.Answer([]byte("before"), query, limit)
			if !bytes.Equal(asked, query) || !bytes.HasPrefix(first, []byte("before")) {
				t.Fatal("what is not its own was changed")
			}
			for range 2 {
				if again := s.Answer([]byte("before"), query, limit); !bytes.Equal(again, first) {
					t.Fatalf("first %x, then %x", first, again)
				}
			}
			a := first[len("before"):]
			if len(a) == 0 {
				continue
			}
			if len(a) > limit || !bytes.Equal(a[:2], query[:2]) || a[2]&0x80 == 0 {
				t.Fatalf("limit %d: %x", limit, a)
			}
			if _, err := ParseMessage(a); err != nil {
				t.Fatalf("%v in %x", err, a)
			}
		}
	})
}
