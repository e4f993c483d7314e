// Command suspend is what the tests save, restore and migrate: while it writes its disk, it sends lines to who connects to
// port 7777, numbered from 1 on, until somebody connects to port 7778. Then it looks whether the disk has what was written, and ends.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"sync/atomic"
	"time"

	"mirage/block"
)

const (
	record = 4096
	places = 1000 // on the disk
)

func main() {
	log.SetFlags(0)
	d := must(block.Open(os.Args[1]))
	lines, end := must(net.Listen("tcp", ":7777")), must(net.Listen("tcp", ":7778"))
	var over atomic.Bool
	written, gap := make(chan int), make(chan time.Duration)
	go write(d, &over, written)
	go watch(&over, gap)
	fmt.Println("ready")
	c := must(lines.Accept())
	go func() {
		must(end.Accept())
		over.Store(true)
	}()
	n := 0
	for !over.Load() {
		var b bytes.Buffer
		for range 100 {
			n++
			fmt.Fprintln(&b, n)
		}
		must(c.Write(b.Bytes()))
		time.Sleep(20 * time.Millisecond)
	}
	c.Close()
	check(d, <-written)
	fmt.Printf("timers were late by less than a minute: %v\n", <-gap < time.Minute)
	fmt.Printf("the time is %s\n", time.Now().UTC().Format("2006-01-02 15:04"))
	fmt.Printf("%d lines\n", n)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// contents is what write number n writes.
func contents(n int) []byte {
	b := bytes.Repeat([]byte{byte(n)}, record)
	binary.LittleEndian.PutUint64(b, uint64(n))
	return b
}

// write writes one record after the other, each when the one before is acknowledged, and says how many were.
func write(d *block.Disk, over *atomic.Bool, written chan<- int) {
	n := 0
	for !over.Load() {
		n++
		must(d.WriteAt(contents(n), int64(n%places)*record))
		if n%50 == 0 {
			if err := d.Flush(); err != nil {
				log.Fatal(err)
			}
			time.Sleep(5 * time.Millisecond) // dom0 has other things to do as well
		}
	}
	written <- n
}

// check looks whether the last writes to each place are there.
func check(d *block.Disk, n int) {
	got := make([]byte, record)
	for i := max(1, n-places+1); i <= n; i++ {
		if _, err := d.ReadAt(got, int64(i%places)*record); err != nil && err != io.EOF {
			log.Fatal(err)
		}
		if !bytes.Equal(got, contents(i)) {
			log.Fatalf("write %d of %d is lost: there is %d", i, n, binary.LittleEndian.Uint64(got))
		}
	}
	fmt.Println("no acknowledged write is lost")
}

// watch says by how much a timer was late at most.
func watch(over *atomic.Bool, gap chan<- time.Duration) {
	var most time.Duration
	for !over.Load() {
		start := time.Now()
		time.Sleep(10 * time.Millisecond)
		most = max(most, time.Since(start))
	}
	gap <- most
}
