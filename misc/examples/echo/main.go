// Echo sends datagrams back to where they came from, at port 7 (RFC 862).
//
//	echo [-tap DEVICE ADDRESS/BITS]
//
// It shows a program put together from less than usual: no sockets, and no TCP in the image. What it answers is written where the
// network card takes it from. Without GOOS=mirage the same source serves on the system's sockets, or, with -tap, has the network
// stack run in the program, on one of Linux's tap devices.
package main

import (
	"errors"
	"mirage/netstack"
	"net/netip"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		os.Stderr.WriteString("echo: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func run(args []string) error {
	handle := netstack.HandleUDP
	switch {
	case len(args) == 3 && args[0] == "-tap":
		addr, err := netip.ParsePrefix(args[2])
		if err != nil {
			return err
		}
		stack, err := netstack.Open(netstack.Config{Tap: args[1], Addr: addr})
		if err != nil {
			return err
		}
		handle = stack.HandleUDP
	case len(args) != 0:
		return errors.New("usage: echo [-tap DEVICE ADDRESS/BITS]")
	}
	udp, err := handle(netip.AddrPortFrom(netip.IPv4Unspecified(), 7), echo)
	if err != nil {
		return err
	}
	os.Stdout.WriteString("echo: serving on " + udp.Addr().String() + "\n")
	return udp.Wait()
}

func echo(dst, query []byte, from netip.AddrPort) []byte { return append(dst, query...) }
