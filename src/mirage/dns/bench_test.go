package dns

import (
	"strconv"
	"strings"
	"testing"
)

// bigZone is a zone of n names with an address each.
func bigZone(t testing.TB, n int) *Zone {
	var b strings.Builder
	b.WriteString("$ORIGIN example.com.\n$TTL 3600\n@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ IN NS ns1\nns1 IN A 10.99.0.2\n")
	for i := range n {
		b.WriteString("host" + strconv.Itoa(10000+i) + "-" + strconv.FormatInt(int64(i)*2654435761%(1<<24), 16) + " IN A 10.0." + strconv.Itoa(i>>8&255) + "." + strconv.Itoa(i&255) + "\n")
	}
	z, err := ReadZone(strings.NewReader(b.String()), "example.com.zone", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func benchServer(t testing.TB) (*Server, [][]byte) {
	z := bigZone(t, 10000)
	s, err := NewServer(Options{}, z)
	if err != nil {
		t.Fatal(err)
	}
	var queries [][]byte
	for r := range z.Records() {
		if r.Type == TypeA {
			m := Message{Header: Header{ID: uint16(len(queries)), RecursionDesired: true}, Questions: []Question{{r.Name, TypeA, ClassIN}}}
			q, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			queries = append(queries, q)
		}
	}
	return s, queries
}

func BenchmarkAnswerKept(b *testing.B) {
	s, queries := benchServer(b)
	dst := make([]byte, 0, 512)
	for range 3 {
		for _, q := range queries {
			s.Answer(dst, q, 1232)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Answer(dst, queries[i%len(queries)], 1232)
	}
}

func BenchmarkAnswerKeptOne(b *testing.B) {
	s, queries := benchServer(b)
	dst := make([]byte, 0, 512)
	for range 3 {
		s.Answer(dst, queries[77], 1232)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Answer(dst, queries[77], 1232)
	}
}

func BenchmarkAnswerLookedUp(b *testing.B) {
	s, queries := benchServer(b)
	dst := make([]byte, 0, 512)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.resolve(dst, queries[i%len(queries)], 1232, s.state.Load(), nil, transport{})
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		z := bigZone(b, 10000)
		if _, err := NewServer(Options{}, z); err != nil {
			b.Fatal(err)
		}
	}
}
