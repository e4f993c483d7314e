package boot

import (
	"strings"
	"testing"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// What Go makes of a fault: a panic that can be recovered, or the program's end with a traceback and exit code 2.
var faults = []struct {
	name, arch string
	says       string   // what recover returns under debug.SetPanicOnFault, "" if that does not help
	at         string   // the address that the error gives: runtime.Error's Addr
	dies       []string // what is on standard error without recovering
}{
	{"nil", "", badMemory, "", []string{"panic: " + badMemory, "[signal SIGSEGV: segmentation violation", "main.init.func"}},
	{"call nil", "", badMemory, "", []string{"panic: " + badMemory, "pc=0x0", "main.call("}},
	{"unmapped", "", badMemory, "0x4f0000000000", []string{"unexpected fault address 0x4f0000000000", "fatal error: fault"}},
	{"high", "", badMemory, "", []string{"unexpected fault address", "fatal error: fault"}},
	{"call data", "", badMemory, "data", []string{"unexpected fault address", "fatal error: fault", "main.call("}},
	{"rodata", "", badMemory, "", []string{"unexpected fault address", "fatal error: fault", "main.init.func"}},
	{"text", "", badMemory, "", []string{"unexpected fault address", "fatal error: fault", "main.init.func"}},
	{"overflow", "", "", "", []string{"goroutine stack exceeds 1048576-byte limit", "fatal error: stack overflow", "main.overflow("}},
	{"divide", "", "runtime error: integer divide by zero", "", []string{"panic: runtime error: integer divide by zero", "goroutine 1"}},
	{"int", "amd64", "runtime error: integer divide by zero", "",
		[]string{"panic: runtime error: integer divide by zero", "[signal SIGFPE: floating-point exception", "main.divide("}},
	{"align", "amd64", badMemory, "", []string{"unexpected fault address", "[signal SIGSEGV: segmentation violation", "main.misalign("}},
	{"align", "arm64", badMemory, "", []string{"unexpected fault address", "[signal SIGBUS: bus error", "main.misalign("}},
	{"illegal", "", "", "", []string{"SIGILL: illegal instruction", "instruction bytes:", "main.illegal("}},
	{"trap", "", "", "", []string{"SIGTRAP: trace trap", "runtime.Breakpoint("}},
}

// badMemory is what Go says of any address, nil or not.
const badMemory = "runtime error: invalid memory address or nil pointer dereference"

func TestFaults(t *testing.T) {
	onGuest(t, "./test/guest/faults", harness.Fastest, func(t *testing.T, c vm.Config) {
		for _, f := range faults {
			if f.arch != "" && f.arch != c.Arch {
				continue
			}
			c.Args = []string{f.name}
			t.Log(f.name)
			b := harness.Run(t, c, 2)
			for _, want := range append(f.dies, "goroutine 1", "main.main(", "test/guest/faults/main.go:") {
				if !b.Stderr.Contains(want) {
					t.Errorf("%s: no %q in\n%s", f.name, want, b)
				}
			}
			if b.Stdout.Contains("went on") || b.Stderr.Contains("mirage: ") {
				t.Errorf("%s:\n%s", f.name, b)
			}
			if f.says == "" {
				continue
			}
			c.Args = append(c.Args, "recover")
			b = harness.Run(t, c, 0)
			data, rest, _ := strings.Cut(b.Stdout.String(), "\n")
			want := "recovered: " + f.says + "\n"
			at := f.at
			if at == "data" {
				at = strings.TrimPrefix(data, "data ")
			}
			if at != "" {
				want += "at " + at + "\n"
			}
			if !strings.HasPrefix(rest, want) {
				t.Errorf("%s: recovered\n%swant\n%s", f.name, rest, want)
			}
		}
	})
}
