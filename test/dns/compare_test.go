package dns_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"mirage/dns"
	"slices"
	"sort"
	"strings"
	"testing"
)

// loadServer returns a server of ours with the zone files of dir.
func loadServer(t *testing.T, dir string, o dns.Options) (*dns.Server, []*dns.Zone) {
	t.Helper()
	var zones []*dns.Zone
	for _, f := range zoneFiles(t, dir) {
		z, err := dns.ReadZoneFile(f, dns.MustParseName(originOf(f)))
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, z)
	}
	s, err := dns.NewServer(o, zones...)
	if err != nil {
		t.Fatal(err)
	}
	return s, zones
}

// normal is a message without what may differ: order of records, case of names, TTLs.
func normal(b []byte) (string, error) {
	m, err := dns.ParseMessage(b)
	if err != nil {
		return "", err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "flags %04x, %d bytes\n", binary.BigEndian.Uint16(b[2:]), len(b))
	for _, q := range m.Questions {
		fmt.Fprintf(&s, "? %v %v %v\n", q.Name, q.Class, q.Type)
	}
	for i, section := range [][]dns.Record{m.Answers, m.Authorities, m.Additionals} {
		var lines []string
		for _, r := range section {
			if r.Type == dns.TypeOPT {
				lines = append(lines, fmt.Sprintf("OPT size %d ttl %x data %x", r.Class, r.TTL, r.Data))
				continue
			}
			lines = append(lines, strings.ToLower(fmt.Sprintf("%v %v %v ", r.Name, r.Class, r.Type))+foldData(r))
		}
		sort.Strings(lines)
		fmt.Fprintf(&s, "section %d: %d\n%s\n", i+1, len(lines), strings.Join(lines, "\n"))
	}
	return s.String(), nil
}

// foldData writes r's data, in lower case if it has names.
func foldData(r dns.Record) string {
	text := dns.FormatData(r.Type, r.Data)
	switch r.Type {
	case dns.TypeTXT, dns.TypeSPF, dns.TypeCAA, dns.TypeURI:
		return text
	}
	return strings.ToLower(text)
}

// same fails when the two answers to query say different things.
func same(t *testing.T, what string, query, want, got []byte) bool {
	t.Helper()
	if len(want) == 0 || len(got) == 0 {
		if len(want) != len(got) {
			t.Errorf("%s\nquery %x\nNSD  %x\nours %x", what, query, want, got)
			return false
		}
		return true
	}
	if !bytes.Equal(want[:2], got[:2]) {
		t.Errorf("%s: ID", what)
		return false
	}
	w, err := normal(want)
	if err != nil {
		if bytes.Equal(want, got) {
			return true
		}
		t.Errorf("%s: NSD's answer: %v\nquery %x\nNSD  %x\nours %x", what, err, query, want, got)
		return false
	}
	g, err := normal(got)
	if err != nil {
		t.Errorf("%s: our answer: %v\n%x", what, err, got)
		return false
	}
	if w != g && !wrongProof(want) && !wrongOwner(want, got) {
		t.Errorf("%s\nquery %x\nNSD  %s\nours %s", what, query, w, g)
		return false
	}
	return true
}

// wrongProof reports whether NSD's answer has the NSEC records for a name that a DNAME record leads to. NSD takes
// the one of the name's closest encloser in place of the one before the name (find_covering_nsec), which proves
// nothing: there we follow RFC 4035 section 3.1.3.2 instead.
func wrongProof(answer []byte) bool {
	m, err := dns.ParseMessage(answer)
	if err != nil {
		return false
	}
	is := func(t dns.Type) func(r dns.Record) bool { return func(r dns.Record) bool { return r.Type == t } }
	return slices.ContainsFunc(m.Answers, is(dns.TypeDNAME)) && slices.ContainsFunc(m.Authorities, is(dns.TypeNSEC))
}

// wrongOwner reports whether the answers differ only in the owners of addresses that a wildcard gives to a name two
// or more labels below it. NSD leaves the labels between out (add_additional_rrsets), so that its records are about
// another name.
func wrongOwner(want, got []byte) bool {
	w, err1 := dns.ParseMessage(want)
	g, err2 := dns.ParseMessage(got)
	if err1 != nil || err2 != nil || len(w.Additionals) != len(g.Additionals) || len(w.Answers) != len(g.Answers) {
		return false
	}
	for i, r := range w.Additionals { // they come in the same order
		o := g.Additionals[i]
		if r.Type != o.Type || string(r.Data) != string(o.Data) {
			return false
		}
		if !r.Name.Equal(o.Name) && (r.Name[:1+r.Name[0]] != o.Name[:1+o.Name[0]] || !o.Name.Parent().Within(r.Name.Parent())) {
			return false
		}
	}
	return true
}
