package dns_test

import (
	"flag"
	"math/rand/v2"
	"mirage/dns"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/dns/zonegen"
)

var (
	rounds = flag.Int("rounds", 4, "random sets of zones to compare")
	first  = flag.Uint64("first", 1, "number of the first random set")
)

// TestRandomZones compares answers from zones that are put together at random, always the same ones.
func TestRandomZones(t *testing.T) {
	for i := range *rounds {
		seed := *first + uint64(i)
		r := rand.New(rand.NewPCG(seed, 0))
		dir := t.TempDir()
		origins := []string{"r.test", "a.r.test", "s.test"}
		for _, o := range origins {
			writeRandomZone(t, r, dir, o, origins)
		}
		mode := modes[i%len(modes)]
		n := startNSD(t, dir, mode.conf)
		if len(n.refused) > 0 { // it looks for names below DNAME in other zones, too
			continue
		}
		s, _ := loadServer(t, dir, mode.o)
		for _, name := range zonegen.RandomNames(r, origins, 2000) {
			typ := types[r.IntN(len(types))]
			m := dns.Message{Questions: []dns.Question{{Name: name, Type: typ, Class: dns.ClassIN}}}
			m.ID = uint16(r.Uint32())
			if r.IntN(3) > 0 {
				m.Additionals = []dns.Record{dns.EDNS{UDPSize: uint16(400 + r.IntN(1000)), DNSSECOK: r.IntN(2) == 0}.Record()}
			}
			query, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			if !same(t, name.String()+" "+typ.String(), query, n.ask(query), s.Answer(nil, query, 1232)) {
				os.CopyFS(filepath.Join(os.TempDir(), "dns-random"), os.DirFS(dir))
				t.Fatalf("set %d (-first %[1]d), its zones are in %s", seed, filepath.Join(os.TempDir(), "dns-random"))
			}
		}
	}
}

// writeRandomZone writes a zone file, signed or not.
func writeRandomZone(t *testing.T, r *rand.Rand, dir, origin string, origins []string) {
	text := zonegen.Random(r, origin, origins)
	file := filepath.Join(dir, origin+".zone")
	denials := []*zonegen.Denial{nil, nil, {}, {NSEC3: true}, {NSEC3: true, OptOut: true, Iterations: 1, Salt: []byte{1}}}
	d := denials[r.IntN(len(denials))]
	if d == nil {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	z, err := dns.ReadZone(strings.NewReader(text), origin, dns.Root, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := zonegen.Sign(f, z, *d); err != nil {
		t.Fatal(err)
	}
}
