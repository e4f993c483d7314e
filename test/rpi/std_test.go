package rpi

import (
	"testing"

	"mirage.build/test/harness"
)

// sample is of packages of std whose tests take seconds. All run with `bin/go run ./test/std -machine raspi3b -arch arm64 -short`.
var sample = []string{"errors", "container/heap", "context"}

// Go's own tests pass on the board, each package's in a machine with all four cores.
func TestStd(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	env := []string{"GOOS=mirage", "GOARCH=arm64", "MIRAGE_MACHINE=raspi3b"}
	args := append([]string{"test", "-vet=off", "-short", "-p", "1", "-timeout", "60m"}, sample...)
	out, err := harness.Go(t, "", env, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%v", err)
	}
	t.Logf("%s", out)
}
