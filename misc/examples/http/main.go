// Command http is a web server: hello to who asks, and a place to send to.
//
//	mirage run -p 8080:80 ./misc/examples/http
//	curl http://127.0.0.1:8080/
//
// With -debug it shows at another address what goes on in it: /debug/mirage/, /debug/pprof/ and /debug/vars.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"mirage/debug"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"strconv"
)

func main() {
	address := flag.String("listen", ":80", "where to listen")
	inside := flag.String("debug", "", "where to show what goes on inside, not for the public")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", hello)
	mux.HandleFunc("GET /octets/{n}", octets)
	mux.HandleFunc("POST /count", count)
	if *inside != "" {
		http.Handle("/debug/mirage/", debug.Handler()) // beside what pprof and expvar put there
		go func() { log.Fatal(http.ListenAndServe(*inside, nil)) }()
	}
	log.Printf("listening on %s", *address)
	log.Fatal(http.ListenAndServe(*address, mux))
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
