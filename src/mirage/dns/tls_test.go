package dns

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"
)

// makeCertificate returns a certificate for 127.0.0.1 and what trusts it.
func makeCertificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
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

// RFC 7858 section 3: the server for TCP, on a listener that speaks TLS.
func TestTLS(t *testing.T) {
	cert, pool := makeCertificate(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"dot"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &StreamServer{Handle: ruleServer(t, Options{}).HandleStream, Idle: 500 * time.Millisecond}
	done := make(chan error)
	go func() { done <- s.Serve(l) }()

	silent := dialStream(t, l.Addr().String()) // no handshake
	plain := dialStream(t, l.Addr().String())  // RFC 7858 section 3.1: no queries without TLS
	plain.Write(framed(makeQuery(t, "web.example", TypeA, nil)))
	for range 2 {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: pool, NextProtos: []string{"dot"}})
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		for i := range uint16(100) {
			c.Write(framed(queryWithID(t, i, "web.example")))
		}
		for i := range uint16(100) {
			if m, err := ParseMessage(readFramed(t, c)); err != nil || m.ID != i || brief(m) != "ok aa | web.example. A 192.0.2.3 | |" {
				t.Fatal(i, m, err)
			}
		}
		if !ended(c) {
			t.Error("an idle connection does not end")
		}
		c.Close()
	}
	if !ended(silent) {
		t.Error("a connection without a handshake does not end")
	}
	plain.SetDeadline(time.Now().Add(5 * time.Second))
	b := make([]byte, 100)
	if n, _ := plain.Read(b); n > 0 && b[0] != 21 { // a TLS alert
		t.Errorf("an answer without TLS: %x", b[:n])
	}
	s.Close()
	if err := <-done; err != net.ErrClosed {
		t.Error(err)
	}
}
