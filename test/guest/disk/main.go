// Command disk uses disks as its arguments say, for the tests that boot it.
//
//	list              what package block and /proc/partitions say
//	write NAME SEED   write the whole disk, flush, say so, and go on writing its last sector
//	check NAME SEED   see that what write has flushed is there
//	requests NAME     every request there is, many at a time
//	come NAME COUNT   see it come and go so often, with what was written before there each time
//	bench NAME        how fast it is
package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"mirage/block"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "list":
		return list()
	case len(args) < 2:
		return errors.New("what, and which disk?")
	}
	seed := 0
	if len(args) > 2 {
		seed, _ = strconv.Atoi(args[2])
	}
	if args[0] == "come" {
		return come(args[1], seed)
	}
	d, err := block.Open(args[1])
	if err != nil {
		return err
	}
	defer d.Close()
	switch args[0] {
	case "write":
		return write(d, uint64(seed))
	case "check":
		return check(d, uint64(seed))
	case "requests":
		return requests(d)
	case "bench":
		return bench(d)
	}
	return fmt.Errorf("no command %s", args[0])
}

func list() error {
	all, err := block.List()
	for _, i := range all {
		fmt.Printf("%s: %d bytes, sectors of %d, read-only %v, partition %d %q\n", i.Name, i.Size, i.Sector, i.ReadOnly, i.Partition, i.Label)
	}
	b, bad := os.ReadFile("/proc/partitions")
	fmt.Printf("%s", b)
	return errors.Join(err, bad)
}

// piece is how much is written at once.
const piece = 256 << 10

// pattern fills b with what belongs at off.
func pattern(b []byte, off int64, seed uint64) {
	r := rand.New(rand.NewPCG(seed, uint64(off)))
	for i := 0; i+8 <= len(b); i += 8 {
		v := r.Uint64()
		for k := range 8 {
			b[i+k] = byte(v >> (8 * k))
		}
	}
}

// end is where the pattern ends: the last sector is written again and again.
func end(d *block.Disk) int64 { return (d.Size() - 4096) &^ (piece - 1) }

func write(d *block.Disk, seed uint64) error {
	b := make([]byte, piece)
	for off := int64(0); off < end(d); off += piece {
		pattern(b, off, seed)
		if _, err := d.WriteAt(b, off); err != nil {
			return err
		}
	}
	if err := d.Flush(); err != nil {
		return err
	}
	fmt.Println("flushed")
	for {
		if _, err := d.WriteAt(b[:4096], d.Size()-4096); err != nil {
			return err
		}
	}
}

func check(d *block.Disk, seed uint64) error {
	b, want := make([]byte, piece), make([]byte, piece)
	for off := int64(0); off < end(d); off += piece {
		pattern(want, off, seed)
		if _, err := d.ReadAt(b, off); err != nil {
			return err
		}
		if !bytes.Equal(b, want) {
			return fmt.Errorf("other data at %d", off)
		}
	}
	fmt.Println("all there")
	return nil
}

// come waits for a disk so many times, writes to it when it is there, and waits until it is gone. What the system holds on to after
// that would be more each time.
func come(name string, times int) error {
	var first runtime.MemStats
	goroutines := 0
	for i := range times {
		d, err := block.Open(name)
		for ; err != nil; d, err = block.Open(name) {
			time.Sleep(5 * time.Millisecond)
		}
		fmt.Println("come", i+1)
		if err := mark(d, uint64(i)); err != nil {
			return fmt.Errorf("time %d: %w", i+1, err)
		}
		if err := d.Close(); err != nil {
			return err
		}
		fmt.Println("done", i+1)
		for there(name) {
			time.Sleep(5 * time.Millisecond)
		}
		fmt.Println("gone", i+1)
		if i == min(4, times-1) { // all has been used
			goroutines = runtime.NumGoroutine()
			runtime.GC()
			runtime.ReadMemStats(&first)
		}
	}
	var last runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&last)
	if runtime.NumGoroutine() != goroutines || last.HeapAlloc > first.HeapAlloc+1<<20 || last.Sys > first.Sys+4<<20 {
		return fmt.Errorf("%d goroutines were %d; heap %d was %d; memory %d was %d", runtime.NumGoroutine(), goroutines, last.HeapAlloc, first.HeapAlloc, last.Sys, first.Sys)
	}
	fmt.Println("came and went", times, "times")
	return nil
}

// mark sees what the time before has written, and writes and flushes other data.
func mark(d *block.Disk, time uint64) error {
	const size = 100 << 10
	got, want := make([]byte, size), make([]byte, size)
	if time > 0 {
		pattern(want, 0, time-1)
		if _, err := d.ReadAt(got, 0); err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return errors.New("other data than was flushed")
		}
	}
	pattern(want, 0, time)
	if _, err := d.WriteAt(want, 0); err != nil {
		return err
	}
	return d.Flush()
}

// there reports whether a disk is.
func there(name string) bool {
	d, err := block.OpenReadOnly(name)
	if err == nil {
		d.Close()
	}
	return err == nil
}

// requests has many goroutines write, read and clear pieces of their own.
func requests(d *block.Disk) error {
	const workers = 64
	region := d.Size() / workers &^ 4095
	errs := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() { errs[w] = exercise(d, int64(w)*region, region, uint64(w)) })
	}
	all.Wait()
	if err := errors.Join(append(errs, d.Flush())...); err != nil {
		return err
	}
	if _, err := d.WriteAt(make([]byte, 1), d.Size()); !errors.Is(err, block.ErrRange) {
		return fmt.Errorf("a write behind the end: %v", err)
	}
	fmt.Println("all requests done")
	return nil
}

func exercise(d *block.Disk, start, size int64, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 0))
	want := make([]byte, size)
	pattern(want, start, seed)
	if _, err := d.WriteAt(want, start); err != nil {
		return err
	}
	for turn := range 60 {
		n := 1 + r.Int64N(min(size, 70000))
		at := r.Int64N(size - n + 1)
		switch turn % 4 {
		case 0, 1:
			b := make([]byte, n)
			if _, err := d.ReadAt(b, start+at); err != nil {
				return err
			}
			if !bytes.Equal(b, want[at:at+n]) {
				return fmt.Errorf("%d bytes at %d are others", n, start+at)
			}
		case 2:
			pattern(want[at:at+n], int64(turn), seed)
			if _, err := d.WriteAt(want[at:at+n], start+at); err != nil {
				return err
			}
		case 3:
			at, n = at&^4095, n&^4095
			if err := d.Zero(start+at, n); err != nil {
				return err
			}
			clear(want[at : at+n])
		}
	}
	if err := d.Discard(start, 4096); err != nil && !errors.Is(err, block.ErrUnsupported) {
		return err
	}
	return nil
}

// bench measures reads and writes of 4 KiB at random places by one and by 32 goroutines, and of 1 MiB one after the other.
func bench(d *block.Disk) error {
	const span = 2 * time.Second
	for _, test := range []struct {
		name    string
		size    int
		workers int
		random  bool
		write   bool
	}{
		{"random read 4k, 1", 4096, 1, true, false}, {"random read 4k, 32", 4096, 32, true, false},
		{"random write 4k, 1", 4096, 1, true, true}, {"random write 4k, 32", 4096, 32, true, true},
		{"read 1M", 1 << 20, 1, false, false}, {"write 1M", 1 << 20, 1, false, true},
	} {
		counts := make([]int64, test.workers)
		errs := make([]error, test.workers)
		var all sync.WaitGroup
		start := time.Now()
		for w := range test.workers {
			all.Go(func() {
				counts[w], errs[w] = move(d, test.size, test.random, test.write, uint64(w), start.Add(span))
			})
		}
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		n := int64(0)
		for _, c := range counts {
			n += c
		}
		s := time.Since(start).Seconds()
		fmt.Printf("%-20s %8.0f /s %8.1f MB/s\n", test.name, float64(n)/s, float64(n)*float64(test.size)/s/1e6)
	}
	return nil
}

// move reads or writes until the end, and returns how often. What it writes is what belongs there, and what it reads it checks
// once in a while.
func move(d *block.Disk, size int, random, write bool, seed uint64, end time.Time) (n int64, err error) {
	r := rand.New(rand.NewPCG(seed, 9))
	b := make([]byte, size)
	places := d.Size() / int64(size)
	for at := int64(0); time.Now().Before(end); at++ {
		off := at % places * int64(size)
		if random {
			off = r.Int64N(places) * int64(size)
		}
		if write {
			_, err = d.WriteAt(b, off)
		} else {
			_, err = d.ReadAt(b, off)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
