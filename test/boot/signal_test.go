package boot

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// withButton are the machines that have a power button.
var withButton = slices.DeleteFunc(slices.Clone(harness.Machines), func(m harness.Machine) bool {
	return strings.Contains(m.Machine, "acpi=off")
})

// The power button is SIGTERM: a program that handles it finishes its work and ends as it likes.
func TestPowerButton(t *testing.T) {
	onGuest(t, "./test/guest/graceful", withButton, func(t *testing.T, c vm.Config) {
		c.Args = []string{"100ms"}
		monitor := harness.AddMonitor(t, &c)
		b := harness.Boot(t, c)
		b.WaitFor("working\n")
		monitor.PowerDown()
		if code := b.Wait(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if got, want := b.Stdout.String(), "working\nfinishing: terminated signal received\nfinished\n"; got != want {
			t.Errorf("standard output is %q, want %q", got, want)
		}
	})
}

// A program that does not handle SIGTERM ends at once, as signal(7) says; a second press is a second SIGTERM.
func TestPowerButtonUnhandled(t *testing.T) {
	onGuest(t, "./test/guest/graceful", withButton, func(t *testing.T, c vm.Config) {
		c.Args = []string{"1h"}
		monitor := harness.AddMonitor(t, &c)
		b := harness.Boot(t, c)
		b.WaitFor("working\n")
		monitor.PowerDown()
		b.WaitFor("finishing: terminated signal received\n")
		time.Sleep(200 * time.Millisecond) // QEMU holds the key of an arm64 machine down for half of that
		monitor.PowerDown()
		if code := b.Wait(); code != 143 {
			t.Errorf("exit code %d, want 143", code)
		}
	})
}

// A terminal's Ctrl-C is SIGINT, and Ctrl-\ SIGQUIT (termios(3), ISIG): in the machines of README.md, which have no host
// that knows of mirage.
func TestConsoleKeys(t *testing.T) {
	machines := map[string][]string{
		"amd64": {"qemu-system-x86_64", "-M", "q35"},
		"arm64": {"qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53"},
	}
	if testing.Short() {
		t.Skip("boots machines")
	}
	for arch, command := range machines {
		t.Run(arch, func(t *testing.T) {
			image := harness.Build(t, arch, "./test/guest/graceful")
			for keys, want := range map[string]string{
				"\x03": "finishing: interrupt signal received\nfinished\n",
				"\x1c": "SIGQUIT: quit\n",
			} {
				args := append(command[1:], "-display", "none", "-nodefaults", "-serial", "stdio", "-no-reboot",
					"-accel", "tcg", "-kernel", image, "-append", "-- 10ms")
				var out harness.Output
				cmd := exec.Command(command[0], args...)
				cmd.Stdout = &out
				in, err := cmd.StdinPipe()
				if err == nil {
					err = cmd.Start()
				}
				if err != nil {
					t.Fatal(err)
				}
				waitFor(t, &out, "working\n")
				in.Write([]byte("x" + keys))
				waitFor(t, &out, want)
				cmd.Process.Kill()
				cmd.Wait()
			}
		})
	}
}

// waitFor waits until text has come out.
func waitFor(t *testing.T, out *harness.Output, text string) {
	t.Helper()
	for end := time.Now().Add(harness.TimeLimit); !out.Contains(text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never wrote %q:\n%s", text, out)
		}
	}
}

// `mirage run` passes on the signals that would end it; the second one ends the machine.
func TestRunSignals(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	root := harness.Root(t)
	for _, arch := range []string{"amd64", "arm64"} {
		image := harness.Build(t, arch, "./test/guest/graceful")
		for name, test := range map[string]struct {
			rest    string // how long the program takes to finish
			signals []syscall.Signal
			said    string
			code    int
		}{
			"INT":     {"10ms", []syscall.Signal{syscall.SIGINT}, "finishing: interrupt signal received\nfinished\n", 0},
			"TERM":    {"10ms", []syscall.Signal{syscall.SIGTERM}, "finishing: terminated signal received\nfinished\n", 0},
			"HUP":     {"10ms", []syscall.Signal{syscall.SIGHUP}, "", 129},
			"QUIT":    {"10ms", []syscall.Signal{syscall.SIGQUIT}, "", 2},
			"INT INT": {"1h", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, "finishing: interrupt signal received\n", 130},
			"TERM, 5": {"1h", []syscall.Signal{syscall.SIGTERM}, "finishing: terminated signal received\n", 143},
		} {
			t.Run(arch+" "+name, func(t *testing.T) {
				cmd := exec.Command(filepath.Join(root, "bin/mirage"), "run", "-timeout", "2m", image, test.rest)
				var out, errors harness.Output
				cmd.Stdout, cmd.Stderr = &out, &errors
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				waitFor(t, &out, "working\n")
				for i, s := range test.signals {
					if i > 0 {
						waitFor(t, &out, "finishing")
					}
					cmd.Process.Signal(s)
				}
				cmd.Wait()
				if code := cmd.ProcessState.ExitCode(); code != test.code {
					t.Errorf("exit code %d, want %d", code, test.code)
				}
				if got := out.String(); got != "working\n"+test.said {
					t.Errorf("standard output is %q", got)
				}
				if test.code == 2 && !errors.Contains("SIGQUIT: quit") {
					t.Errorf("standard error is %q", &errors)
				}
			})
		}
	}
}
