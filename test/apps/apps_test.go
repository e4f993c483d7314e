package apps

import (
	"flag"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mirage.build/test/harness"
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

// TestRunByVersion has `mirage run` itself get a package of some version.
func TestRunByVersion(t *testing.T) {
	if testing.Short() {
		t.Skip("fetches, builds and boots")
	}
	const pkg = "github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin@v2.26.0"
	install(t, "amd64", pkg) // or skips
	cmd := exec.Command(filepath.Join(harness.Root(t), "bin", "mirage"), "run", "-accel", "tcg", "-arch", "amd64", "-timeout", limit.String(), pkg, "-h")
	text, err := cmd.CombinedOutput()
	if !strings.Contains(string(text), "Usage of go-httpbin:") {
		t.Errorf("%v: %v\n%s", cmd.Args, err, text)
	}
}
