// Command web is a server on net/http alone: HTTP/1.1 and HTTP/2, with TLS and without.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"
)

func main() {
	plain := flag.String("plain", ":8080", "the address to serve without TLS")
	secure := flag.String("secure", ":8443", "the address to serve with TLS")
	cert := flag.String("cert", "/etc/tls/cert.pem", "the file of the server's certificate")
	key := flag.String("key", "/etc/tls/key.pem", "the file of its private key")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		version := ""
		if r.TLS != nil {
			version = tls.VersionName(r.TLS.Version)
		}
		fmt.Fprintf(w, "%s %s %s %s %d %v\n", r.Proto, version, r.Method, r.URL.Path, n, err)
	})
	mux.HandleFunc("/octets/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int64
		fmt.Sscan(r.PathValue("n"), &n)
		io.CopyN(w, pattern{}, n)
	})
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	go func() {
		s := &http.Server{Addr: *plain, Handler: mux, Protocols: &protocols}
		log.Fatal(s.ListenAndServe())
	}()
	s := &http.Server{Addr: *secure, Handler: mux, Protocols: &protocols, ReadHeaderTimeout: time.Minute}
	log.Fatal(s.ListenAndServeTLS(*cert, *key))
}

// A pattern reads as the octets 0 to 255, again and again in every read.
type pattern struct{}

func (pattern) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(i)
	}
	return len(b), nil
}
