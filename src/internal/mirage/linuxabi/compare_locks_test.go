//go:build !mirage

package linuxabi

import (
	"fmt"
	"math"
	"math/rand"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// Record locks, beside those of the host. The process' own stand beside those of the descriptions of three descriptors and copies
// of them.

const lockSlots = 5

// lockOf is a lock of which both worlds shall think the same: mostly small, and odd in all ways now and then.
func lockOf(r *rand.Rand) linux.Flock {
	l := linux.Flock{Type: int16(r.Intn(3)), Start: int64(r.Intn(12)), Len: int64(r.Intn(8))}
	switch r.Intn(30) {
	case 0:
		l.Type = int16(r.Intn(6)) - 2
	case 1:
		l.Whence = int16(r.Intn(5)) - 1
	case 2:
		l.Start = offsets[r.Intn(len(offsets))]
	case 3:
		l.Len = offsets[r.Intn(len(offsets))]
	case 4:
		l.Len = -l.Len
	case 5:
		l.Start, l.Len = math.MaxInt64-l.Start, l.Len-2
	case 6:
		l.Pid = int32(r.Intn(3))
	case 7:
		l.Start, l.Whence = -l.Start, linux.SEEK_END
	case 8, 9:
		l.Start, l.Whence = l.Start-6, linux.SEEK_CUR
	}
	return l
}

func lockOperation(r *rand.Rand) operation {
	slot := r.Intn(lockSlots)
	switch r.Intn(12) {
	case 0:
		flags := []int{syscall.O_RDWR, syscall.O_RDWR, syscall.O_RDONLY, syscall.O_WRONLY, linux.O_PATH}[r.Intn(5)]
		return operation{fmt.Sprintf("close, open %d %#x", slot, flags), func(w *world) string {
			w.do(syscall.SYS_CLOSE, w.fds[slot])
			fd, e := w.do(syscall.SYS_OPENAT, w.dir, "file", flags, 0)
			w.fds[slot] = uintptr(fd)
			return success(fd, e)
		}}
	case 1:
		from := r.Intn(lockSlots)
		return operation{fmt.Sprintf("dup3 %d %d", from, slot), func(w *world) string {
			return success(w.do(syscall.SYS_DUP3, w.fds[from], w.fds[slot], 0))
		}}
	case 2:
		off := r.Intn(20)
		return operation{fmt.Sprintf("seek %d %d", slot, off), func(w *world) string {
			return result(w.do(syscall.SYS_LSEEK, w.fds[slot], off, 0))
		}}
	}
	command := []int{linux.F_GETLK, linux.F_SETLK, linux.F_OFD_GETLK, linux.F_OFD_SETLK, linux.F_OFD_SETLK}[r.Intn(5)]
	l := lockOf(r)
	return operation{fmt.Sprintf("fcntl %d %d %+v", slot, command, l), func(w *world) string {
		l := l
		_, e := w.do(syscall.SYS_FCNTL, w.fds[slot], command, unsafe.Pointer(&l))
		if w.name == "host" && e == 0 && int(l.Pid) == os.Getpid() {
			l.Pid = pid
		}
		return fmt.Sprintf("%v %+v", success(0, e), l)
	}}
}

func TestRecordLocksSameAsHost(t *testing.T) {
	for i := range *rounds {
		r := rand.New(rand.NewSource(*seed + int64(i)))
		host := hostWorld(t)
		ours, _ := ourWorld(t)
		for _, w := range []*world{host, ours} {
			fd := w.must(t, syscall.SYS_OPENAT, w.dir, "file", syscall.O_CREAT|syscall.O_RDWR, 0o600)
			w.must(t, syscall.SYS_FTRUNCATE, fd, 30)
			w.must(t, syscall.SYS_CLOSE, fd)
			for k := range lockSlots {
				w.fds[k] = uintptr(w.must(t, syscall.SYS_OPENAT, w.dir, "file", syscall.O_RDWR, 0))
			}
		}
		var done []string
		for range 500 {
			op := lockOperation(r)
			done = append(done, op.what)
			if want, got := op.do(host), op.do(ours); want != got {
				t.Fatalf("seed %d:\n%s\nhost:   %s\nmirage: %s", *seed+int64(i), strings.Join(done[max(0, len(done)-30):], "\n"), want, got)
			}
		}
	}
}

// TestRecordLockWaits has F_OFD_SETLKW wait for a lock on a piece of what it asks for, and no longer (fcntl(2)).
func TestRecordLockWaits(t *testing.T) {
	w, _ := ourWorld(t)
	open := func() int { return w.must(t, syscall.SYS_OPENAT, 0, "/lock", syscall.O_CREAT|syscall.O_RDWR, 0o600) }
	one, two := open(), open()
	set := func(fd, command int, kind int16, start, length int64) (int, syscall.Errno) {
		return w.do(syscall.SYS_FCNTL, fd, command, unsafe.Pointer(&linux.Flock{Type: kind, Start: start, Len: length}))
	}
	if _, e := set(one, linux.F_OFD_SETLK, linux.F_WRLCK, 10, 10); e != 0 {
		t.Fatal(e)
	}
	if _, e := set(two, linux.F_OFD_SETLK, linux.F_RDLCK, 19, 1); e != syscall.EAGAIN {
		t.Errorf("a lock on the last byte: %v", e)
	}
	wait := w.start(t, syscall.SYS_FCNTL, two, linux.F_OFD_SETLKW, unsafe.Pointer(&linux.Flock{Type: linux.F_WRLCK, Start: 15, Len: 10}))
	set(one, linux.F_OFD_SETLK, linux.F_UNLCK, 15, 4) // one byte is left
	wait.blocks()
	set(one, linux.F_OFD_SETLK, linux.F_UNLCK, 19, 1)
	wait.wants(0, 0)
	third := w.start(t, syscall.SYS_FCNTL, one, linux.F_SETLKW, unsafe.Pointer(&linux.Flock{Type: linux.F_RDLCK}))
	third.blocks()                    // the process waits for the two descriptions
	w.must(t, syscall.SYS_CLOSE, two) // gives its lock up
	third.blocks()
	set(one, linux.F_OFD_SETLK, linux.F_UNLCK, 0, 0)
	third.wants(0, 0)
}
