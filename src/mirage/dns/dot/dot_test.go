package dot

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"internal/byteorder"
	"io"
	"math/big"
	"mirage/dns"
	"mirage/dns/resolver"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// makeCertificate returns a certificate for a name and what trusts it.
func makeCertificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

const zone = `$ORIGIN example.
@ 3600 IN SOA ns hostmaster 1 3600 600 86400 60
@ 3600 IN NS ns
ns 3600 IN A 192.0.2.1
www 3600 IN A 192.0.2.80
alias 3600 IN CNAME www
`

// serve serves the zone by TLS, and returns a client of it. handle, if not nil, is called with each query first, and may take it.
func serve(t *testing.T, handle func(s *dns.Stream, query []byte) (taken bool)) *Client {
	t.Helper()
	z, err := dns.ReadZone(strings.NewReader(zone), "zone", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	server, err := dns.NewServer(dns.Options{}, z)
	if err != nil {
		t.Fatal(err)
	}
	cert, pool := makeCertificate(t, "dns.example")
	l, err := Listen("127.0.0.1:0", cert)
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.StreamServer{Concurrent: 16, Handle: func(s *dns.Stream, query []byte) {
		if handle == nil || !handle(s, query) {
			server.HandleStream(s, query)
		}
	}}
	go s.Serve(l)
	c := &Client{Addr: l.Addr().String(), ServerName: "dns.example", Roots: pool}
	t.Cleanup(func() { c.Close(); s.Close() })
	return c
}

func query(t *testing.T, name string) *dns.Message {
	t.Helper()
	n, err := dns.ParseName(name)
	if err != nil {
		t.Fatal(err)
	}
	return &dns.Message{
		Header:      dns.Header{ID: 77, RecursionDesired: true},
		Questions:   []dns.Question{{Name: n, Type: dns.TypeA, Class: dns.ClassIN}},
		Additionals: []dns.Record{dns.EDNS{UDPSize: 1232}.Record()},
	}
}

// RFC 7858 section 3: many queries share a connection; each gets its own answer. RFC 8467: their lengths tell nothing.
func TestExchange(t *testing.T) {
	var lengths sync.Map
	var conns sync.Map
	c := serve(t, func(s *dns.Stream, query []byte) bool {
		lengths.Store(len(query), true)
		conns.Store(s, true)
		return false
	})
	var all sync.WaitGroup
	for i := range 100 {
		name := "www.example"
		if i%2 == 1 {
			name = "a.name.that.is.not.there.example"
		}
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			a, err := c.Exchange(ctx, query(t, name))
			if err != nil || a.ID != 77 || a.Questions[0].Name.String() != name+"." || (len(a.Answers) == 1) != (name == "www.example") {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		})
	}
	all.Wait()
	n := 0
	conns.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d connections", n)
	}
	lengths.Range(func(length, _ any) bool {
		if length.(int)%128 != 0 {
			t.Errorf("a query of %d octets", length)
		}
		return true
	})
}

// RFC 7766 section 6.2.3: a server may close a connection that is idle; nobody notices.
func TestReconnects(t *testing.T) {
	var last atomic.Pointer[dns.Stream]
	c := serve(t, func(s *dns.Stream, query []byte) bool { last.Store(s); return false })
	for range 3 {
		if a, err := c.Exchange(context.Background(), query(t, "www.example")); err != nil || len(a.Answers) != 1 {
			t.Fatal(a, err)
		}
		last.Load().Conn().Close()
	}
}

// RFC 8310 section 5: without the right certificate nothing is asked.
func TestStrict(t *testing.T) {
	asked := false
	c := serve(t, func(*dns.Stream, []byte) bool { asked = true; return false })
	_, others := makeCertificate(t, "dns.example")
	for name, wrong := range map[string]*Client{
		"another name":    {Addr: c.Addr, ServerName: "other.example", Roots: c.Roots},
		"nobody's name":   {Addr: c.Addr, Roots: c.Roots},
		"another's trust": {Addr: c.Addr, ServerName: "dns.example", Roots: others},
		"no port":         {Addr: "127.0.0.1"},
	} {
		if _, err := wrong.Exchange(context.Background(), query(t, "www.example")); err == nil || asked {
			t.Errorf("%s: %v, %v", name, err, asked)
		}
	}
}

// An answer that does not come ends with the context, and others go on; one that nobody waits for any more is passed over.
func TestLate(t *testing.T) {
	release := make(chan struct{})
	c := serve(t, func(s *dns.Stream, query []byte) bool {
		if strings.Contains(string(query), "slow") {
			<-release
		}
		return false
	})
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	go func() {
		_, err := c.Exchange(ctx, query(t, "slow.example"))
		failed <- err
	}()
	if _, err := c.Exchange(context.Background(), query(t, "www.example")); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
	if a, err := c.Exchange(context.Background(), query(t, "www.example")); err != nil || len(a.Answers) != 1 {
		t.Error(a, err)
	}
}

// A server that answers nonsense gets nothing believed.
func TestNonsense(t *testing.T) {
	for name, answer := range map[string]func(query []byte) []byte{
		"noise":            func(query []byte) []byte { return []byte("hello, this is no message of DNS") },
		"a query":          func(query []byte) []byte { return query },
		"another question": func(query []byte) []byte { q := append([]byte(nil), query...); q[2] |= 0x80; q[13] ^= 1; return q },
	} {
		c := serve(t, func(s *dns.Stream, query []byte) bool { s.Send(answer(query)); return true })
		if _, err := c.Exchange(context.Background(), query(t, "www.example")); err == nil {
			t.Errorf("%s is an answer", name)
		}
	}
}

// A resolver that forwards: what it has asked for once it knows.
func TestForward(t *testing.T) {
	var asked atomic.Int32
	c := serve(t, func(*dns.Stream, []byte) bool { asked.Add(1); return false })
	r, err := resolver.New(resolver.Options{Forward: c.Exchange})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for name, want := range map[string]int{"www.example": 1, "alias.example": 2, "nothing.example": 0} {
			n, _ := dns.ParseName(name)
			a, err := r.Resolve(context.Background(), n, dns.TypeA)
			if err != nil || len(a.Records) != want || (a.Rcode == dns.RcodeNameError) != (want == 0) {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		}
	}
	if n := asked.Load(); n != 3 {
		t.Errorf("the server was asked %d times", n)
	}
}

// Whatever a server sends, the reader ends or goes on.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\x00\x0c\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		near, far := net.Pipe()
		k := newConn(near, time.Minute)
		answer := make(chan *dns.Message, 1)
		k.mu.Lock()
		k.waiting[byteorder.BEUint16(append(b, 0, 0, 0, 0)[2:])] = answer
		k.mu.Unlock()
		far.Write(b)
		far.Close()
		<-k.done
		if k.err == nil || k.err == io.ErrShortBuffer {
			t.Error(k.err)
		}
	})
}

// A silent is a server that takes queries and answers nothing until it is told to.
type silent struct {
	net.Conn
	answer    chan []byte
	deadlines atomic.Int32
}

func (c *silent) Read(b []byte) (int, error) {
	a, ok := <-c.answer
	if !ok {
		return 0, net.ErrClosed
	}
	return copy(b, a), nil
}

func (c *silent) Write(b []byte) (int, error)      { return len(b), nil }
func (c *silent) Close() error                     { return nil }
func (c *silent) SetWriteDeadline(time.Time) error { return nil }
func (c *silent) SetReadDeadline(time.Time) error  { c.deadlines.Add(1); return nil }

// A server that has gone is found out however often it is asked: only an answer, or the first query after it, begins the time anew.
func TestSilentServer(t *testing.T) {
	c := &silent{answer: make(chan []byte)}
	k := newConn(c, time.Hour)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for range 3 {
		k.exchange(gone, query(t, "www.example"))
	}
	if n := c.deadlines.Load(); n != 1 {
		t.Errorf("%d deadlines for queries without an answer", n)
	}
	m := dns.Message{Header: dns.Header{Response: true}} // to what nobody waits for any more
	b, err := m.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	b = append(byteorder.BEAppendUint16(nil, uint16(len(b))), b...)
	c.answer <- b
	c.answer <- b[:1] // the first has been read
	k.exchange(gone, query(t, "www.example"))
	k.exchange(gone, query(t, "www.example"))
	if n := c.deadlines.Load(); n != 3 {
		t.Errorf("%d deadlines, of queries, an answer and a query", n)
	}
	close(c.answer)
	<-k.done
}
