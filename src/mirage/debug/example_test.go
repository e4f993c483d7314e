package debug_test

import (
	"log"
	"mirage/debug"
	"net/http"
	_ "net/http/pprof" // /debug/pprof/ of http.DefaultServeMux
)

// A server that shows at another address, which nobody outside reaches, what goes on in it.
func Example() {
	http.Handle("/debug/mirage/", debug.Handler()) // beside /debug/pprof/ and package expvar's /debug/vars
	go func() { log.Fatal(http.ListenAndServe("10.0.0.1:6060", nil)) }()

	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello\n")) })
	log.Fatal(http.ListenAndServe(":80", mux))
}
