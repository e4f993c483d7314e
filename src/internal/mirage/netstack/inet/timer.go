package inet

import "sync"

// A Timer is a function to be called at a time. The zero Timer with F set is ready for Network.Schedule.
type Timer struct {
	F     func(now int64) // called without locks held, in the stack's own goroutine
	at    int64
	place int // in the heap, from 1; 0 when it does not wait
}

// Timers is a set of waiting timers: a binary heap by time. The zero value is empty.
type Timers struct {
	mu   sync.Mutex
	heap []*Timer
}

// Schedule makes t wait for the time at, in place of an earlier one, and reports whether it is now the first.
func (s *Timers) Schedule(t *Timer, at int64) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set(t, at)
}

// NoLater is Schedule, but leaves an earlier time as it is. It is for a timer that more than one goroutine sets, each to what it
// has found to be due next: who looked first and comes last is not to put off what the other one waits for.
func (s *Timers) NoLater(t *Timer, at int64) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.place != 0 && t.at <= at {
		return false
	}
	return s.set(t, at)
}

func (s *Timers) set(t *Timer, at int64) (first bool) {
	t.at = at
	if t.place == 0 {
		s.heap = append(s.heap, t)
		t.place = len(s.heap)
	}
	s.up(t.place - 1)
	s.down(t.place - 1)
	return s.heap[0] == t
}

// Cancel makes t wait no more.
func (s *Timers) Cancel(t *Timer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(t)
}

// Waiting returns how many timers wait.
func (s *Timers) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heap)
}

// Run calls what is due at now, earliest first, and returns when the next timer is due, 0 if there is none.
func (s *Timers) Run(now int64) (next int64) {
	for {
		s.mu.Lock()
		if len(s.heap) == 0 || s.heap[0].at > now {
			if len(s.heap) > 0 {
				next = s.heap[0].at
			}
			s.mu.Unlock()
			return next
		}
		t := s.heap[0]
		s.remove(t)
		s.mu.Unlock()
		t.F(now)
	}
}

func (s *Timers) remove(t *Timer) {
	if t.place == 0 {
		return
	}
	i, last := t.place-1, len(s.heap)-1
	s.swap(i, last)
	s.heap[last] = nil
	s.heap = s.heap[:last]
	t.place = 0
	if i < last {
		s.up(i)
		s.down(i)
	}
}

func (s *Timers) swap(i, j int) {
	s.heap[i], s.heap[j] = s.heap[j], s.heap[i]
	s.heap[i].place, s.heap[j].place = i+1, j+1
}

func (s *Timers) up(i int) {
	for i > 0 && s.heap[i].at < s.heap[(i-1)/2].at {
		s.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (s *Timers) down(i int) {
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(s.heap); c++ {
			if s.heap[c].at < s.heap[least].at {
				least = c
			}
		}
		if least == i {
			return
		}
		s.swap(i, least)
		i = least
	}
}
