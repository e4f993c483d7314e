package dns

import (
	"strings"
	"testing"
)

const signature = " 13 1 100 20380101000000 20200101000000 1 example. AA==\n"

// signedZone is signed, as far as a server can see, and proves with NSEC that a name is not there.
const signedZone = `$ORIGIN example.
$TTL 100
@ SOA ns host 1 2 3 4 50
@ NS ns.test.
@ DNSKEY 257 3 13 AA==
@ NSEC a NS SOA RRSIG NSEC DNSKEY
@ RRSIG SOA` + signature + `@ RRSIG DNSKEY` + signature + `@ RRSIG NSEC` + signature + `
a A 192.0.2.1
a NSEC cut A RRSIG NSEC
a RRSIG A` + signature + `a RRSIG NSEC` + signature + `
cut NS ns.test.
cut NSEC d NS RRSIG NSEC
cut RRSIG NSEC` + signature + `
d DNAME w
d NSEC *.w DNAME RRSIG NSEC
d RRSIG DNAME` + signature + `d RRSIG NSEC` + signature + `
*.w TXT x
*.w NSEC z.w TXT RRSIG NSEC
*.w RRSIG TXT` + signature + `*.w RRSIG NSEC` + signature + `
z.w TXT x
z.w NSEC example. TXT RRSIG NSEC
z.w RRSIG TXT` + signature + `z.w RRSIG NSEC` + signature

// RFC 4035 section 3.1: what goes along when the client sets DO.
func TestSignedAnswers(t *testing.T) {
	s, err := NewServer(Options{}, readZone(t, signedZone))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		typ  Type
		want string // of answer and authority; R marks signatures
	}{
		{"a.example", TypeA, "a A R | "},
		{"a.example", TypeTXT, " | @ SOA R a NSEC R"},                             // section 3.1.3.1
		{"b.example", TypeA, " | a NSEC R @ NSEC R @ SOA R"},                      // section 3.1.3.2
		{"x.w.example", TypeTXT, "x.w TXT R | *.w NSEC R"},                        // section 3.1.3.3
		{"x.w.example", TypeA, " | *.w NSEC R @ SOA R"},                           // section 3.1.3.4
		{"w.example", TypeA, " | @ SOA R d NSEC R"},                               // an empty non-terminal
		{"x.cut.example", TypeA, " | cut NS cut NSEC R"},                          // section 3.1.4
		{"cut.example", TypeDS, " | @ SOA R cut NSEC R"},                          // section 3.1.4.1
		{"zz.d.example", TypeTXT, "d DNAME R zz.d CNAME zz.w TXT R | z.w NSEC R"}, // zz.w comes after z.w
		{"a.example", TypeANY, "a A R | "},
	} {
		m := ask(t, s, makeQuery(t, c.name, c.typ, &EDNS{UDPSize: 4096, DNSSECOK: true}))
		if got := signedBrief(m); got != c.want {
			t.Errorf("%s %v\n got %s\nwant %s", c.name, c.typ, got, c.want)
		}
		plain := ask(t, s, makeQuery(t, c.name, c.typ, nil))
		for _, r := range append(plain.Answers, plain.Authorities...) {
			if r.Type == TypeRRSIG || r.Type == TypeNSEC {
				t.Errorf("%s %v without DO: %v", c.name, c.typ, r)
			}
		}
	}
}

func signedBrief(m *Message) string {
	var out []string
	for _, s := range [][]Record{m.Answers, m.Authorities} {
		var words []string
		for _, r := range s {
			name := strings.TrimSuffix(r.Name.String(), ".example.")
			switch {
			case r.Name.Labels() == 1:
				name = "@"
			case r.Type == TypeRRSIG:
				words = append(words, "R")
				continue
			}
			if r.Type == TypeRRSIG {
				words = append(words, "R")
				continue
			}
			words = append(words, name, r.Type.String())
		}
		out = append(out, strings.Join(words, " "))
	}
	return strings.Join(out, " | ")
}

// The zone and the answers of RFC 5155, appendices A and B, as far as names go.
func TestNSEC3(t *testing.T) {
	const b32 = "$ORIGIN example.\n$TTL 3600\n"
	zone := b32 + `@ SOA ns1 bugs.x.w 1 3600 300 3600000 3600
@ NS ns1
@ NS ns2
@ MX 1 xx
@ DNSKEY 257 3 7 AA==
@ NSEC3PARAM 1 0 12 aabbccdd
@ RRSIG DNSKEY 7 1 3600 20150420235959 20051021000000 12708 example. AA==
2t7b4g4vsa5smi47k61mv5bv1a22bojr A 192.0.2.127
ns1 A 192.0.2.1
ns2 A 192.0.2.2
a NS ns1.a
a NS ns2.a
a DS 58470 5 1 3079F1593EBAD6DC121E202A8B766A6A4837206C
ns1.a A 192.0.2.5
ns2.a A 192.0.2.6
ai A 192.0.2.9
ai HINFO "KLH-10" "ITS"
c NS ns1.c
c NS ns2.c
ns1.c A 192.0.2.7
*.w MX 1 ai
x.w MX 1 xx
x.y.w MX 1 xx
xx A 192.0.2.10
`
	for _, r := range []string{
		"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG",
		"2t7b4g4vsa5smi47k61mv5bv1a22bojr 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG",
		"2vptu5timamqttgl4luu9kg21e0aor3s 35mthgpgcu1qg68fab165klnsnk3dpvl MX RRSIG",
		"35mthgpgcu1qg68fab165klnsnk3dpvl b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG",
		"b4um86eghhds6nea196smvmlo4ors995 gjeqe526plbf1g8mklp59enfd789njgi MX RRSIG",
		"gjeqe526plbf1g8mklp59enfd789njgi ji6neoaepv8b5o6k4ev33abha8ht9fgc A HINFO AAAA RRSIG",
		"ji6neoaepv8b5o6k4ev33abha8ht9fgc k8udemvp1j2f7eg6jebps17vp3n8i58h",
		"k8udemvp1j2f7eg6jebps17vp3n8i58h kohar7mbb8dc2ce8a9qvl8hon4k53uhi",
		"kohar7mbb8dc2ce8a9qvl8hon4k53uhi q04jkcevqvmu85r014c7dkba38o0ji5r A RRSIG",
		"q04jkcevqvmu85r014c7dkba38o0ji5r r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG",
		"r53bq7cc2uvmubfu5ocmm6pers9tk9en t644ebqk9bibcna874givr6joj62mlhv MX RRSIG",
		"t644ebqk9bibcna874givr6joj62mlhv 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A HINFO AAAA RRSIG",
	} {
		owner, rest, _ := strings.Cut(r, " ")
		zone += owner + " NSEC3 1 1 12 aabbccdd " + rest + "\n"
	}
	s, err := NewServer(Options{}, readZone(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		typ  Type
		want []string // the first letters of the NSEC3 records
	}{
		{"a.c.x.w.example", TypeA, []string{"0p9", "b4u", "35m"}},                  // B.1: name error
		{"ns1.example", TypeMX, []string{"2t7"}},                                   // B.2: no data
		{"y.w.example", TypeA, []string{"ji6"}},                                    // B.2.1: an empty non-terminal
		{"mc.c.example", TypeMX, []string{"35m", "0p9"}},                           // B.3: a referral to an opt-out zone
		{"a.z.w.example", TypeMX, []string{"q04"}},                                 // B.4: a wildcard
		{"a.z.w.example", TypeAAAA, []string{"k8u", "q04", "r53"}},                 // B.5: a wildcard without the type
		{"example", TypeDS, []string{"0p9"}},                                       // B.6: DS of a child's origin
		{"2t7b4g4vsa5smi47k61mv5bv1a22bojr.example", TypeNSEC3, []string{"kohar"}}, // the name of a hash that is a name, too
	} {
		m := ask(t, s, makeQuery(t, c.name, c.typ, &EDNS{UDPSize: 4096, DNSSECOK: true}))
		found := map[string]bool{}
		for _, r := range m.Authorities {
			if r.Type == TypeNSEC3 {
				found[r.Name.String()] = true
			}
		}
		for _, w := range c.want {
			ok := false
			for n := range found {
				ok = ok || strings.HasPrefix(n, w)
			}
			if !ok || len(found) != len(c.want) {
				t.Errorf("%s %v: %v, want %v", c.name, c.typ, found, c.want)
				break
			}
		}
	}
}
