//go:build !mirage

package inet

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTimersFireInOrder(t *testing.T) {
	var s Timers
	var fired []int64
	timers := make([]Timer, 200)
	r := rand.New(rand.NewPCG(3, 4))
	var want []int64
	for i := range timers {
		due := int64(1 + r.IntN(1000))
		timers[i].F = func(now int64) { fired = append(fired, due) }
		s.Schedule(&timers[i], int64(r.IntN(2000))) // and moved at once
		s.Schedule(&timers[i], due)
		if i%5 == 0 {
			s.Cancel(&timers[i])
			s.Cancel(&timers[i])
		} else {
			want = append(want, due)
		}
	}
	slices.Sort(want)
	for now := int64(0); ; {
		next := s.Run(now)
		if next == 0 {
			break
		}
		if next <= now {
			t.Fatalf("at %d the next timer is due at %d", now, next)
		}
		now = next
	}
	if !slices.Equal(fired, want) {
		t.Errorf("fired %v, want %v", fired, want)
	}
}

func TestTimersFirst(t *testing.T) {
	var s Timers
	a, b := Timer{F: func(int64) {}}, Timer{F: func(int64) {}}
	if !s.Schedule(&a, 10) || s.Schedule(&b, 20) || !s.Schedule(&b, 5) {
		t.Error("the first timer is not told from the others")
	}
	if next := s.Run(4); next != 5 {
		t.Errorf("next at %d, want 5", next)
	}
}

// NoLater does not put off what somebody else waits for.
func TestTimersNoLater(t *testing.T) {
	var s Timers
	fired := 0
	a := Timer{F: func(int64) { fired++ }}
	if !s.NoLater(&a, 10) || s.NoLater(&a, 20) || s.Run(9) != 10 || !s.NoLater(&a, 5) || s.Run(4) != 5 {
		t.Error("the timer is not set to the earliest time")
	}
	if s.Run(5) != 0 || fired != 1 || !s.NoLater(&a, 7) || s.Run(7) != 0 || fired != 2 {
		t.Errorf("fired %d times", fired)
	}
}

// A timer may be set again by its own function.
func TestTimerRepeats(t *testing.T) {
	var s Timers
	n := 0
	var a Timer
	a.F = func(now int64) {
		if n++; n < 3 {
			s.Schedule(&a, now+10)
		}
	}
	s.Schedule(&a, 10)
	for now := int64(1); now <= 100; now++ {
		s.Run(now)
	}
	if n != 3 {
		t.Errorf("fired %d times, want 3", n)
	}
}

func TestBucket(t *testing.T) {
	b := Bucket{Rate: 10, Burst: 5}
	now := int64(7 * second)
	take := func() (n int) {
		for b.Take(now) {
			n++
		}
		return n
	}
	if n := take(); n != 5 {
		t.Errorf("a full bucket gave %d, want 5", n)
	}
	now += second / 5
	if n := take(); n != 2 {
		t.Errorf("a fifth of a second gave %d, want 2", n)
	}
	now += 3600 * second
	if n := take(); n != 5 {
		t.Errorf("an hour gave %d, want the burst of 5", n)
	}
	total := 0
	for range 1000 { // ten seconds in small steps
		now += second / 100
		total += take()
	}
	if total < 99 || total > 101 {
		t.Errorf("ten seconds gave %d, want about 100", total)
	}
}
