// Command micro measures what the runtime does for a program, and prints "name value unit" lines: it is the same program in
// an image and on Linux, and ./run boots both. With QEMU counting time by instructions, nanoseconds are guest instructions.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

func main() {
	debug.SetGCPercent(100)
	measureGoroutines()
	measureSwitches()
	measureSleeps()
	measureCollections()
	measurePages()
	fmt.Println("end")
}

func say(name string, value float64, unit string) {
	fmt.Printf("micro %s %.4g %s\n", name, value, unit)
}

// each says how long one of n takes when f does all. The best of three is what is nearest to its own cost.
func each(name string, n int, f func()) {
	best := time.Duration(1 << 62)
	for range 3 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	say(name, float64(best.Nanoseconds())/float64(n), "ns")
}

// percentiles says where half of the values lie, and all but a hundredth.
func percentiles(name string, values []time.Duration) {
	slices.Sort(values)
	say(name+".p50", float64(values[len(values)/2].Nanoseconds()), "ns")
	say(name+".p99", float64(values[len(values)*99/100].Nanoseconds()), "ns")
	say(name+".max", float64(values[len(values)-1].Nanoseconds()), "ns")
}

func measureGoroutines() {
	const n, batch = 20_000, 100
	each("go.create-run", n, func() {
		var all sync.WaitGroup
		for range n / batch {
			for range batch {
				all.Go(func() {})
			}
			all.Wait()
		}
	})
	each("go.create-park-wake", n, func() {
		var all sync.WaitGroup
		gate := make(chan struct{})
		for range n {
			all.Go(func() { <-gate })
		}
		runtime.Gosched()
		close(gate)
		all.Wait()
	})
}

func measureSwitches() {
	const n = 20_000
	each("switch", 2*n, func() {
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				for range n {
					runtime.Gosched()
				}
			})
		}
		both.Wait()
	})
	each("channel.round-trip", n, func() {
		there, back := make(chan int), make(chan int)
		go func() {
			for v := range there {
				back <- v
			}
		}()
		for i := range n {
			there <- i
			<-back
		}
		close(there)
	})
	each("time.now", n, func() {
		for range n {
			time.Now()
		}
	})
	// Threads: a locked goroutine runs only on its own, so that each turn goes through the operating system.
	const turns = 2_000
	each("thread.round-trip", turns, func() {
		there, back := make(chan int), make(chan int)
		go func() {
			runtime.LockOSThread()
			for v := range there {
				back <- v
			}
		}()
		for i := range turns {
			there <- i
			<-back
		}
		close(there)
	})
}

func measureSleeps() {
	over := make([]time.Duration, 200)
	for i := range over {
		start := time.Now()
		time.Sleep(time.Millisecond)
		over[i] = time.Since(start) - time.Millisecond
	}
	percentiles("sleep.1ms.over", over)
}

type node struct {
	left, right *node
	_           [2]uint64
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

// measureCollections collects a heap of 8 MiB of small objects.
func measureCollections() {
	live := tree(17)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	each("gc.full", 1, runtime.GC)
	runtime.ReadMemStats(&after)
	var pauses []time.Duration
	for i := before.NumGC; i < after.NumGC; i++ {
		pauses = append(pauses, time.Duration(after.PauseNs[i%256]))
	}
	percentiles("gc.pause", pauses)
	runtime.KeepAlive(live)
}

// measurePages touches each page of fresh memory, and all of it again.
func measurePages() {
	const size, page = 16 << 20, 4096
	var b []byte
	touch := func() {
		for i := 0; i < size; i += page {
			b[i] = 1
		}
	}
	first := time.Duration(1 << 62)
	for range 3 {
		b = nil
		debug.FreeOSMemory()
		b = make([]byte, size)
		start := time.Now()
		touch()
		first = min(first, time.Since(start))
	}
	say("page.first-touch", float64(first.Nanoseconds())/(size/page), "ns")
	each("page.touch-again", size/page, touch)
}
