//go:build !mirage

package linuxabi

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

func unixAddr(name string) []byte { return slices.Concat([]byte{1, 0}, []byte(name)) }

func (w *world) unix(t *testing.T, kind int) int {
	return w.must(t, syscall.SYS_SOCKET, syscall.AF_UNIX, kind, 0)
}

func TestUnixStream(t *testing.T) {
	for _, name := range []string{"/sock\x00", "\x00abstract"} {
		w, _ := ourWorld(t)
		listener, client, addr := w.unix(t, syscall.SOCK_STREAM), w.unix(t, syscall.SOCK_STREAM), unixAddr(name)
		if _, e := w.do(syscall.SYS_CONNECT, client, addr, len(addr)); e != syscall.ENOENT && e != syscall.ECONNREFUSED {
			t.Errorf("%q: connecting to nobody: %v", name, e)
		}
		w.must(t, syscall.SYS_BIND, listener, addr, len(addr))
		if _, e := w.do(syscall.SYS_BIND, w.unix(t, syscall.SOCK_STREAM), addr, len(addr)); e != syscall.EADDRINUSE {
			t.Errorf("%q: binding again: %v", name, e)
		}
		if _, e := w.do(syscall.SYS_CONNECT, client, addr, len(addr)); e != syscall.ECONNREFUSED {
			t.Errorf("%q: connecting to who does not listen: %v", name, e)
		}
		w.must(t, syscall.SYS_LISTEN, listener, 5)
		accept := w.start(t, syscall.SYS_ACCEPT4, listener, 0, 0, 0)
		accept.blocks()
		w.must(t, syscall.SYS_CONNECT, client, addr, len(addr))
		server := (<-accept.done).r
		read := w.start(t, syscall.SYS_READ, server, make([]byte, 10), 10)
		read.blocks()
		w.must(t, syscall.SYS_WRITE, client, []byte("hello"), 5)
		read.wants(5, 0)
		peer, size := make([]byte, 110), int32(110)
		w.must(t, syscall.SYS_GETPEERNAME, client, peer, unsafe.Pointer(&size))
		if got := string(peer[2:size]); got != name {
			t.Errorf("the peer of %q is %q", name, got)
		}
		read = w.start(t, syscall.SYS_READ, server, make([]byte, 10), 10)
		w.must(t, syscall.SYS_CLOSE, client)
		read.wants(0, 0)
	}
}

// A stream that is full makes the writer wait, and all that was written comes, in order.
func TestUnixStreamWaits(t *testing.T) {
	w, _ := ourWorld(t)
	var fds [2]int32
	w.must(t, syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, syscall.SOCK_STREAM, 0, unsafe.Pointer(&fds))
	data := []byte(strings.Repeat("0123456789", 100_000))
	write := w.start(t, syscall.SYS_WRITE, int(fds[0]), data, len(data))
	write.blocks()
	var got []byte
	b := make([]byte, 70000)
	for len(got) < len(data) {
		got = append(got, b[:w.must(t, syscall.SYS_READ, int(fds[1]), b, len(b))]...)
	}
	write.wants(len(data), 0)
	if string(got) != string(data) {
		t.Error("what came is not what went")
	}
}

// Senders that are nobody's peer wait for room too.
func TestUnixDatagram(t *testing.T) {
	w, _ := ourWorld(t)
	server, client, addr := w.unix(t, syscall.SOCK_DGRAM), w.unix(t, syscall.SOCK_DGRAM), unixAddr("\x00d")
	w.must(t, syscall.SYS_BIND, server, addr, len(addr))
	big := make([]byte, 60000)
	sent := 0
	for {
		if _, e := w.do(syscall.SYS_SENDTO, client, big, len(big), linux.MSG_DONTWAIT, addr, len(addr)); e == syscall.EAGAIN {
			break
		}
		sent++
	}
	send := w.start(t, syscall.SYS_SENDTO, client, []byte("last"), 4, 0, addr, len(addr))
	send.blocks()
	for range sent {
		w.must(t, syscall.SYS_READ, server, big, len(big))
	}
	send.wants(4, 0)
	w.must(t, syscall.SYS_READ, server, big, len(big))
	if string(big[:4]) != "last" {
		t.Errorf("the last is %q", big[:4])
	}
}

// unix(7), SCM_RIGHTS.
func TestUnixPassesDescriptors(t *testing.T) {
	w, p := ourWorld(t)
	var fds [2]int32
	w.must(t, syscall.SYS_SOCKETPAIR, syscall.AF_UNIX, syscall.SOCK_STREAM, 0, unsafe.Pointer(&fds))
	r, wr := w.pipe(t, 0)
	send := func() {
		control := syscall.UnixRights(wr)
		b := [1]byte{'x'}
		iov := linux.Iovec{Base: addressOf(&b), Len: 1}
		h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: uintptr(len(control))}
		w.must(t, syscall.SYS_SENDMSG, int(fds[0]), unsafe.Pointer(&h), 0)
	}
	send()
	var b [1]byte
	control := make([]byte, 24)
	iov := linux.Iovec{Base: addressOf(&b), Len: 1}
	h := linux.Msghdr{Iov: addressOf(&iov), Iovlen: 1, Control: addressOf(&control[0]), Controllen: 24}
	w.must(t, syscall.SYS_RECVMSG, int(fds[1]), unsafe.Pointer(&h), 0)
	passed := int(get32(control[16:]))
	w.must(t, syscall.SYS_CLOSE, wr)
	w.must(t, syscall.SYS_WRITE, passed, []byte("through"), 7)
	w.start(t, syscall.SYS_READ, r, make([]byte, 10), 10).wants(7, 0)
	w.must(t, syscall.SYS_CLOSE, passed)
	w.start(t, syscall.SYS_READ, r, make([]byte, 10), 10).wants(0, 0)

	// What nobody receives is closed with the socket that it waits at.
	r, wr = w.pipe(t, 0)
	send()
	w.must(t, syscall.SYS_CLOSE, wr)
	w.start(t, syscall.SYS_READ, r, make([]byte, 10), 10).blocks()
	w.must(t, syscall.SYS_CLOSE, int(fds[1]))
	w.must(t, syscall.SYS_CLOSE, int(fds[0]))
	if s := p.fds.at(wr); s.d.Load() != nil {
		t.Error("the descriptor is still open")
	}
}
