// Command crowd serves many connections at once: an echo with a goroutine for each at port 7, net/http at port 80, which
// tells what memory there is in use at /memory.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
)

// much is more than a connection keeps to be sent.
var much = make([]byte, 1<<20)

var connections atomic.Int64

func main() {
	l, err := net.Listen("tcp", ":7")
	if err != nil {
		log.Fatal(err)
	}
	go accept(l)
	http.HandleFunc("GET /hello", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "Hello, World!") })
	http.HandleFunc("GET /much", func(w http.ResponseWriter, r *http.Request) { w.Write(much) })
	http.HandleFunc("GET /memory", memory)
	log.Print("serving")
	log.Fatal(http.ListenAndServe(":80", nil))
}

func accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			log.Print(err)
			continue
		}
		connections.Add(1)
		go echo(c)
	}
}

func echo(c net.Conn) {
	defer connections.Add(-1)
	defer c.Close()
	b := make([]byte, 512)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if _, err := c.Write(b[:n]); err != nil {
			return
		}
	}
}

// memory writes what the program has, KiB.
func memory(w http.ResponseWriter, r *http.Request) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, "connections %d\ngoroutines %d\nheap %d\nstacks %d\nsystem %d\n",
		connections.Load(), runtime.NumGoroutine(), m.HeapAlloc>>10, m.StackInuse>>10, m.Sys>>10)
}
