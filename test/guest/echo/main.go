// Echo is misc/examples/echo as it is usually written, on a socket, for the size of its image to be compared.
package main

import (
	"net"
	"os"
)

func main() {
	c, err := net.ListenUDP("udp", &net.UDPAddr{Port: 7})
	if err != nil {
		os.Stderr.WriteString("echo: " + err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("echo: serving on " + c.LocalAddr().String() + "\n")
	b := make([]byte, 65507)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil {
			os.Stderr.WriteString("echo: " + err.Error() + "\n")
			os.Exit(1)
		}
		c.WriteToUDPAddrPort(b[:n], from)
	}
}
