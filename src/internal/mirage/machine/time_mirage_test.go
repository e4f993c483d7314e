//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"testing"
	"time"
)

func TestMonotonicClockNeverGoesBack(t *testing.T) {
	last := machine.Nanotime()
	for range 100000 {
		now := machine.Nanotime()
		if now < last {
			t.Fatalf("%d after %d", now, last)
		}
		last = now
	}
}

func TestSleepIsNotShort(t *testing.T) {
	for _, d := range []time.Duration{time.Microsecond, time.Millisecond, 20 * time.Millisecond} {
		start := time.Now()
		time.Sleep(d)
		if slept := time.Since(start); slept < d {
			t.Errorf("Sleep(%v) took %v", d, slept)
		}
	}
}

// The wall clock comes from the machine's clock chip.
func TestWallClockIsSet(t *testing.T) {
	if y := time.Now().Year(); y < 2026 {
		t.Errorf("it is said to be %d", y)
	}
}

func TestSpinnerIsPreempted(t *testing.T) {
	stop := false
	go func() {
		for !stop {
		}
	}()
	time.Sleep(5 * time.Millisecond) // comes back only if the spinner is taken off the CPU
	stop = true
}

func TestRandomIsNotConstant(t *testing.T) {
	var a, b [32]byte
	machine.Random(a[:])
	machine.Random(b[:])
	if a == b || a == [32]byte{} {
		t.Errorf("%x and %x", a, b)
	}
	machine.AddEntropy([]byte("does not make it worse"))
	c := a
	machine.Random(c[:])
	if c == a || c == b {
		t.Errorf("%x repeats", c)
	}
}
