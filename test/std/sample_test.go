package main

import (
	"os"
	"testing"

	"mirage.build/test/harness"
	"mirage.build/test/results"
)

// sample is of packages that ask much of what is below them, and whose short tests take seconds.
var sample = []string{"bytes", "context", "encoding/json", "errors", "sync", "testing/synctest", "time"}

// TestSample runs some packages' short tests in machines; all of them take an hour or more.
func TestSample(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	r, err := newRunner(harness.Root(t), true)
	if err != nil {
		t.Fatal(err)
	}
	r.store.Dir = t.TempDir()
	for _, arch := range []string{"amd64", "arm64"} {
		for _, pkg := range sample {
			t.Run(arch+"/"+pkg, func(t *testing.T) {
				res, err := r.run(arch, pkg)
				if err != nil {
					t.Fatal(err)
				}
				if res.Failed > 0 || res.Passed == 0 {
					output, _ := os.ReadFile(r.store.LogName(results.Key{Arch: arch, Name: pkg}))
					t.Errorf("%v\n%s", res, output)
				}
			})
		}
	}
}
