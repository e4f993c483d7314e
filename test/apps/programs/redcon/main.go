// Command redcon is a server that speaks Redis' protocol: SET, GET, DEL, PING and QUIT.
package main

import (
	"flag"
	"log"
	"sync"

	"github.com/tidwall/redcon"
)

func main() {
	listen := flag.String("listen", ":6379", "address")
	flag.Parse()
	mux := redcon.NewServeMux()
	var values sync.Map
	mux.HandleFunc("ping", func(c redcon.Conn, _ redcon.Command) { c.WriteString("PONG") })
	mux.HandleFunc("quit", func(c redcon.Conn, _ redcon.Command) {
		c.WriteString("OK")
		c.Close()
	})
	mux.HandleFunc("set", func(c redcon.Conn, cmd redcon.Command) {
		if len(cmd.Args) != 3 {
			c.WriteError("ERR wrong number of arguments")
			return
		}
		values.Store(string(cmd.Args[1]), append([]byte(nil), cmd.Args[2]...))
		c.WriteString("OK")
	})
	mux.HandleFunc("get", func(c redcon.Conn, cmd redcon.Command) {
		if len(cmd.Args) != 2 {
			c.WriteError("ERR wrong number of arguments")
			return
		}
		if v, ok := values.Load(string(cmd.Args[1])); ok {
			c.WriteBulk(v.([]byte))
		} else {
			c.WriteNull()
		}
	})
	log.Fatal(redcon.ListenAndServe(*listen, mux.ServeRESP, nil, nil))
}
