package xen

import (
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// sample is of packages of std whose tests take seconds and open no files. All run with `bin/go run ./test/std -machine xen -short`.
// One is ours: events of the machine's own.
var sample = []string{"errors", "container/heap", "context", "internal/mirage/drivers/xen"}

// stdGuests are the tests of packages of std, each a guest.
func stdGuests(t *testing.T, arch string) (guests []Guest) {
	t.Helper()
	for _, p := range sample {
		name := "std-" + strings.ReplaceAll(p, "/", "-")
		image := filepath.Join(t.TempDir(), name)
		cmd := harness.Go(t, "", []string{"GOOS=mirage", "GOARCH=" + arch, "CGO_ENABLED=0"}, "test", "-c", "-vet=off", "-o", image, p)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go test -c %s: %v\n%s", p, err, out)
		}
		guests = append(guests, Guest{Name: name, Image: image, Line: "-- -test.short -test.v", CPUs: 2})
	}
	return guests
}

// checkStd wants the tests to pass.
func checkStd(t *testing.T, guests []Guest, results map[string]*Result) {
	for _, g := range guests {
		r := results[g.Name]
		if r.Ended != "reason code 0" || !strings.Contains(r.Wrote, "\nPASS\n") {
			t.Errorf("%s ended: %s\nwrote: %s", g.Name, r.Ended, r.Wrote)
			continue
		}
		t.Logf("%s: %d tests pass, %d skip themselves", g.Name, strings.Count(r.Wrote, "--- PASS"), strings.Count(r.Wrote, "--- SKIP"))
	}
}
