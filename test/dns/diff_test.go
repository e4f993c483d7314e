package dns_test

import (
	"flag"
	"maps"
	"mirage/dns"
	"slices"
	"testing"
)

var thorough = flag.Bool("thorough", false, "ask every question in every way, not one in five in one way")

// types are asked for at every name, besides those that it has.
var types = []dns.Type{
	dns.TypeA, dns.TypeAAAA, dns.TypeNS, dns.TypeSOA, dns.TypeCNAME, dns.TypeMX, dns.TypeTXT, dns.TypeDS, dns.TypeDNAME,
	dns.TypeANY, dns.TypeSRV, dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3, dns.TypeDNSKEY, dns.TypePTR, dns.TypeRT, 65280,
}

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
	for _, n := range slices.SortedFunc(maps.Keys(names), dns.Name.Compare) {
		for _, typ := range types {
			qs = append(qs, dns.Question{Name: n, Type: typ, Class: dns.ClassIN})
		}
		for _, typ := range slices.Sorted(maps.Keys(typesAt[n])) {
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

// TestCompareRoot is a root zone: every name is in a zone of ours.
func TestCompareRoot(t *testing.T) { compareZones(t, "testdata/root") }

// compareZones asks about every name of the zones in dir, with and without EDNS.
func compareZones(t *testing.T, dir string) {
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			n := startNSD(t, dir, mode.conf)
			if len(n.refused) > 0 {
				t.Fatal(n.refused)
			}
			s, zones := loadServer(t, dir, mode.o)
			bad := 0
			for i, q := range questions(zones) {
				for v := range variants {
					if *thorough || i%sample == 0 && i/sample%variants == v {
						if bad += compareOne(t, n, s, q, i*variants+v); bad > 10 {
							t.FailNow()
						}
					}
				}
			}
		})
	}
}

// sample is how many questions stand for one that is asked, unless all are. There are other numbers of types, so that
// each comes by.
const sample = 5

// variants is how many ways there are to ask a question: without EDNS, with, with DO, with a small buffer.
const variants = 4

// compareOne asks q in the way that the number i stands for. It returns 1 if the answers differ, else 0.
func compareOne(t *testing.T, n *nsd, s *dns.Server, q dns.Question, i int) int {
	m := dns.Message{Header: dns.Header{ID: uint16(i), RecursionDesired: i/variants%2 != 0}, Questions: []dns.Question{q}}
	switch i % variants {
	case 1:
		m.Additionals = []dns.Record{dns.EDNS{UDPSize: 4096}.Record()}
	case 2:
		m.Additionals = []dns.Record{dns.EDNS{UDPSize: 1232, DNSSECOK: true}.Record()}
	case 3:
		m.Additionals = []dns.Record{dns.EDNS{UDPSize: uint16(400 + i%1000), DNSSECOK: i%8 == 3}.Record()}
	}
	query, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := n.ask(query)
	for range 3 { // looked up, and from the memo
		if !same(t, q.Name.String()+" "+q.Type.String(), query, want, s.Answer(nil, query, 1232)) {
			return 1
		}
	}
	return 0
}
