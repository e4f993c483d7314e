//go:build !mirage

package linuxabi

import (
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// A pending call runs in a goroutine of its own.
type pending struct {
	t         *testing.T
	done      chan outcome
	goroutine string // how a dump of stacks begins it: "goroutine 7 ["
}

type outcome struct {
	r int
	e syscall.Errno
}

func (w *world) start(t *testing.T, num uintptr, a ...any) pending {
	done, name := make(chan outcome, 1), make(chan string)
	go func() {
		b := make([]byte, 64)
		header, _, _ := strings.Cut(string(b[:runtime.Stack(b, false)]), "[")
		name <- header + "["
		r, e := w.do(num, a...)
		done <- outcome{r, e}
	}()
	return pending{t, done, <-name}
}

// blocks lets the call run until it waits, gives it every chance to end all the same, and fails if it does.
func (p pending) blocks() {
	p.t.Helper()
	for start := time.Now(); !p.waits() && len(p.done) == 0; runtime.Gosched() {
		if time.Since(start) > 10*time.Second {
			p.t.Fatal("the call neither ends nor waits")
		}
	}
	for range 200 {
		runtime.Gosched()
	}
	select {
	case o := <-p.done:
		p.t.Fatalf("the call ended: %v", o)
	default:
	}
}

// waits reports whether the call's goroutine is in a sleeper, by what the runtime says that it does.
func (p pending) waits() bool {
	b := make([]byte, 1<<20)
	_, state, _ := strings.Cut(string(b[:runtime.Stack(b, true)]), p.goroutine)
	return strings.HasPrefix(state, "chan receive") || strings.HasPrefix(state, "select")
}

func (p pending) wants(r int, e syscall.Errno) {
	p.t.Helper()
	select {
	case o := <-p.done:
		if o.e != e || e == 0 && o.r != r {
			p.t.Fatalf("the call gave %v, want %d %v", o, r, e)
		}
	case <-time.After(10 * time.Second):
		p.t.Fatal("the call does not end")
	}
}

func (w *world) pipe(t *testing.T, flags int) (r, wr int) {
	var fds [2]int32
	w.must(t, syscall.SYS_PIPE2, unsafe.Pointer(&fds), flags)
	return int(fds[0]), int(fds[1])
}

func TestReadWaitsForWrite(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	b := make([]byte, 10)
	read := w.start(t, syscall.SYS_READ, r, b, len(b))
	read.blocks()
	w.must(t, syscall.SYS_WRITE, wr, []byte("abc"), 3)
	read.wants(3, 0)
	read = w.start(t, syscall.SYS_READ, r, b, len(b))
	w.must(t, syscall.SYS_CLOSE, wr)
	read.wants(0, 0)
}

// A write to a full pipe waits until all of it is written (pipe(7)), and ends in EPIPE when the reader goes.
func TestWriteWaitsForRoom(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	data := make([]byte, pipeDefault+100)
	write := w.start(t, syscall.SYS_WRITE, wr, data, len(data))
	write.blocks()
	w.must(t, syscall.SYS_READ, r, make([]byte, 5000), 5000)
	write.wants(len(data), 0)
	write = w.start(t, syscall.SYS_WRITE, wr, data, len(data))
	for full := int32(0); full < pipeDefault; { // however long the machine takes to begin
		w.must(t, syscall.SYS_IOCTL, r, linux.FIONREAD, unsafe.Pointer(&full))
	}
	write.blocks()
	w.must(t, syscall.SYS_CLOSE, r)
	write.wants(5000-100, 0) // what went before the reader closed
	w.start(t, syscall.SYS_WRITE, wr, data, 1).wants(0, syscall.EPIPE)
}

// pipe(7), PIPE_BUF: a small write to a pipe without room for all of it writes nothing.
func TestSmallWritesAreAtomic(t *testing.T) {
	w, _ := ourWorld(t)
	_, wr := w.pipe(t, syscall.O_NONBLOCK)
	w.must(t, syscall.SYS_WRITE, wr, make([]byte, pipeDefault-10), pipeDefault-10)
	if _, e := w.do(syscall.SYS_WRITE, wr, make([]byte, 11), 11); e != syscall.EAGAIN {
		t.Errorf("a write of 11 bytes where 10 fit: %v", e)
	}
	if n := w.must(t, syscall.SYS_WRITE, wr, make([]byte, pipeAtomic+1), pipeAtomic+1); n != 10 {
		t.Errorf("a large write wrote %d", n)
	}
}

// A read that waits goes on when its descriptor is closed, and what it waits for still comes (close(2)).
func TestCloseDuringRead(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	read := w.start(t, syscall.SYS_READ, r, make([]byte, 10), 10)
	read.blocks()
	w.must(t, syscall.SYS_CLOSE, r)
	if _, e := w.do(syscall.SYS_READ, r, make([]byte, 10), 10); e != syscall.EBADF {
		t.Errorf("the descriptor is still there: %v", e)
	}
	w.must(t, syscall.SYS_WRITE, wr, []byte("abc"), 3)
	read.wants(3, 0)
	if _, e := w.do(syscall.SYS_WRITE, wr, []byte("abc"), 3); e != syscall.EPIPE {
		t.Errorf("after the read the pipe has a reader: %v", e)
	}
}

func TestFIFO(t *testing.T) {
	w, _ := ourWorld(t)
	w.must(t, syscall.SYS_MKNODAT, 0, "/fifo", syscall.S_IFIFO|0o600, 0)
	if _, e := w.do(syscall.SYS_OPENAT, 0, "/fifo", syscall.O_WRONLY|syscall.O_NONBLOCK, 0); e != syscall.ENXIO {
		t.Errorf("opening for writing without a reader: %v", e) // fifo(7)
	}
	opening := w.start(t, syscall.SYS_OPENAT, 0, "/fifo", syscall.O_RDONLY, 0)
	opening.blocks()
	wr := w.must(t, syscall.SYS_OPENAT, 0, "/fifo", syscall.O_WRONLY, 0)
	var r int
	select {
	case o := <-opening.done:
		r = o.r
	case <-time.After(10 * time.Second):
		t.Fatal("the reader is not let in")
	}
	w.must(t, syscall.SYS_WRITE, wr, []byte("x"), 1)
	w.must(t, syscall.SYS_READ, r, make([]byte, 1), 1)
}

func TestFlock(t *testing.T) {
	w, _ := ourWorld(t)
	open := func() int { return w.must(t, syscall.SYS_OPENAT, 0, "/lock", syscall.O_CREAT|syscall.O_RDWR, 0o600) }
	one, two, three := open(), open(), open()
	w.must(t, syscall.SYS_FLOCK, one, syscall.LOCK_SH)
	w.must(t, syscall.SYS_FLOCK, two, syscall.LOCK_SH)
	if _, e := w.do(syscall.SYS_FLOCK, three, syscall.LOCK_EX|syscall.LOCK_NB); e != syscall.EAGAIN {
		t.Errorf("exclusive while shared: %v", e)
	}
	lock := w.start(t, syscall.SYS_FLOCK, three, syscall.LOCK_EX)
	w.must(t, syscall.SYS_FLOCK, one, syscall.LOCK_UN)
	lock.blocks()
	w.must(t, syscall.SYS_CLOSE, two) // gives it up
	lock.wants(0, 0)
	copied := w.must(t, syscall.SYS_DUP, three)
	w.must(t, syscall.SYS_CLOSE, three)
	if _, e := w.do(syscall.SYS_FLOCK, one, syscall.LOCK_SH|syscall.LOCK_NB); e != syscall.EAGAIN {
		t.Errorf("a copy of the descriptor does not keep the lock: %v", e)
	}
	w.must(t, syscall.SYS_CLOSE, copied)
	w.must(t, syscall.SYS_FLOCK, one, syscall.LOCK_SH|syscall.LOCK_NB)
}

func TestPollWaits(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	fds := []linux.Pollfd{{Fd: int32(r), Events: linux.EPOLLIN}, {Fd: -1, Events: linux.EPOLLIN}}
	poll := w.start(t, syscall.SYS_PPOLL, unsafe.Pointer(&fds[0]), 2, 0, 0, 0)
	poll.blocks()
	w.must(t, syscall.SYS_WRITE, wr, []byte("x"), 1)
	poll.wants(1, 0)
	if fds[0].Revents != linux.EPOLLIN || fds[1].Revents != 0 {
		t.Errorf("poll found %+v", fds)
	}
	w.must(t, syscall.SYS_READ, r, make([]byte, 1), 1)
	w.start(t, syscall.SYS_PPOLL, unsafe.Pointer(&fds[0]), 2, unsafe.Pointer(&linux.Timespec{Nsec: 1e6}), 0, 0).wants(0, 0)
}

func TestSelect(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	var in, out [16]uint64
	in[0], out[0] = 1<<r, 1<<wr
	if n := w.must(t, syscall.SYS_PSELECT6, wr+1, unsafe.Pointer(&in), unsafe.Pointer(&out), 0, 0, 0); n != 1 || in[0] != 0 || out[0] != 1<<wr {
		t.Errorf("select found %d: %b %b", n, in[0], out[0])
	}
	w.must(t, syscall.SYS_WRITE, wr, []byte("x"), 1)
	in[0], out[0] = 1<<r, 0
	if n := w.must(t, syscall.SYS_PSELECT6, wr+1, unsafe.Pointer(&in), unsafe.Pointer(&out), 0, 0, 0); n != 1 || in[0] != 1<<r {
		t.Errorf("select found %d: %b", n, in[0])
	}
	in[0] = 1 << 40
	if _, e := w.do(syscall.SYS_PSELECT6, 41, unsafe.Pointer(&in), 0, 0, 0, 0); e != syscall.EBADF {
		t.Errorf("a descriptor that is not open: %v", e)
	}
}

// epollOn makes an epoll that watches one descriptor.
func (w *world) epollOn(t *testing.T, fd int, events uint32) int {
	ep := w.must(t, syscall.SYS_EPOLL_CREATE1, 0)
	ev := linux.EpollEvent{Events: events, Data: [2]uint32{uint32(fd), 0}}
	w.must(t, syscall.SYS_EPOLL_CTL, ep, linux.EPOLL_CTL_ADD, fd, unsafe.Pointer(&ev))
	return ep
}

// found returns how many events epoll_wait finds at once.
func (w *world) found(t *testing.T, ep int) int {
	t.Helper()
	var events [4]linux.EpollEvent
	return w.must(t, syscall.SYS_EPOLL_PWAIT, ep, unsafe.Pointer(&events), len(events), 0, 0, 0)
}

// epoll(7), "Level-triggered and edge-triggered".
func TestEpollEdges(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	ep := w.epollOn(t, r, linux.EPOLLIN|linux.EPOLLET)
	if n := w.found(t, ep); n != 0 {
		t.Errorf("an empty pipe: %d events", n)
	}
	w.must(t, syscall.SYS_WRITE, wr, []byte("ab"), 2)
	for i, want := range []int{1, 0} {
		if n := w.found(t, ep); n != want {
			t.Errorf("wait %d after one write: %d events, want %d", i, n, want)
		}
	}
	w.must(t, syscall.SYS_READ, r, make([]byte, 1), 1)
	w.must(t, syscall.SYS_WRITE, wr, []byte("c"), 1)
	if n := w.found(t, ep); n != 1 {
		t.Errorf("another write: %d events", n)
	}
	level := w.epollOn(t, r, linux.EPOLLIN)
	for i := range 3 {
		if n := w.found(t, level); n != 1 {
			t.Errorf("level-triggered wait %d: %d events", i, n)
		}
	}
}

func TestEpollWaits(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	inner := w.epollOn(t, r, linux.EPOLLIN)
	outer := w.epollOn(t, inner, linux.EPOLLIN)
	var events [2]linux.EpollEvent
	wait := w.start(t, syscall.SYS_EPOLL_PWAIT, outer, unsafe.Pointer(&events), 2, -1, 0, 0)
	wait.blocks()
	w.must(t, syscall.SYS_WRITE, wr, []byte("x"), 1)
	wait.wants(1, 0)
	if events[0].Data[0] != uint32(inner) || events[0].Events != linux.EPOLLIN {
		t.Errorf("the outer epoll says %+v", events[0])
	}
	w.start(t, syscall.SYS_EPOLL_PWAIT, w.epollOn(t, wr, 0), unsafe.Pointer(&events), 2, 1, 0, 0).wants(0, 0)
}

// epoll_ctl(2), ELOOP.
func TestEpollLoops(t *testing.T) {
	w, _ := ourWorld(t)
	r, _ := w.pipe(t, 0)
	ep := w.epollOn(t, r, linux.EPOLLIN)
	first := ep
	for range maxNesting {
		ep = w.epollOn(t, ep, linux.EPOLLIN)
	}
	ev := linux.EpollEvent{Events: linux.EPOLLIN}
	deep := w.must(t, syscall.SYS_EPOLL_CREATE1, 0)
	if _, e := w.do(syscall.SYS_EPOLL_CTL, deep, linux.EPOLL_CTL_ADD, ep, unsafe.Pointer(&ev)); e != syscall.ELOOP {
		t.Errorf("too deep: %v", e)
	}
	if _, e := w.do(syscall.SYS_EPOLL_CTL, first, linux.EPOLL_CTL_ADD, ep, unsafe.Pointer(&ev)); e != syscall.ELOOP {
		t.Errorf("a circle: %v", e)
	}
	if _, e := w.do(syscall.SYS_EPOLL_CTL, first, linux.EPOLL_CTL_ADD, first, unsafe.Pointer(&ev)); e != syscall.EINVAL {
		t.Errorf("itself: %v", e)
	}
}

// epoll(7), question 6: closing the last descriptor of a file takes it out of every epoll.
func TestEpollForgetsClosed(t *testing.T) {
	w, _ := ourWorld(t)
	r, wr := w.pipe(t, 0)
	ep := w.epollOn(t, r, linux.EPOLLIN)
	copied := w.must(t, syscall.SYS_DUP, r)
	w.must(t, syscall.SYS_WRITE, wr, []byte("x"), 1)
	w.must(t, syscall.SYS_CLOSE, r)
	if n := w.found(t, ep); n != 1 {
		t.Errorf("with a copy left: %d events", n)
	}
	w.must(t, syscall.SYS_CLOSE, copied)
	if n := w.found(t, ep); n != 0 {
		t.Errorf("with none left: %d events", n)
	}
}

func TestTimerfd(t *testing.T) {
	w, _ := ourWorld(t)
	fd := w.must(t, syscall.SYS_TIMERFD_CREATE, linux.CLOCK_MONOTONIC, 0)
	spec := linux.Itimerspec{Interval: linux.Timespec{Nsec: 1e6}, Value: linux.Timespec{Nsec: 1}}
	w.must(t, syscall.SYS_TIMERFD_SETTIME, fd, 0, unsafe.Pointer(&spec), 0)
	b := make([]byte, 8)
	for range 3 {
		w.start(t, syscall.SYS_READ, fd, b, 8).wants(8, 0)
		if get64(b) == 0 {
			t.Error("no expirations")
		}
	}
	var old linux.Itimerspec
	spec = linux.Itimerspec{}
	w.must(t, syscall.SYS_TIMERFD_SETTIME, fd, 0, unsafe.Pointer(&spec), unsafe.Pointer(&old))
	if old.Interval.Nsec != 1e6 || old.Value == (linux.Timespec{}) {
		t.Errorf("it was set to %+v", old)
	}
	w.must(t, syscall.SYS_FCNTL, fd, syscall.F_SETFL, syscall.O_NONBLOCK)
	if _, e := w.do(syscall.SYS_READ, fd, b, 8); e != syscall.EAGAIN {
		t.Errorf("disarmed: %v", e)
	}
}

func TestSleeps(t *testing.T) {
	w, _ := ourWorld(t)
	before := nanotime()
	w.must(t, syscall.SYS_NANOSLEEP, unsafe.Pointer(&linux.Timespec{Nsec: 2e6}), 0)
	then := timespec(nanotime() + 2e6)
	w.must(t, syscall.SYS_CLOCK_NANOSLEEP, linux.CLOCK_MONOTONIC, linux.TIMER_ABSTIME, unsafe.Pointer(&then), 0)
	if slept := nanotime() - before; slept < 4e6 {
		t.Errorf("slept for %d ns", slept)
	}
	if _, e := w.do(syscall.SYS_NANOSLEEP, unsafe.Pointer(&linux.Timespec{Nsec: 1e9}), 0); e != syscall.EINVAL {
		t.Errorf("a second of nanoseconds: %v", e)
	}
}
