package apps

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"mirage.build/test/harness"
)

// host is the architecture of what is built for the host.
const host = "host"

// unreachable are the go command's words for a module that it could not fetch.
var unreachable = regexp.MustCompile(`dial tcp|no such host|i/o timeout|TLS handshake timeout|module lookup disabled|connection re(fused|set)|proxyconnect|unreachable|403 Forbidden|502 Bad Gateway|503 Service`)

// install builds a package for an architecture of mirage or for the host and returns the file. A package is PATH@VERSION, or ./NAME
// of the module programs.
func install(t testing.TB, arch, pkg string) string {
	t.Helper()
	key := arch + " " + pkg
	lock, _ := installing.LoadOrStore(key, new(sync.Mutex))
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	env := []string{"CGO_ENABLED=0"}
	if arch != host {
		env = append(env, "GOOS=mirage", "GOARCH="+arch)
	}
	if strings.HasPrefix(pkg, "./") {
		out := filepath.Join(harness.Root(t), "build", "apps", arch, path.Base(pkg))
		run(t, harness.Go(t, filepath.Join(harness.Root(t), "test", "apps", "programs"), env, "build", "-o", out, pkg))
		return out
	}
	name, version, _ := strings.Cut(pkg, "@")
	gopath := filepath.Join(harness.Root(t), "build", "apps", strings.ReplaceAll(name, "/", "_")+"@"+version)
	env = append(env, "GOPATH="+gopath, "GOMODCACHE="+goEnv(t, "GOMODCACHE"), "GOBIN=")
	run(t, harness.Go(t, os.TempDir(), env, "install", pkg))
	dir := filepath.Join(gopath, "bin")
	if arch != host {
		dir = filepath.Join(dir, "mirage_"+arch)
	}
	return filepath.Join(dir, command(name))
}

var installing sync.Map // key: *sync.Mutex

// majorVersion is the last element of a module's path from its second major version on.
var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// command is the name of the file that go install makes of a package.
func command(pkg string) string {
	if base := path.Base(pkg); !majorVersion.MatchString(base) {
		return base
	}
	return path.Base(path.Dir(pkg))
}

// run runs the go command. The test is skipped if that fetched in vain.
func run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	text, err := cmd.CombinedOutput()
	if err == nil {
		return
	}
	text = bytes.TrimSpace(text)
	if unreachable.Match(text) {
		t.Skipf("cannot fetch what is to be tested:\n%s", text)
	}
	t.Fatalf("%v: %v\n%s", cmd.Args, err, text)
}

func goEnv(t testing.TB, name string) string {
	t.Helper()
	text, err := harness.Go(t, "", nil, "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(text))
}
