package dns_test

import (
	"mirage/dns"
	"testing"
)

var types = []dns.Type{dns.TypeA, dns.TypeAAAA, dns.TypeNS, dns.TypeSOA, dns.TypeCNAME, dns.TypeMX, dns.TypeTXT, dns.TypeDS, dns.TypeDNAME, dns.TypeANY, dns.TypeSRV, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3, dns.TypeDNSKEY, dns.TypePTR, dns.TypeRT, 731, 65280}

// questions returns questions about every name of zones and names around it.
func questions(zones []*dns.Zone) []dns.Question {
	names := map[dns.Name]bool{}
	add := func(n dns.Name) {
		names[n] = true
		for _, prefix := range []string{"nosuch", "a.b", "*", "-", "zzzz"} {
			if m, err := dns.ParseName(prefix + "." + n.String()); err == nil {
				names[m] = true
			}
		}
	}
	typesAt := map[dns.Name]map[dns.Type]bool{}
	for _, z := range zones {
		for r := range z.Records() {
			for n := r.Name; ; n = n.Parent() {
				add(n)
				if n == dns.Root {
					break
				}
			}
			if typesAt[r.Name] == nil {
				typesAt[r.Name] = map[dns.Type]bool{}
			}
			typesAt[r.Name][r.Type] = true
			switch r.Type {
			case dns.TypeCNAME, dns.TypeDNAME, dns.TypeNS, dns.TypePTR:
				add(dns.Name(r.Data).Lower())
			}
		}
	}
	var qs []dns.Question
	for n := range names {
		for _, typ := range types {
			qs = append(qs, dns.Question{Name: n, Type: typ, Class: dns.ClassIN})
		}
		for typ := range typesAt[n] {
			qs = append(qs, dns.Question{Name: n, Type: typ, Class: dns.ClassIN})
		}
	}
	return qs
}

// modes are the two ways in which NSD and we answer.
var modes = []struct {
	name, conf string
	o          dns.Options
}{{"minimal", "  minimal-responses: yes\n", dns.Options{}}, {"full", "", dns.Options{Full: true}}}

func TestCompare(t *testing.T) { compareZones(t, "testdata") }

func TestCompareSigned(t *testing.T) { compareZones(t, signedZones(t)) }

// compareZones asks about every name of the zones in dir, with and without EDNS.
func compareZones(t *testing.T, dir string) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			n := startNSD(t, dir, mode.conf)
			if len(n.refused) > 0 {
				t.Fatal(n.refused)
			}
			s, zones := loadServer(t, dir, mode.o)
			id, bad := uint16(0), 0
			for _, q := range questions(zones) {
				for variant := range 4 {
					m := dns.Message{Header: dns.Header{RecursionDesired: id&1 != 0}, Questions: []dns.Question{q}}
					id++
					m.ID = id
					switch variant {
					case 1:
						m.Additionals = []dns.Record{dns.EDNS{UDPSize: 4096}.Record()}
					case 2:
						m.Additionals = []dns.Record{dns.EDNS{UDPSize: 1232, DNSSECOK: true}.Record()}
					case 3:
						m.Additionals = []dns.Record{dns.EDNS{UDPSize: 400 + id%1000, DNSSECOK: id&2 != 0}.Record()}
					}
					query, err := m.Append(nil)
					if err != nil {
						t.Fatal(err)
					}
					want := n.ask(query)
					for range 3 {
						if !same(t, q.Name.String()+" "+q.Type.String(), query, want, s.Answer(nil, query, 1232)) {
							if bad++; bad > 10 {
								t.FailNow()
							}
							break
						}
					}
				}
			}
			t.Log(id, "queries")
		})
	}
}
