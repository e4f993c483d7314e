//go:build !mirage

package linuxabi

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"internal/mirage/device"
	"internal/mirage/linuxabi/linux"
)

// signalled has the signals that the runtime is given sent to a channel.
func signalled(t *testing.T) chan uint32 {
	c := make(chan uint32, 100)
	f := func(sig uint32) { c <- sig }
	hostSignal.Store(&f)
	t.Cleanup(func() { hostSignal.Store(nil) })
	return c
}

func wantSignals(t *testing.T, c chan uint32, want ...uint32) {
	t.Helper()
	var got []uint32
	for range want {
		select {
		case s := <-c:
			got = append(got, s)
		case <-time.After(10 * time.Second):
		}
	}
	if !slices.Equal(got, want) || len(c) > 0 {
		t.Errorf("signals %v and %d more, want %v", got, len(c), want)
	}
}

// termios(3), ISIG: keys of a terminal are signals at any time, and not input.
func TestTerminalKeys(t *testing.T) {
	signals := signalled(t)
	w, p := booted(t, "/x")
	h := newHost("ttyS0")
	p.console.attach(h, "ttyS0", "")
	h.in <- "a\x03b" // nobody reads yet
	wantSignals(t, signals, linux.SIGINT)
	b := make([]byte, 10)
	w.start(t, syscall.SYS_READ, 0, b, 10).wants(2, 0)
	if string(b[:2]) != "ab" {
		t.Errorf("read %q", b[:2])
	}
	h.in <- "\x1c\x03"
	wantSignals(t, signals, linux.SIGQUIT, linux.SIGINT)
}

// They are seen behind more input than a program that reads none has room for.
func TestTerminalKeysWithoutReader(t *testing.T) {
	signals := signalled(t)
	_, p := booted(t, "/x")
	h := newHost("ttyS0")
	p.console.attach(h, "ttyS0", "")
	for range 2 * inputLimit / 500 {
		h.in <- strings.Repeat("y", 500)
	}
	h.in <- "\x03"
	wantSignals(t, signals, linux.SIGINT)
	if n := p.console.waitingInput(); n >= inputLimit {
		t.Errorf("%d bytes wait", n)
	}
}

// What the host passes on as it is holds no keys.
func TestPipesHaveNoKeys(t *testing.T) {
	signals := signalled(t)
	w, p := booted(t, "/x")
	h := newHost("hvc0")
	p.console.attach(h, "hvc0", "hvc0")
	b := make([]byte, 10)
	read := w.start(t, syscall.SYS_READ, 0, b, 10)
	h.in <- "\x03\x1c"
	read.wants(2, 0)
	wantSignals(t, signals)
}

// A terminal whose input comes by a port of its own still has its keys, and nothing else.
func TestKeysBesideAPort(t *testing.T) {
	signals := signalled(t)
	w, p := booted(t, "/x")
	terminal, port := newHost("ttyS0"), newHost(inputPort)
	p.console.attach(terminal, "ttyS0", "")
	p.console.attachInput(port)
	terminal.in <- "no\x03"
	wantSignals(t, signals, linux.SIGINT)
	b := make([]byte, 10)
	read := w.start(t, syscall.SYS_READ, 0, b, 10)
	read.blocks()
	port.in <- "yes"
	read.wants(3, 0)
}

// The host's signals come as bytes; what is no signal is passed over.
func TestSignalPort(t *testing.T) {
	signals := signalled(t)
	_, p := booted(t, "/x")
	h := newHost(signalPort)
	done := make(chan bool)
	go func() {
		p.obey(device.Port{Name: signalPort, Console: h})
		close(done)
	}()
	h.in <- "\x02\x00\x0f\xff\x41\x13\x40"
	wantSignals(t, signals, linux.SIGINT, linux.SIGTERM, 64)
	close(h.in)
	<-done
}
