package transfer

import (
	"context"
	"errors"
	"fmt"
	"mirage/dns"
	"mirage/dns/tsig"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	example  = dns.MustParseName("example")
	key      = &tsig.Key{Name: dns.MustParseName("k"), Algorithm: tsig.SHA256, Secret: []byte("0123456789")}
	anywhere = netip.MustParsePrefix("0.0.0.0/0")
)

// makeZone returns a zone with a serial number and lines besides.
func makeZone(t testing.TB, serial uint32, lines ...string) *dns.Zone {
	t.Helper()
	text := fmt.Sprintf("$ORIGIN example.\n$TTL 60\n@ SOA ns.example. root.example. %d 100 10 1000 60\n@ NS ns\nns A 192.0.2.1\n", serial)
	z, err := dns.ReadZone(strings.NewReader(text+strings.Join(lines, "\n")+"\n"), "example.zone", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// sorted returns z's records as text.
func sorted(z *dns.Zone) (list []string) {
	if z == nil {
		return nil
	}
	for r := range z.Records() {
		list = append(list, r.String())
	}
	slices.Sort(list)
	return list
}

func makeStore(t testing.TB, o Options, zones ...*dns.Zone) *Store {
	t.Helper()
	server, err := dns.NewServer(dns.Options{})
	if err != nil {
		t.Fatal(err)
	}
	st, err := NewStore(server, o, zones...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	return st
}

// A network is servers that reach each other in memory, by an address each.
type network struct {
	mu      sync.Mutex
	servers map[string]*Store
	dials   []string // what was asked for
}

func (n *network) dial(from string) func(ctx context.Context, kind, to string) (net.Conn, error) {
	return func(ctx context.Context, kind, to string) (net.Conn, error) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.dials = append(n.dials, kind+" "+to)
		st := n.servers[to]
		if st == nil {
			return nil, errors.New("nobody is there")
		}
		a, b := net.Pipe()
		addr := netip.MustParseAddrPort(from)
		if kind == "udp" {
			go func() {
				defer b.Close()
				buf := make([]byte, 4096)
				for {
					k, err := b.Read(buf)
					if err != nil {
						return
					}
					b.Write(st.HandleDatagram(nil, buf[:k], 1232, addr))
				}
			}()
			return a, nil
		}
		l := &oneListener{c: namedConn{b, net.TCPAddrFromAddrPort(addr)}}
		go (&dns.StreamServer{Handle: st.HandleStream}).Serve(l)
		return a, nil
	}
}

type namedConn struct {
	net.Conn
	addr net.Addr
}

func (c namedConn) RemoteAddr() net.Addr { return c.addr }

// A oneListener accepts one connection.
type oneListener struct {
	net.Listener
	c net.Conn
}

func (l *oneListener) Accept() (net.Conn, error) {
	if l.c == nil {
		return nil, net.ErrClosed
	}
	c := l.c
	l.c = nil
	return c, nil
}
func (l *oneListener) Close() error { return nil }

const (
	primaryAddr   = "192.0.2.1:53"
	secondaryAddr = "192.0.2.2:53"
)

// pair returns a primary with z, a secondary's store, and a Secondary that runs until the function is called.
func pair(t *testing.T, k *tsig.Key, z *dns.Zone) (n *network, primary, secondary *Store, stop func()) {
	n = &network{servers: map[string]*Store{}}
	var rule Rule
	var keys tsig.Keys
	if rule.Prefix = anywhere; k != nil {
		rule.Key, keys = k.Name, tsig.Keys{*k}
	}
	primary = makeStore(t, Options{Allow: []Rule{rule}, Keys: keys, Dial: n.dial(primaryAddr),
		Notify: []Target{{netip.MustParseAddrPort(secondaryAddr), k}}}, z)
	secondary = makeStore(t, Options{Keys: keys, Dial: n.dial(secondaryAddr)})
	n.servers[primaryAddr], n.servers[secondaryAddr] = primary, secondary
	ctx, cancel := context.WithCancel(context.Background())
	s := &Secondary{Store: secondary, Zone: example, Primaries: []Target{{netip.MustParseAddrPort(primaryAddr), k}},
		Log: func(p Target, err error) { t.Log(p.Addr, err) }}
	done := make(chan bool)
	go func() {
		s.Run(ctx)
		close(done)
	}()
	return n, primary, secondary, func() {
		cancel()
		<-done
		primary.Close()
	}
}

// A secondary gets the zone, is told of changes (RFC 1996) and gets those (RFC 1995), signed and not.
func TestPrimaryAndSecondary(t *testing.T) {
	for _, k := range []*tsig.Key{nil, key} {
		synctest.Test(t, func(t *testing.T) {
			lines := []string{"a A 192.0.2.10"}
			for i := range 2000 {
				lines = append(lines, fmt.Sprintf("n%d TXT %q", i, strings.Repeat("x", 50)))
			}
			_, primary, secondary, stop := pair(t, k, makeZone(t, 1, lines...))
			defer stop()
			synctest.Wait()
			time.Sleep(time.Second)
			same := func(what string) {
				t.Helper()
				if want, got := sorted(primary.Zone(example)), sorted(secondary.Zone(example)); len(got) == 0 || !slices.Equal(want, got) {
					t.Fatalf("%s: %d records, want %d", what, len(got), len(want))
				}
			}
			same("AXFR")
			lines[0] = "a 30 A 192.0.2.10"
			lines[100] = "new.name MX 10 a"
			if err := primary.SetZone(makeZone(t, 2, lines...)); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, "another A 192.0.2.11")
			if err := primary.SetZone(makeZone(t, 4294967295/2, lines...)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			same("IXFR")
			if v := secondary.version(example); len(v.deltas) != 1 && len(v.deltas) != 2 || len(v.deltas[0].added) > 3 {
				t.Error("the secondary does not know the changes")
			}
			primary.SetZone(makeZone(t, 3<<30, "only A 192.0.2.12")) // too much for the history
			time.Sleep(time.Second)
			same("another zone")
			primary.SetZone(makeZone(t, 5, "only A 192.0.2.13")) // RFC 1982: 5 comes behind
			time.Sleep(time.Second)
			same("serial number around the end")
		})
	}
}

// RFC 1034 section 4.3.5: refresh, retry and expire. RFC 1996 section 3.6: notifications that nobody answers end.
func TestTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, primary, secondary, stop := pair(t, nil, makeZone(t, 1))
		defer stop()
		down := func(addr string) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.dials = nil
			delete(n.servers, addr)
		}
		count := func(what string) (k int) {
			n.mu.Lock()
			defer n.mu.Unlock()
			for _, d := range n.dials {
				if d == what {
					k++
				}
			}
			return k
		}
		time.Sleep(time.Second)
		down(secondaryAddr)
		primary.SetZone(makeZone(t, 2, "a A 192.0.2.2"))
		time.Sleep(98 * time.Second)
		if secondary.version(example).serial != 1 {
			t.Error("it knows before the refresh time")
		}
		time.Sleep(2 * time.Second)
		if secondary.version(example).serial != 2 {
			t.Error("it does not know after the refresh time")
		}
		time.Sleep(time.Hour)
		if k := count("udp " + secondaryAddr); k != notifyTries {
			t.Error(k, "notifications")
		}
		down(primaryAddr)
		time.Sleep(900 * time.Second)
		if k := count("tcp " + primaryAddr); k < 79 || k > 91 {
			t.Error(k, "tries in 800 s, one every 10 s")
		}
		if secondary.version(example) == nil {
			t.Error("gone before it expires")
		}
		time.Sleep(110 * time.Second)
		if secondary.version(example) != nil {
			t.Error("still there after it expired")
		}
		n.mu.Lock()
		n.servers[primaryAddr] = primary
		n.mu.Unlock()
		time.Sleep(10 * time.Minute)
		if secondary.version(example) == nil {
			t.Error("not there again")
		}
	})
}

// ask asks st over a connection from an address, and returns all records of the answers and the last rcode.
func ask(t *testing.T, st *Store, from string, k *tsig.Key, typ dns.Type, soa *dns.Record) (list []dns.Record, err error) {
	t.Helper()
	n := &network{servers: map[string]*Store{primaryAddr: st}}
	c := &client{dial: n.dial(from), target: Target{netip.MustParseAddrPort(primaryAddr), k}, zone: example}
	defer c.close()
	if err := c.send(context.Background(), typ, soa); err != nil {
		t.Fatal(err)
	}
	for {
		m, err := c.receive(len(list) == 0)
		if err != nil {
			return list, err
		}
		list = append(list, m.Answers...)
		if last := list[len(list)-1]; last.Type == dns.TypeSOA && (len(list) > 1 || typ == dns.TypeIXFR) {
			return list, nil
		}
	}
}

// The list says who may have the zone: RFC 5936 section 5.
func TestAllowed(t *testing.T) {
	other := &tsig.Key{Name: dns.MustParseName("other"), Algorithm: tsig.SHA512, Secret: []byte("x")}
	st := makeStore(t, Options{Keys: tsig.Keys{*key, *other}, Allow: []Rule{
		{Prefix: netip.MustParsePrefix("192.0.2.0/25")},
		{Prefix: anywhere, Key: key.Name},
	}}, makeZone(t, 7))
	unknown := &tsig.Key{Name: dns.MustParseName("unknown"), Algorithm: tsig.SHA512, Secret: []byte("x")}
	wrong := &tsig.Key{Name: key.Name, Algorithm: key.Algorithm, Secret: []byte("x")}
	for _, c := range []struct {
		from string
		key  *tsig.Key
		ok   bool
	}{
		{"192.0.2.5:1", nil, true}, {"192.0.2.5:1", other, true}, {"192.0.2.200:1", nil, false}, {"192.0.2.200:1", key, true},
		{"192.0.2.200:1", other, false}, {"192.0.2.5:1", unknown, false}, {"192.0.2.5:1", wrong, false},
	} {
		for _, typ := range []dns.Type{dns.TypeAXFR, dns.TypeIXFR} {
			list, err := ask(t, st, c.from, c.key, typ, nil)
			if (err == nil) != c.ok || c.ok != (len(list) == 4) {
				t.Errorf("%v: %d records, %v", c, len(list), err)
			}
		}
	}
}

// RFC 1995 section 2 and 4: what IXFR answers.
func TestIXFR(t *testing.T) {
	filler := "f TXT " + strings.Repeat("x", 250) // no more is kept of changes than the zone has
	st := makeStore(t, Options{Allow: []Rule{{Prefix: anywhere}}}, makeZone(t, 1, "a A 192.0.2.1", "b A 192.0.2.2", "c A 192.0.2.3", filler))
	st.SetZone(makeZone(t, 2, "a A 192.0.2.9", "b A 192.0.2.2", "c A 192.0.2.3", filler))
	st.SetZone(makeZone(t, 3, "a A 192.0.2.9", "c A 192.0.2.3", filler))
	brief := func(list []dns.Record) string {
		var words []string
		for _, r := range list {
			if r.Type == dns.TypeSOA {
				words = append(words, fmt.Sprint(serialOf(r)))
			} else {
				words = append(words, r.Name.String()[:1]+dns.FormatData(r.Type, r.Data)[len("192.0.2."):])
			}
		}
		return strings.Join(words, " ")
	}
	for serial, want := range map[uint32]string{
		1: "3 1 a1 2 a9 2 b2 3 3", 2: "3 2 b2 3 3", 3: "3", 4: "3", 0: "whole",
	} {
		soa := newest(t, makeZone(t, serial))
		list, err := ask(t, st, "192.0.2.5:1", nil, dns.TypeIXFR, &soa)
		if serial == 1 || serial == 2 { // ask stops at the second SOA record of what is one message
			err = nil
		}
		if got := ""; err != nil {
			t.Error(err)
		} else if want == "whole" {
			if len(list) != 7 {
				t.Error(len(list))
			}
		} else if got = brief(list); got != want {
			t.Errorf("%d: %s, want %s", serial, got, want)
		}
		m := dns.Message{Questions: []dns.Question{{Name: example, Type: dns.TypeIXFR, Class: dns.ClassIN}}, Authorities: []dns.Record{soa}}
		q, _ := m.Append(nil)
		if a, err := dns.ParseMessage(st.HandleDatagram(nil, q, 1232, netip.MustParseAddrPort("192.0.2.5:1"))); err != nil || want != "whole" && brief(a.Answers) != want {
			t.Errorf("datagram, %d: %v %v", serial, a, err)
		}
	}
	big := makeZone(t, 9, "t TXT "+strings.Repeat("x", 250), "t TXT "+strings.Repeat("y", 250), "u TXT "+strings.Repeat("x", 250))
	st.SetZone(big)
	soa := newest(t, makeZone(t, 3))
	m := dns.Message{Questions: []dns.Question{{Name: example, Type: dns.TypeIXFR, Class: dns.ClassIN}}, Authorities: []dns.Record{soa}}
	q, _ := m.Append(nil)
	if a, err := dns.ParseMessage(st.HandleDatagram(nil, q, 1232, netip.MustParseAddrPort("192.0.2.5:1"))); err != nil || brief(a.Answers) != "9" {
		t.Error("a transfer that does not fit a datagram", a, err)
	}
}

func newest(t *testing.T, z *dns.Zone) dns.Record {
	v, err := newVersion(z)
	if err != nil {
		t.Fatal(err)
	}
	return v.soa
}

// RFC 1996 section 3.10: notifications come from primaries, signed as those are, or from who is listed.
func TestNotified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, _, secondary, stop := pair(t, key, makeZone(t, 1))
		defer stop()
		time.Sleep(time.Second)
		m := dns.Message{Header: dns.Header{Opcode: dns.OpcodeNotify}, Questions: []dns.Question{{Name: example, Type: dns.TypeSOA, Class: dns.ClassIN}}}
		plain, _ := m.Append(nil)
		m.Questions[0].Name = dns.MustParseName("other")
		other, _ := m.Append(nil)
		for _, c := range []struct {
			from  string
			query []byte
			rcode dns.Rcode
			dials int
		}{
			{primaryAddr, (&tsig.Session{Key: key}).Sign(slices.Clone(plain), time.Now()), dns.RcodeSuccess, 1},
			{"[::ffff:192.0.2.1]:53", (&tsig.Session{Key: key}).Sign(slices.Clone(plain), time.Now()), dns.RcodeSuccess, 1},
			{primaryAddr, plain, dns.RcodeRefused, 0},
			{"192.0.2.99:53", (&tsig.Session{Key: key}).Sign(slices.Clone(plain), time.Now()), dns.RcodeRefused, 0},
			{primaryAddr, other, dns.RcodeNameError, 0},
		} {
			n.mu.Lock()
			n.dials = nil
			n.mu.Unlock()
			b := secondary.HandleDatagram(nil, c.query, 1232, netip.MustParseAddrPort(c.from))
			synctest.Wait()
			n.mu.Lock()
			dials := len(n.dials)
			n.mu.Unlock()
			if a, err := dns.ParseMessage(b); err != nil || a.Rcode != c.rcode || a.Opcode != dns.OpcodeNotify || dials != c.dials {
				t.Errorf("from %s: %x, %d questions", c.from, b, dials)
			}
		}
	})
}

// What is not about transfers is answered as by the server alone.
func TestOtherQueries(t *testing.T) {
	st := makeStore(t, Options{Allow: []Rule{{Prefix: anywhere}}, Keys: tsig.Keys{*key}}, makeZone(t, 1))
	from := netip.MustParseAddrPort("192.0.2.5:1")
	for _, typ := range []dns.Type{dns.TypeSOA, dns.TypeA, dns.TypeANY, dns.TypeAXFR} { // AXFR not in datagrams: RFC 5936 section 4.2
		for _, edns := range []bool{false, true} {
			for opcode := range dns.Opcode(16) {
				m := dns.Message{Header: dns.Header{Opcode: opcode}, Questions: []dns.Question{{Name: example, Type: typ, Class: dns.ClassIN}}}
				if edns {
					m.Additionals = []dns.Record{dns.EDNS{UDPSize: 1232, DNSSECOK: true}.Record()}
				}
				q, err := m.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				for cut := range q {
					if want, got := st.server.Answer(nil, q[:cut], 1232), st.HandleDatagram(nil, q[:cut], 1232, from); string(want) != string(got) {
						t.Errorf("%x: %x, want %x", q[:cut], got, want)
					}
				}
			}
		}
	}
}

// A transfer that is not what the RFCs say gives no zone.
func TestBadTransfers(t *testing.T) {
	have, _ := newVersion(makeZone(t, 1, "a A 192.0.2.1"))
	rec := func(text string) dns.Record {
		var z *dns.Zone
		var last dns.Record
		if n, ok := strings.CutPrefix(text, "soa"); ok {
			var serial uint32
			fmt.Sscan(n, &serial)
			return newest(t, makeZone(t, serial))
		}
		z = makeZone(t, 1, text)
		for last = range z.Records() {
		}
		return last
	}
	for _, c := range []struct {
		records string
		ok      bool
	}{
		{"soa2;a A 192.0.2.2;soa2", true},
		{"soa2;soa1;a A 192.0.2.1;soa2;b A 192.0.2.1;soa2", true},
		{"soa2;soa1;soa2;soa2", true},
		{"a A 192.0.2.1;soa2", false},
		{"soa2;soa1;nosuch A 192.0.2.1;soa2;soa2", false},
		{"soa3;soa1;soa2;soa1;soa3;soa3", false},
		{"soa2;a A 192.0.2.2;soa3", false},
		{"soa2;soa3", false},
		{"soa2;a.other. A 192.0.2.2;soa2", false},
		{"soa2;a A 192.0.2.2;soa2;a A 192.0.2.3", false},
	} {
		in := &incoming{apex: example, left: 1 << 16, have: have}
		var err error
		for _, text := range strings.Split(c.records, ";") {
			if err = in.take(rec(text)); err != nil {
				break
			}
		}
		if got := err == nil && in.done(); got != c.ok {
			t.Errorf("%s: %v, %v", c.records, got, err)
		}
	}
	in := &incoming{apex: example, left: 100}
	in.take(rec("soa2"))
	if err := in.take(rec("a TXT " + strings.Repeat("x", 100))); err != errBig {
		t.Error(err)
	}
}

// Whatever comes, it is answered as by a server or refused, and never crashes.
func FuzzHandle(f *testing.F) {
	st := makeStore(f, Options{Allow: []Rule{{Prefix: anywhere}}, Keys: tsig.Keys{*key}}, makeZone(f, 1, "a A 192.0.2.1"))
	m := dns.Message{Questions: []dns.Question{{Name: example, Type: dns.TypeIXFR, Class: dns.ClassIN}}}
	b, _ := m.Append(nil)
	f.Add(b)
	f.Add((&tsig.Session{Key: key}).Sign(b, time.Now()))
	m.Opcode = dns.OpcodeNotify
	b, _ = m.Append(nil)
	f.Add(b)
	from := netip.MustParseAddrPort("192.0.2.5:1")
	f.Fuzz(func(t *testing.T, b []byte) {
		if a := st.HandleDatagram(nil, b, 1232, from); len(a) > 1232 {
			t.Errorf("%d bytes", len(a))
		}
	})
}

func FuzzIncoming(f *testing.F) {
	have, _ := newVersion(makeZone(f, 1, "a A 192.0.2.1"))
	m := dns.Message{Answers: []dns.Record{have.soa}}
	for r := range have.zone.Records() {
		m.Answers = append(m.Answers, r)
	}
	b, _ := m.Append(nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := dns.ParseMessage(b)
		if err != nil {
			return
		}
		in := &incoming{apex: example, left: 1 << 16, have: have}
		for _, r := range m.Answers {
			if in.take(r) != nil {
				return
			}
		}
		if z, err := in.zone(); err == nil && z != nil && z.Origin() != in.soa.Name {
			t.Error(z.Origin())
		}
	})
}

// A rule for a network is for those of its addresses, too, that come with a zone or mapped to IPv6.
func TestAllowedWithZone(t *testing.T) {
	rules := []Rule{{Prefix: netip.MustParsePrefix("fe80::/10")}, {Prefix: netip.MustParsePrefix("192.0.2.0/24"), Key: key.Name}}
	for _, c := range []struct {
		from string
		key  *tsig.Key
		want bool
	}{
		{"fe80::1", nil, true}, {"fe80::1%eth0", nil, true}, {"fec0::1%eth0", nil, false},
		{"192.0.2.7", key, true}, {"::ffff:192.0.2.7", key, true}, {"192.0.2.7", nil, false}, {"192.0.3.7", key, false},
	} {
		if got := allowed(rules, netip.MustParseAddr(c.from), c.key); got != c.want {
			t.Errorf("%s, signed %v: %v, want %v", c.from, c.key != nil, got, c.want)
		}
	}
}
