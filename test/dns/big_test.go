package dns_test

import (
	"bytes"
	"mirage/dns"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/dns/zonegen"
)

// TestBigZone compares answers from the zone and to the questions that genzone makes.
func TestBigZone(t *testing.T) {
	dir := t.TempDir()
	var zone, queries bytes.Buffer
	if err := zonegen.Big(&zone, &queries, "example.com", 10000, 5000); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "example.com.zone"), zone.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			n := startNSD(t, dir, mode.conf)
			s, _ := loadServer(t, dir, mode.o)
			id := uint16(0)
			for line := range strings.Lines(queries.String()) {
				name, word, _ := strings.Cut(strings.TrimSpace(line), " ")
				typ, ok := dns.ParseType(word)
				if !ok {
					t.Fatal(line)
				}
				id++
				m := dns.Message{Header: dns.Header{ID: id}, Questions: []dns.Question{{Name: dns.MustParseName(name), Type: typ, Class: dns.ClassIN}}}
				if id%2 == 0 {
					m.Additionals = []dns.Record{dns.EDNS{UDPSize: 4096, DNSSECOK: id%4 == 0}.Record()}
				}
				query, err := m.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				if !same(t, line, query, n.ask(query), s.Answer(nil, query, 1232)) {
					return
				}
			}
		})
	}
}
