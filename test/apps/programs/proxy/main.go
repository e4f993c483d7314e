// Command proxy is a reverse proxy on net/http/httputil.
package main

import (
	"flag"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
)

func main() {
	listen := flag.String("listen", ":8080", "the address to serve")
	to := flag.String("to", "", "the URL of the server behind")
	flag.Parse()
	u, err := url.Parse(*to)
	if err != nil || u.Host == "" {
		log.Fatalf("-to %q is no URL", *to)
	}
	p := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(u)
		r.SetXForwarded()
	}}
	log.Fatal(http.ListenAndServe(*listen, p))
}
