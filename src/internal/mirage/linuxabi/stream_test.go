//go:build !mirage

package linuxabi

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// A log of what one world answers, to be compared with the other's.
type streamLog struct {
	t     *testing.T
	w     *world
	lines []string
}

func (l *streamLog) note(what string, n int, e syscall.Errno) {
	if e != 0 {
		l.lines = append(l.lines, what+": "+e.Error())
		return
	}
	l.lines = append(l.lines, fmt.Sprint(what, ": ", n))
}

func (l *streamLog) do(what string, num uintptr, a ...any) int {
	n, e := l.w.do(num, a...)
	l.note(what, n, e)
	return n
}

// wait polls until events come to hold, and notes which do.
func (l *streamLog) wait(what string, fd int, events uint32) {
	l.t.Helper()
	p := linux.Pollfd{Fd: int32(fd), Events: int16(events)}
	n, e := l.w.do(syscall.SYS_PPOLL, unsafe.Pointer(&p), 1, unsafe.Pointer(&linux.Timespec{Sec: 10}), 0, 0)
	if n != 1 || e != 0 {
		l.t.Fatalf("%s: %s: nothing happens: %v", l.w.name, what, e)
	}
	l.lines = append(l.lines, fmt.Sprintf("%s: %#x", what, p.Revents))
}

// now notes what poll says at once.
func (l *streamLog) now(what string, fd int) {
	p := linux.Pollfd{Fd: int32(fd), Events: 0x2005}
	n, e := l.w.do(syscall.SYS_PPOLL, unsafe.Pointer(&p), 1, unsafe.Pointer(&linux.Timespec{}), 0, 0)
	l.note(what, n<<16|int(uint16(p.Revents)), e)
}

func (l *streamLog) option(what string, fd int, level, name uintptr) {
	var v int32
	size := int32(4)
	_, e := l.w.do(syscall.SYS_GETSOCKOPT, fd, level, name, unsafe.Pointer(&v), unsafe.Pointer(&size))
	l.note(what, int(v), e)
}

func (l *streamLog) set(what string, fd int, level, name uintptr, v int32) {
	_, e := l.w.do(syscall.SYS_SETSOCKOPT, fd, level, name, unsafe.Pointer(&v), 4)
	l.note(what, 0, e)
}

const in, out, rdhup = linux.EPOLLIN, linux.EPOLLOUT, linux.EPOLLRDHUP

// listener makes a listening socket on 127.0.0.1 and returns its address.
func (l *streamLog) listener() (fd int, addr []byte) {
	fd = l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	l.w.must(l.t, syscall.SYS_BIND, fd, sockaddr(127, 0, 0, 1, 0), 16)
	l.do("listen", syscall.SYS_LISTEN, fd, 5)
	addr = make([]byte, 16)
	size := int32(16)
	l.w.must(l.t, syscall.SYS_GETSOCKNAME, fd, addr, unsafe.Pointer(&size))
	return fd, addr
}

// connected makes a connection; both ends do not block.
func (l *streamLog) connected() (client, server int) {
	listener, addr := l.listener()
	client = l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	l.do("connect", syscall.SYS_CONNECT, client, addr, 16)
	l.wait("client", client, out)
	l.do("connect again", syscall.SYS_CONNECT, client, addr, 16)
	l.do("and again", syscall.SYS_CONNECT, client, addr, 16)
	l.wait("listener", listener, in)
	server = l.w.must(l.t, syscall.SYS_ACCEPT4, listener, 0, 0, syscall.SOCK_NONBLOCK)
	l.do("accept no more", syscall.SYS_ACCEPT4, listener, 0, 0, 0)
	l.w.must(l.t, syscall.SYS_CLOSE, listener)
	return client, server
}

// returns is what a call returned that succeeds.
func (p pending) returns() int {
	p.t.Helper()
	select {
	case o := <-p.done:
		if o.e != 0 {
			p.t.Fatal(o.e)
		}
		return o.r
	case <-time.After(10 * time.Second):
		p.t.Fatal("the call does not end")
	}
	return 0
}

// both runs f in both worlds and compares.
func both(t *testing.T, f func(l *streamLog)) {
	t.Helper()
	ours, _ := ourWorld(t)
	bothOf(t, hostWorld(t), ours, f)
}

func bothOf(t *testing.T, host, ours *world, f func(l *streamLog)) {
	t.Helper()
	var logs [2][]string
	for i, w := range []*world{host, ours} {
		l := &streamLog{t: t, w: w}
		f(l)
		logs[i] = l.lines
	}
	for i, want := range logs[0] {
		if i >= len(logs[1]) || logs[1][i] != want {
			t.Errorf("the host: %s; ours: %s", want, strings.Join(logs[1][i:min(i+1, len(logs[1]))], ""))
		}
	}
}

func TestStreamTransfer(t *testing.T) {
	both(t, func(l *streamLog) {
		c, s := l.connected()
		b := make([]byte, 100)
		l.do("nothing to read", syscall.SYS_READ, s, b, 100)
		l.now("client", c)
		l.do("write", syscall.SYS_WRITE, c, []byte("hello, world"), 12)
		l.wait("server", s, in)
		l.do("peek", syscall.SYS_RECVFROM, s, b, 5, linux.MSG_PEEK, 0, 0)
		var waiting int32
		l.do("FIONREAD", syscall.SYS_IOCTL, s, linux.FIONREAD, unsafe.Pointer(&waiting))
		l.note("waiting", int(waiting), 0)
		l.do("read", syscall.SYS_READ, s, b, 5)
		size := int32(16)
		l.do("recvfrom", syscall.SYS_RECVFROM, s, b, 100, 0, make([]byte, 16), unsafe.Pointer(&size))
		l.note("its address", int(size), 0)
		l.do("shutdown", syscall.SYS_SHUTDOWN, c, syscall.SHUT_WR)
		l.wait("server", s, in|rdhup)
		l.do("end", syscall.SYS_READ, s, b, 100)
		l.do("and again", syscall.SYS_READ, s, b, 100)
		l.do("write behind the end", syscall.SYS_SENDTO, c, []byte("x"), 1, linux.MSG_NOSIGNAL, 0, 0)
		l.do("write back", syscall.SYS_WRITE, s, []byte("back"), 4)
		l.wait("client", c, in)
		l.do("read back", syscall.SYS_READ, c, b, 100)
		l.do("close", syscall.SYS_CLOSE, s)
		l.wait("client at the end", c, in|rdhup)
		l.do("read", syscall.SYS_READ, c, b, 100)
		l.now("client", c)
		l.do("shutdown", syscall.SYS_SHUTDOWN, c, syscall.SHUT_RD)
		l.do("close", syscall.SYS_CLOSE, c)
	})
}

func TestStreamRefused(t *testing.T) {
	both(t, func(l *streamLog) {
		fd, addr := l.listener()
		l.w.must(l.t, syscall.SYS_CLOSE, fd)
		c := l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
		l.do("connect", syscall.SYS_CONNECT, c, addr, 16)
		l.wait("client", c, in|out|rdhup)
		l.option("SO_ERROR", c, linux.SOL_SOCKET, linux.SO_ERROR)
		l.option("SO_ERROR again", c, linux.SOL_SOCKET, linux.SO_ERROR)
		l.do("connect once more", syscall.SYS_CONNECT, c, addr, 16)
		d := l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0)
		l.do("blocking connect", syscall.SYS_CONNECT, d, addr, 16)
	})
}

func TestStreamReset(t *testing.T) {
	both(t, func(l *streamLog) {
		c, s := l.connected()
		l.w.must(l.t, syscall.SYS_SETSOCKOPT, s, linux.SOL_SOCKET, linux.SO_LINGER, unsafe.Pointer(&linux.Linger{Onoff: 1}), 8)
		l.do("write", syscall.SYS_WRITE, s, []byte("abc"), 3)
		l.wait("client", c, in)
		l.do("close", syscall.SYS_CLOSE, s)
		l.wait("client", c, rdhup)
		b := make([]byte, 10)
		l.do("read", syscall.SYS_READ, c, b, 10)
		l.do("read again", syscall.SYS_READ, c, b, 10)
		l.do("and again", syscall.SYS_READ, c, b, 10)
		l.do("write", syscall.SYS_SENDTO, c, []byte("x"), 1, linux.MSG_NOSIGNAL, 0, 0)
		size := int32(16)
		l.do("getpeername", syscall.SYS_GETPEERNAME, c, make([]byte, 16), unsafe.Pointer(&size))
	})
}

// A connection that is reset before it is accepted is accepted all the same, and says where it came from.
func TestStreamResetBeforeAccept(t *testing.T) {
	both(t, func(l *streamLog) {
		listener, addr := l.listener()
		c := l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0)
		l.w.must(l.t, syscall.SYS_CONNECT, c, addr, 16)
		l.w.must(l.t, syscall.SYS_SETSOCKOPT, c, linux.SOL_SOCKET, linux.SO_LINGER, unsafe.Pointer(&linux.Linger{Onoff: 1}), 8)
		l.w.must(l.t, syscall.SYS_CLOSE, c)
		l.wait("listener", listener, in)
		from, size := make([]byte, 16), int32(16)
		s := l.w.must(l.t, syscall.SYS_ACCEPT4, listener, from, unsafe.Pointer(&size), syscall.SOCK_NONBLOCK)
		l.note(fmt.Sprint("from ", from[:2], from[4:8]), int(size), 0)
		l.wait("server", s, in|rdhup)
		l.do("read", syscall.SYS_READ, s, from, 16)
		l.do("getpeername", syscall.SYS_GETPEERNAME, s, from, unsafe.Pointer(&size))
	})
}

func TestStreamStates(t *testing.T) {
	both(t, func(l *streamLog) {
		size := int32(16)
		fd := l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
		l.now("fresh", fd)
		l.do("read", syscall.SYS_READ, fd, make([]byte, 10), 10)
		l.do("write", syscall.SYS_SENDTO, fd, []byte("x"), 1, linux.MSG_NOSIGNAL, 0, 0)
		l.do("accept", syscall.SYS_ACCEPT4, fd, 0, 0, 0)
		l.do("shutdown", syscall.SYS_SHUTDOWN, fd, syscall.SHUT_RDWR)
		l.do("getpeername", syscall.SYS_GETPEERNAME, fd, make([]byte, 16), unsafe.Pointer(&size))
		l.do("another family", syscall.SYS_CONNECT, fd, make([]byte, 28), 1)
		l.do("to all", syscall.SYS_CONNECT, fd, sockaddr(255, 255, 255, 255, 9), 16)
		l.do("bind", syscall.SYS_BIND, fd, sockaddr(127, 0, 0, 1, 0), 16)
		l.do("bind again", syscall.SYS_BIND, fd, sockaddr(127, 0, 0, 1, 0), 16)
		l.do("bind elsewhere", syscall.SYS_BIND, l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0), sockaddr(192, 0, 2, 1, 0), 16)
		l.do("listen", syscall.SYS_LISTEN, fd, 1)
		l.now("listening", fd)
		l.option("SO_ACCEPTCONN", fd, linux.SOL_SOCKET, linux.SO_ACCEPTCONN)
		l.do("connect", syscall.SYS_CONNECT, fd, sockaddr(127, 0, 0, 1, 9), 16)
		l.do("read", syscall.SYS_READ, fd, make([]byte, 10), 10)
		l.do("write", syscall.SYS_SENDTO, fd, []byte("x"), 1, linux.MSG_NOSIGNAL, 0, 0)
		own := make([]byte, 16)
		l.w.must(l.t, syscall.SYS_GETSOCKNAME, fd, own, unsafe.Pointer(&size))
		other := l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0)
		l.do("bind where somebody listens", syscall.SYS_BIND, other, own, 16)
		l.set("SO_REUSEADDR", other, linux.SOL_SOCKET, linux.SO_REUSEADDR, 1)
		l.do("bind all the same", syscall.SYS_BIND, other, own, 16)
		l.do("shutdown", syscall.SYS_SHUTDOWN, fd, syscall.SHUT_RDWR)
		l.do("accept", syscall.SYS_ACCEPT4, fd, 0, 0, 0)
	})
}

func TestStreamOptions(t *testing.T) {
	both(t, func(l *streamLog) {
		fd := l.w.must(l.t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0)
		for _, o := range []struct {
			name         string
			level, name2 uintptr
			values       []int32
		}{
			{"TCP_NODELAY", linux.IPPROTO_TCP, linux.TCP_NODELAY, []int32{1, 0, 5}},
			{"TCP_CORK", linux.IPPROTO_TCP, linux.TCP_CORK, []int32{1, 0}},
			{"TCP_KEEPIDLE", linux.IPPROTO_TCP, linux.TCP_KEEPIDLE, []int32{0, 1, 15, 32767, 32768, -1}},
			{"TCP_KEEPINTVL", linux.IPPROTO_TCP, linux.TCP_KEEPINTVL, []int32{0, 15, 32768}},
			{"TCP_KEEPCNT", linux.IPPROTO_TCP, linux.TCP_KEEPCNT, []int32{0, 9, 127, 128}},
			{"TCP_USER_TIMEOUT", linux.IPPROTO_TCP, linux.TCP_USER_TIMEOUT, []int32{0, 1500, -1}},
			{"TCP_DEFER_ACCEPT", linux.IPPROTO_TCP, linux.TCP_DEFER_ACCEPT, []int32{0, 1, 2, 5, 60, 1000, -1}},
			{"SO_KEEPALIVE", linux.SOL_SOCKET, linux.SO_KEEPALIVE, []int32{1, 0}},
			{"SO_REUSEADDR", linux.SOL_SOCKET, linux.SO_REUSEADDR, []int32{1, 0}},
			{"SO_REUSEPORT", linux.SOL_SOCKET, linux.SO_REUSEPORT, []int32{1, 0}},
			{"IP_RECVERR", linux.IPPROTO_IP, linux.IP_RECVERR, []int32{1, 0, 5}},
			{"IP_TTL", linux.IPPROTO_IP, linux.IP_TTL, []int32{0, 5, 256, -1}},
			{"IP_FREEBIND", linux.IPPROTO_IP, linux.IP_FREEBIND, []int32{1, 0}},
			{"IP_MINTTL", linux.IPPROTO_IP, linux.IP_MINTTL, []int32{1, 255, 256, -1}},
			{"TCP_MAXSEG", linux.IPPROTO_TCP, linux.TCP_MAXSEG, []int32{-1, 87, 32768}}, // what is told of others depends on Linux's version
			{"SO_RCVBUF", linux.SOL_SOCKET, linux.SO_RCVBUF, []int32{10000, 100000}},
			{"SO_SNDBUF", linux.SOL_SOCKET, linux.SO_SNDBUF, []int32{10000, 100000}},
			{"SO_PRIORITY", linux.SOL_SOCKET, linux.SO_PRIORITY, []int32{6, 100, -1}},
			{"SO_MARK", linux.SOL_SOCKET, linux.SO_MARK, []int32{1, 0, -1}},
			{"SO_BUSY_POLL", linux.SOL_SOCKET, linux.SO_BUSY_POLL, []int32{50, -1}},
			{"SO_INCOMING_CPU", linux.SOL_SOCKET, linux.SO_INCOMING_CPU, []int32{0, -1}},
			{"SO_PREFER_BUSY_POLL", linux.SOL_SOCKET, linux.SO_PREFER_BUSY_POLL, []int32{5, 0}},
			{"SO_DEBUG", linux.SOL_SOCKET, linux.SO_DEBUG, []int32{-1, 0}},
			{"IP_BIND_ADDRESS_NO_PORT", linux.IPPROTO_IP, linux.IP_BIND_ADDRESS_NO_PORT, []int32{2, 0}},
			{"TCP_THIN_LINEAR_TIMEOUTS", linux.IPPROTO_TCP, linux.TCP_THIN_LINEAR_TIMEOUTS, []int32{1, 2, 0}},
			{"TCP_FASTOPEN", linux.IPPROTO_TCP, linux.TCP_FASTOPEN, []int32{1024, -1, 0}},
			{"TCP_FASTOPEN_CONNECT", linux.IPPROTO_TCP, linux.TCP_FASTOPEN_CONNECT, []int32{1, 2, 0}},
			{"TCP_FASTOPEN_NO_COOKIE", linux.IPPROTO_TCP, linux.TCP_FASTOPEN_NO_COOKIE, []int32{1, 2, 0}},
			{"TCP_NOTSENT_LOWAT", linux.IPPROTO_TCP, linux.TCP_NOTSENT_LOWAT, []int32{16384, -1, 0}},
			{"no option", linux.IPPROTO_TCP, 99, []int32{1}},
			{"SO_TYPE", linux.SOL_SOCKET, linux.SO_TYPE, nil},
			{"SO_PROTOCOL", linux.SOL_SOCKET, linux.SO_PROTOCOL, nil},
		} {
			l.option(o.name, fd, o.level, o.name2)
			for _, v := range o.values {
				l.set(fmt.Sprint(o.name, " to ", v), fd, o.level, o.name2, v)
				l.option(o.name, fd, o.level, o.name2)
			}
		}
	})
}

// Blocking calls wait and go on; MSG_WAITALL waits for all.
func TestStreamBlocking(t *testing.T) {
	w, _ := ourWorld(t)
	l := &streamLog{t: t, w: w}
	fd, addr := l.listener()
	w.must(t, syscall.SYS_FCNTL, fd, syscall.F_SETFL, 0)
	accept := w.start(t, syscall.SYS_ACCEPT4, fd, 0, 0, 0)
	accept.blocks()
	c := w.must(t, syscall.SYS_SOCKET, syscall.AF_INET, syscall.SOCK_STREAM, 0)
	w.must(t, syscall.SYS_CONNECT, c, addr, 16)
	s := accept.returns()
	b := make([]byte, 10)
	read := w.start(t, syscall.SYS_RECVFROM, s, b, 10, linux.MSG_WAITALL, 0, 0)
	w.must(t, syscall.SYS_WRITE, c, []byte("abcde"), 5)
	read.blocks()
	w.must(t, syscall.SYS_WRITE, c, []byte("fghij"), 5)
	read.wants(10, 0)
	if string(b) != "abcdefghij" {
		t.Errorf("read %q", b)
	}
	const much = 32 << 20
	write := w.start(t, syscall.SYS_WRITE, c, make([]byte, much), much)
	write.blocks()
	big := make([]byte, 1<<20)
	for got := 0; got < much; {
		got += w.must(t, syscall.SYS_READ, s, big, len(big))
	}
	write.wants(much, 0)
	w.must(t, syscall.SYS_SETSOCKOPT, s, linux.SOL_SOCKET, linux.SO_RCVTIMEO, unsafe.Pointer(&linux.Timeval{Usec: 1000}), 16)
	w.start(t, syscall.SYS_READ, s, b, 10).wants(0, syscall.EAGAIN)
}
