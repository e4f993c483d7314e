package boot

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// With GOTRACEBACK=crash each thread says where it is, those that wait too.
func TestCrashShowsThreads(t *testing.T) {
	onGuest(t, "./test/guest/crash", harness.Fastest, func(t *testing.T, c vm.Config) {
		c.CPUs = 2
		b := harness.Run(t, c, 128+6) // by SIGABRT in the end
		said := b.Stderr.String()
		// There are at least the runtime's monitor, a thread that waits and one that has run the program.
		if threads := strings.Count(said, "\nSIGQUIT: quit\n"); threads < 3 || !strings.Contains(said, "main.loop") ||
			!strings.Contains(said, "runtime.sysmon") || !strings.Contains(said, "runtime.stopm") {
			t.Errorf("%d threads spoke:\n%s", threads, said)
		}
	})
}

// A program that links package runtime alone ends its machine, on a host that knows nothing of mirage.
func TestEndWithoutLibraryOS(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	for _, command := range []string{
		"qemu-system-x86_64 -M q35", "qemu-system-x86_64 -M microvm,rtc=on", "qemu-system-aarch64 -M virt -cpu cortex-a53",
	} {
		arch := "amd64"
		if strings.Contains(command, "aarch64") {
			arch = "arm64"
		}
		words := append(strings.Fields(command), "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot", "-accel", "tcg",
			"-kernel", harness.Build(t, arch, "./test/guest/alone"))
		limit, cancel := context.WithTimeout(t.Context(), harness.TimeLimit)
		defer cancel()
		out, err := exec.CommandContext(limit, words[0], words[1:]...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "alone") {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
}
