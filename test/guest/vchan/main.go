// Command vchan moves data between two guests of Xen, over vchan and over the network, both ways at a time, and says how fast.
//
//	vchan serve SIZE              serves the domain whose number follows this one's: SIZE bytes each way
//	vchan client SERVER SIZE ADDR is that domain; ADDR is the server's on the network
//	vchan echo                    echoes what dom0 sends, as a server at data/echo and as a client at data/back of dom0's
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"os"
	"strconv"
	"time"

	"mirage/vchan"
)

const (
	path = "data/vchan"
	port = "7777"
)

func main() {
	log.SetFlags(0)
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "serve":
		serve(number(args[1]))
	case len(args) == 4 && args[0] == "client":
		client(number(args[1]), number(args[2]), args[3])
	case len(args) == 1 && args[0] == "echo":
		echo()
	default:
		log.Fatalf("usage: see the source; not %q", args)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func number(s string) int { return must(strconv.Atoi(s)) }

func serve(size int) {
	v := must(vchan.Listen(must(vchan.Domain())+1, path))
	n := must(net.Listen("tcp", ":"+port))
	for _, l := range []net.Listener{v, n} {
		c := must(l.Accept())
		exchange(c, size)
		c.Close()
		l.Close()
	}
	fmt.Println("served")
}

func client(server, size int, address string) {
	for _, c := range []net.Conn{
		must(vchan.DialContext(context.Background(), server, path)),
		must(net.Dial("tcp", net.JoinHostPort(address, port))),
	} {
		start := time.Now()
		exchange(c, size)
		t := time.Since(start)
		fmt.Printf("%s: %d bytes each way intact, %.1f MB/s together\n", c.RemoteAddr().Network(), size, float64(2*size)/1e6/t.Seconds())
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			log.Fatalf("behind the end: %d bytes, %v", n, err)
		}
		c.Close()
	}
}

// blockSize is no multiple of anything that a ring, a page or a segment has.
const blockSize = 65521

// stamp writes the number of a block into it.
func stamp(block []byte, n int) { binary.LittleEndian.PutUint64(block, uint64(n)) }

func newBlock() []byte {
	b := make([]byte, blockSize)
	rand.New(rand.NewSource(1)).Read(b)
	return b
}

// exchange sends size bytes, and receives as many and checks them.
func exchange(c net.Conn, size int) {
	sent := make(chan error)
	go func() {
		block := newBlock()
		for i := 0; i*blockSize < size; i++ {
			stamp(block, i)
			if _, err := c.Write(block[:min(blockSize, size-i*blockSize)]); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	want, got := newBlock(), make([]byte, blockSize)
	for i := 0; i*blockSize < size; i++ {
		n := min(blockSize, size-i*blockSize)
		stamp(want, i)
		must(io.ReadFull(c, got[:n]))
		if !bytes.Equal(got[:n], want[:n]) {
			log.Fatalf("block %d of %v is not what was sent", i, c.RemoteAddr())
		}
	}
	if err := <-sent; err != nil {
		log.Fatal(err)
	}
}

// echo echoes a line to a client in dom0, and one to a server there.
func echo() {
	line := func(c net.Conn) {
		var p [100]byte
		n := must(c.Read(p[:]))
		must(fmt.Fprintf(c, "echo of %s", p[:n]))
		must(io.Copy(io.Discard, c))
		c.Close()
	}
	l := must(vchan.Listen(0, "data/echo"))
	fmt.Println("listening")
	line(must(l.Accept()))
	line(must(vchan.DialContext(context.Background(), 0, "data/back")))
	fmt.Println("echoed")
}
