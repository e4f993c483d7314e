package vm

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Exit codes for what is not the program's own end, as timeout(1) and shells have them.
const (
	CodeTimeLimit = 124
	CodeFailed    = 125 // the machine could not be made, or failed
	CodeSignal    = 128 // and the signal's number: the signal ended the machine
)

// patience is how long a program may take to end after a signal has asked it to.
const patience = 5 * time.Second

// Run boots c with this process's standard streams, unless c has others, and returns the exit code for this process.
// A signal that would end this process is passed on to the program, which ends the machine unless it handles the signal; the
// second one ends the machine at once, as does the end of patience after the first. What went wrong is said on standard
// error after name.
func Run(name string, c Config) int {
	// A command in the background is stopped for reading from the terminal. Only the program in the machine knows
	// whether it wants input, so reading fails instead and the program finds the input at its end.
	signal.Ignore(syscall.SIGTTIN)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)

	if c.Stdin == nil {
		c.Stdin = os.Stdin
	}
	if c.Stdout == nil {
		c.Stdout = os.Stdout
	}
	if c.Stderr == nil {
		c.Stderr = os.Stderr
	}
	m, err := c.Start()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return CodeFailed
	}
	var asked atomic.Int32
	go func() {
		s := (<-signals).(syscall.Signal)
		asked.Store(int32(s))
		if m.Signal(s) == nil {
			select {
			case <-signals:
			case <-time.After(patience):
			}
		}
		m.Stop()
	}()
	code, err := m.Wait()
	switch {
	case err == nil:
		return code
	case errors.Is(err, ErrStopped):
		return CodeSignal + int(asked.Load())
	case errors.Is(err, ErrTimeLimit):
		fmt.Fprintf(os.Stderr, "%s: %v (%v)\n", name, err, c.TimeLimit)
		return CodeTimeLimit
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	return CodeFailed
}
