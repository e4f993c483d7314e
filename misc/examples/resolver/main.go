// Resolver answers any question about names, by UDP and TCP, by asking the servers of the domain name system.
//
//	resolver [-listen ADDR:PORT] [-allow PREFIX]... [-root ADDR:PORT]...
//
// The address is by default :53. Who may ask is by default who has a private address. The root's servers are the public ones
// unless others are given; all other servers are asked at the first one's port.
package main

import (
	"errors"
	"mirage/dns"
	"mirage/dns/resolver"
	"net"
	"net/netip"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		os.Stderr.WriteString("resolver: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func run(args []string) error {
	addr, options, err := parse(args)
	if err != nil {
		return err
	}
	r, err := resolver.New(options)
	if err != nil {
		return err
	}
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return err
	}
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(tcp.Addr().(*net.TCPAddr).AddrPort()))
	if err != nil {
		return err
	}
	os.Stdout.WriteString("resolver: serving on " + udp.LocalAddr().String() + "\n")
	failed := make(chan error)
	go func() { failed <- (&dns.StreamServer{Handle: r.HandleStream, Concurrent: 32}).Serve(tcp) }()
	go func() { failed <- r.Serve(udp) }()
	return <-failed
}

// parse reads the arguments.
func parse(args []string) (addr netip.AddrPort, o resolver.Options, err error) {
	addr = netip.AddrPortFrom(netip.IPv4Unspecified(), 53)
	for ; len(args) > 0 && err == nil; args = args[2:] {
		if len(args) == 1 {
			return addr, o, errors.New("usage: resolver [-listen ADDR:PORT] [-allow PREFIX]... [-root ADDR:PORT]...")
		}
		switch value := args[1]; args[0] {
		case "-listen":
			if strings.HasPrefix(value, ":") {
				value = "0.0.0.0" + value
			}
			addr, err = netip.ParseAddrPort(value)
		case "-allow":
			var p netip.Prefix
			p, err = netip.ParsePrefix(value)
			o.Allow = append(o.Allow, p)
		case "-root":
			var a netip.AddrPort
			if a, err = netip.ParseAddrPort(value); o.Roots == nil {
				o.Port = a.Port()
			}
			o.Roots = append(o.Roots, a)
		default:
			err = errors.New(args[0] + " is not an option: -listen, -allow and -root are")
		}
	}
	return addr, o, err
}
