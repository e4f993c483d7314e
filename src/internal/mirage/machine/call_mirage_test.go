//go:build mirage

package machine_test

import (
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// The rule for buffers on stacks that move (runtime/syscall_mirage.go): what a system call writes arrives in the
// caller's buffer, wherever that lies, however deep the server goes, and whatever the collector does meanwhile.

//go:noinline
func useStack(n int) int {
	var pad [512]byte
	if n == 0 {
		return int(pad[3])
	}
	pad[n&511] = byte(n)
	return useStack(n-1) + int(pad[(n+1)&511])
}

// readOnStack reads into a buffer on its own stack, by number and uintptr, as packages outside std do.
//
//go:noinline
func readOnStack(fd int) (n uintptr, sum int) {
	var buf [64]byte
	n, _, _ = syscall.Syscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&buf)), uintptr(len(buf)))
	for _, b := range buf {
		sum += int(b)
	}
	return n, sum
}

// A reader that blocks while the collector would shrink its stack.
func TestBufferOnStackWhileStacksShrink(t *testing.T) {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	type result struct {
		n   uintptr
		sum int
	}
	results := make(chan result)
	for range 8 {
		go func() {
			useStack(400) // a large stack, of which the read needs little
			n, sum := readOnStack(p[0])
			results <- result{n, sum}
		}()
	}
	for range 8 {
		time.Sleep(time.Millisecond)
		runtime.GC()
		if _, err := syscall.Write(p[1], []byte{1, 2, 3, 4}); err != nil {
			t.Fatal(err)
		}
		if r := <-results; r.n != 4 || r.sum != 10 {
			t.Fatalf("read %d bytes with sum %d", r.n, r.sum)
		}
	}
}

// readOnHeap reads into a buffer that is not on its stack.
//
//go:noinline
func readOnHeap(fd int, buf []byte) int {
	n, _ := syscall.Read(fd, buf)
	return n
}

// A call that is given nothing of the caller's stack is served there, without a switch, and may make it grow.
func TestCallOnTheCallersStack(t *testing.T) {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	// A goroutine that begins in this package is the system's, of which runtime.Stack says nothing.
	var program sync.WaitGroup
	done := make(chan []byte)
	program.Go(func() {
		buf := make([]byte, 64)
		done <- buf[:readOnHeap(p[0], buf)]
	})
	for where := ""; !strings.Contains(where, "linuxabi.read("); time.Sleep(time.Millisecond) {
		all := make([]byte, 1<<16)
		all = all[:runtime.Stack(all, true)]
		for _, where = range strings.Split(string(all), "\n\n") {
			if strings.Contains(where, "readOnHeap") {
				break
			}
		}
	}
	if _, err := syscall.Write(p[1], []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if got := <-done; string(got) != "abc" {
		t.Fatalf("read %q", got)
	}
}

// Locked goroutines, for which the switch goes through the scheduler, beside others.
func TestCallsUnderStress(t *testing.T) {
	var wg sync.WaitGroup
	stop := make(chan bool)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
		}
	}()
	for g := range 40 {
		wg.Go(func() {
			if g%5 == 0 {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
			}
			for i := range 100 {
				useStack(i % 50)
				var ts syscall.Timespec
				_, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0)
				if e != 0 || ts.Nano() == 0 {
					t.Errorf("clock_gettime: %v, %v", e, ts)
				}
				var u syscall.Utsname
				if err := syscall.Uname(&u); err != nil || u.Sysname[0] == 0 {
					t.Errorf("uname: %v", err)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
}

// A pointer to nowhere is the caller's error, not the end of the machine.
func TestBadPointerIsEFAULT(t *testing.T) {
	for _, p := range []uintptr{0, 1, 4095, 1 << 46, ^uintptr(0) - 10} {
		_, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, p, 0)
		if e != syscall.EFAULT {
			t.Errorf("clock_gettime(%#x): %v", p, e)
		}
	}
	text := **(**uintptr)(unsafe.Pointer(&[]func(*testing.T){TestBadPointerIsEFAULT}[0]))
	if _, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, text, 0); e != syscall.EFAULT {
		t.Errorf("clock_gettime into text: %v", e)
	}
}

func TestUnknownCallIsENOSYS(t *testing.T) {
	for _, num := range []uintptr{4999, 1 << 40, ^uintptr(0)} {
		if _, _, e := syscall.Syscall(num, 0, 0, 0); e != syscall.ENOSYS {
			t.Errorf("call %d: %v", num, e)
		}
	}
}

// A program's goroutines are its own: those of drivers, of the network and of system calls do not count, as threads of a
// kernel do not.
func TestNumGoroutine(t *testing.T) {
	if n := runtime.NumGoroutine(); n != 2 { // the test's and that which waits for it
		t.Errorf("there are %d goroutines, want 2", n)
	}
}
