//go:build linux && !mirage

package netstack

import (
	crand "crypto/rand"
	"fmt"
	"internal/mirage/device"
	"internal/mirage/netstack/link"
	"internal/mirage/netstack/link/tap"
	"internal/mirage/netstack/tcp"
	"internal/mirage/netstack/wire"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// A side is one of two hosts on a line, 10.99.0.1 or .2.
type side interface {
	cable() device.NIC  // its far end
	start(t *testing.T) // once that is joined to something
	listen(t *testing.T) (accept func() io.ReadWriteCloser)
	dial(t *testing.T, last byte) io.ReadWriteCloser
}

const bulkPort = 5001

// A linuxHost is a network namespace of its own with a tap device. Calls are made on a thread that lives in it.
type linuxHost struct {
	addr  string
	card  *tap.Tap
	calls chan func()
}

func linuxSide(t *testing.T, last byte) side {
	h := &linuxHost{addr: fmt.Sprintf("10.99.0.%d", last), calls: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends, and the namespace with it
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		if err == nil {
			err = h.configure(t, last)
		}
		ready <- err
		for f := range h.calls {
			f()
		}
	}()
	t.Cleanup(func() { close(h.calls) })
	must(t, <-ready)
	t.Cleanup(h.card.Close)
	return h
}

func (h *linuxHost) configure(t *testing.T, last byte) (err error) {
	if h.card, err = tap.Open("mirage0", [6]byte{2, 0, 0, 0, 9, last}, 1500); err != nil {
		return err
	}
	run(t, "ip", "address", "add", h.addr+"/24", "dev", "mirage0")
	run(t, "ip", "link", "set", "mirage0", "up")
	return nil
}

// cubic makes a socket use the algorithm that ours do, whatever this machine's default is.
func cubic(_, _ string, c syscall.RawConn) (err error) {
	const tcpCongestion = 13 // linux/tcp.h
	c.Control(func(fd uintptr) { err = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, tcpCongestion, "cubic") })
	return err
}

// do calls f in the namespace.
func (h *linuxHost) do(f func()) {
	done := make(chan struct{})
	h.calls <- func() { f(); close(done) }
	<-done
}

func (h *linuxHost) cable() device.NIC { return h.card }
func (h *linuxHost) start(*testing.T)  {} // it runs already

func (h *linuxHost) listen(t *testing.T) func() io.ReadWriteCloser {
	var l net.Listener
	var err error
	config := net.ListenConfig{Control: cubic}
	h.do(func() { l, err = config.Listen(t.Context(), "tcp4", fmt.Sprintf("%s:%d", h.addr, bulkPort)) })
	must(t, err)
	return func() io.ReadWriteCloser {
		defer l.Close()
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		return c
	}
}

func (h *linuxHost) dial(t *testing.T, last byte) (c io.ReadWriteCloser) {
	var err error
	d := net.Dialer{Control: cubic, Timeout: time.Minute}
	h.do(func() { c, err = d.Dial("tcp4", fmt.Sprintf("10.99.0.%d:%d", last, bulkPort)) })
	must(t, err)
	return c
}

// An ourHost is our stack with a channel for a card.
type ourHost struct {
	tcp       *tcp.Protocol
	iface     *Interface
	near, far *link.Channel
	last      byte // of its address
}

func ourSide(t *testing.T, last byte) side {
	near, far := link.NewPair(link.ChannelConfig{Frames: 4096})
	begun := time.Now()
	s := New(Config{Now: func() int64 { return int64(time.Since(begun)) + 1 }, Rand: func(p []byte) { crand.Read(p) }})
	t.Cleanup(s.Start())
	return &ourHost{tcp.New(s), s.AddNIC("eth0", near), near, far, last}
}

func (h *ourHost) cable() device.NIC { return h.far }

func (h *ourHost) start(t *testing.T) {
	t.Cleanup(h.near.Start())
	t.Cleanup(h.far.Start())
	must(t, h.iface.Configure(Static{Addr: wire.Prefix{Addr: wire.V4(10, 99, 0, h.last), Bits: 24}}))
}

func (h *ourHost) listen(t *testing.T) func() io.ReadWriteCloser {
	l := newTCPConn(h.tcp.NewSocket(false))
	must(t, l.s.Bind(at(wire.Any4, bulkPort)))
	must(t, l.s.Listen(1))
	return func() io.ReadWriteCloser {
		var c *tcp.Socket
		_, err := l.retry(func() (_ int, err error) {
			c, _, err = l.s.Accept()
			return 0, err
		})
		if err != nil {
			t.Error(err)
		}
		l.s.Close()
		return newTCPConn(c)
	}
}

func (h *ourHost) dial(t *testing.T, last byte) io.ReadWriteCloser {
	return dialTCP(t, h.tcp, at(wire.V4(10, 99, 0, last), bulkPort))
}
