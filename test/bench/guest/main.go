// Command guest measures a machine's disk, in an image and in a Linux machine, whose first process it is.
//
//	guest disk=NAME     do all measures, and print for each "measured NAME BYTES SECONDS", by the machine's clock
//	guest [...]         serve: somebody connects, says which measure, and is told how many bytes were moved when all of them
//	                    were, and were right. In a Linux machine what else test/bench/xen measures is started too.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"
)

const port = ":5001"

func main() {
	log.SetFlags(0)
	if name, ok := strings.CutPrefix(os.Args[len(os.Args)-1], "disk="); ok {
		if err := measureAll(name); err != nil {
			fmt.Println(err)
		}
		powerOff()
		return
	}
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

// measureAll does all measures, each of which reads what the one before it has written.
func measureAll(name string) error {
	if err := prepareDisk(name); err != nil {
		return err
	}
	d, err := openDisk(name)
	if err != nil {
		return err
	}
	for _, m := range []string{"write", "read", "randomwrite", "randomread"} {
		start := time.Now()
		n, err := d.measure(m)
		if err != nil {
			return err
		}
		fmt.Println("measured", m, n, time.Since(start).Seconds())
	}
	return nil
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
