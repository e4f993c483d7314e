package harness

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"mirage.build/misc/vm"
)

// A Booted is a machine that a test has started.
type Booted struct {
	Stdout, Stderr Output

	t       testing.TB
	machine *vm.Machine
	ended   chan struct{}
	code    int
	err     error
}

// TimeLimit ends a machine whose test has set none. It is for those that hang: a boot takes a second or less.
const TimeLimit = 2 * time.Minute

// Boot makes the machine of c, which ends with the test at the latest.
func Boot(t testing.TB, c vm.Config) *Booted {
	t.Helper()
	if testing.Short() {
		t.Skip("boots a machine")
	}
	b := &Booted{t: t, ended: make(chan struct{})}
	c.Stdout, c.Stderr = &b.Stdout, &b.Stderr
	if c.TimeLimit == 0 {
		c.TimeLimit = TimeLimit
	}
	m, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	b.machine = m
	go func() {
		b.code, b.err = m.Wait()
		close(b.ended)
	}()
	t.Cleanup(func() {
		m.Stop()
		<-b.ended
		if t.Failed() {
			t.Logf("the machine wrote\n%s", b)
		}
	})
	return b
}

// Run boots c and waits for its end. The test fails unless the program's exit code is want.
func Run(t testing.TB, c vm.Config, want int) *Booted {
	t.Helper()
	b := Boot(t, c)
	if code := b.Wait(); code != want {
		t.Fatalf("exit code is %d, want %d\n%s", code, want, b)
	}
	return b
}

// Wait waits until the machine has ended and returns the program's exit code.
func (b *Booted) Wait() int {
	b.t.Helper()
	<-b.ended
	if b.err != nil {
		b.t.Fatalf("%v\n%s", b.err, b)
	}
	return b.code
}

// WaitFor waits until the program has written text to standard output.
func (b *Booted) WaitFor(text string) {
	b.t.Helper()
	for !b.Stdout.Contains(text) {
		select {
		case <-b.ended:
			if !b.Stdout.Contains(text) {
				b.t.Fatalf("the machine ended (code %d, %v) and never wrote %q\n%s", b.code, b.err, text, b)
			}
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Process returns QEMU's process number.
func (b *Booted) Process() int { return b.machine.Process().Pid }

// Stop ends the machine at once.
func (b *Booted) Stop() {
	b.machine.Stop()
	<-b.ended
}

// String is what the machine has written, for a failed test's report.
func (b *Booted) String() string {
	return "standard output:\n" + b.Stdout.String() + "\nstandard error:\n" + b.Stderr.String()
}

// An Output collects what a machine writes.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all that was written so far, with ends of line as the program wrote them.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.ReplaceAll(o.text.String(), "\r\n", "\n")
}

// Contains reports whether text was written so far.
func (o *Output) Contains(text string) bool { return strings.Contains(o.String(), text) }
