package resolver

import (
	"fmt"
	"mirage/dns"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// RFC 5452 section 9.1 and 9.2: an answer with another ID or question, or that is a query, is not one. With many of them
// somebody is guessing, and the question goes by TCP.
func TestForged(t *testing.T) {
	for _, c := range []struct {
		what  string
		count int
		forge func(b []byte)
	}{
		{"ID", 1, func(b []byte) { b[0]++ }},
		{"QR", 1, func(b []byte) { b[2] &^= 0x80 }},
		{"type", 1, func(b []byte) { b[12+18+2]++ }},
		{"letters", 1, func(b []byte) { b[13] ^= 0x20 }},
		{"ID, often", 9, func(b []byte) { b[1]++ }},
		{"ID, too often", 11, func(b []byte) { b[1]++ }},
	} {
		synctest.Test(t, func(t *testing.T) {
			in, r := newInternet(t, Options{MixCase: true})
			auth := in.servers["10.0.0.3"]
			in.set("10.0.0.3", func(network string, query []byte) (list [][]byte) {
				good := auth(network, query)[0]
				if network == "udp" {
					for range c.count {
						bad := slices.Clone(good)
						copy(bad[len(bad)-11-4:], []byte{10, 66, 66, 66})
						c.forge(bad)
						list = append(list, bad)
					}
				}
				return append(list, good)
			})
			if got := resolve(r, "www.example.test", dns.TypeA); got != "A 10.1.1.1" {
				t.Errorf("%s: %s", c.what, got)
			}
		})
	}
}

func record(text string) dns.Record {
	z, err := dns.ReadZone(strings.NewReader("s. 100 SOA s. s. 1 1 1 1 1\n"+text+"\n"), "", dns.Root, nil)
	if err != nil {
		panic(err)
	}
	var last dns.Record
	for last = range z.Records() {
	}
	return last
}

// RFC 5452 section 6, RFC 2181 section 5.4.1: a server's word counts for its own zone, and for what was asked.
func TestBailiwick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		in.set("10.0.0.3", edit(in.servers["10.0.0.3"], func(m *dns.Message) {
			m.Answers = append(m.Answers, record("host.test. 9999 A 10.66.66.66"), record("ns.test. 9999 A 10.66.66.66"), record("alias.example.test. 9999 A 10.66.66.66"))
			m.Authorities = append(m.Authorities, record("test. 9999 NS ns.evil.test."), record("evil.example.test. 9999 NS ns.test."))
			m.Additionals = append(m.Additionals, record("ns.evil.test. 9999 A 10.66.66.66"), record("ns.test. 9999 A 10.66.66.66"))
		}))
		for range 2 {
			for name, want := range map[string]string{
				"www.example.test": "A 10.1.1.1", "host.test": "A 10.9.9.9", "ns.test": "A 10.0.0.2", "www.far.test": "A 10.1.1.5",
			} {
				if got := resolve(r, name, dns.TypeA); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
		}
		for _, q := range in.questions() {
			if strings.HasPrefix(q, "10.66") {
				t.Error(q)
			}
		}
	})
}

// Referrals that lead up, aside or nowhere mean nothing.
func TestBadReferrals(t *testing.T) {
	for _, ns := range []string{"test. NS ns.test.", ". NS root.", "other. NS ns.test.", "example.test. NS ns.test.", "www.example.test. NS www.example.test."} {
		synctest.Test(t, func(t *testing.T) {
			in, r := newInternet(t, Options{})
			in.set("10.0.0.3", edit(in.servers["10.0.0.3"], func(m *dns.Message) {
				m.Authoritative, m.Answers, m.Authorities, m.Additionals = false, nil, []dns.Record{record(ns)}, nil
			}))
			if got := resolve(r, "www.example.test", dns.TypeA); !strings.HasPrefix(got, "resolver: ") {
				t.Errorf("%s: %s", ns, got)
			}
			if n := len(in.questions()); n > 10 {
				t.Errorf("%s: %d queries", ns, n)
			}
		})
	}
}

// Delegations to many servers whose names lead to more such delegations: the work for one question is bounded.
func TestManyServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		n := 0
		in.set("10.0.0.3", edit(in.servers["10.0.0.3"], func(m *dns.Message) {
			n++
			m.Authoritative, m.Rcode, m.Answers, m.Authorities, m.Additionals = false, 0, nil, nil, nil
			for i := range 50 {
				m.Authorities = append(m.Authorities, record(fmt.Sprintf("%s NS n%d.m%d.example.test.", m.Questions[0].Name.Lower(), i, n)))
			}
		}))
		if got := resolve(r, "www.example.test", dns.TypeA); !strings.HasPrefix(got, "resolver: ") {
			t.Error(got)
		}
		if k := len(in.questions()); k > defaultWork {
			t.Error(k, "queries for one question")
		}
		time.Sleep(time.Minute)
		if got := resolve(r, "host.test", dns.TypeA); got != "A 10.9.9.9" {
			t.Error(got)
		}
	})
}

// A server that is silent is not waited for twice in a row, and one that refuses is passed over.
func TestSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, r := newInternet(t, Options{})
		in.set("10.0.0.2", zone(t, "test.\n@ NS ns\nns A 10.0.0.2\nexample NS ns1.example\nexample NS ns2.example\nexample NS ns3.example\nns1.example A 10.0.0.3\nns2.example A 10.0.0.99\nns3.example A 10.0.0.98\n"))
		in.set("10.0.0.98", edit(in.servers["10.0.0.3"], func(m *dns.Message) { m.Rcode, m.Answers = dns.RcodeRefused, nil }))
		silent := 0
		for i := range 30 {
			resolve(r, fmt.Sprintf("n%d.example.test", i), dns.TypeA)
		}
		if got := resolve(r, "www.example.test", dns.TypeA); got != "A 10.1.1.1" {
			t.Error(got)
		}
		for _, q := range in.questions() {
			if strings.HasPrefix(q, "10.0.0.99") {
				silent++
			}
		}
		if silent > 2 {
			t.Error(silent, "queries to the silent server")
		}
	})
}

func FuzzClassify(f *testing.F) {
	in, _ := newInternet(f, Options{})
	for host, name := range map[string]string{"10.0.0.1": "test", "10.0.0.2": "example.test", "10.0.0.3": "www.example.test"} {
		m := dns.Message{Questions: []dns.Question{{Name: dns.MustParseName(name), Type: dns.TypeA, Class: dns.ClassIN}}}
		b, _ := m.Append(nil)
		f.Add(in.servers[host]("udp", b)[0])
	}
	zone := dns.MustParseName("test")
	now := time.Unix(1, 0)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := dns.ParseMessage(b)
		if err != nil || len(m.Questions) != 1 {
			return
		}
		q := key{name: m.Questions[0].Name.Lower(), typ: m.Questions[0].Type}
		if !q.name.Within(zone) {
			return
		}
		a := classify(m, zone, q, now)
		for _, e := range a.learned {
			if !e.key.name.Within(zone) || e.key.use == forAnswer && e.key.name != q.name || e.expires.Sub(now) > maxTTL {
				t.Errorf("%+v", e)
			}
		}
		if a.zone != nil && (a.zone.key.name.Labels() <= zone.Labels() || !q.name.Within(a.zone.key.name)) {
			t.Errorf("%+v", a.zone)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	_, r := newInternet(f, Options{MaxQuestions: 1})
	m := dns.Message{Header: dns.Header{RecursionDesired: true}, Questions: []dns.Question{{Name: dns.MustParseName("www.example.test"), Type: dns.TypeA, Class: dns.ClassIN}}}
	m.Additionals = []dns.Record{dns.EDNS{UDPSize: 512}.Record()}
	b, _ := m.Append(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a := r.Answer(b, localNetworks[0].Addr(), false)
		if len(a) == 0 {
			return
		}
		if len(a) > udpSize || a[2]&0x80 == 0 || a[0] != b[0] {
			t.Errorf("%x", a)
		}
	})
}
