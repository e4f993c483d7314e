package zonegen

import (
	"fmt"
	"math/rand/v2"
	"mirage/dns"
	"strings"
)

// Random returns the text of a zone whose few names meet in every way: wildcards, aliases, delegations, DNAME and
// empty non-terminals above, below and beside each other. Data points into the zones of others, too.
func Random(r *rand.Rand, origin string, others []string) string {
	g := &randomZone{r: r, origin: origin, others: append(others, origin, "outside.test"), at: map[string]map[string]bool{}}
	fmt.Fprintf(&g.b, "$ORIGIN %s.\n$TTL 300\n@ SOA ns hostmaster 1 2 3 4 100\n@ NS ns\n", origin)
	g.at["@"] = map[string]bool{"SOA": true, "NS": true}
	for range 10 + r.IntN(40) {
		g.add(g.name(), kinds[r.IntN(len(kinds))])
	}
	return g.b.String()
}

type randomZone struct {
	r      *rand.Rand
	origin string
	others []string
	b      strings.Builder
	at     map[string]map[string]bool // types by owner
}

var (
	kinds  = []string{"A", "A", "AAAA", "MX", "TXT", "SRV", "NS", "NS", "CNAME", "CNAME", "DNAME", "DS", "RT", "PTR", "CAA"}
	labels = []string{"a", "b", "c", "*", "ns", "a-long-label-so-that-sizes-matter", "0"}
)

// name returns a name relative to the origin. There is no asterisk just below another: the NSEC3 proofs that NSD
// gives for a wildcard with a wildcard below it lack a record of RFC 5155 section 7.2.5.
func (g *randomZone) name() string {
	var list []string
	for last := ""; len(list) < 1+g.r.IntN(4); {
		if label := labels[g.r.IntN(len(labels))]; label != "*" || last != "*" {
			list, last = append(list, label), label
		}
	}
	if g.r.IntN(12) == 0 {
		return "@"
	}
	return strings.Join(list, ".")
}

// target returns an absolute name.
func (g *randomZone) target() string {
	o := g.origin
	if g.r.IntN(3) == 0 {
		o = g.others[g.r.IntN(len(g.others))]
	}
	if n := g.name(); n != "@" {
		return n + "." + o + "."
	}
	return o + "."
}

func (g *randomZone) add(name, kind string) {
	if !g.allowed(name, kind) {
		return
	}
	if g.at[name] == nil {
		g.at[name] = map[string]bool{}
	}
	g.at[name][kind] = true
	data := ""
	switch kind {
	case "A":
		data = fmt.Sprintf("192.0.2.%d", g.r.IntN(256))
	case "AAAA":
		data = fmt.Sprintf("2001:db8::%x", g.r.IntN(256))
	case "MX", "RT":
		data = fmt.Sprintf("%d %s", g.r.IntN(3), g.target())
	case "SRV":
		data = "1 2 3 " + g.target()
	case "TXT":
		data = `"` + strings.Repeat("text", g.r.IntN(60)) + `"`
	case "CAA":
		data = `0 issue "ca.test"`
	case "DS":
		data = "1 13 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
	default:
		data = g.target()
	}
	fmt.Fprintf(&g.b, "%s %s %s\n", name, kind, data)
}

// allowed reports whether a zone may have kind at name: one CNAME or DNAME, CNAME alone, nothing below DNAME.
func (g *randomZone) allowed(name, kind string) bool {
	full := dns.MustParseName(name + "." + g.origin)
	for _, o := range g.others { // at and below the origin of another zone: what a parent has
		other := dns.MustParseName(o)
		if len(other) > len(g.origin)+2 && full.Within(other) && kind != "A" && (!full.Equal(other) || kind != "NS" && kind != "DS") {
			return false
		}
	}
	here := g.at[name]
	if here["CNAME"] || kind == "CNAME" && len(here) > 0 || kind == "DNAME" && (here["DNAME"] || name == "@") {
		return false
	}
	if kind == "DS" && (name == "@" || !here["NS"]) || kind == "NS" && name == "@" {
		return false
	}
	for other, types := range g.at {
		if types["DNAME"] && strings.HasSuffix(name, "."+other) || kind == "DNAME" && strings.HasSuffix(other, "."+name) {
			return false
		}
	}
	return true
}

// RandomNames returns names that meet those of Random zones.
func RandomNames(r *rand.Rand, origins []string, n int) (names []dns.Name) {
	for range n {
		g := &randomZone{r: r, origin: origins[r.IntN(len(origins))], others: origins}
		names = append(names, dns.MustParseName(g.target()))
	}
	return names
}
