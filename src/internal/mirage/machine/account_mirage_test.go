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

func idle() (total time.Duration) {
	for i := range runtime.NumCPU() {
		total += time.Duration(machine.Idle(i))
	}
	return total
}

// A CPU is idle while everybody sleeps, and not while somebody works.
func TestIdleTime(t *testing.T) {
	const long = 300 * time.Millisecond
	before, start := idle(), time.Now()
	time.Sleep(long)
	slept, elapsed := idle()-before, time.Since(start)*time.Duration(runtime.NumCPU())
	if slept < elapsed/2 || slept > elapsed {
		t.Errorf("idle for %v of %v while everybody slept", slept, elapsed)
	}
	before, start = idle(), time.Now()
	for time.Since(start) < long {
	}
	idled, elapsed := idle()-before, time.Since(start)
	if limit := elapsed*time.Duration(runtime.NumCPU()) - elapsed/2; idled > limit {
		t.Errorf("idle for %v of %v while a CPU worked, want at most %v", idled, elapsed, limit)
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
