//go:build mirage

package machine_test

import (
	"internal/mirage/machine"
	"os"
	"os/signal"
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
