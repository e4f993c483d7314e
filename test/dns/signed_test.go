package dns_test

import (
	"mirage/dns"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/dns/zonegen"
)

// signedZones writes the zone of rules as signed zones with each kind of denial, and returns where.
func signedZones(t *testing.T) string {
	dir := t.TempDir()
	text, err := os.ReadFile("testdata/rules.example.zone")
	if err != nil {
		t.Fatal(err)
	}
	for origin, d := range map[string]zonegen.Denial{
		"nsec.example":   {},
		"nsec3.example":  {NSEC3: true},
		"optout.example": {NSEC3: true, OptOut: true, Iterations: 5, Salt: []byte{0xaa, 0xbb, 0xcc}},
	} {
		mine := strings.ReplaceAll(string(text), "rules.example", origin)
		z, err := dns.ReadZone(strings.NewReader(mine), origin, dns.Root, nil)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(filepath.Join(dir, origin+".zone"))
		if err != nil {
			t.Fatal(err)
		}
		if err := zonegen.Sign(f, z, d); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}
