// Package dot is DNS over TLS (RFC 7858): a client that keeps a connection to a server and sends queries over it as they come, and a
// listener for servers:
//
//	client := &dot.Client{Addr: "192.0.2.53:853", ServerName: "dns.example"}
//	r, err := resolver.New(resolver.Options{Forward: client.Exchange})
//
//	l, err := dot.Listen(":853", certificate)
//	err = (&dns.StreamServer{Handle: r.HandleStream, Concurrent: 32}).Serve(l)
//
// The client believes only a server whose certificate is good for the name that it was given (RFC 8310's strict profile), and pads its
// queries so that their lengths tell nothing (RFC 8467).
package dot

import (
	"crypto/tls"
	"net"
)

// protocol is what RFC 7858's connections call themselves (IANA, TLS ALPN protocol IDs).
const protocol = "dot"

// Listen listens for connections of TLS with DNS in them, for a dns.StreamServer to serve.
func Listen(addr string, certificates ...tls.Certificate) (net.Listener, error) {
	return tls.Listen("tcp", addr, &tls.Config{Certificates: certificates, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12})
}
