package resolver

import (
	"context"
	"io"
	"mirage/dns"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
)

// An internet is servers in memory, by their addresses.
type internet struct {
	t       testing.TB
	mu      sync.Mutex
	servers map[string]server
	asked   []string // address, name and type of each query, in lower case
}

// A server answers a query with packets: none, one, or, if it is up to no good, several. network is "udp" or "tcp".
type server func(network string, query []byte) [][]byte

// zone is a server of our own with zones in text, each beginning with its origin.
func zone(t testing.TB, texts ...string) server {
	t.Helper()
	var zones []*dns.Zone
	for _, text := range texts {
		origin, rest, _ := strings.Cut(text, "\n")
		z, err := dns.ReadZone(strings.NewReader("$TTL 100\n@ SOA ns root 1 1000 1000 1000 50\n"+rest), origin, dns.MustParseName(origin), nil)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, z)
	}
	s, err := dns.NewServer(dns.Options{}, zones...)
	if err != nil {
		t.Fatal(err)
	}
	return func(network string, query []byte) [][]byte {
		if network == "tcp" {
			return [][]byte{s.AnswerStream(nil, query, 0)}
		}
		return [][]byte{s.Answer(nil, query, 1232)}
	}
}

// edit is what s answers after f has changed it.
func edit(s server, f func(m *dns.Message)) server {
	return func(network string, query []byte) [][]byte {
		var out [][]byte
		for _, b := range s(network, query) {
			m, err := dns.ParseMessage(b)
			if err != nil {
				panic(err)
			}
			f(m)
			if b, err = m.Append(nil); err != nil {
				panic(err)
			}
			out = append(out, b)
		}
		return out
	}
}

func (in *internet) dial(_ context.Context, network, address string) (net.Conn, error) {
	host, _, _ := strings.Cut(address, ":")
	in.mu.Lock()
	s := in.servers[host]
	in.mu.Unlock()
	a, b := net.Pipe()
	go func() {
		defer b.Close()
		buf := make([]byte, 4096)
		n, err := b.Read(buf)
		if err != nil {
			return
		}
		query := buf[:n]
		if network == "tcp" {
			query = query[2:]
		}
		if m, err := dns.ParseMessage(query); err == nil {
			in.mu.Lock()
			in.asked = append(in.asked, strings.ToLower(host+" "+m.Questions[0].Name.String()+" ")+m.Questions[0].Type.String())
			in.mu.Unlock()
		}
		if s != nil {
			for _, p := range s(network, query) {
				if network == "tcp" {
					p = append([]byte{byte(len(p) >> 8), byte(len(p))}, p...)
				}
				if _, err := b.Write(p); err != nil {
					return
				}
			}
		}
		io.Copy(io.Discard, b) // until the client has had enough
	}()
	return a, nil
}

// questions returns what has been asked since it was called last.
func (in *internet) questions() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	list := in.asked
	in.asked = nil
	return list
}

func (in *internet) set(host string, s server) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.servers[host] = s
}

// newInternet has a root, a top-level domain test, and the zone example.test.
func newInternet(t testing.TB, o Options) (*internet, *Resolver) {
	t.Helper()
	in := &internet{t: t, servers: map[string]server{
		"10.0.0.1": zone(t, ".\n@ NS root.\nroot. A 10.0.0.1\ntest NS ns.test\nns.test A 10.0.0.2\nother NS ns.test\n"),
		"10.0.0.2": zone(t, "test.\n@ NS ns\nns A 10.0.0.2\nexample NS ns.example\nns.example A 10.0.0.3\n"+
			"far NS ns.elsewhere.other.\nloop1 NS ns.loop2\nloop2 NS ns.loop1\nhost A 10.9.9.9\n",
			"other.\n@ NS ns.test.\nns.elsewhere A 10.0.0.4\n"),
		"10.0.0.3": zone(t, "example.test.\n@ NS ns\nns A 10.0.0.3\nwww A 10.1.1.1\nalias CNAME www\nout CNAME host.test.\n"+
			"c1 CNAME c2\nc2 CNAME c1\na.b.c.d A 10.1.1.2\n"+
			bigText()+"short 1 A 10.1.1.3\nzero 0 A 10.1.1.4\n"),
		"10.0.0.4": zone(t, "far.test.\n@ NS ns.elsewhere.other.\nwww A 10.1.1.5\n"),
	}}
	o.Roots, o.Dial = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:53")}, in.dial
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return in, r
}

// bigText is a set of records that no datagram takes.
func bigText() string {
	var b strings.Builder
	for i := range 10 {
		b.WriteString("big TXT " + strings.Repeat(string(rune('a'+i)), 250) + "\n")
	}
	return b.String()
}

// brief is an answer in a line.
func brief(a *Answer, err error) string {
	if err != nil {
		return err.Error()
	}
	var words []string
	if a.Stale {
		words = append(words, "stale")
	}
	if a.Rcode == dns.RcodeNameError {
		words = append(words, "nxdomain")
	}
	for _, r := range a.Records {
		words = append(words, r.Type.String(), dns.FormatData(r.Type, r.Data))
	}
	for _, r := range a.Authority {
		words = append(words, "("+r.Name.String()+" "+r.Type.String()+")")
	}
	return strings.Join(words, " ")
}

func resolve(r *Resolver, name string, typ dns.Type) string {
	return brief(r.Resolve(context.Background(), dns.MustParseName(name), typ))
}
