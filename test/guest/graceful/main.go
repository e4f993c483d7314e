// Command graceful works until it is asked to end, by SIGINT or SIGTERM, finishes what it has begun, and exits with 0. It
// knows nothing of mirage. An argument says how long it takes to finish; from the request on, signals do what they do
// without a handler.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	rest, err := time.ParseDuration(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	asked, done := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	fmt.Println("working")
	<-asked.Done()
	done()
	fmt.Println("finishing:", context.Cause(asked))
	time.Sleep(rest)
	fmt.Println("finished")
}
