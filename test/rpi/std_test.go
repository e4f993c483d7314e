package rpi

import (
	"os"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// sample is of packages of std whose tests take seconds. MIRAGE_PI_STD names others, or
// all by "std".
const sample = "errors container/heap context"

// Go's own tests pass on the board, each package's in a machine with all four cores.
func TestStd(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	packages := sample
	if all := os.Getenv("MIRAGE_PI_STD"); all != "" {
		packages = all
	}
	env := []string{"GOOS=mirage", "GOARCH=arm64", "MIRAGE_MACHINE=raspi3b"}
	args := append([]string{"test", "-vet=off", "-short", "-p", "1", "-timeout", "60m"}, strings.Fields(packages)...)
	out, err := harness.Go(t, "", env, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%v", err)
	}
	t.Logf("%s", out)
}
