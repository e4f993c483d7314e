package apps

import (
	"flag"
	"testing"
)

var all = flag.Bool("all", false, "all servers on both architectures")

func TestApps(t *testing.T) {
	if testing.Short() {
		t.Skip("fetches, builds and boots")
	}
	for _, a := range servers {
		t.Run(a.name, func(t *testing.T) {
			for _, arch := range []string{"amd64", "arm64"} {
				t.Run(arch, func(t *testing.T) {
					if !*all && arch != a.sample {
						t.Skip("not one of the sample: -all runs it")
					}
					a.drive(boot(t, install(t, arch, a.pkg), a))
				})
			}
		})
	}
}
