package apps

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"time"
)

// HTTP/1.1, HTTP/2 and HTTP/3, TLS 1.2 and 1.3: curl, openssl s_client, a client on quic-go, and h2spec.

// tlsFiles makes a certificate for localhost, which is its own authority.
func tlsFiles(m *machine) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		m.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		m.t.Fatal(err)
	}
	m.write("etc/tls/cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	m.write("etc/tls/key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

const ca = "--cacert {root}/etc/tls/cert.pem "

func driveWeb(m *machine) {
	m.t.Helper()
	m.up("curl -sS -f -m 5 http://{at 8080}/")
	m.wants("HTTP/1.1  GET /x ", curl+"--http1.1 http://{at 8080}/x")
	m.wants("HTTP/2.0  GET /x ", curl+"--http2-prior-knowledge http://{at 8080}/x")
	m.up("curl -sS -f -m 5 " + ca + "https://{at 8443}/")
	for _, version := range []struct{ curl, openssl, name string }{
		{"--tls-max 1.2", "-tls1_2", "TLS 1.2"}, {"--tlsv1.3", "-tls1_3", "TLS 1.3"},
	} {
		m.wants("HTTP/1.1 "+version.name+" GET /y ", curl+version.curl+" --http1.1 "+ca+"https://{at 8443}/y")
		m.wants("HTTP/2.0 "+version.name+" GET /y ", curl+version.curl+" --http2 "+ca+"https://{at 8443}/y")
		m.handshake(version.openssl, strings.Replace(version.name, "TLS ", "TLSv", 1))
	}
	for _, http := range []string{"--http1.1 ", "--http2 "} {
		m.wants("20000000", curl+http+ca+"-o /dev/null -w %{size_download} https://{at 8443}/octets/20000000")
		r, err := m.ask(make([]byte, 5_000_000), curl+http+ca+"--data-binary @- https://{at 8443}/z")
		if err != nil || !strings.HasSuffix(r.out, "POST /z 5000000 <nil>\n") {
			m.t.Errorf("an upload's answer is %q, %v", r.out, err)
		}
	}
}

// handshake has openssl shake hands, and then again with the ticket of the first time.
func (m *machine) handshake(option, version string) {
	m.t.Helper()
	client := "openssl s_client " + option + " -connect {at 8443} -servername localhost -CAfile {root}/etc/tls/cert.pem -alpn http/1.1 -ign_eof "
	session := m.t.TempDir() + "/session"
	request := []byte("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	for _, way := range []struct{ options, want string }{{"-sess_out ", "New, " + version}, {"-sess_in ", "Reused, " + version}} {
		r, err := m.ask(request, client+way.options+session)
		for _, want := range []string{way.want, "Verification: OK", "ALPN protocol: http/1.1", "HTTP/1.1 200 OK"} {
			if err != nil || !strings.Contains(r.out, want) {
				m.t.Errorf("openssl s_client %s %s: %v, without %q\n%s%s", option, way.options, err, want, tail(r.out, 2000), r.err)
			}
		}
	}
}

func quicFiles(m *machine) {
	tlsFiles(m)
	m.write("www/text.txt", "a file of the root\n")
}

// driveHTTP3 fetches over QUIC, many streams at the same time and a megabyte each way, and over TCP from the same server.
func driveHTTP3(m *machine) {
	m.t.Helper()
	client := install(m.t, host, "./clients/http3") + " -ca {root}/etc/tls/cert.pem "
	m.up(client + "https://{at 6121/udp}/text.txt")
	m.wants("HTTP/3.0 200 19 octets\na file of the root\n", client+"https://{at 6121/udp}/text.txt")
	m.wants("HTTP/3.0 404 ", client+"https://{at 6121/udp}/nosuch")
	m.wants("HTTP/3.0 200 1000000 octets\n", client+"-post 1000000 https://{at 6121/udp}/demo/echo")
	r, err := m.ask(nil, client+"-n 20 https://{at 6121/udp}/text.txt")
	if n := strings.Count(r.out, "HTTP/3.0 200 19 octets\n"); err != nil || n != 20 {
		m.t.Errorf("%d of 20 streams: %v\n%s", n, err, r.err)
	}
	m.wants("2", curl+ca+"--http2 -o /dev/null -w %{http_version} https://{at 6121}/text.txt")
}
