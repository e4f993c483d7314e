package boot

import (
	"testing"
	"time"

	"mirage.build/test/harness"
)

// All of the runtime at once on four CPUs. STRESS_SECONDS=1800 is the long form.
func TestStress(t *testing.T) {
	span := time.Duration(size("STRESS_SECONDS", 60)) * time.Second
	for _, m := range harness.Fastest {
		t.Run(m.Name, func(t *testing.T) {
			c := m.Config(harness.Build(t, m.Arch, "./test/guest/stress"))
			c.Args, c.Memory, c.CPUs, c.TimeLimit = []string{span.String()}, 256, 4, span+5*time.Minute
			b := harness.Run(t, c, 0)
			if !b.Stdout.Contains("stressed\n") {
				t.Errorf("it did not come to its end\n%s", b)
			}
			t.Logf("rounds of each worker:\n%s", b.Stdout.String())
		})
	}
}
