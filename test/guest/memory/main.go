// Command memory uses memory and gives it back, so that the host can be seen to get it: as many goroutines as its first
// argument says are created in batches and end, a heap of as many MiB as its second is filled and dropped. Between that it
// says where it is, and goes on at each line of standard input.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
)

// batch is how many goroutines there are at a time.
const batch = 20000

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: memory GOROUTINES MIB")
	}
	goroutines, err1 := strconv.Atoi(os.Args[1])
	mib, err2 := strconv.Atoi(os.Args[2])
	if err1 != nil || err2 != nil {
		log.Fatalf("not numbers: %q", os.Args[1:])
	}
	input := bufio.NewScanner(os.Stdin)
	say := func(what string) {
		fmt.Println(what)
		input.Scan()
	}
	say("started")
	create(goroutines)
	say("created")
	heap := fill(mib)
	say("grown")
	check(heap)
	heap = nil
	debug.FreeOSMemory()
	say("released")
	check(fill(mib)) // what was given back is there again
	say("grown again")
}

// create has n goroutines live, in batches of which all are there at once.
func create(n int) {
	for ; n > 0; n -= batch {
		var ready, end sync.WaitGroup
		gate := make(chan struct{})
		for range min(n, batch) {
			ready.Add(1)
			end.Go(func() {
				ready.Done()
				<-gate
			})
		}
		ready.Wait()
		close(gate)
		end.Wait()
	}
}

// fill returns that many MiB, written to.
func fill(mib int) [][]byte {
	heap := make([][]byte, mib)
	for i := range heap {
		heap[i] = make([]byte, 1<<20)
		for j := 0; j < len(heap[i]); j += 4096 {
			heap[i][j] = byte(i) | 1
		}
	}
	return heap
}

func check(heap [][]byte) {
	for i, b := range heap {
		for j := 0; j < len(b); j += 4096 {
			if b[j] != byte(i)|1 || b[j+4095] != 0 {
				log.Fatalf("byte %d of MiB %d has changed", j, i)
			}
		}
	}
}
