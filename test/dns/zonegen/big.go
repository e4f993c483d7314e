package zonegen

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Big writes a zone of the given origin and number of names to zone, and as many questions as asked about it to
// queries, in dnsperf's format. They use every rule of answering; most names have an address and most questions
// are for one, as in life. The same arguments always give the same files.
func Big(zone, queries io.Writer, origin string, names, questions int) error {
	z, q := bufio.NewWriter(zone), bufio.NewWriter(queries)
	r := rand.New(rand.NewPCG(uint64(names), 1))
	fmt.Fprintf(z, "$ORIGIN %s.\n$TTL 3600\n", origin)
	fmt.Fprint(z, "@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n@ NS ns1\n NS ns2\n MX 10 mx\n TXT \"v=spf1 -all\"\n")
	fmt.Fprint(z, "ns1 A 10.99.0.2\nns2 A 10.99.0.3\n AAAA 2001:db8::3\nmx A 10.99.0.4\n*.wild A 10.99.0.5\n*.wildalias CNAME ns1\n")
	list := make([]bigName, names)
	for i := range list {
		list[i] = bigName{fmt.Sprintf("host%05d-%06x", i, r.IntN(1<<24)), r.IntN(100)}
		list[i].write(z, i, list[r.IntN(i+1)].name)
	}
	for range questions {
		list[r.IntN(names)].ask(q, r, origin)
	}
	if err := z.Flush(); err != nil {
		return err
	}
	return q.Flush()
}

// A bigName is one of Big's names; kind, below 100, says what it has.
type bigName struct {
	name string
	kind int
}

// write writes the records of n, the i-th name; other is a name before it.
func (n bigName) write(w io.Writer, i int, other string) {
	a := fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
	switch k := n.kind; {
	case k < 70:
		fmt.Fprintf(w, "%s A %s\n", n.name, a)
	case k < 80:
		fmt.Fprintf(w, "%s A %s\n AAAA 2001:db8::%x\n MX 10 mx\n TXT \"host %d\"\n", n.name, a, i, i)
	case k < 86:
		fmt.Fprintf(w, "%s CNAME %s\n", n.name, other)
	case k < 90:
		fmt.Fprintf(w, "%s NS ns.%[1]s\n NS ns2\nns.%[1]s A %s\n", n.name, a)
	case k < 93:
		fmt.Fprintf(w, "_sip._tcp.%s SRV 1 2 5060 %s\n", n.name, other)
	case k < 95:
		fmt.Fprintf(w, "*.%s A %s\n", n.name, a)
	case k < 97:
		fmt.Fprintf(w, "%s DNAME wild\n", n.name)
	case k < 98:
		fmt.Fprintf(w, "%s CNAME www.elsewhere.test.\n", n.name)
	default:
		for j := range 12 {
			fmt.Fprintf(w, "%s TXT \"%d %s\"\n", n.name, j, strings.Repeat("text", 30))
		}
	}
}

// ask writes a question about n: for what it has, or for what it, or a name beside it, does not have.
func (n bigName) ask(w io.Writer, r *rand.Rand, origin string) {
	name := n.name + "." + origin
	typ := "A"
	switch k := n.kind; {
	case k >= 70 && k < 80:
		typ = []string{"A", "AAAA", "MX", "TXT", "ANY"}[r.IntN(5)]
	case k >= 86 && k < 90:
		name = []string{"www.", "ns.", ""}[r.IntN(3)] + name
		typ = []string{"A", "DS", "NS"}[r.IntN(3)]
	case k >= 90 && k < 93:
		name = []string{"_sip._tcp.", "_tcp.", ""}[r.IntN(3)] + name
		typ = "SRV"
	case k >= 93 && k < 97:
		name = fmt.Sprintf("x%d.%s", r.IntN(3), name)
	case k >= 98:
		typ = "TXT"
	}
	switch r.IntN(20) {
	case 0:
		name = "no" + name
	case 1:
		typ = "AAAA"
	case 2:
		name = []string{"", "mx.", "ns1.", "x.wild.", "a.b.wild.", "x.wildalias.", "wild."}[r.IntN(7)] + origin
		typ = []string{"A", "MX", "NS", "SOA", "TXT"}[r.IntN(5)]
	case 3:
		name = strings.ToUpper(name)
	}
	fmt.Fprintf(w, "%s %s\n", name, typ)
}
