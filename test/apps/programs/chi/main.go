// Command chi is a web server on chi.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

type item struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func main() {
	listen := flag.String("listen", ":8080", "the address to serve")
	static := flag.String("static", "/static", "the folder of files to serve")
	flag.Parse()
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Logger, middleware.Recoverer, middleware.Compress(5), middleware.Timeout(time.Minute))
	r.Get("/hello/{name}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "hello %s\n", chi.URLParam(r, "name")) })
	r.Post("/items", func(w http.ResponseWriter, r *http.Request) {
		var i item
		if err := json.NewDecoder(r.Body).Decode(&i); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		i.Count++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		json.NewEncoder(w).Encode(i)
	})
	r.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("asked for") })
	r.Handle("/files/*", http.StripPrefix("/files/", http.FileServer(http.Dir(*static))))
	log.Fatal(http.ListenAndServe(*listen, r))
}
