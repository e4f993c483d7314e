// Dot answers a private network's questions about names by asking one resolver outside by TLS (RFC 7858), so that nobody on the way
// sees them. It keeps what it learns.
//
//	dot [-listen ADDR:PORT] [-upstream ADDR:PORT] [-name NAME] [-cert FILE -key FILE [-tls ADDR:PORT]]
//
// With a certificate it is asked by TLS as well. Who may ask is who has a private address.
package main

import (
	"crypto/tls"
	"flag"
	"log"
	"mirage/dns"
	"mirage/dns/dot"
	"mirage/dns/resolver"
	"net"
)

func main() {
	listen := flag.String("listen", ":53", "where to be asked by UDP and TCP")
	upstream := flag.String("upstream", "9.9.9.9:853", "whom to ask by TLS")
	name := flag.String("name", "dns.quad9.net", "what the upstream's certificate is for")
	cert := flag.String("cert", "", "a certificate, to be asked by TLS too")
	key := flag.String("key", "", "its key")
	secure := flag.String("tls", ":853", "where to be asked by TLS")
	flag.Parse()

	client := &dot.Client{Addr: *upstream, ServerName: *name}
	r, err := resolver.New(resolver.Options{Forward: client.Exchange})
	if err != nil {
		log.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	tcp, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	streams := &dns.StreamServer{Handle: r.HandleStream, Concurrent: 32}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			log.Fatal(err)
		}
		l, err := dot.Listen(*secure, pair)
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal(streams.Serve(l)) }()
	}
	log.Printf("dot: serving on %v, asking %s", udp.LocalAddr(), *upstream)
	go func() { log.Fatal(streams.Serve(tcp)) }()
	log.Fatal(r.Serve(udp))
}
