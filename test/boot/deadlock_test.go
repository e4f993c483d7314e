package boot

import (
	"io"
	"strings"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// A program whose goroutines all wait for each other ends as on Linux, although the system's own goroutines wait for devices.
func TestDeadlock(t *testing.T) {
	const asleep = "fatal error: all goroutines are asleep - deadlock!"
	onGuest(t, "./test/guest/deadlock", harness.Fastest, func(t *testing.T, c vm.Config) {
		for i, d := range []struct{ wait, says, state string }{
			{"select", asleep, "[select (no cases)]"},
			{"channel", asleep, "[chan receive]"},
			{"mutex", asleep, "[sync.Mutex.Lock]"},
			{"goexit", "fatal error: no goroutines (main called runtime.Goexit) - deadlock!", ""},
			{"each other", asleep, "goroutine 1 [chan receive]"},
			{"after input and output", asleep, "[chan receive]"},
		} {
			c.Args, c.CPUs = []string{d.wait}, 1+i%2
			b := harness.Run(t, c, 2)
			if said := b.Stderr.String(); !strings.Contains(said, d.says) || !strings.Contains(said, d.state) || strings.Contains(said, "internal/mirage") {
				t.Errorf("%s:\n%s", d.wait, said)
			}
		}
	})
}

// A program that something may still wake from outside goes on waiting.
func TestNoDeadlock(t *testing.T) {
	onGuest(t, "./test/guest/deadlock", harness.Fastest, func(t *testing.T, c vm.Config) {
		for i, wait := range []string{"timer", "system call", "input", "packet"} {
			input, keyboard := io.Pipe()
			port := harness.Forward(t, "udp", 7)
			c.Args, c.CPUs, c.Stdin, c.Forwards = []string{wait}, 1+i%2, input, []vm.Forward{port}
			b := harness.Boot(t, c)
			b.WaitFor("waiting")
			switch wait {
			case "input":
				keyboard.Write([]byte("x\n"))
			case "packet":
				harness.Ask(t, port.Host, []byte("wake"), time.Minute)
			}
			if code := b.Wait(); code != 0 || !b.Stdout.Contains("woken") {
				t.Errorf("%s: exit code %d\n%s", wait, code, b)
			}
			keyboard.Close()
		}
	})
}
