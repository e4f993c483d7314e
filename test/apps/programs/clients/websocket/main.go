// Command websocket drives a chat server: each of a few clients says a few things, and all hear everything.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

func main() {
	url := flag.String("url", "ws://127.0.0.1:8080/ws", "the server's URL")
	people := flag.Int("people", 10, "how many clients")
	lines := flag.Int("lines", 20, "how much each says")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var conns []*websocket.Conn
	for i := range *people {
		c, _, err := websocket.Dial(ctx, *url, nil)
		if err != nil {
			log.Fatal(err)
		}
		// Who is not yet registered hears nothing: each says a word and waits for it.
		hello := fmt.Sprint("hello ", i)
		say(ctx, c, hello)
		for heard := ""; heard != hello; {
			heard = listen(ctx, c)[0]
		}
		conns = append(conns, c)
	}
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() {
			for n := range *lines {
				say(ctx, c, fmt.Sprintf("%d says %d", i, n))
			}
		})
		all.Go(func() { hear(ctx, c, *people, *lines) })
	}
	all.Wait()
	for _, c := range conns {
		if err := c.Close(websocket.StatusNormalClosure, ""); err != nil && ctx.Err() != nil {
			log.Fatal(err)
		}
	}
	fmt.Println("ok")
}

func say(ctx context.Context, c *websocket.Conn, text string) {
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		log.Fatal(err)
	}
}

// listen returns the lines of the next message: the server may join some.
func listen(ctx context.Context, c *websocket.Conn) []string {
	_, b, err := c.Read(ctx)
	if err != nil {
		log.Fatal(err)
	}
	return strings.Split(string(bytes.TrimSpace(b)), "\n")
}

// hear listens until everybody has said everything, each in order.
func hear(ctx context.Context, c *websocket.Conn, people, lines int) {
	next := make([]int, people)
	for left := people * lines; left > 0; {
		for _, line := range listen(ctx, c) {
			var who, n int
			if _, err := fmt.Sscanf(line, "%d says %d", &who, &n); err != nil {
				continue // a hello
			}
			if n != next[who] {
				log.Fatalf("%d's line %d came when %d was due", who, n, next[who])
			}
			next[who]++
			left--
		}
	}
}
