//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"internal/mirage/ranges"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"
)

func busy() (total time.Duration) {
	for i := range runtime.NumCPU() {
		total += time.Duration(machine.Busy(i))
	}
	return total
}

// A CPU is busy while somebody works, and not while everybody sleeps.
func TestBusyTime(t *testing.T) {
	const long = 300 * time.Millisecond
	before, start := busy(), time.Now()
	time.Sleep(long)
	if worked, elapsed := busy()-before, time.Since(start); worked > elapsed/2 {
		t.Errorf("busy for %v of %v while everybody slept", worked, elapsed)
	}
	before, start = busy(), time.Now()
	for time.Since(start) < long {
	}
	if worked, elapsed := busy()-before, time.Since(start); worked < elapsed/2 {
		t.Errorf("busy for %v of %v of work", worked, elapsed)
	}
}

func TestBusyTimeNeverGoesBack(t *testing.T) {
	last := busy()
	for i := range 2000 {
		if i%100 == 0 {
			time.Sleep(time.Microsecond)
		}
		now := busy()
		if now < last {
			t.Fatalf("%v after %v", now, last)
		}
		last = now
	}
}

func TestArguments(t *testing.T) {
	args, environment := machine.Arguments()
	if !slices.Equal(args, os.Args) {
		t.Errorf("the arguments are %q, want %q", args, os.Args)
	}
	if !slices.Equal(environment, os.Environ()) {
		t.Errorf("the environment is %q, want %q", environment, os.Environ())
	}
}

// The ranges ascend, and hold what the program uses with the right to use it so.
func TestRanges(t *testing.T) {
	data := new([100]int)
	text := **(**uintptr)(unsafe.Pointer(&[]func(*testing.T){TestRanges}[0]))
	foundText, foundData := false, false
	for r, ok := machine.NextRange(0); ok; {
		if r.Start >= r.End || r.Flags&ranges.Write != 0 && r.Flags&ranges.Exec != 0 {
			t.Errorf("range %+v", r)
		}
		if text-r.Start < r.End-r.Start {
			foundText = r.Flags&ranges.Read != 0 && r.Flags&ranges.Exec != 0
		}
		if at := uintptr(unsafe.Pointer(data)); at-r.Start < r.End-r.Start {
			foundData = r.Flags&ranges.Read != 0 && r.Flags&ranges.Write != 0
		}
		last := r
		if r, ok = machine.NextRange(r.End); ok && r.Start < last.End {
			t.Errorf("range %+v follows %+v", r, last)
		}
	}
	if !foundText || !foundData {
		t.Errorf("text is in an executable range: %v, data in a writable one: %v", foundText, foundData)
	}
	runtime.KeepAlive(data)
}
