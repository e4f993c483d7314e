//go:build !mirage

package linuxabi

import (
	"internal/mirage/linuxabi/linux"
	"syscall"
	"testing"
)

// TestPlaces: every descriptor has a place of its own, in a block that is as large as it must be.
func TestPlaces(t *testing.T) {
	next, in := 0, 0
	for fd := range maxDescriptors {
		block, i := slotPlace(fd)
		if block == in+1 && next == firstSlots<<max(in-1, 0) {
			in, next = block, 0
		}
		if block != in || i != next {
			t.Fatalf("descriptor %d is in block %d at %d, not in %d at %d", fd, block, i, in, next)
		}
		next++
	}
	if in != blocks-1 {
		t.Errorf("there are %d blocks, not %d", in+1, blocks)
	}
}

// A call for which there is no descriptor has changed nothing: on Linux the descriptor comes first (do_sys_openat2, __sys_accept4).
func TestNoDescriptorLeft(t *testing.T) {
	w, p := booted(t, "/x")
	file := w.must(t, syscall.SYS_OPENAT, noFd, "/tmp/file", syscall.O_CREAT|syscall.O_WRONLY, 0o644)
	w.must(t, syscall.SYS_WRITE, file, "text", 4)
	server := w.unix(t, syscall.SOCK_STREAM)
	name := append([]byte{linux.AF_UNIX, 0}, "/tmp/socket\x00"...)
	w.must(t, syscall.SYS_BIND, server, name, len(name))
	w.must(t, syscall.SYS_LISTEN, server, 5)
	client := w.unix(t, syscall.SOCK_STREAM)
	w.must(t, syscall.SYS_CONNECT, client, name, len(name))
	w.must(t, syscall.SYS_WRITE, client, "hello", 5)
	limit := p.fds.limit
	p.fds.limit = client + 1
	for what, call := range map[string]func() (int, syscall.Errno){
		"truncate": func() (int, syscall.Errno) {
			return w.do(syscall.SYS_OPENAT, noFd, "/tmp/file", syscall.O_TRUNC|syscall.O_WRONLY, 0)
		},
		"create": func() (int, syscall.Errno) {
			return w.do(syscall.SYS_OPENAT, noFd, "/tmp/other", syscall.O_CREAT|syscall.O_WRONLY, 0o644)
		},
		"accept": func() (int, syscall.Errno) { return w.do(syscall.SYS_ACCEPT4, server, 0, 0, 0) },
	} {
		if _, e := call(); e != syscall.EMFILE {
			t.Errorf("%s: %v", what, e)
		}
	}
	p.fds.limit = limit
	if got := w.readFile(t, "/tmp/file"); got != "text" {
		t.Errorf("the file holds %q", got)
	}
	if _, e := w.do(syscall.SYS_FACCESSAT, noFd, "/tmp/other", 0); e != syscall.ENOENT {
		t.Errorf("the other file: %v", e)
	}
	c := w.must(t, syscall.SYS_ACCEPT4, server, 0, 0, 0)
	b := make([]byte, 5)
	if w.must(t, syscall.SYS_READ, c, b, 5); string(b) != "hello" {
		t.Errorf("the connection said %q", b)
	}
}
