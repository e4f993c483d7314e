package main

import (
	"slices"
	"strings"
	"testing"

	"mirage.build/test/results"
)

// sample is of tests that ask much of a runtime and of what is below it, and take little time.
var sample = strings.Fields(`
	args.go cmplxdivide.go deferfin.go deferprint.go divide.go env.go floatcmp.go gc.go gc1.go goprint.go helloworld.go intcvt.go
	mallocfin.go map.go method4.go peano.go print.go printbig.go range.go recover.go recover1.go recover2.go recover3.go
	sigchld.go stack.go stackobj.go utf.go zerodivide.go
	abi/defer_recover_results.go abi/fibish.go
	chan/doubleselect.go chan/fifo.go chan/goroutines.go chan/select3.go chan/sieve1.go
	fixedbugs/bug348.go fixedbugs/issue15609.go fixedbugs/issue4448.go fixedbugs/issue8047.go fixedbugs/issue9110.go
	interface/fake.go ken/chan.go ken/divconst.go typeparam/chans.go typeparam/orderedmap.go
`)

// TestSample runs some of the release's tests in machines; the whole directory takes an hour or more.
func TestSample(t *testing.T) {
	if testing.Short() {
		t.Skip("boots machines")
	}
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			r := repository(t)
			err := r.run(arch, r.named(t, sample), func(res results.Result, output string) error {
				t.Run(res.Name, func(t *testing.T) {
					if res.Passed != 1 {
						t.Error(output)
					}
				})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// named returns the tests of these names.
func (r *runner) named(t *testing.T, names []string) []file {
	var files []file
	for _, name := range names {
		i := slices.IndexFunc(r.files, func(f file) bool { return f.name == name })
		if i < 0 {
			t.Fatalf("there is no %s", name)
		}
		files = append(files, r.files[i])
	}
	return files
}
