package linuxabi

import (
	"internal/mirage/clock"
	"internal/mirage/linuxabi/linux"
	"math"
	"sync"
)

// Readiness. A file whose readiness changes has a waitQueue and notifies it; blocked calls, poll and select, epoll and
// package internal/poll all wait there, each by a waiter of its own.

// A waitQueue is the list of those who want to know that a file's readiness has changed.
type waitQueue struct {
	mu    sync.Mutex
	first *waiter
}

// A waiter is one of them. wake is called with the queue locked: it must be quick, and must not change the queue.
type waiter struct {
	wake       func(events uint32)
	next, prev *waiter
	queue      *waitQueue
}

// notify tells everybody that events (poll bits) have come to hold.
func (q *waitQueue) notify(events uint32) {
	q.mu.Lock()
	for w := q.first; w != nil; w = w.next {
		w.wake(events)
	}
	q.mu.Unlock()
}

func (q *waitQueue) add(w *waiter) {
	q.mu.Lock()
	w.queue, w.next = q, q.first
	if q.first != nil {
		q.first.prev = w
	}
	q.first = w
	q.mu.Unlock()
}

// remove takes w out; afterwards wake is not running and will not be called. A waiter in no queue stays so.
func (w *waiter) remove() {
	q := w.queue
	if q == nil {
		return
	}
	q.mu.Lock()
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		q.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	}
	w.queue, w.next, w.prev = nil, nil, nil
	q.mu.Unlock()
}

// noDeadline is later than any time.
const noDeadline = math.MaxInt64

// deadlineAfter returns the time of nanotime that is ns from now, or noDeadline if that is past the end of time.
func deadlineAfter(ns int64) int64 {
	now := nanotime()
	if ns > noDeadline-now {
		return noDeadline
	}
	return now + ns
}

// A sleeper is a call that waits for any of some queues.
type sleeper struct {
	woken   chan struct{} // holds one when something happened since the last sleep
	waiters []*waiter
	one     [1]*waiter
}

func newSleeper() *sleeper {
	s := &sleeper{woken: make(chan struct{}, 1)}
	s.waiters = s.one[:0]
	return s
}

func (s *sleeper) watch(q *waitQueue) {
	w := &waiter{wake: func(uint32) { s.wake() }}
	s.waiters = append(s.waiters, w)
	q.add(w)
}

func (s *sleeper) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// leave ends all watching.
func (s *sleeper) leave() {
	for _, w := range s.waiters {
		w.remove()
	}
}

// sleep returns true when one of the queues was notified since the last sleep, false when the deadline has passed.
func (s *sleeper) sleep(deadline int64) bool {
	if deadline == noDeadline {
		<-s.woken
		return true
	}
	left := deadline - nanotime()
	if left <= 0 {
		select {
		case <-s.woken:
			return true
		default:
			return false
		}
	}
	timer, over := clock.NewTimer(left)
	defer timer.Stop()
	select {
	case <-s.woken:
		return true
	case <-over:
		return false
	}
}

// Poll bits that go together.
const (
	pollIn  = linux.EPOLLIN | linux.EPOLLRDNORM
	pollOut = linux.EPOLLOUT | linux.EPOLLWRNORM
	// always: everybody hears of these whether or not they asked (poll(2)).
	always = linux.EPOLLERR | linux.EPOLLHUP
	// readyAlways is what holds for a file that never makes anybody wait.
	readyAlways = pollIn | pollOut
)
