// Command guest measures a guest's disk, in an image and in a Linux guest, whose first process it is and where it starts what else
// is measured. Somebody connects, says which measure, and is told how many bytes were moved when all of them were, and were right.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"strings"
)

const port = ":5001"

func main() {
	log.SetFlags(0)
	if err := prepare(); err != nil {
		log.Fatal(err)
	}
	d, err := openDisk("/dev/xvda")
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("guest listens")
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		serve(c, d)
		c.Close()
	}
}

// serve answers one line after the other.
func serve(c net.Conn, d *disk) {
	lines := bufio.NewReader(c)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		n, err := d.measure(strings.TrimSpace(line))
		if err != nil {
			fmt.Fprintln(c, err)
			continue
		}
		fmt.Fprintf(c, "%d bytes\n", n)
	}
}
