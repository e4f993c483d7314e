// Secondary is a name server that keeps copies of others' zones: by AXFR and IXFR, when it is time and when NOTIFY says so.
//
//	secondary -zone NAME [-zone NAME]... -primary ADDR:PORT [-key NAME:SECRET] [-allow PREFIX] [-listen ADDR:PORT]
//
// With -key transfers are signed (TSIG, hmac-sha256, the secret in base64); -allow says who may have the zones from here. It is a
// program of its own, and no flag of the example dns, so that a server of zones in files carries none of it.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"log"
	"mirage/dns"
	"mirage/dns/transfer"
	"mirage/dns/tsig"
	"mirage/netstack"
	"net"
	"net/netip"
	"strings"
)

func main() {
	var zones []dns.Name
	flag.Func("zone", "a zone to keep; may be given again", func(s string) error {
		n, err := dns.ParseName(s)
		zones = append(zones, n)
		return err
	})
	primary := flag.String("primary", "", "whom to have them from, ADDR:PORT")
	secret := flag.String("key", "", "what transfers are signed with, NAME:SECRET")
	allow := flag.String("allow", "", "who may have them from here, ADDR/BITS")
	listen := flag.String("listen", ":53", "where to serve")
	flag.Parse()
	if err := run(zones, *primary, *secret, *allow, *listen); err != nil {
		log.Fatal("secondary: ", err)
	}
}

func run(zones []dns.Name, primary, secret, allow, listen string) error {
	from := transfer.Target{}
	var err error
	if from.Addr, err = netip.ParseAddrPort(primary); err != nil || len(zones) == 0 {
		return errors.New("usage: secondary -zone NAME... -primary ADDR:PORT")
	}
	var options transfer.Options
	if secret != "" {
		key, err := parseKey(secret)
		if err != nil {
			return err
		}
		from.Key, options.Keys = &key, tsig.Keys{key}
	}
	if allow != "" {
		prefix, err := netip.ParsePrefix(allow)
		if err != nil {
			return err
		}
		options.Allow = []transfer.Rule{{Prefix: prefix}}
	}
	server, err := dns.NewServer(dns.Options{})
	if err != nil {
		return err
	}
	store, err := transfer.NewStore(server, options)
	if err != nil {
		return err
	}
	tcp, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	addr := tcp.Addr().(*net.TCPAddr).AddrPort()
	udp, err := netstack.HandleUDP(addr, func(dst, query []byte, from netip.AddrPort) []byte {
		return store.HandleDatagram(dst, query, cap(dst), from)
	})
	if err != nil {
		return err
	}
	for _, z := range zones {
		s := &transfer.Secondary{Store: store, Zone: z, Primaries: []transfer.Target{from}}
		s.Log = func(t transfer.Target, err error) { log.Printf("secondary: %v from %v: %v", z, t.Addr, err) }
		go s.Run(context.Background())
	}
	log.Printf("secondary: serving on %v, asking %v", addr, from.Addr)
	failed := make(chan error)
	go func() { failed <- (&dns.StreamServer{Handle: store.HandleStream}).Serve(tcp) }()
	go func() { failed <- udp.Wait() }()
	return <-failed
}

func parseKey(s string) (k tsig.Key, err error) {
	name, secret, _ := strings.Cut(s, ":")
	if k.Name, err = dns.ParseName(name); err == nil {
		k.Secret, err = base64.StdEncoding.DecodeString(secret)
	}
	k.Algorithm = tsig.SHA256
	return k, err
}
