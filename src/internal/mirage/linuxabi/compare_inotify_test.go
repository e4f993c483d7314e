//go:build !mirage

package linuxabi

import (
	"fmt"
	"math/rand"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// drain reads all events of an inotify descriptor and says what they are. Cookies are told by when they come.
func (w *world) drain(t *testing.T, fd int) string {
	var all []string
	cookies := map[uint32]int{0: 0}
	b := make([]byte, 4096)
	for {
		n, e := w.do(syscall.SYS_READ, fd, b, len(b))
		if e == syscall.EAGAIN {
			return strings.Join(all, ", ")
		}
		if e != 0 {
			t.Fatalf("%s: read: %v", w.name, e)
		}
		for rest := b[:n]; len(rest) > 0; {
			size := 16 + get32(rest[12:])
			name := strings.TrimRight(string(rest[16:size]), "\x00")
			cookie := get32(rest[8:])
			if _, ok := cookies[cookie]; !ok {
				cookies[cookie] = len(cookies)
			}
			all = append(all, fmt.Sprintf("%d:%#x:%d:%s/%d", int32(get32(rest)), get32(rest[4:]), cookies[cookie], name, size))
			rest = rest[size:]
		}
	}
}

var inotifyMasks = []int{linux.IN_ALL_EVENTS, linux.IN_ALL_EVENTS, linux.IN_CREATE | linux.IN_DELETE, linux.IN_MODIFY | linux.IN_CLOSE_WRITE,
	linux.IN_ALL_EVENTS | linux.IN_ONLYDIR, linux.IN_ALL_EVENTS | linux.IN_DONT_FOLLOW, linux.IN_MODIFY | linux.IN_ONESHOT,
	linux.IN_OPEN | linux.IN_MASK_ADD, linux.IN_ALL_EVENTS | linux.IN_MASK_CREATE, linux.IN_ALL_EVENTS | linux.IN_EXCL_UNLINK, 0, 1 << 12}

// watchOperation adds or removes watches; paths are relative to the working directory there, which is w's directory here.
func watchOperation(r *rand.Rand, in *[2]int) operation {
	p, mask, wd := path(r), inotifyMasks[r.Intn(len(inotifyMasks))], r.Intn(12)
	if r.Intn(5) == 0 {
		return operation{fmt.Sprintf("inotify_rm_watch %d", wd), func(w *world) string {
			return result(w.do(linux.SYS_INOTIFY_RM_WATCH, in[w.index()], wd))
		}}
	}
	return operation{fmt.Sprintf("inotify_add_watch %q %#x", p, mask), func(w *world) string {
		if p != "" && !strings.HasPrefix(p, "/") && len(p) < 4000 {
			p := fmt.Sprintf("/proc/self/fd/%d/%s", w.dir, p)
			return result(w.do(linux.SYS_INOTIFY_ADD_WATCH, in[w.index()], p, mask))
		}
		return ""
	}}
}

func (w *world) index() int {
	if w.name == "host" {
		return 0
	}
	return 1
}

// TestInotifySameAsHost does the same random calls on the host's kernel and here, and compares what inotify tells of
// each.
func TestInotifySameAsHost(t *testing.T) {
	for i := range *rounds {
		s := *seed + int64(i)
		if !t.Run(fmt.Sprint("seed", s), func(t *testing.T) { inotifySameAsHost(t, s) }) {
			return
		}
	}
}

func inotifySameAsHost(t *testing.T, seed int64) {
	r := rand.New(rand.NewSource(seed))
	ours, _ := booted(t, "/x")
	worlds := [2]*world{hostWorld(t), ours}
	var in [2]int
	for i, w := range worlds {
		in[i] = w.must(t, linux.SYS_INOTIFY_INIT1, linux.IN_NONBLOCK)
		t.Cleanup(func() { w.do(syscall.SYS_CLOSE, in[i]) })
	}
	var done []string
	for range 600 {
		op := pathOperation(r)
		switch r.Intn(6) {
		case 0, 1:
			op = fileOperation(r)
		case 2, 3:
			op = watchOperation(r, &in)
		}
		if strings.HasPrefix(op.what, "link") {
			continue // which of its names a file is watched by is not the same (fs.home)
		}
		done = append(done, op.what)
		var said [2]string
		for i, w := range worlds {
			said[i] = op.do(w) + "; " + w.drain(t, in[i])
		}
		if said[0] != said[1] {
			t.Fatalf("%s\nhost:   %.600q\nmirage: %.600q", strings.Join(done[max(0, len(done)-40):], "\n"), said[0], said[1])
		}
	}
}

// TestInotifyWaits: a read waits for something to happen, poll tells of it, and a buffer that is too small is EINVAL.
func TestInotifyWaits(t *testing.T) {
	w, _ := booted(t, "/x")
	in := w.must(t, linux.SYS_INOTIFY_INIT1, 0)
	w.must(t, linux.SYS_INOTIFY_ADD_WATCH, in, "/tmp", linux.IN_CREATE)
	b := make([]byte, 100)
	read := w.start(t, syscall.SYS_READ, in, b, len(b))
	read.blocks()
	w.must(t, syscall.SYS_MKDIRAT, 0, "/tmp/new", 0o755)
	read.wants(32, 0)
	w.must(t, syscall.SYS_MKDIRAT, 0, "/tmp/other", 0o755)
	fds := linux.Pollfd{Fd: int32(in), Events: linux.EPOLLIN}
	if n := w.must(t, syscall.SYS_PPOLL, unsafe.Pointer(&fds), 1, 0, 0, 0); n != 1 || fds.Revents != linux.EPOLLIN {
		t.Errorf("poll: %d, %#x", n, fds.Revents)
	}
	if _, e := w.do(syscall.SYS_READ, in, b, 31); e != syscall.EINVAL {
		t.Errorf("read of 31 bytes: %v", e)
	}
}

// TestInotifyQueueIsBounded: past its limit one event says that events were lost.
func TestInotifyQueueIsBounded(t *testing.T) {
	w, _ := booted(t, "/x")
	in := w.must(t, linux.SYS_INOTIFY_INIT1, linux.IN_NONBLOCK)
	w.must(t, linux.SYS_INOTIFY_ADD_WATCH, in, "/tmp", linux.IN_CREATE|linux.IN_DELETE)
	for range inotifyQueue/2 + 10 {
		w.must(t, syscall.SYS_MKDIRAT, 0, "/tmp/new", 0o755)
		w.must(t, syscall.SYS_UNLINKAT, 0, "/tmp/new", linux.AT_REMOVEDIR)
	}
	all := strings.Split(w.drain(t, in), ", ")
	if len(all) != inotifyQueue+1 || all[inotifyQueue] != "-1:0x4000:0:/16" {
		t.Errorf("%d events, the last %q", len(all), all[len(all)-1])
	}
}
