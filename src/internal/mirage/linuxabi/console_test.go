//go:build !mirage

package linuxabi

import (
	"io"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"internal/mirage/linuxabi/linux"
)

// A host is the other end of a console.
type host struct {
	name string
	mu   sync.Mutex
	out  strings.Builder
	in   chan string // closed at the end of input
}

func newHost(name string) *host { return &host{name: name, in: make(chan string)} }

func (h *host) Name() string { return h.name }

func (h *host) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.Write(p)
}

func (h *host) Read(p []byte) (int, error) { return copy(p, <-h.in), nil }

func (h *host) said() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.out.String()
}

// With console=hvc0 standard input and output are the first virtio console, or a port for each; standard error stays the
// serial port.
func TestConsoles(t *testing.T) {
	for _, c := range []struct{ wanted, in, out, errors, text string }{
		{"hvc0", "stdin", "stdout", "ttyS0", "a\nb"},
		{"hvc0", "stdin", "hvc0", "ttyS0", "a\nb"},
		{"", "stdin", "ttyS0", "ttyS0", "a\r\nb"},
		{"ttyS0", "stdin", "ttyS0", "ttyS0", "a\r\nb"},
	} {
		w, p := booted(t, "/x")
		hosts := map[string]*host{}
		for _, name := range []string{"ttyS0", "hvc0"} {
			hosts[name] = newHost(name)
			p.console.attach(hosts[name], name, c.wanted)
		}
		hosts[inputPort] = newHost(inputPort)
		p.console.attachInput(hosts[inputPort])
		if c.out == outputPort {
			hosts[outputPort] = newHost(outputPort)
			p.console.attachOutput(hosts[outputPort])
		}
		w.must(t, syscall.SYS_WRITE, 1, []byte("a\nb"), 3)
		w.must(t, syscall.SYS_WRITE, 2, []byte("error"), 5)
		if got := hosts[c.out].said(); !strings.HasPrefix(got, c.text) {
			t.Errorf("console=%s: %s said %q", c.wanted, c.out, got)
		}
		if got := hosts[c.errors].said(); !strings.HasSuffix(got, "error") {
			t.Errorf("console=%s: %s said %q", c.wanted, c.errors, got)
		}
		b := make([]byte, 100)
		read := w.start(t, syscall.SYS_READ, 0, b, len(b))
		read.blocks()
		hosts[c.in].in <- "input\n"
		read.wants(6, 0)
		close(hosts[c.in].in)
		w.start(t, syscall.SYS_READ, 0, b, len(b)).wants(0, 0)
		w.start(t, syscall.SYS_READ, 0, b, len(b)).wants(0, 0)
	}
}

// What is written before the console is there that the command line names waits for it, for a time.
func TestConsoleThatComesLate(t *testing.T) {
	w, p := booted(t, "/x")
	p.console.expect()
	write := w.start(t, syscall.SYS_WRITE, 1, []byte("late"), 4)
	write.blocks()
	terminal, h := newHost("ttyS0"), newHost("hvc0")
	p.console.attach(terminal, "ttyS0", "hvc0")
	write.blocks()
	p.console.attach(h, "hvc0", "hvc0")
	write.wants(4, 0)
	if h.said() != "late" || terminal.said() != "" {
		t.Errorf("%q and %q", h.said(), terminal.said())
	}
	w, p = booted(t, "/x")
	p.console.expect()
	w.start(t, syscall.SYS_WRITE, 1, []byte("never"), 5).wants(5, 0)
	w.start(t, syscall.SYS_WRITE, 1, []byte("again"), 5).wants(5, 0)
}

// A terminal's Enter is a newline (termios(3), ICRNL), input can be polled, and waits in bounds.
func TestConsoleInput(t *testing.T) {
	w, p := booted(t, "/x")
	h := newHost("ttyS0")
	p.console.attach(h, "ttyS0", "")
	fds := linux.Pollfd{Fd: 0, Events: linux.EPOLLIN}
	poll := w.start(t, syscall.SYS_PPOLL, unsafe.Pointer(&fds), 1, 0, 0, 0)
	poll.blocks()
	h.in <- "x\r"
	poll.wants(1, 0)
	b := make([]byte, 10)
	w.start(t, syscall.SYS_READ, 0, b, 10).wants(2, 0)
	if string(b[:2]) != "x\n" {
		t.Errorf("read %q", b[:2])
	}
	taken := 0
	for range 100 {
		select {
		case h.in <- strings.Repeat("y", 500):
			taken += 500
			for p.console.waitingInput() < min(taken, inputLimit) {
			}
			continue
		default:
		}
		break
	}
	if got := p.console.waitingInput(); got > inputLimit+512 {
		t.Errorf("%d bytes wait", got)
	}
}

// A terminal's Ctrl-D ends the input until more is typed (termios(3), VEOF); what was typed before it is read first.
func TestConsoleEnd(t *testing.T) {
	w, p := booted(t, "/x")
	h := newHost("ttyS0")
	p.console.attach(h, "ttyS0", "")
	b := make([]byte, 10)
	read := w.start(t, syscall.SYS_READ, 0, b, 10)
	read.blocks()
	for _, typed := range []string{"ab\x04", "c\x04d\x04"} {
		h.in <- typed
		read.wants(len(typed)-strings.Count(typed, "\x04"), 0)
		w.start(t, syscall.SYS_READ, 0, b, 10).wants(0, 0)
		h.in <- "e"
		for p.console.waitingInput() == 0 {
		}
		w.start(t, syscall.SYS_READ, 0, b, 10).wants(1, 0)
		read = w.start(t, syscall.SYS_READ, 0, b, 10)
		read.blocks()
	}
}

// Exiting waits for a write in progress, but not for ever.
func TestDrain(t *testing.T) {
	_, p := booted(t, "/x")
	r, wr := io.Pipe()
	p.console.attach(stuck{wr}, "ttyS0", "")
	go p.console.write([]byte("slow"), false)
	b := make([]byte, 1)
	r.Read(b)
	p.console.drain() // returns although nobody reads the rest
}

// stuck is a console that takes a byte when somebody reads it.
type stuck struct{ io.Writer }

func (stuck) Read(p []byte) (int, error) { return 0, nil }

// keys is a keyboard.
type keys chan string

func (k keys) Read(p []byte) int { return copy(p, <-k) }

// What is typed at a keyboard is standard input beside what comes from the terminal, its Enter key a newline too.
func TestKeyboard(t *testing.T) {
	w, p := booted(t, "/x")
	line, k := newHost("ttyS0"), make(keys)
	p.console.attach(line, "ttyS0", "")
	ended := make(chan struct{})
	go func() { p.console.listen(k); close(ended) }()
	typed := func(send chan string, text, want string) {
		t.Helper()
		b := make([]byte, 100)
		read := w.start(t, syscall.SYS_READ, 0, b, len(b))
		send <- text
		if read.wants(len(want), 0); string(b[:len(want)]) != want {
			t.Errorf("%q is read as %q", text, b[:len(want)])
		}
	}
	for range 2 {
		typed(k, "on a keyboard\r", "on a keyboard\n")
		typed(line.in, "on the line\r", "on the line\n")
	}
	close(k) // unplugged
	<-ended
}

// screen is one.
type screen struct{ strings.Builder }

func (s *screen) Write(p []byte) { s.Builder.Write(p) }

// Screens have what is written to output and errors once they are there, and not the carriage returns that a terminal wants.
func TestScreen(t *testing.T) {
	w, p := booted(t, "/x")
	p.console.attach(newHost("ttyS0"), "ttyS0", "")
	w.must(t, syscall.SYS_WRITE, 1, []byte("before"), 6)
	var one, two screen
	p.console.show(&one)
	w.must(t, syscall.SYS_WRITE, 1, []byte("out\n"), 4)
	p.console.show(&two)
	w.must(t, syscall.SYS_WRITE, 2, []byte("error\n"), 6)
	if one.String() != "out\nerror\n" || two.String() != "error\n" {
		t.Errorf("%q and %q", one.String(), two.String())
	}
}

// A console and a keyboard that have found the input full both go on when it is read.
func TestInputsWaitTogether(t *testing.T) {
	_, p := booted(t, "/x")
	c := p.console
	h, k := newHost("ttyS0"), make(keys)
	c.attach(h, "ttyS0", "")
	go c.listen(k)
	c.read(nil) // so that nothing is dropped
	for range inputLimit / 512 {
		h.in <- strings.Repeat("x", 512)
	}
	k <- "y"
	for c.waitingInput() != inputLimit+1 { // both wait then: they take and wait in one
		runtime.Gosched()
	}
	b := make([]byte, 2*inputLimit)
	if n, _ := c.read(b); n != inputLimit+1 {
		t.Fatalf("read %d bytes", n)
	}
	k <- "k"
	h.in <- "h"
	for c.waitingInput() != 2 {
		runtime.Gosched()
	}
}
