package dns_test

import (
	"context"
	"mirage/dns"
	"mirage/dns/resolver"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// texts returns records as sorted text in lower case, without TTLs.
func texts(list []dns.Record) (out []string) {
	for _, r := range list {
		out = append(out, strings.ToLower(r.Name.String()+" "+r.Type.String()+" "+dns.FormatData(r.Type, r.Data)))
	}
	slices.Sort(out)
	return out
}

// TestResolverOverNSD has a resolver find what an NSD says that is all servers: the root's and those below.
func TestResolverOverNSD(t *testing.T) {
	n := startNSD(t, "testdata/root", "  minimal-responses: yes\n")
	r, err := resolver.New(resolver.Options{MaxWork: 200, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, n.conn.RemoteAddr().String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, zones := loadServer(t, "testdata/root", dns.Options{})
	compared, skipped := 0, 0
	for i, q := range questions(zones) {
		if !*thorough && i%sample != 0 || q.Type == dns.TypeANY || q.Type == dns.TypeRRSIG || q.Type == dns.TypeNSEC3 {
			continue
		}
		query, _ := (&dns.Message{Header: dns.Header{ID: uint16(i)}, Questions: []dns.Question{q}}).Append(nil)
		m, err := dns.ParseMessage(n.ask(query))
		if err != nil {
			t.Fatal(err)
		}
		if !m.Authoritative || slices.ContainsFunc(m.Answers, func(r dns.Record) bool {
			return (r.Type == dns.TypeCNAME || r.Type == dns.TypeDNAME) && r.Type != q.Type
		}) {
			skipped++
			continue
		}
		compared++
		a, err := r.Resolve(t.Context(), q.Name, q.Type)
		if err != nil {
			t.Errorf("%v: %v", q, err)
		} else if a.Rcode != m.Rcode || !slices.Equal(texts(a.Records), texts(m.Answers)) {
			t.Errorf("%v %v: %d %v, want %d %v", q.Name, q.Type, a.Rcode, texts(a.Records), m.Rcode, texts(m.Answers))
		}
	}
	t.Log(compared, "answers compared,", skipped, "left out")
	digResolver(t, r)
}

// digResolver has dig ask r.
func digResolver(t *testing.T, r *resolver.Resolver) {
	dig, err := exec.LookPath("dig")
	if err != nil {
		t.Log("dig is not installed: apt-get install bind9-dnsutils")
		return
	}
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go r.Serve(c)
	_, port, _ := net.SplitHostPort(c.LocalAddr().String())
	out, err := exec.Command(dig, "@127.0.0.1", "-p", port, "second.example", "SOA").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "status: NOERROR") || !strings.Contains(string(out), "flags: qr rd ra;") {
		t.Errorf("%v\n%s", err, out)
	}
}
