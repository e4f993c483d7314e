//go:build !mirage

package linuxabi

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// tableName begins the names of this process's sockets among all of the host's.
var tableName = fmt.Sprint("table-of-mirage-", os.Getpid(), "-")

// TestUnixTableAsHost compares what /proc/net/unix says of sockets in each state (unix(7)).
func TestUnixTableAsHost(t *testing.T) {
	ours, _ := booted(t, "/x")
	bothOf(t, hostWorld(t), ours, func(l *streamLog) {
		for _, kind := range []int{linux.SOCK_STREAM, linux.SOCK_SEQPACKET, linux.SOCK_DGRAM} {
			name := fmt.Sprint("\x00", tableName, kind)
			server := l.w.must(l.t, syscall.SYS_SOCKET, linux.AF_UNIX, kind, 0)
			l.w.must(l.t, syscall.SYS_BIND, server, unixAddr(name), 2+len(name))
			l.unixRows("bound")
			if kind != linux.SOCK_DGRAM {
				l.w.must(l.t, syscall.SYS_LISTEN, server, 5)
				l.unixRows("listening")
			}
			client := l.w.must(l.t, syscall.SYS_SOCKET, linux.AF_UNIX, kind, 0)
			l.w.must(l.t, syscall.SYS_CONNECT, client, unixAddr(name), 2+len(name))
			if kind != linux.SOCK_DGRAM {
				peer := l.w.must(l.t, syscall.SYS_ACCEPT4, server, 0, 0, 0)
				l.unixRows("accepted")
				l.w.must(l.t, syscall.SYS_CLOSE, peer)
			}
			l.w.must(l.t, syscall.SYS_CLOSE, client)
			l.w.must(l.t, syscall.SYS_CLOSE, server)
			l.unixRows("closed")
		}
	})
}

// unixRows notes the rows of the test's sockets, without what is each kernel's own.
func (l *streamLog) unixRows(what string) {
	// The thread's, for a test may have left the process's first thread in a network namespace of its own.
	text := l.w.readFile(l.t, "/proc/thread-self/net/unix")
	heading, _, _ := strings.Cut(text, "\n")
	l.lines = append(l.lines, what+": "+heading)
	var rows []string
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 8 && strings.HasPrefix(f[7], "@"+tableName) {
			f[0], f[1], f[6] = "-", "-", "-" // address, references, inode
			rows = append(rows, what+": "+strings.Join(f, " "))
		}
	}
	slices.Sort(rows)
	l.lines = append(l.lines, rows...)
}

// TestAdjtimexAsHost asks for the clock's discipline (adjtimex(2)). A host's clock may be looked after.
func TestAdjtimexAsHost(t *testing.T) {
	ours, _ := ourWorld(t)
	for _, w := range []*world{hostWorld(t), ours} {
		for _, call := range []string{"adjtimex", "clock_adjtime"} {
			var b linux.Timex
			n, e := -1, syscall.ENOSYS
			if call == "adjtimex" {
				n, e = w.do(linux.SYS_ADJTIMEX, unsafe.Pointer(&b))
			} else {
				n, e = w.do(linux.SYS_CLOCK_ADJTIME, linux.CLOCK_REALTIME, unsafe.Pointer(&b))
			}
			if e != 0 || n < 0 || n > linux.TIME_ERROR || b.Tick < 9000 || b.Tick > 11000 || b.Tolerance != 500<<16 || b.Time.Sec < 1e9 {
				t.Errorf("%s: %s: %d, %v, %+v", w.name, call, n, e, b)
			}
		}
		if _, e := w.do(linux.SYS_CLOCK_ADJTIME, 99, unsafe.Pointer(new(linux.Timex))); e != syscall.EINVAL {
			t.Errorf("%s: a clock that there is not: %v", w.name, e)
		}
	}
	if _, e := ours.do(linux.SYS_ADJTIMEX, unsafe.Pointer(&linux.Timex{Modes: 1})); e != syscall.EPERM {
		t.Errorf("to change something: %v", e)
	}
}

// TestMemoryFiles: smaps says of each range of maps how much of it is memory, and smaps_rollup how much that is in all.
func TestMemoryFiles(t *testing.T) {
	w, _ := booted(t, "/x")
	maps, smaps := w.readFile(t, "/proc/self/maps"), w.readFile(t, "/proc/self/smaps")
	ranges := func(text string) (n int) {
		for line := range strings.Lines(text) {
			if first, _, _ := strings.Cut(line, " "); strings.Contains(first, "-") {
				n++
			}
		}
		return n
	}
	if n := strings.Count(smaps, "\nRss: "); n != ranges(maps) || ranges(smaps) != n {
		t.Errorf("%d ranges in maps, %d in smaps, of %d of which something is said", ranges(maps), ranges(smaps), n)
	}
	if sum := w.readFile(t, "/proc/self/smaps_rollup"); !strings.Contains(sum, "[rollup]\nRss: ") || ranges(sum) != 1 {
		t.Errorf("smaps_rollup is %q", sum)
	}
}

// TestSettings reads what programs look for in /proc/sys and /sys before they start.
func TestSettings(t *testing.T) {
	w, _ := booted(t, "/x")
	for path, want := range map[string]string{
		"/proc/sys/net/core/rmem_max":                               "8388608\n",
		"/proc/sys/net/ipv4/ip_forward":                             "0\n",
		"/proc/sys/fs/inotify/max_user_watches":                     "1048576\n",
		"/sys/devices/system/cpu/offline":                           "\n",
		"/sys/devices/system/cpu/cpu0/topology/physical_package_id": "0\n",
		"/sys/devices/system/cpu/cpu0/topology/core_id":             "0\n",
		"/proc/net/arp": "IP address       HW type     Flags       HW address            Mask     Device\n",
		"/proc/self/io": noTransfers,
	} {
		if got := w.readFile(t, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if f := strings.Fields(w.readFile(t, "/proc/sys/fs/file-nr")); len(f) != 3 || f[0] == "0" {
		t.Errorf("file-nr is %q", f)
	}
}
