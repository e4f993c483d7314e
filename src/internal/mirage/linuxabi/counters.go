package linuxabi

import (
	"internal/mirage/clock"
	"internal/mirage/linuxabi/linux"
	"math"
	"sync"
)

// eventfd and timerfd: descriptors that count.

// eventCounter is an eventfd (eventfd(2)).
type eventCounter struct {
	changed   waitQueue
	mu        sync.Mutex
	count     uint64
	semaphore bool
}

func eventfd2(p *Process, a args) (uintptr, linux.Errno) {
	if a.a2&^(linux.EFD_CLOEXEC|linux.EFD_NONBLOCK|linux.EFD_SEMAPHORE) != 0 {
		return 0, linux.EINVAL
	}
	f := &eventCounter{count: uint64(uint32(a.a1)), semaphore: a.a2&linux.EFD_SEMAPHORE != 0}
	return p.installFile(f, linux.O_RDWR|int(a.a2&linux.EFD_NONBLOCK), a.a2&linux.EFD_CLOEXEC != 0)
}

func eventfd(p *Process, a args) (uintptr, linux.Errno) { return eventfd2(p, args{a1: a.a1}) }

// installFile gives a file that came without a path a descriptor.
func (p *Process) installFile(f file, flags int, cloexec bool) (uintptr, linux.Errno) {
	r, e := p.fds.install(newDescription(f, flags), 0, cloexec)
	return uintptr(r), e
}

func (f *eventCounter) read(d *description, b []byte) (int, linux.Errno) {
	if len(b) < 8 {
		return 0, linux.EINVAL
	}
	f.mu.Lock()
	v := f.count
	if f.semaphore && v > 0 {
		v = 1
	}
	f.count -= v
	f.mu.Unlock()
	if v == 0 {
		return 0, linux.EAGAIN
	}
	put64(b, v)
	f.changed.notify(pollOut)
	return 8, 0
}

func (f *eventCounter) write(d *description, b []byte) (int, linux.Errno) {
	if len(b) != 8 {
		return 0, linux.EINVAL
	}
	v := get64(b)
	if v == math.MaxUint64 {
		return 0, linux.EINVAL
	}
	f.mu.Lock()
	full := v > math.MaxUint64-1-f.count
	if !full {
		f.count += v
	}
	f.mu.Unlock()
	if full {
		return 0, linux.EAGAIN
	}
	f.changed.notify(pollIn)
	return 8, 0
}

func (f *eventCounter) ready(d *description) (events uint32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count > 0 {
		events |= linux.EPOLLIN
	}
	if f.count < math.MaxUint64-1 {
		events |= linux.EPOLLOUT
	}
	return events
}

func (f *eventCounter) mode() uint32           { return 0o600 }
func (f *eventCounter) queue() *waitQueue      { return &f.changed }
func (f *eventCounter) release(d *description) {}

// timerCounter is a timerfd (timerfd_create(2)).
type timerCounter struct {
	changed  waitQueue
	wall     bool // counts the wall clock's time
	mu       sync.Mutex
	timer    *clock.Timer
	next     int64 // of nanotime; 0: not armed
	interval int64
	expired  uint64
}

func timerfdCreate(p *Process, a args) (uintptr, linux.Errno) {
	wall := a.a1 == linux.CLOCK_REALTIME
	if a.a2&^(linux.TFD_CLOEXEC|linux.TFD_NONBLOCK) != 0 || !wall && a.a1 != linux.CLOCK_MONOTONIC && a.a1 != linux.CLOCK_BOOTTIME {
		return 0, linux.EINVAL
	}
	return p.installFile(&timerCounter{wall: wall}, linux.O_RDWR|int(a.a2&linux.TFD_NONBLOCK), a.a2&linux.TFD_CLOEXEC != 0)
}

// timerFile returns the timer behind a descriptor. The errors are EBADF and EINVAL.
func (p *Process) timerFile(a uintptr) (*timerCounter, linux.Errno) {
	d, e := p.fds.get(fd(a))
	if e != 0 {
		return nil, e
	}
	defer d.put()
	f, ok := d.file.(*timerCounter)
	if !ok {
		return nil, linux.EINVAL
	}
	return f, 0
}

func timerfdSettime(p *Process, a args) (uintptr, linux.Errno) {
	if a.a2&^(linux.TFD_TIMER_ABSTIME|linux.TFD_TIMER_CANCEL_ON_SET) != 0 {
		return 0, linux.EINVAL
	}
	spec, e := load[linux.Itimerspec](a.a3)
	if e != 0 {
		return 0, e
	}
	value, ok := nanoseconds(spec.Value)
	interval, ok2 := nanoseconds(spec.Interval)
	if !ok || !ok2 {
		return 0, linux.EINVAL
	}
	f, e := p.timerFile(a.a1)
	if e != 0 {
		return 0, e
	}
	old := f.set(value, interval, a.a2&linux.TFD_TIMER_ABSTIME != 0)
	if a.a4 != 0 {
		return 0, store(a.a4, old)
	}
	return 0, 0
}

func timerfdGettime(p *Process, a args) (uintptr, linux.Errno) {
	f, e := p.timerFile(a.a1)
	if e != 0 {
		return 0, e
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return 0, store(a.a2, f.setting())
}

// setting returns how long it is until the timer expires, and its interval. mu is held.
func (f *timerCounter) setting() (s linux.Itimerspec) {
	if f.next != 0 {
		s.Value = timespec(max(f.next-nanotime(), 1))
	}
	s.Interval = timespec(f.interval)
	return s
}

// set arms the timer, or with value 0 disarms it, and returns what it was set to.
func (f *timerCounter) set(value, interval int64, absolute bool) linux.Itimerspec {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.setting()
	f.next, f.interval, f.expired = 0, interval, 0
	if f.timer != nil {
		f.timer.Stop()
	}
	if value == 0 {
		return old
	}
	switch {
	case !absolute:
		value = deadlineAfter(value)
	case f.wall:
		value = deadlineAfter(value - wallClock())
	}
	f.next = max(value, 1)
	f.timer = clock.AfterFunc(f.next-nanotime(), f.tick)
	return old
}

// tick counts the expirations until now and sets the next one.
func (f *timerCounter) tick() {
	f.mu.Lock()
	late := nanotime() - f.next
	if f.next == 0 || late < 0 { // the timer was set anew meanwhile
		if f.next != 0 {
			f.timer.Reset(-late)
		}
		f.mu.Unlock()
		return
	}
	f.expired++
	if f.interval == 0 {
		f.next = 0
	} else {
		missed := late / f.interval
		f.expired += uint64(missed)
		f.next += (missed + 1) * f.interval
		f.timer.Reset(f.next - nanotime())
	}
	f.mu.Unlock()
	f.changed.notify(pollIn)
}

func (f *timerCounter) read(d *description, b []byte) (int, linux.Errno) {
	if len(b) < 8 {
		return 0, linux.EINVAL
	}
	f.mu.Lock()
	n := f.expired
	f.expired = 0
	f.mu.Unlock()
	if n == 0 {
		return 0, linux.EAGAIN
	}
	put64(b, n)
	return 8, 0
}

func (f *timerCounter) write(d *description, b []byte) (int, linux.Errno) { return 0, linux.EINVAL }

func (f *timerCounter) ready(d *description) uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.expired > 0 {
		return linux.EPOLLIN
	}
	return 0
}

func (f *timerCounter) mode() uint32           { return 0o600 }
func (f *timerCounter) queue() *waitQueue      { return &f.changed }
func (f *timerCounter) release(d *description) { f.set(0, 0, false) }
