//go:build mirage

package machine_test

import (
	"bytes"
	"internal/mirage/machine"
	"internal/profile"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"testing"
	"time"
)

// signal(7): each signal reaches its handler, by its number and real-time signals too.
func TestEverySignal(t *testing.T) {
	c := make(chan os.Signal, 10)
	signal.Notify(c)
	defer signal.Reset()
	for s := syscall.Signal(1); s <= 64; s++ {
		switch s {
		case syscall.SIGKILL, syscall.SIGSTOP: // cannot be handled
			continue
		case syscall.SIGPROF, syscall.SIGURG: // the runtime's own
			continue
		case 32, 33, 34: // C libraries' own, for which package os/signal has no handler on Linux either
			continue
		}
		machine.Signal(uint32(s))
		if got := next(c); got != s {
			t.Errorf("signal %d arrives as %v", s, got)
		}
	}
}

// next is the next signal that is not the runtime's own, for preemption.
func next(c chan os.Signal) os.Signal {
	for {
		select {
		case s := <-c:
			if s != syscall.SIGURG {
				return s
			}
		case <-time.After(10 * time.Second):
			return nil
		}
	}
}

// Signals that are ignored, or do nothing without a handler, do nothing. Those that would stop a process are among them.
func TestIgnoredSignals(t *testing.T) {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
	defer signal.Reset()
	for _, s := range []syscall.Signal{
		syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGCHLD, syscall.SIGURG, syscall.SIGWINCH, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU,
	} {
		machine.Signal(uint32(s)) // and we go on
	}
}

// A CPU profile finds what the CPU does, and counts its time about right.
func TestProfile(t *testing.T) {
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		t.Fatal(err)
	}
	const span = time.Second
	spin(span)
	time.Sleep(span) // idle time does not count
	pprof.StopCPUProfile()
	p, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	here, all := time.Duration(0), time.Duration(0)
	for _, s := range p.Sample {
		d := time.Duration(s.Value[1])
		all += d
		for _, l := range s.Location {
			if strings.HasSuffix(l.Line[0].Function.Name, "machine_test.spin") {
				here += d
				break
			}
		}
	}
	// Where an emulator has no time for the machine, samples are lost, and the host's other work looks like the machine's.
	if here < span/4 || all > 2*span {
		t.Errorf("%v of %v in spin, which took %v", here, all, span)
	}
}

//go:noinline
func spin(span time.Duration) {
	for end := time.Now().Add(span); time.Now().Before(end); {
	}
}
