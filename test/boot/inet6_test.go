package boot

import (
	"io"
	"net"
	"strconv"
	"testing"

	"mirage.build/test/harness"
)

// A program has addresses from QEMU's router, and uses IPv6 by package net with the host, with itself and in a group.
func TestIPv6(t *testing.T) {
	tcp, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this host has no IPv6: ", err)
	}
	defer tcp.Close()
	port := tcp.Addr().(*net.TCPAddr).Port
	udp, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback, Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	go func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	go func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := udp.ReadFromUDP(b)
			if err != nil {
				return
			}
			udp.WriteToUDP(b[:n], from)
		}
	}()
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(harness.Build(t, m.Arch, "./test/guest/inet6"))
			c.Args = []string{strconv.Itoa(port)}
			harness.Run(t, c, 0)
		})
	}
}
