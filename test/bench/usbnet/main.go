// Command usbnet measures TCP over a Raspberry Pi's network card: what a machine sends and what it takes, in a time. The run script
// beside it boots an image and a Linux guest with it in QEMU's raspi3b, one after the other, and asks both.
//
//	usbnet                          serve; in a Linux guest it is the first process, and makes the network ready itself
//	usbnet ask HOST:PORT SECONDS    ask such a server, and print Mbit/s sent by it and to it
package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"time"
)

// What a client asks for, with its first octet.
const (
	wantSend = 's' // send until the client hangs up
	wantTake = 't' // take until the client is done, and say how much that was
)

const port = ":5001"

func main() {
	log.SetFlags(0)
	if len(os.Args) == 4 && os.Args[1] == "ask" {
		seconds, err := strconv.Atoi(os.Args[3])
		if err == nil {
			err = ask(os.Args[2], time.Duration(seconds)*time.Second)
		}
		if err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := prepare(); err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("usbnet listens")
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(c)
	}
}

func serve(c net.Conn) {
	defer c.Close()
	var want [1]byte
	if _, err := io.ReadFull(c, want[:]); err != nil {
		return
	}
	block := make([]byte, 64<<10)
	switch want[0] {
	case wantSend:
		for {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
	case wantTake:
		total := uint64(0)
		for {
			n, err := c.Read(block)
			total += uint64(n)
			if err != nil {
				break
			}
		}
		binary.Write(c, binary.BigEndian, total)
	}
}

func ask(host string, d time.Duration) error {
	sent, err := take(host, d)
	if err != nil {
		return err
	}
	taken, err := give(host, d)
	if err != nil {
		return err
	}
	fmt.Printf("%.2f %.2f\n", sent, taken)
	return nil
}

// dial connects and says what is wanted. What QEMU forwards is connected at once, and lost again while the machine is not ready, so
// that an answer counts alone.
func dial(host string, want byte) (net.Conn, error) {
	c, err := net.Dial("tcp", host)
	if err == nil {
		_, err = c.Write([]byte{want})
	}
	return c, err
}

// take is Mbit/s that the machine sends.
func take(host string, d time.Duration) (float64, error) {
	block := make([]byte, 64<<10)
	c, err := first(host, block[:1])
	if err != nil {
		return 0, err
	}
	defer c.Close()
	start, total := time.Now(), 0
	c.SetReadDeadline(start.Add(d))
	for {
		n, err := c.Read(block)
		total += n
		if err != nil {
			return rate(total, time.Since(start)), nil
		}
	}
}

// first asks for octets until one comes: the machine may have no address yet.
func first(host string, octet []byte) (c net.Conn, err error) {
	for range 60 {
		if c, err = dial(host, wantSend); err == nil {
			c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err = io.ReadFull(c, octet); err == nil {
				return c, nil
			}
			c.Close()
		}
		time.Sleep(time.Second)
	}
	return nil, err
}

// give is Mbit/s that the machine takes, until it says how much it has got.
func give(host string, d time.Duration) (float64, error) {
	c, err := dial(host, wantTake)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	block := make([]byte, 16<<10)
	start := time.Now()
	for time.Since(start) < d {
		if _, err := c.Write(block); err != nil {
			return 0, err
		}
	}
	c.(*net.TCPConn).CloseWrite()
	var total uint64
	if err := binary.Read(c, binary.BigEndian, &total); err != nil {
		return 0, err
	}
	return rate(int(total), time.Since(start)), nil
}

func rate(octets int, d time.Duration) float64 { return float64(octets) * 8 / 1e6 / d.Seconds() }
