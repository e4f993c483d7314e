package harness

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

const inNamespace = "MIRAGE_TEST_NAMESPACE"

// Tap is the tap device that Namespace makes, with the address 10.99.0.1/16. This end has all of 10.99.1.0/24 too.
const Tap = "mirage0"

// Namespace runs the calling test again, alone, in a network namespace of its own with a tap device for a machine, and reports
// whether this is that run. It needs root.
func Namespace(t *testing.T) bool {
	if os.Getenv(inNamespace) != "" {
		for _, args := range [][]string{
			{"link", "set", "lo", "up"},
			{"tuntap", "add", "dev", Tap, "mode", "tap"},
			{"address", "add", "10.99.0.1/16", "dev", Tap},
			{"route", "add", "local", "10.99.1.0/24", "dev", "lo"},
			{"link", "set", Tap, "up"},
		} {
			if text, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
				t.Fatalf("ip %v: %v\n%s", args, err, text)
			}
		}
		return true
	}
	if testing.Short() {
		t.Skip("boots a machine")
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to make a network namespace")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skip("needs tap devices: ", err)
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip, of the package iproute2")
	}
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout=0")
	c.Env = append(os.Environ(), inNamespace+"=1")
	runtime.LockOSThread() // the signal comes when this thread ends
	defer runtime.UnlockOSThread()
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	out, err := c.CombinedOutput()
	switch {
	case errors.Is(err, syscall.EPERM):
		t.Skip("may not make a network namespace")
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case bytes.Contains(out, []byte("--- SKIP")):
		t.Skipf("%s", out)
	}
	t.Logf("%s", out) // to be seen with -v
	return false
}
