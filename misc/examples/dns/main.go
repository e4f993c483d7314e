// Dns is a name server, by UDP and TCP: of the zone in mirage.test.zone, or of zones in files.
//
//	dns [-zone FILE [-origin NAME]]... [-listen ADDR:PORT]
//
// A file's zone is the one that its SOA record names. Relative names in it need an $ORIGIN, or -origin behind the
// file, or a file that is called like its zone: example.com.zone. The address is by default :53.
package main

import (
	_ "embed"
	"errors"
	"mirage/dns"
	"net"
	"net/netip"
	"os"
	"path"
	"strings"
)

//go:embed mirage.test.zone
var own string

func main() {
	if err := run(os.Args[1:]); err != nil {
		os.Stderr.WriteString("dns: " + err.Error() + "\n")
		os.Exit(1)
	}
}

// zoneFile is a file to serve.
type zoneFile struct {
	name   string
	origin dns.Name
}

func run(args []string) error {
	files, addr, err := parse(args)
	if err != nil {
		return err
	}
	var zones []*dns.Zone
	for _, f := range files {
		z, err := dns.ReadZoneFile(f.name, f.origin)
		if err != nil {
			return err
		}
		zones = append(zones, z)
	}
	if len(zones) == 0 {
		z, err := dns.ReadZone(strings.NewReader(own), "mirage.test.zone", "", nil)
		if err != nil {
			return err
		}
		zones = append(zones, z)
	}
	server, err := dns.NewServer(dns.Options{}, zones...)
	if err != nil {
		return err
	}
	tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return err
	}
	udp, err := server.Listen(netip.AddrPortFrom(addr.Addr(), uint16(tcp.Addr().(*net.TCPAddr).Port)))
	if err != nil {
		return err
	}
	line := "dns: serving on " + udp.Addr().String() + ":"
	for _, z := range zones {
		line += " " + z.Origin().String()
	}
	os.Stdout.WriteString(line + "\n")
	failed := make(chan error)
	go func() { failed <- (&dns.StreamServer{Handle: server.HandleStream}).Serve(tcp) }()
	go func() { failed <- udp.Wait() }()
	return <-failed
}

// parse reads the arguments. Package flag would do, at the price of fmt and reflection: a tenth of the image.
func parse(args []string) (files []zoneFile, addr netip.AddrPort, err error) {
	addr = netip.AddrPortFrom(netip.IPv4Unspecified(), 53)
	for ; len(args) > 0 && err == nil; args = args[2:] {
		if len(args) == 1 {
			return nil, addr, errors.New("usage: dns [-zone FILE [-origin NAME]]... [-listen ADDR:PORT]")
		}
		switch value := args[1]; strings.TrimPrefix(args[0], "-") {
		case "-zone", "zone":
			files = append(files, zoneFile{value, originOf(value)})
		case "-origin", "origin":
			if len(files) == 0 {
				return nil, addr, errors.New("-origin stands behind the -zone that it is for")
			}
			files[len(files)-1].origin, err = dns.ParseName(value)
		case "-listen", "listen":
			addr, err = parseAddr(value)
		default:
			err = errors.New(args[0] + " is not an option: -zone, -origin and -listen are")
		}
	}
	return files, addr, err
}

// originOf returns the zone that a file's name names, if it does.
func originOf(file string) dns.Name {
	base := strings.TrimSuffix(path.Base(file), ".zone")
	n, err := dns.ParseName(base)
	if err != nil || n.Labels() < 2 {
		return ""
	}
	return n
}

// parseAddr reads ADDR:PORT or :PORT. There is no resolver to ask for names.
func parseAddr(s string) (netip.AddrPort, error) {
	if strings.HasPrefix(s, ":") {
		s = "0.0.0.0" + s
	}
	return netip.ParseAddrPort(s)
}
