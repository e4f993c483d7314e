// Command http3 fetches a URL over QUIC, on as many streams of one connection as -n says, and writes the protocol, the
// status and the length of each answer. With -post it sends that many octets first.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/quic-go/quic-go/http3"
)

func main() {
	ca := flag.String("ca", "", "the file of the certificate to believe")
	name := flag.String("name", "localhost", "the name that the server's certificate is for")
	streams := flag.Int("n", 1, "how many requests at the same time")
	post := flag.Int("post", 0, "how many octets to send with each")
	flag.Parse()
	roots := x509.NewCertPool()
	if text, err := os.ReadFile(*ca); err != nil || !roots.AppendCertsFromPEM(text) {
		log.Fatalf("no certificate in %q: %v", *ca, err)
	}
	transport := &http3.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: *name}}
	defer transport.Close()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	var all sync.WaitGroup
	for range *streams {
		all.Go(func() { fetch(client, flag.Arg(0), *post) })
	}
	all.Wait()
}

func fetch(client *http.Client, url string, post int) {
	method, body := http.MethodGet, io.Reader(nil)
	if post > 0 {
		method, body = http.MethodPost, bytes.NewReader(make([]byte, post))
	}
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		log.Fatal(err)
	}
	r, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %d %d octets\n", r.Proto, r.StatusCode, len(text))
	if len(text) < 200 {
		fmt.Printf("%s\n", text)
	}
}
