package image

import (
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// attacker builds the program that tries what it should not.
func attacker(t *testing.T, arch string) string {
	return harness.Build(t, arch, "./test/guest/attack", "-ldflags=-checklinkname=0")
}

// What cannot be recovered from ends the program, at the instruction that goes too far. The attacks that can are tests of
// internal/mirage/machine.
func TestAttacks(t *testing.T) {
	const sealed = "fatal error: memory cannot become executable: page tables are sealed"
	for _, m := range harness.Fastest {
		image := attacker(t, m.Arch)
		for name, want := range map[string]string{
			"map":        sealed,
			"map-wx":     sealed,
			"protect":    sealed,
			"thread":     "addr=",                      // the fault's
			"trap":       "page fault on a trap stack", // whose guard lies below it
			"interrupts": "unexpected fault address 0x4",
		} {
			if name == "interrupts" && m.Arch != "amd64" {
				continue // on arm64 the vectors are text
			}
			t.Run(m.Name+"/"+name, func(t *testing.T) {
				c := m.Config(image)
				c.Args = []string{name}
				if b := harness.Run(t, c, 2); !b.Stderr.Contains(want) || b.Stdout.Contains("not stopped") {
					t.Errorf("no %q in\n%s", want, b)
				}
			})
		}
	}
}

// Where things lie differs from boot to boot.
func TestLayoutIsRandom(t *testing.T) {
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(attacker(t, m.Arch))
			c.Args = []string{"layout"}
			first := layout(harness.Run(t, c, 0).Stdout.String())
			second := layout(harness.Run(t, c, 0).Stdout.String())
			for _, name := range []string{"heap", "object", "stacks", "tables", "window"} {
				if first[name] == "" || first[name] == second[name] {
					t.Errorf("%s lies at %q in one boot and at %q in another", name, first[name], second[name])
				}
			}
		})
	}
}

// layout reads lines of the form name=value.
func layout(text string) map[string]string {
	places := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			places[name] = value
		}
	}
	return places
}
