// Command stress uses all of the runtime at once for as long as its argument says: goroutines, channels, locks, timers,
// maps, threads, preemption, floating point, faults, stacks that grow, the garbage collector, and memory taken and given
// back. Each worker checks what it computes; one that stops making progress ends the program with a traceback of all.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A worker does one piece of its work, and says what is wrong with the result.
type worker struct {
	name   string
	copies int // per CPU
	work   func(seed uint64) error

	rounds atomic.Int64
}

var workers = []*worker{
	{name: "channels", copies: 2, work: channels},
	{name: "selects", copies: 1, work: selects},
	{name: "locks", copies: 1, work: locks},
	{name: "timers", copies: 1, work: timers},
	{name: "sleepers", copies: 2, work: sleepers},
	{name: "maps", copies: 1, work: maps},
	{name: "trees", copies: 1, work: trees},
	{name: "pages", copies: 1, work: pages},
	{name: "stacks", copies: 1, work: stacks},
	{name: "threads", copies: 1, work: threads},
	{name: "spin", copies: 1, work: spin},
	{name: "floats", copies: 1, work: floats},
	{name: "faults", copies: 1, work: faults},
}

// patience is how long no round of a worker may take.
const patience = time.Minute

func main() {
	log.SetFlags(0)
	debug.SetTraceback("all")
	if len(os.Args) != 2 {
		log.Fatal("usage: stress DURATION")
	}
	span, err := time.ParseDuration(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	debug.SetMemoryLimit(96 << 20) // the collector is to be busy
	end := time.Now().Add(span)
	var all sync.WaitGroup
	for i, w := range workers {
		for c := range w.copies * runtime.GOMAXPROCS(0) {
			all.Go(func() { w.run(uint64(i*1000+c+1), end) })
		}
	}
	go collect(end)
	go watch(end)
	all.Wait()
	for _, w := range workers {
		fmt.Println(w.name, w.rounds.Load())
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println("collections", m.NumGC)
	fmt.Println("stressed")
}

func (w *worker) run(seed uint64, end time.Time) {
	for time.Now().Before(end) {
		seed = next(seed)
		if err := w.work(seed); err != nil {
			panic(fmt.Sprint(w.name, ": ", err))
		}
		w.rounds.Add(1)
	}
}

// collect starts collections of both kinds besides those that the program brings about.
func collect(end time.Time) {
	for time.Now().Before(end) {
		time.Sleep(300 * time.Millisecond)
		runtime.GC()
		time.Sleep(300 * time.Millisecond)
		debug.FreeOSMemory()
	}
}

// watch panics when a worker stands still.
func watch(end time.Time) {
	last := make([]int64, len(workers))
	for {
		time.Sleep(patience)
		if time.Now().After(end) {
			time.Sleep(patience)
			panic("workers do not end")
		}
		for i, w := range workers {
			n := w.rounds.Load()
			if n == last[i] {
				panic(w.name + " stands still")
			}
			last[i] = n
		}
	}
}

// next is a step of a generator of pseudo-random numbers (xorshift64).
func next(x uint64) uint64 {
	x ^= x << 13
	x ^= x >> 7
	return x ^ x<<17
}
