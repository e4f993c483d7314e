//go:build !mirage

package linuxabi

import (
	"bytes"
	"math/rand"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// only restricts what is mapped memory to an arena while a test runs.
func only(t testing.TB, arena []byte) {
	f := func(p, n uintptr, write bool) bool {
		low := uintptr(unsafe.Pointer(&arena[0]))
		return p >= low && n <= uintptr(len(arena)) && p-low <= uintptr(len(arena))-n
	}
	hostMemory.Store(&f)
	t.Cleanup(func() { hostMemory.Store(nil) })
}

// hostile are arguments that a caller may get wrong.
var hostile = []uintptr{0, 1, 2, 3, 5, 8, 16, 28, 64, 110, 128, 255, 1024, 4096, 1 << 16, 1 << 20, 1 << 31, 1<<31 - 1, 1 << 32, 1<<63 - 1, 1 << 63,
	^uintptr(0), ^uintptr(0) - 1, ^uintptr(99), 0xdead0000, 0x80000, 0x800, 0x1000}

// unserved are calls that end or hold up the test.
var unserved = []uintptr{syscall.SYS_EXIT, syscall.SYS_EXIT_GROUP, syscall.SYS_KILL, syscall.SYS_TGKILL, syscall.SYS_TKILL, syscall.SYS_SCHED_YIELD}

// kept keeps the arena for calls that are left behind.
var kept []byte

// TestRandomCalls makes every system call with arguments that are numbers, pointers into an arena, to its end, and to
// nowhere. None may panic, or touch memory that is not the caller's; those that wait are left behind.
func TestRandomCalls(t *testing.T) {
	if raceEnabled {
		t.Skip("calls that wait for ever share the arena with those that follow")
	}
	arena := make([]byte, 1<<16)
	kept = arena
	low := uintptr(unsafe.Pointer(&arena[0]))
	for seed := range int64(20) {
		r := rand.New(rand.NewSource(seed))
		w, p := booted(t, "/x")
		var calls []uintptr
		for n := range uintptr(len(table)) {
			if lookup(n) != nil && !slices.Contains(unserved, n) {
				calls = append(calls, n)
			}
		}
		p.openSome(w)
		only(t, arena)
		for range 2000 {
			n := calls[r.Intn(len(calls))]
			var a [6]uintptr
			for i := range a {
				a[i] = argument(r, low, uintptr(len(arena)))
			}
			r.Read(arena[:256])
			copy(arena[512:], "/tmp/../dev/null\x00")
			finishes(func() { p.Serve(n, a[0], a[1], a[2], a[3], a[4], a[5]) })
		}
		hostMemory.Store(nil)
	}
}

func argument(r *rand.Rand, low, size uintptr) uintptr {
	switch r.Intn(5) {
	case 0, 1:
		return hostile[r.Intn(len(hostile))]
	case 2:
		return low + uintptr(r.Intn(int(size)))
	case 3:
		return low + []uintptr{0, 512, size - 1, size - 4, size - 16, size}[r.Intn(6)]
	}
	return uintptr(r.Intn(20))
}

// openSome opens a descriptor of every kind.
func (p *Process) openSome(w *world) {
	p.Serve(syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_DGRAM, 0, 0, 0, 0)
	p.Serve(syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0, 0, 0, 0)
	p.Serve(syscall.SYS_SOCKET, syscall.AF_UNIX, syscall.SOCK_DGRAM, 0, 0, 0, 0)
	p.Serve(syscall.SYS_SOCKET, syscall.AF_NETLINK, syscall.SOCK_RAW, 0, 0, 0, 0)
	p.Serve(syscall.SYS_EPOLL_CREATE1, 0, 0, 0, 0, 0, 0)
	p.Serve(syscall.SYS_EVENTFD2, 1, 0, 0, 0, 0, 0)
	p.Serve(syscall.SYS_TIMERFD_CREATE, 1, 0, 0, 0, 0, 0)
	w.do(syscall.SYS_OPENAT, 0, "/tmp/file", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	w.do(syscall.SYS_OPENAT, 0, "/proc", syscall.O_DIRECTORY, 0)
}

// finishes runs f, and goes on without it if it waits for something.
func finishes(f func()) {
	done := make(chan struct{})
	go func() {
		f()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Millisecond):
	}
}

// TestEveryPointerIsChecked gives each call of a list a bad pointer in each place that takes one (errno EFAULT).
func TestEveryPointerIsChecked(t *testing.T) {
	w, _ := booted(t, "/x")
	fd := w.must(t, syscall.SYS_OPENAT, 0, "/tmp/f", syscall.O_CREAT|syscall.O_RDWR, 0o600)
	r, wr := w.pipe(t, 0)
	w.must(t, syscall.SYS_WRITE, wr, []byte("x"), 1)
	udp, _ := w.udpOn(t, 0)
	const bad = 64
	for _, c := range [][]int{
		{syscall.SYS_READ, r, bad, 1}, {syscall.SYS_WRITE, fd, bad, 1}, {syscall.SYS_PREAD64, fd, bad, 1, 0}, {syscall.SYS_READV, r, bad, 1},
		{syscall.SYS_WRITEV, fd, bad, 1}, {syscall.SYS_OPENAT, 0, bad, 0, 0}, {syscall.SYS_NEWFSTATAT, 0, bad, bad, 0}, {syscall.SYS_FSTAT, fd, bad},
		{syscall.SYS_MKDIRAT, 0, bad, 0}, {syscall.SYS_GETCWD, bad, 100}, {syscall.SYS_PIPE2, bad, 0}, {syscall.SYS_UNAME, bad}, {syscall.SYS_SYSINFO, bad},
		{syscall.SYS_GETRUSAGE, 0, bad}, {syscall.SYS_CLOCK_GETTIME, 0, bad}, {syscall.SYS_NANOSLEEP, bad, 0}, {syscall.SYS_EPOLL_CTL, 0, 1, 0, bad},
		{syscall.SYS_PPOLL, bad, 1, 0, 0, 0}, {syscall.SYS_PSELECT6, 1, bad, 0, 0, 0, 0}, {syscall.SYS_PRLIMIT64, 0, 7, bad, 0},
		{syscall.SYS_PRLIMIT64, 0, 7, 0, bad}, {syscall.SYS_SENDTO, udp, bad, 1, 0, 0, 0}, {syscall.SYS_RECVFROM, udp, bad, 1, 0, 0, 0},
		{syscall.SYS_BIND, udp, bad, 16}, {syscall.SYS_CONNECT, udp, bad, 16}, {syscall.SYS_GETSOCKNAME, udp, bad, bad}, {syscall.SYS_SETSOCKOPT, udp, 1, 2, bad, 4},
		{syscall.SYS_GETSOCKOPT, udp, 1, 2, bad, bad}, {syscall.SYS_SENDMSG, udp, bad, 0}, {syscall.SYS_RECVMSG, udp, bad, 0}, {syscall.SYS_IOCTL, r, 0x541b, bad},
		{syscall.SYS_GETDENTS64, int(w.dir), bad, 1000}, {syscall.SYS_READLINKAT, 0, bad, bad, 10}, {syscall.SYS_UTIMENSAT, 0, bad, bad, 0},
		{syscall.SYS_STATFS, bad, bad}, {syscall.SYS_FSTATFS, fd, bad}, {syscall.SYS_TRUNCATE, bad, 0}, {syscall.SYS_SYMLINKAT, bad, 0, bad}, {318, bad, 8, 0},
	} {
		a := make([]any, len(c)-1)
		for i := range a {
			a[i] = c[i+1]
		}
		if _, e := w.do(uintptr(c[0]), a...); e != syscall.EFAULT {
			t.Errorf("call %v: %v", c, e)
		}
	}
}

// A string may end with the memory that it is in, and is looked at no further.
func TestStringAtTheEnd(t *testing.T) {
	arena := bytes.Repeat([]byte{'a'}, 3*pageSize)
	start := -int(uintptr(unsafe.Pointer(&arena[0]))) & (pageSize - 1) // the first page within
	arena = arena[start : start+pageSize]
	only(t, arena)
	end := uintptr(unsafe.Pointer(&arena[0])) + pageSize
	arena[pageSize-1] = 0
	if s, e := userPath(end - 4); s != "aaa" || e != 0 {
		t.Errorf("the string is %q, %d", s, e)
	}
	arena[pageSize-1] = 'a'
	if _, e := userPath(end - 4); e != 14 {
		t.Errorf("a string without end: %d", e)
	}
}

// TestManyAtOnce does the same things to the same files from many goroutines, for the race detector.
func TestManyAtOnce(t *testing.T) {
	w, _ := booted(t, "/x")
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			r := rand.New(rand.NewSource(int64(g)))
			own := &world{name: "mirage", call: w.call, dir: w.dir}
			for i := range own.fds {
				own.fds[i] = noFd
			}
			for range 400 {
				op := pathOperation(r)
				if r.Intn(3) == 0 {
					op = fileOperation(r)
				}
				op.do(own)
				if r.Intn(10) == 0 {
					own.do(syscall.SYS_CLOSE, 3+r.Intn(40))
				}
				if r.Intn(10) == 0 {
					own.do(syscall.SYS_GETDENTS64, w.dir, make([]byte, 500), 500)
				}
			}
		})
	}
	wait.Wait()
}
