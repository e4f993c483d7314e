// Command http is a web server: hello to who asks, and a place to send to.
//
//	mirage run -p 8080:80 ./misc/examples/http
//	curl http://127.0.0.1:8080/
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"runtime"
	"strconv"
)

func main() {
	address := flag.String("listen", ":80", "where to listen")
	flag.Parse()
	http.HandleFunc("GET /{$}", hello)
	http.HandleFunc("GET /octets/{n}", octets)
	http.HandleFunc("POST /count", count)
	log.Printf("listening on %s", *address)
	log.Fatal(http.ListenAndServe(*address, nil))
}

func hello(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "hello, %s, from %s/%s\n", r.RemoteAddr, runtime.GOOS, runtime.GOARCH)
}

// octets answers with as many octets as are asked for: each the low byte of its place.
func octets(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseUint(r.PathValue("n"), 10, 40)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatUint(n, 10))
	b := make([]byte, 1<<16)
	for i := range b {
		b[i] = byte(i)
	}
	for ; n > 0; n -= min(n, uint64(len(b))) {
		if _, err := w.Write(b[:min(n, uint64(len(b)))]); err != nil {
			return
		}
	}
}

// count reads what is sent and answers with how much it was, and its sum.
func count(w http.ResponseWriter, r *http.Request) {
	sum, total := uint64(0), 0
	b := make([]byte, 1<<16)
	for {
		n, err := r.Body.Read(b)
		total += n
		for _, c := range b[:n] {
			sum += uint64(c)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	fmt.Fprintf(w, "%d octets, sum %d\n", total, sum)
}
