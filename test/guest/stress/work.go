package main

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func want[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: %v, want %v", what, got, want)
	}
	return nil
}

// channels sends numbers through a chain of goroutines, each of which adds one.
func channels(seed uint64) error {
	const stages, numbers = 20, 50
	first := make(chan uint64, seed%3)
	last := first
	for range stages {
		in, out := last, make(chan uint64, seed%5)
		go func() {
			for v := range in {
				out <- v + 1
			}
			close(out)
		}()
		last = out
	}
	go func() {
		for i := range uint64(numbers) {
			first <- seed + i
		}
		close(first)
	}()
	i := uint64(0)
	for v := range last {
		if err := want("a number through the chain", v, seed+i+stages); err != nil {
			return err
		}
		i++
	}
	return want("numbers through the chain", i, numbers)
}

// selects has producers, a consumer that takes from any, and a timer that is always in the way.
func selects(seed uint64) error {
	const each = 100
	a, b := make(chan uint64), make(chan uint64, 4)
	for _, c := range []chan uint64{a, b} {
		go func() {
			for i := range uint64(each) {
				c <- i
			}
		}()
	}
	late := time.NewTimer(time.Duration(seed%1000) * time.Microsecond)
	defer late.Stop()
	sum := uint64(0)
	for n := 0; n < 2*each; {
		select {
		case v := <-a:
			sum, n = sum+v, n+1
		case v := <-b:
			sum, n = sum+v, n+1
		case <-late.C:
			late.Reset(100 * time.Microsecond)
		}
	}
	return want("the sum", sum, each*(each-1))
}

// locks counts under a mutex, and hands out turns by a condition variable.
func locks(seed uint64) error {
	const each, goroutines = 50, 8
	var mu sync.Mutex
	var all sync.WaitGroup
	turn := sync.NewCond(&mu)
	count, at := 0, 0
	for g := range goroutines {
		all.Go(func() {
			for range each {
				mu.Lock()
				for at != g {
					turn.Wait()
				}
				count++
				at = (at + 1) % goroutines
				turn.Broadcast()
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return want("the count", count, each*goroutines)
}

// timers starts timers, stops half of them, and waits for the others.
func timers(seed uint64) error {
	const n = 200
	var ran atomic.Int64
	var all sync.WaitGroup
	want := int64(0)
	for i := range n {
		all.Add(1)
		seed = next(seed)
		t := time.AfterFunc(time.Duration(seed%5000)*time.Microsecond, func() { ran.Add(1); all.Done() })
		if want++; i%2 == 0 && t.Stop() {
			want--
			all.Done()
		}
	}
	all.Wait()
	if got := ran.Load(); got != want {
		return fmt.Errorf("%d timers ran, %d were not stopped", got, want)
	}
	return nil
}

// sleepers sleeps, and never too short.
func sleepers(seed uint64) error {
	d := time.Duration(seed%3000) * time.Microsecond
	start := time.Now()
	time.Sleep(d)
	if slept := time.Since(start); slept < d {
		return fmt.Errorf("slept %v of %v", slept, d)
	}
	return nil
}

// maps fills maps, takes every other key out, and looks all up.
func maps(seed uint64) error {
	const n = 5000
	numbers, names := map[uint64]uint64{}, map[string]uint64{}
	for i := range uint64(n) {
		numbers[seed+i*i] = i
		names[fmt.Sprint("name", i%500)] = i
	}
	for i := uint64(0); i < n; i += 2 {
		delete(numbers, seed+i*i)
	}
	for i := range uint64(n) {
		if v, ok := numbers[seed+i*i]; ok != (i%2 == 1) || ok && v != i {
			return fmt.Errorf("key %d: %d, %v", i, v, ok)
		}
	}
	return want("a named value", names["name123"], n-500+123)
}

type node struct {
	left, right *node
	value       uint64
}

func tree(depth int, value uint64) *node {
	if depth == 0 {
		return &node{value: value}
	}
	return &node{tree(depth-1, next(value)), tree(depth-1, next(value+1)), value}
}

func (n *node) sum() uint64 {
	if n == nil {
		return 0
	}
	return n.value + 3*n.left.sum() + 5*n.right.sum()
}

// trees builds two equal trees while the collector runs, and compares them.
func trees(seed uint64) error {
	a, b := tree(12, seed), tree(12, seed)
	return want("a tree's sum", a.sum(), b.sum())
}

// pages takes large pieces of memory, which are zero, writes to each page, and looks whether it is still there later.
func pages(seed uint64) error {
	size := 1<<20 + int(seed%(5<<20))
	b := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		if b[i] != 0 || b[min(i+4095, size-1)] != 0 {
			return fmt.Errorf("new memory is not zero at %d of %d", i, size)
		}
		b[i] = byte(i>>12) | 1
		if i%(64<<12) == 0 {
			runtime.Gosched()
		}
	}
	for i := 0; i < size; i += 4096 {
		if b[i] != byte(i>>12)|1 {
			return fmt.Errorf("memory changed at %d of %d", i, size)
		}
		b[min(i+4095, size-1)] = 0xff
	}
	return nil
}

// stacks grows stacks, and finds what lies on them.
func stacks(seed uint64) error {
	const goroutines = 4
	var all sync.WaitGroup
	var got [goroutines]uint64
	for g := range got {
		all.Go(func() { got[g] = deep(int(seed%2000), seed) })
	}
	all.Wait()
	for g := range got {
		if err := want("a sum over a stack", got[g], got[0]); err != nil {
			return err
		}
	}
	return nil
}

//go:noinline
func deep(n int, v uint64) uint64 {
	var room [16]uint64
	for i := range room {
		room[i] = v + uint64(i)
	}
	if n == 0 {
		return v
	}
	r := deep(n-1, next(v))
	for i := range room {
		if room[i] != v+uint64(i) {
			panic("a stack has changed")
		}
	}
	return r + room[3]
}

// threads makes threads, which end with their goroutines.
func threads(seed uint64) error {
	var all sync.WaitGroup
	var sum atomic.Uint64
	for i := range uint64(4) {
		all.Go(func() {
			runtime.LockOSThread() // and never unlocks: the thread ends
			runtime.Gosched()
			sum.Add(i)
		})
	}
	all.Wait()
	return want("the sum", sum.Load(), 6)
}

// spin loops without a call, so that only an interrupt ends its time.
func spin(seed uint64) error {
	x := seed | 1
	for range 2_000_000 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	if x == 0 {
		return errors.New("a number became 0")
	}
	time.Sleep(time.Millisecond)
	return nil
}

// floats computes the same twice in registers that a switch must keep.
func floats(seed uint64) error {
	f := func() (a, b float64) {
		a, b = 1, float64(seed%1000)+1
		for i := range 50_000 {
			a += math.Sqrt(b) / float64(i+1)
			b = b*1.0000001 + a*1e-9
		}
		return a, b
	}
	a, b := f()
	time.Sleep(time.Millisecond)
	c, d := f()
	if a != c || b != d {
		return fmt.Errorf("%v, %v and %v, %v", a, b, c, d)
	}
	return nil
}

// faults dereferences nil, divides by zero, and recovers.
func faults(seed uint64) error {
	for range 20 {
		if err := want("a nil dereference", message(func() { *(*int)(nil) = 1 }), "runtime error: invalid memory address or nil pointer dereference"); err != nil {
			return err
		}
		zero := uint64(0)
		if err := want("a division", message(func() { seed /= zero }), "runtime error: integer divide by zero"); err != nil {
			return err
		}
	}
	time.Sleep(time.Millisecond)
	return nil
}

// message is what f panics with.
func message(f func()) (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	f()
	return ""
}
