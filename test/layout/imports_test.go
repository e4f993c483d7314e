package layout

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"mirage.build/test/harness"
)

// ours is the prefix of the packages that the rules are for.
const ours = "internal/mirage/"

// rules says which of our packages a package may import; the first rule whose name matches holds. A name that ends in
// /... is of all packages below, one without of that package alone. Nothing may import what stands below it here:
//
//	runtime < machine < mmio, dma, irq, clock < device < drivers/bus < drivers/{virtio,xen,rpi} < board
//	netstack/wire < netstack/inet < netstack/dgram < netstack/{udp,raw}; netstack/{arp,icmp,...} < netstack < linuxabi
//
// Drivers never import the stack, nor the stack drivers.
var rules = []struct {
	name string
	may  string
}{
	{"boot", ""},
	{"ranges", ""},
	{"machine", "boot ranges"},
	{"mmio", "machine"},
	{"clock", "machine"},
	{"irq", "machine"},
	{"dma", "machine"},
	{"device", "machine"},
	{"drivers/bus/...", "machine mmio irq dma device drivers/bus/..."},
	{"drivers/...", "machine mmio irq dma clock device drivers/..."},
	{"board", "boot machine mmio irq dma clock device drivers/..."},
	{"netstack/wire", ""},
	{"netstack/inet", "device netstack/wire"},
	{"netstack/tcp", "device netstack/wire netstack/inet netstack/tcp/cong"},
	{"netstack/tcp/cong", ""},
	{"netstack/udp", "device netstack/wire netstack/inet netstack/dgram"},
	{"netstack/raw", "device netstack/wire netstack/inet netstack/dgram"},
	{"netstack/...", "device netstack/wire netstack/inet"},
	{"netstack", "clock device netstack/..."},
	{"linuxabi/linux", ""},
	{"inflate", ""},
	{"fat", "linuxabi/linux"},
	{"fs", "fat inflate linuxabi/linux"},
	{"volume", "device inflate"},
	{"linuxabi", "boot ranges clock machine device fat fs volume linuxabi/linux netstack netstack/..."},
}

// stdlib is what our packages may import besides, and internal packages: package os imports them, so they cannot
// import what imports os. Package time is for the host alone: TestInitializedBeforeSyscall.
var stdlib = []string{"errors", "math", "math/bits", "runtime", "sync", "sync/atomic", "time", "unicode/utf8", "unsafe", "weak"}

// heavy must not be reached from package os or net, nor from ours: it would be in every image.
var heavy = []string{"fmt", "reflect", "encoding/binary"}

func TestImports(t *testing.T) {
	forEachTarget(t, func(t *testing.T, env []string) {
		for _, p := range list(t, env, ours+"...") {
			if isForTests(p.ImportPath) {
				continue
			}
			rule := ruleFor(t, p.ImportPath)
			for _, imported := range p.Imports {
				name, isOurs := strings.CutPrefix(imported, ours)
				switch {
				case isForTests(imported):
					t.Errorf("%s imports %s, which is for tests", p.ImportPath, imported)
				case isOurs && !matchesAny(strings.Fields(rule), name):
					t.Errorf("%s imports %s, which does not stand below it", p.ImportPath, imported)
				case strings.HasSuffix(p.ImportPath, "/link/tap") && imported == "syscall": // it is Linux's own, not in images
				case !isOurs && !strings.HasPrefix(imported, "internal/") && !slices.Contains(stdlib, imported):
					t.Errorf("%s imports %s, which package os imports in its turn or is large", p.ImportPath, imported)
				}
			}
			for _, dep := range p.Deps {
				if slices.Contains(heavy, dep) {
					t.Errorf("%s reaches %s", p.ImportPath, dep)
				}
			}
		}
	})
}

func TestWhatEveryImageHas(t *testing.T) {
	forEachTarget(t, func(t *testing.T, env []string) {
		for _, p := range list(t, env, "os", "net") {
			if slices.Contains(p.Deps, "fmt") {
				t.Errorf("%s reaches fmt", p.ImportPath)
			}
		}
	})
}

// The library OS serves the first package whose initialization makes a system call, which packages do through syscall.
// Packages without dependencies on each other are initialized in the order of their names (Go 1.21), so nothing that the
// library OS needs may come behind syscall.
func TestInitializedBeforeSyscall(t *testing.T) {
	withoutInit := []string{"unicode/utf8", "unsafe"}
	for _, arch := range []string{"amd64", "arm64"} {
		for _, p := range list(t, []string{"GOOS=mirage", "GOARCH=" + arch}, ours+"board", ours+"linuxabi") {
			for _, dep := range p.Deps {
				if dep >= "syscall" && !slices.Contains(withoutInit, dep) {
					t.Errorf("%s/%s reaches %s, which is initialized behind syscall", p.ImportPath, arch, dep)
				}
			}
		}
	}
}

// forEachTarget runs test for both architectures of mirage, and for Linux, where the host's tests run.
func forEachTarget(t *testing.T, test func(t *testing.T, env []string)) {
	for _, target := range []string{"mirage/amd64", "mirage/arm64", "linux/amd64"} {
		t.Run(target, func(t *testing.T) {
			goos, goarch, _ := strings.Cut(target, "/")
			test(t, []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"})
		})
	}
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// list is what `go list` says of packages.
func list(t *testing.T, env []string, names ...string) []pkg {
	t.Helper()
	out, err := harness.Go(t, "", env, append([]string{"list", "-json=ImportPath,Imports,Deps"}, names...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", names, err)
	}
	var all []pkg
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		t.Fatalf("go list %v lists nothing", names)
	}
	return all
}

// isForTests reports whether only tests may import a package: its name ends in test, as net/http/httptest's does.
func isForTests(path string) bool { return strings.HasSuffix(path, "test") }

// ruleFor returns what a package of ours may import.
func ruleFor(t *testing.T, path string) string {
	name := strings.TrimPrefix(path, ours)
	for _, r := range rules {
		if matches(r.name, name) {
			return r.may
		}
	}
	t.Errorf("no rule for %s: say in rules where it stands", path)
	return ""
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

// matches reports whether name is the pattern, or below it if the pattern ends in /...
func matches(pattern, name string) bool {
	if above, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(name, above)
	}
	return name == pattern
}
