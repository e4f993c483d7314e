// Command crash ends by SIGQUIT while goroutines run on other threads and threads wait; with GOTRACEBACK=crash each of them
// says where it was.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
)

func main() {
	debug.SetTraceback("crash")
	started := make(chan bool)
	for range 3 {
		go loop(started)
		<-started
	}
	fmt.Println("asking")
	if err := syscall.Kill(os.Getpid(), syscall.SIGQUIT); err != nil {
		fmt.Println(err)
	}
	select {}
}

func loop(started chan bool) {
	started <- true
	for n := 0; ; n++ {
		total += n
	}
}

var total int
