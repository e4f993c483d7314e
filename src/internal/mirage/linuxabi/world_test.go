//go:build !mirage

package linuxabi

import (
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

// A world answers system calls: the host's kernel, or a Process.
type world struct {
	name string
	call func(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr)
	dir  uintptr // a directory deep enough that the test cannot leave it
	fds  [6]uintptr
}

// sink makes what is stored in it escape to the heap: what a system call is given must not move with a stack.
var sink atomic.Value

// addressOf returns where something is, for a structure that is given to a system call.
func addressOf[T any](p *T) uintptr {
	sink.Store([]any{p})
	return uintptr(unsafe.Pointer(p))
}

const noFd = ^uintptr(0)

// do makes one call; buffers are kept alive until it returns.
func (w *world) do(num uintptr, a ...any) (int, syscall.Errno) {
	var v [6]uintptr
	sink.Store(a)
	for i, x := range a {
		switch x := x.(type) {
		case int:
			v[i] = uintptr(x)
		case int64:
			v[i] = uintptr(x)
		case uintptr:
			v[i] = x
		case string:
			b := append([]byte(x), 0)
			v[i] = uintptr(unsafe.Pointer(&b[0]))
			defer runtime.KeepAlive(b)
		case []byte:
			if len(x) > 0 {
				v[i] = uintptr(unsafe.Pointer(&x[0]))
			}
			defer runtime.KeepAlive(x)
		case unsafe.Pointer:
			v[i] = uintptr(x)
			defer runtime.KeepAlive(x)
		default:
			panic("argument")
		}
	}
	r, _, e := w.call(num, v[0], v[1], v[2], v[3], v[4], v[5])
	if e != 0 {
		return -1, syscall.Errno(e)
	}
	return int(r), 0
}

// must is do for what cannot fail.
func (w *world) must(t *testing.T, num uintptr, a ...any) int {
	t.Helper()
	r, e := w.do(num, a...)
	if e != 0 {
		t.Fatalf("%s: call %d: %v", w.name, num, e)
	}
	return r
}

// hostWorld is the host's kernel, in a temporary directory, on tmpfs where there is one.
func hostWorld(t *testing.T) *world {
	parent := "/dev/shm"
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		parent = ""
	}
	top, err := os.MkdirTemp(parent, "linuxabi")
	if err != nil {
		top = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	w := &world{name: "host", call: func(num, a1, a2, a3, a4, a5, a6 uintptr) (uintptr, uintptr, uintptr) {
		r1, r2, e := syscall.Syscall6(num, a1, a2, a3, a4, a5, a6)
		return r1, r2, uintptr(e)
	}}
	w.descend(t, top)
	return w
}

// finish ends the configuration, of which there is none.
func (n *network) finish() {
	n.v4.finish()
	n.v6.finish()
}

// ourWorld is a new Process.
func ourWorld(t *testing.T) (*world, *Process) {
	p := NewProcess(64 << 20)
	p.net.finish()
	return worldOf(t, p), p
}

func worldOf(t *testing.T, p *Process) *world {
	w := &world{name: "mirage", call: p.Serve}
	w.must(t, syscall.SYS_MKDIRAT, 0, "/top", 0o755)
	w.descend(t, "/top")
	return w
}

// descend makes a directory below top and makes it w's.
func (w *world) descend(t *testing.T, top string) {
	const depth = 8
	path := top + strings.Repeat("/below", depth)
	for i := 1; i <= depth; i++ {
		w.must(t, syscall.SYS_MKDIRAT, 0, top+strings.Repeat("/below", i), 0o755)
	}
	w.dir = uintptr(w.must(t, syscall.SYS_OPENAT, 0, path, syscall.O_DIRECTORY|syscall.O_RDONLY, 0))
	for i := range w.fds {
		w.fds[i] = noFd
	}
	t.Cleanup(func() {
		for _, fd := range append(w.fds[:], w.dir) {
			if fd != noFd {
				w.do(syscall.SYS_CLOSE, fd)
			}
		}
	})
}
