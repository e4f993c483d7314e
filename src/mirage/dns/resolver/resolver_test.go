package resolver

import (
	"context"
	"fmt"
	"mirage/dns"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// RFC 1034 section 5.3.3: from the root down; RFC 2308: answers that there is nothing.
func TestResolve(t *testing.T) {
	for _, mix := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			_, r := newInternet(t, Options{MixCase: mix})
			for range 2 { // the second time from the cache
				for _, c := range []struct {
					name string
					typ  dns.Type
					want string
				}{
					{"www.example.test", dns.TypeA, "A 10.1.1.1"},
					{"WWW.Example.TEST", dns.TypeA, "A 10.1.1.1"},
					{"alias.example.test", dns.TypeA, "CNAME www.example.test. A 10.1.1.1"},
					{"alias.example.test", dns.TypeCNAME, "CNAME www.example.test."},
					{"out.example.test", dns.TypeA, "CNAME host.test. A 10.9.9.9"},
					{"a.b.c.d.example.test", dns.TypeA, "A 10.1.1.2"},
					{"b.c.d.example.test", dns.TypeA, "(example.test. SOA)"},
					{"www.example.test", dns.TypeMX, "(example.test. SOA)"},
					{"nosuch.example.test", dns.TypeMX, "nxdomain (example.test. SOA)"},
					{"a.nosuch.example.test", dns.TypeA, "nxdomain (example.test. SOA)"},
					{"nosuch", dns.TypeA, "nxdomain (. SOA)"},
					{"www.far.test", dns.TypeA, "A 10.1.1.5"},
					{"example.test", dns.TypeDS, "(test. SOA)"},
					{"example.test", dns.TypeNS, "NS ns.example.test."},
					{"www.loop1.test", dns.TypeA, ""},
					{"c1.example.test", dns.TypeA, errLinks.Error()},
					{"www.example.test", dns.TypeANY, errQuestion.Error()},
				} {
					got := resolve(r, c.name, c.typ)
					if !strings.EqualFold(got, c.want) && (c.want != "" || !strings.HasPrefix(got, "resolver: ")) {
						t.Errorf("%s %v: %s, want %s", c.name, c.typ, got, c.want)
					}
				}
			}
		})
	}
}

// RFC 9156: servers get to know no more of the name than they need.
func TestMinimised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		resolve(r, "a.b.c.d.example.test", dns.TypeMX)
		want := []string{"10.0.0.1 test. A", "10.0.0.2 example.test. A", "10.0.0.3 d.example.test. A", "10.0.0.3 c.d.example.test. A",
			"10.0.0.3 b.c.d.example.test. A", "10.0.0.3 a.b.c.d.example.test. MX"}
		if got := in.questions(); !slices.Equal(got, want) {
			t.Error(got)
		}
		resolve(r, strings.Repeat("x.", 60)+"example.test", dns.TypeA) // section 2.3: not label by label for ever
		if n := len(in.questions()); n > maxMinimise+2 {
			t.Error(n, "queries for a name of many labels")
		}
	})
}

// Times: RFC 1035 section 3.2.1 and RFC 2308 section 5 for how long, RFC 2308 section 3 for what of the SOA record.
func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		resolve(r, "www.example.test", dns.TypeA)
		resolve(r, "nosuch.example.test", dns.TypeA)
		resolve(r, "zero.example.test", dns.TypeA)
		in.questions()
		time.Sleep(40 * time.Second)
		a, err := r.Resolve(context.Background(), dns.MustParseName("www.example.test"), dns.TypeA)
		if err != nil || a.Records[0].TTL != 60 {
			t.Error(a, err)
		}
		a, err = r.Resolve(context.Background(), dns.MustParseName("nosuch.example.test"), dns.TypeMX)
		if err != nil || a.Authority[0].TTL != 10 || a.Rcode != dns.RcodeNameError {
			t.Error(a, err)
		}
		if n := len(in.questions()); n != 0 {
			t.Error(n, "queries for what is known")
		}
		a, err = r.Resolve(context.Background(), dns.MustParseName("zero.example.test"), dns.TypeA)
		if err != nil || a.Records[0].TTL != 0 || a.Stale || len(in.questions()) != 1 {
			t.Error("a TTL of 0 is for one answer", a, err)
		}
		time.Sleep(11 * time.Second)
		resolve(r, "nosuch.example.test", dns.TypeA)
		if n := len(in.questions()); n != 1 {
			t.Error(n, "queries for a negative answer whose time is over")
		}
	})
}

// RFC 8767 section 4 and 5: old answers when there are no new ones, and RFC 9520: no new question for a while.
func TestStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{Stale: time.Hour})
		resolve(r, "short.example.test", dns.TypeA)
		in.set("10.0.0.3", nil)
		time.Sleep(2 * time.Second)
		a, err := r.Resolve(context.Background(), dns.MustParseName("short.example.test"), dns.TypeA)
		if got := brief(a, err); got != "stale A 10.1.1.3" || a.Records[0].TTL != 30 {
			t.Error(got)
		}
		in.questions()
		if got := resolve(r, "short.example.test", dns.TypeA); got != "stale A 10.1.1.3" || len(in.questions()) != 0 {
			t.Error("asked again at once", got)
		}
		if got := resolve(r, "www.example.test", dns.TypeA); got != errServers.Error() {
			t.Error(got)
		}
		if got := resolve(r, "www.example.test", dns.TypeA); got != errFailed.Error() {
			t.Error(got)
		}
		time.Sleep(time.Hour)
		if got := resolve(r, "short.example.test", dns.TypeA); got != errServers.Error() {
			t.Error("too old", got)
		}
	})
}

// RFC 5452 section 5: many who ask the same make one query of it.
func TestOneQueryForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if got := resolve(r, "www.example.test", dns.TypeA); got != "A 10.1.1.1" {
					t.Error(got)
				}
			})
		}
		wg.Wait()
		if n := len(in.questions()); n != 3 {
			t.Error(n, "queries")
		}
	})
}

// RFC 7766 section 5: TCP where a datagram is too small. RFC 6891 section 7: servers without EDNS.
func TestOtherWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		if got := resolve(r, "big.example.test", dns.TypeTXT); len(got) < 2500 {
			t.Error(got)
		}
		auth := in.servers["10.0.0.3"]
		in.set("10.0.0.3", func(network string, query []byte) [][]byte {
			if query[11] != 0 {
				return [][]byte{{query[0], query[1], 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0}}
			}
			return auth(network, query)
		})
		if got := resolve(r, "www.example.test", dns.TypeA); got != "A 10.1.1.1" {
			t.Error(got)
		}
	})
}

// RFC 7766 section 6.2.1.1: on a connection, too, a question that takes long does not hold up others.
func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		slow := in.servers["10.0.0.4"]
		in.set("10.0.0.4", func(network string, query []byte) [][]byte {
			time.Sleep(500 * time.Millisecond)
			return slow(network, query)
		})
		client, c := net.Pipe()
		s := &dns.StreamServer{Handle: r.HandleStream, Concurrent: 4}
		go s.Serve(&pipeListener{c: addrConn{c}})
		for i, name := range []string{"www.far.test", "www.example.test"} {
			m := dns.Message{Header: dns.Header{ID: uint16(i), RecursionDesired: true}, Questions: []dns.Question{{Name: dns.MustParseName(name), Type: dns.TypeA, Class: dns.ClassIN}}}
			b, err := m.Append([]byte{0, 0})
			if err != nil {
				t.Fatal(err)
			}
			b[1] = byte(len(b) - 2)
			client.Write(b)
		}
		for _, want := range []uint16{1, 0} {
			b := make([]byte, 1000)
			n, err := client.Read(b)
			if err != nil {
				t.Fatal(err)
			}
			if m, err := dns.ParseMessage(b[2:n]); err != nil || m.ID != want || len(m.Answers) != 1 {
				t.Error(m, err)
			}
		}
		client.Close()
		s.Close()
	})
}

type addrConn struct{ net.Conn }

func (addrConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// A pipeListener accepts one connection.
type pipeListener struct {
	net.Listener
	c net.Conn
}

func (l *pipeListener) Accept() (net.Conn, error) {
	if l.c == nil {
		return nil, net.ErrClosed
	}
	c := l.c
	l.c = nil
	return c, nil
}

func (l *pipeListener) Close() error { return nil }

// Limits that are small are kept.
func TestCacheBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, r := newInternet(t, Options{CacheBytes: 20000})
		for i := range 500 {
			resolve(r, fmt.Sprintf("n%d.example.test", i), dns.TypeA)
			sum, n := 0, 0
			for e := r.cache.ring.next; e != &r.cache.ring; e = e.next {
				sum, n = sum+e.size(), n+1
			}
			if sum != r.cache.bytes || sum > 20000 || n != len(r.cache.entries) {
				t.Fatal(sum, r.cache.bytes, n, len(r.cache.entries))
			}
		}
		if got := resolve(r, "www.example.test", dns.TypeA); got != "A 10.1.1.1" {
			t.Error(got)
		}
	})
}

// What clients get: RFC 1035 section 4.1.1, RFC 6891, RFC 5358.
func TestAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		here, there := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("8.8.8.8")
		question := func(name string, typ dns.Type, change func(*dns.Message)) []byte {
			m := &dns.Message{Header: dns.Header{ID: 9, RecursionDesired: true}, Questions: []dns.Question{{Name: dns.MustParseName(name), Type: typ, Class: dns.ClassIN}}}
			if change != nil {
				change(m)
			}
			b, err := m.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		withEDNS := func(m *dns.Message) { m.Additionals = []dns.Record{dns.EDNS{UDPSize: 4096}.Record()} }
		for _, c := range []struct {
			what    string
			query   []byte
			from    netip.Addr
			stream  bool
			rcode   dns.Rcode
			answers int
			cut     bool
		}{
			{"good", question("WWW.example.test", dns.TypeA, withEDNS), here, false, 0, 1, false},
			{"from outside", question("www.example.test", dns.TypeA, nil), there, false, 5, 0, false},
			{"from this link", question("www.example.test", dns.TypeA, nil), netip.MustParseAddr("fe80::1%eth0"), false, 0, 1, false},
			{"without RD", question("www.example.test", dns.TypeA, func(m *dns.Message) { m.RecursionDesired = false }), here, false, 5, 0, false},
			{"NOTIFY", question("www.example.test", dns.TypeA, func(m *dns.Message) { m.Opcode = 4 }), here, false, 4, 0, false},
			{"AXFR", question("www.example.test", dns.TypeAXFR, nil), here, false, 4, 0, false},
			{"CH", question("www.example.test", dns.TypeA, func(m *dns.Message) { m.Questions[0].Class = dns.ClassCH }), here, false, 5, 0, false},
			{"two questions", question("www.example.test", dns.TypeA, func(m *dns.Message) { m.Questions = append(m.Questions, m.Questions[0]) }), here, false, 1, 0, false},
			{"too long", question("big.example.test", dns.TypeTXT, withEDNS), here, false, 0, 0, true},
			{"too long by TCP", question("big.example.test", dns.TypeTXT, withEDNS), here, true, 0, 10, false},
			{"EDNS version 1", question("www.example.test", dns.TypeA, func(m *dns.Message) { m.Additionals = []dns.Record{dns.EDNS{Version: 1}.Record()} }), here, false, 0, 0, false},
			{"servers that fail", question("www.loop1.test", dns.TypeA, nil), here, false, 2, 0, false},
		} {
			m, err := dns.ParseMessage(r.Answer(c.query, c.from, c.stream))
			if err != nil || m.ID != 9 || !m.Response || m.Rcode != c.rcode || len(m.Answers) != c.answers || m.Truncated != c.cut {
				t.Errorf("%s: %+v, %v", c.what, m, err)
			}
		}
		if b := r.Answer([]byte("\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00"), here, false); b != nil {
			t.Errorf("an answer is answered: %x", b)
		}
		resolve(r, "short.example.test", dns.TypeA)
		in.set("10.0.0.3", nil)
		time.Sleep(2 * time.Second)
		m, err := dns.ParseMessage(r.Answer(question("short.example.test", dns.TypeA, withEDNS), here, false))
		if err != nil {
			t.Fatal(err)
		}
		if e, _, _ := m.EDNS(); len(e.Options) != 1 || e.Options[0].Code != dns.OptionError || e.Options[0].Data[1] != 3 { // RFC 8914 section 4.4
			t.Error(e)
		}
	})
}
