// Command deadlock lets all its goroutines wait for each other, or for something that comes from outside, as its argument says.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// waits are the ways. What returns was woken from outside.
var waits = map[string]func(){
	"select":  func() { select {} },
	"channel": func() { <-make(chan int) },
	"mutex": func() {
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	},
	"goexit": runtime.Goexit,
	"each other": func() {
		a, b := make(chan int), make(chan int)
		for range 1000 {
			go func() { b <- <-a }()
		}
		<-b
	},
	"after input and output": func() {
		time.Sleep(10 * time.Millisecond)
		l, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts
		if err != nil {
			panic(err)
		}
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			panic(err)
		}
		if _, err := os.ReadDir("/"); err != nil {
			panic(err)
		}
		done := make(chan int)
		<-done
		c.Close()
	},

	"timer": func() {
		c := make(chan int)
		time.AfterFunc(100*time.Millisecond, func() { close(c) })
		<-c
	},
	"system call": func() {
		c := make(chan int)
		go func() {
			t := syscall.NsecToTimespec(1e8)
			syscall.Nanosleep(&t, nil)
			close(c)
		}()
		<-c
	},
	"input": func() {
		c := make(chan int)
		go func() {
			os.Stdin.Read(make([]byte, 1))
			close(c)
		}()
		<-c
	},
	"packet": func() {
		c, err := net.ListenPacket("udp", ":7")
		if err != nil {
			panic(err)
		}
		done := make(chan int)
		go func() {
			_, from, _ := c.ReadFrom(make([]byte, 1))
			c.WriteTo([]byte("woken"), from)
			close(done)
		}()
		<-done
	},
}

func main() {
	fmt.Println("waiting")
	waits[os.Args[1]]()
	fmt.Println("woken")
}
