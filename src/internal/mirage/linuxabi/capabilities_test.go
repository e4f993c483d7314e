//go:build !mirage

package linuxabi

import (
	"fmt"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// TestProcessCallsSameAsHost: what is asked of the process itself is answered as the host's kernel answers root.
func TestProcessCallsSameAsHost(t *testing.T) {
	type capture struct {
		header linux.CapHeader
		data   [2]linux.CapData
	}
	capgetOf := func(version uint32, id int32, data bool) func(w *world) string {
		return func(w *world) string {
			c := capture{header: linux.CapHeader{Version: version, Pid: id}}
			ptr := unsafe.Pointer(nil)
			if data {
				ptr = unsafe.Pointer(&c.data)
			}
			_, e := w.do(linux.SYS_CAPGET, unsafe.Pointer(&c.header), ptr)
			return fmt.Sprintf("%v %#x", e, c.header.Version)
		}
	}
	call := func(num uintptr, a ...any) func(w *world) string {
		return func(w *world) string { return result(w.do(num, a...)) }
	}
	for what, do := range map[string]func(w *world) string{
		"capget without a header":      call(linux.SYS_CAPGET, 0, 0),
		"capget of version 1":          capgetOf(linux.CAP_VERSION_1, 0, true),
		"capget of version 3":          capgetOf(linux.CAP_VERSION_3, 0, true),
		"capget of no data":            capgetOf(linux.CAP_VERSION_3, 0, false),
		"capget of an unknown version": capgetOf(7, 0, true),
		"capget to learn the version":  capgetOf(7, 0, false),
		"capget of a negative process": capgetOf(linux.CAP_VERSION_3, -1, true),
		"capget of nobody":             capgetOf(linux.CAP_VERSION_3, 4_000_000, true),
		"getpriority of nobody":        call(linux.SYS_GETPRIORITY, 0, 4_000_000),
		"getpriority of nothing":       call(linux.SYS_GETPRIORITY, 3, 0),
		"setpriority":                  call(linux.SYS_SETPRIORITY, 0, 0, 0),
		"sched_setaffinity of none":    call(linux.SYS_SCHED_SETAFFINITY, 0, 8, make([]byte, 8)),
		"sched_setaffinity of nobody":  call(linux.SYS_SCHED_SETAFFINITY, 4_000_000, 8, make([]byte, 8)),
		"getcpu into nothing":          call(linux.SYS_GETCPU, 0, 0, 0),
		"keep capabilities":            call(linux.SYS_PRCTL, linux.PR_SET_KEEPCAPS, 1),
		"keep capabilities twice":      call(linux.SYS_PRCTL, linux.PR_SET_KEEPCAPS, 2),
		"readahead of no file":         call(linux.SYS_READAHEAD, noFd, 0, 10),
	} {
		host := hostWorld(t)
		ours, _ := ourWorld(t)
		if syscall.Getuid() != 0 {
			t.Skip("the host's user is not root")
		}
		if want, got := do(host), do(ours); want != got {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}

// TestKeepCapabilities: what PR_SET_KEEPCAPS sets PR_GET_KEEPCAPS tells.
func TestKeepCapabilities(t *testing.T) {
	w, _ := ourWorld(t)
	for _, want := range []int{0, 1, 0} {
		w.must(t, linux.SYS_PRCTL, linux.PR_SET_KEEPCAPS, want)
		if got := w.must(t, linux.SYS_PRCTL, linux.PR_GET_KEEPCAPS); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}

// TestPriority: the only one is the normal, which the system call tells as 20 less nice's 0 (getpriority(2)).
func TestPriority(t *testing.T) {
	w, _ := ourWorld(t)
	if got := w.must(t, linux.SYS_GETPRIORITY, 0, 0); got != 20 {
		t.Errorf("getpriority: %d", got)
	}
	if _, e := w.do(linux.SYS_SETPRIORITY, 0, 0, 5); e != syscall.EPERM {
		t.Errorf("setpriority to 5: %v", e)
	}
}

// TestAffinityIsAllOrNothing: every CPU is used, and a thread cannot be bound to some.
func TestAffinityIsAllOrNothing(t *testing.T) {
	w, _ := ourWorld(t)
	all := make([]byte, 128)
	n := w.must(t, linux.SYS_SCHED_GETAFFINITY, 0, len(all), all)
	w.must(t, linux.SYS_SCHED_SETAFFINITY, 0, n, all)
}
