// Command inet6 uses IPv6 as programs do, through package net: its argument is the port at which the host gives back what it
// is sent, by TCP and by UDP. It ends when all has come back.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"time"
)

// gateway is the host, as QEMU's user network has it.
const gateway = "fec0::2"

func main() {
	log.SetFlags(0)
	port := os.Args[1]
	text := bytes.Repeat([]byte("over IPv6 "), 20_000)
	host := must(net.Dial("tcp6", net.JoinHostPort(gateway, port)))
	go host.Write(text)
	wants("TCP with the host", host, text)
	packets := must(net.Dial("udp6", net.JoinHostPort(gateway, port)))
	must(packets.Write(text[:1000]))
	wants("UDP with the host", packets, text[:1000])
	addresses()
	itself(text[:20_000])
	groups(text[:100])
	fmt.Println("all has come back")
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func wants(what string, c net.Conn, want []byte) {
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		log.Fatalf("%s: %d octets came back: %v", what, n, err)
	}
	fmt.Println(what)
	c.Close()
}

// addresses shows what the interface has: a link-local address, and those that the router's prefix made.
func addresses() {
	i := must(net.InterfaceByName("eth0"))
	link, site := 0, 0
	for _, a := range must(i.Addrs()) {
		p := netip.MustParsePrefix(a.String())
		switch {
		case p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() && p.Bits() == 64:
			link++
		case netip.MustParsePrefix("fec0::/64").Contains(p.Addr()):
			site++
		}
	}
	if link != 1 || site != 2 {
		log.Fatalf("%d link-local addresses, %d of the router's prefix", link, site)
	}
	joined := must(i.MulticastAddrs())
	fmt.Println("addresses, and", len(joined) >= 4, "groups")
}

// itself talks with itself by all of its own addresses, to one listener of both families.
func itself(text []byte) {
	l := must(net.Listen("tcp", ":0"))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	to := []string{"::1", "127.0.0.1", "localhost"}
	for _, a := range must(net.InterfaceAddrs()) {
		if p := netip.MustParsePrefix(a.String()); !p.Addr().IsLinkLocalUnicast() {
			to = append(to, p.Addr().String())
		} else {
			to = append(to, p.Addr().WithZone("eth0").String())
		}
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, a := range to {
		c := must(net.Dial("tcp", net.JoinHostPort(a, port)))
		go c.Write(text)
		wants("TCP with itself", c, text)
	}
	l.Close()
	if _, err := net.DialTimeout("tcp", net.JoinHostPort("::1", port), 5*time.Second); err == nil {
		log.Fatal("a port without a listener answers")
	}
}

// groups hears itself in a multicast group.
func groups(text []byte) {
	group := &net.UDPAddr{IP: net.ParseIP("ff02::4242"), Port: 4242, Zone: "eth0"}
	c := must(net.ListenMulticastUDP("udp6", must(net.InterfaceByName("eth0")), group))
	s := must(net.DialUDP("udp6", nil, group))
	must(s.Write(text))
	// Package net turns the loop off for c, as which s does not send.
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	got := make([]byte, 1500)
	n, from, err := c.ReadFromUDP(got)
	if err != nil || !bytes.Equal(got[:n], text) || from.Zone != "eth0" {
		log.Fatalf("%q from %v: %v", got[:n], from, err)
	}
	fmt.Println("a group")
}
