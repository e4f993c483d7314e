//go:build !mirage

package linuxabi

import (
	"fmt"
	"strings"
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
		"new privileges, half":         call(linux.SYS_PRCTL, linux.PR_SET_NO_NEW, 1, 1, 0, 0),
		"new privileges, not no":       call(linux.SYS_PRCTL, linux.PR_SET_NO_NEW, 0, 0, 0, 0),
		"a signal that there is not":   call(linux.SYS_PRCTL, linux.PR_SET_PDEATHSIG, 65),
		"ioprio_get of nothing":        call(linux.SYS_IOPRIO_GET, 0, 0),
		"ioprio_get of nobody":         call(linux.SYS_IOPRIO_GET, 1, 4_000_000),
		"ioprio_set of no class":       call(linux.SYS_IOPRIO_SET, 1, 0, 4<<13),
		"ioprio_set of a level":        call(linux.SYS_IOPRIO_SET, 1, 0, 5),
		"ioprio_set of nobody":         call(linux.SYS_IOPRIO_SET, 1, 4_000_000, 2<<13|7),
		"ioprio_set of no which":       call(linux.SYS_IOPRIO_SET, 4, 0, 2<<13|7),
		"getxattr":                     call(linux.SYS_GETXATTR, "/proc", "user.a", 0, 0),
		"getxattr of nothing":          call(linux.SYS_GETXATTR, "/no/such/file", "user.a", 0, 0),
		"getxattr of no name":          call(linux.SYS_GETXATTR, "/proc", "", 0, 0),
		"getxattr of a long name":      call(linux.SYS_GETXATTR, "/proc", strings.Repeat("n", 256), 0, 0),
		"lgetxattr":                    call(linux.SYS_LGETXATTR, "/proc", "user.a", 0, 0),
		"fgetxattr of no file":         call(linux.SYS_FGETXATTR, noFd, "user.a", 0, 0),
		"listxattr of nothing":         call(linux.SYS_LISTXATTR, "", 0, 0),
		"setxattr by no flag":          call(linux.SYS_SETXATTR, "/tmp", "user.a", "v", 1, 4),
		"setxattr of no name":          call(linux.SYS_SETXATTR, "/tmp", "", "v", 1, 0),
		"setxattr of too much":         call(linux.SYS_SETXATTR, "/tmp", "user.a", "v", 65537, 0),
		"setxattr of nothing":          call(linux.SYS_SETXATTR, "/tmp", "user.a", 1, 10, 0),
		"removexattr of no name":       call(linux.SYS_REMOVEXATTR, "/tmp", ""),
		"readahead of no file":         call(linux.SYS_READAHEAD, noFd, 0, 10),
	} {
		host := hostWorld(t)
		ours, _ := booted(t, "/bin/test")
		if syscall.Getuid() != 0 {
			t.Skip("the host's user is not root")
		}
		if want, got := do(host), do(ours); want != got {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}

// TestPriority: the system call tells 20 less the nice value (getpriority(2)), which is cut to what there is.
func TestPriority(t *testing.T) {
	w, _ := ourWorld(t)
	for _, c := range [][2]int{{0, 20}, {5, 15}, {100, 1}, {-100, 40}} {
		w.must(t, linux.SYS_SETPRIORITY, 1, 0, c[0])
		if got := w.must(t, linux.SYS_GETPRIORITY, 0, 0); got != c[1] {
			t.Errorf("nice %d: getpriority: %d, want %d", c[0], got, c[1])
		}
	}
	idle := linux.IOPRIO_CLASS_IDLE << linux.IOPRIO_CLASS_SHIFT
	w.must(t, linux.SYS_IOPRIO_SET, 1, 0, idle)
	if got := w.must(t, linux.SYS_IOPRIO_GET, 1, 0); got != idle {
		t.Errorf("ioprio_get: %#x, want %#x", got, idle)
	}
}

// TestKeptSettings: what prctl keeps it tells again, by its result or where a pointer leads.
func TestKeptSettings(t *testing.T) {
	w, _ := ourWorld(t)
	for _, k := range keptSettings {
		var stored uint32
		for _, want := range []int{1, 0, int(k.most)} {
			w.must(t, linux.SYS_PRCTL, k.set, want)
			got := w.must(t, linux.SYS_PRCTL, k.get, unsafe.Pointer(&stored))
			if k.isStored {
				got = int(stored)
			}
			if got != want {
				t.Errorf("prctl %d: %d, want %d", k.set, got, want)
			}
		}
	}
	w.must(t, linux.SYS_PRCTL, linux.PR_SET_NO_NEW, 1, 0, 0, 0)
	if got := w.must(t, linux.SYS_PRCTL, linux.PR_GET_NO_NEW, 0, 0, 0, 0); got != 1 {
		t.Errorf("no new privileges: %d", got)
	}
}

// TestAffinityIsAllOrNothing: every CPU is used, and a thread cannot be bound to some.
func TestAffinityIsAllOrNothing(t *testing.T) {
	w, _ := ourWorld(t)
	all := make([]byte, 128)
	n := w.must(t, linux.SYS_SCHED_GETAFFINITY, 0, len(all), all)
	w.must(t, linux.SYS_SCHED_SETAFFINITY, 0, n, all)
}
