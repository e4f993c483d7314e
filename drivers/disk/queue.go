package disk

import (
	"internal/mirage/device"
	"sync"
)

// A slot is the place of a request.
type slot struct {
	request Request
	done    chan error // the answer
	out     bool       // the device is to answer it
	ticks   int        // since it was asked
}

// A queue is a ring and who uses it.
type queue struct {
	disk *Disk
	ring Ring

	mu     sync.Mutex
	freed  sync.Cond // a slot is free, or the queue is closed
	slots  []slot
	free   []int // the last used at the end: its memory is in the cache
	out    int   // slots that are
	paused bool
	closed bool
}

func newQueue(d *Disk, r Ring) *queue {
	q := &queue{disk: d, ring: r, slots: make([]slot, r.Slots()), free: make([]int, r.Slots())}
	q.freed.L = &q.mu
	for i := range q.slots {
		q.slots[i].done = make(chan error, 1)
		q.free[len(q.free)-1-i] = i
	}
	return q
}

// acquire returns a slot; none if all are in use and the caller does not wait, or the queue is closed.
func (q *queue) acquire(wait bool) (i int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.free) == 0 && wait && !q.closed {
		q.freed.Wait()
	}
	if len(q.free) == 0 || q.closed {
		return 0, false
	}
	i = q.free[len(q.free)-1]
	q.free = q.free[:len(q.free)-1]
	return i, true
}

func (q *queue) release(i int) {
	q.mu.Lock()
	q.slots[i].request.Data = nil
	q.free = append(q.free, i)
	q.mu.Unlock()
	q.freed.Signal()
}

// start asks the device. The slot's done then has an answer, some time.
func (q *queue) start(i int, r Request) {
	s := &q.slots[i]
	s.request = r
	if err := q.ring.Prepare(i, &s.request); err != nil {
		s.done <- err
		return
	}
	if !q.submit(i) {
		s.done <- device.ErrGone
		return
	}
	if d := q.disk; !d.watched.Load() && d.watched.CompareAndSwap(false, true) {
		go d.watch()
	}
}

// submit puts a request into the ring, now or at resume. It reports whether the queue is open.
func (q *queue) submit(i int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.slots[i].out, q.slots[i].ticks = true, 0
	q.out++
	if !q.paused && q.add(i) {
		q.ring.Flush()
	}
	return true
}

// add puts a request into the ring. If that is broken it ends the disk, for serve may be waiting for an answer that never comes.
// mu is held, which Fail takes.
func (q *queue) add(i int) bool {
	ok := q.ring.Add(i)
	if !ok {
		go q.disk.Fail(q.ring.Err())
	}
	return ok
}

// finish waits for the answer, and gives the slot back.
func (q *queue) finish(i int) error {
	s := &q.slots[i]
	err := <-s.done
	if err == nil {
		err = q.ring.Finish(i, &s.request)
	}
	q.release(i)
	return err
}

// serve is the ring's goroutine.
func (q *queue) serve() {
	for {
		q.mu.Lock()
		q.drain()
		pending, closed, err := false, q.closed, error(nil)
		if !q.paused {
			pending, err = q.ring.Arm(), q.ring.Err()
		}
		q.mu.Unlock()
		switch {
		case closed:
			return
		case err != nil:
			q.disk.Fail(err)
			return
		case !pending && !q.ring.Wait():
			q.disk.Fail(device.ErrGone)
			return
		}
	}
}

// drain takes what the device has answered. mu is held.
func (q *queue) drain() {
	for !q.paused {
		i, err, ok := q.ring.Take()
		if !ok {
			return
		}
		q.answer(i, err)
	}
}

// answer passes an answer on. mu is held.
func (q *queue) answer(i int, err error) {
	if s := &q.slots[i]; s.out {
		s.out = false
		q.out--
		s.done <- err
	}
}

// close gives all who wait, and all who come, an error.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	for i := range q.slots {
		q.answer(i, device.ErrGone)
	}
	q.mu.Unlock()
	q.freed.Broadcast()
}

func (q *queue) pause() {
	q.mu.Lock()
	q.paused = true
	q.mu.Unlock()
}

func (q *queue) resume() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.paused = false
	for i := range q.slots {
		if q.slots[i].out && !q.add(i) {
			return
		}
	}
	q.ring.Flush()
}

// tick makes all requests older, and reports whether there are any and whether one is too old.
func (q *queue) tick() (any, late bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, false
	}
	for i := range q.slots {
		if s := &q.slots[i]; s.out && !q.paused {
			s.ticks++
			late = late || s.ticks > ticks
		}
	}
	return q.out > 0, late
}

func (q *queue) busy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.out > 0
}
