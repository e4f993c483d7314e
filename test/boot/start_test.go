package boot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mirage.build/misc/vm"
	"mirage.build/test/harness"
)

// on runs a subtest for each machine, with the probe.
func on(t *testing.T, machines []harness.Machine, test func(t *testing.T, c vm.Config)) {
	onGuest(t, "./test/guest/probe", machines, test)
}

// onGuest runs a subtest for each machine; the image of the package is built once for each architecture.
func onGuest(t *testing.T, guest string, machines []harness.Machine, test func(t *testing.T, c vm.Config)) {
	images := make(map[string]string)
	for _, m := range machines {
		if images[m.Arch] == "" {
			images[m.Arch] = harness.Build(t, m.Arch, guest)
		}
		t.Run(m.Name, func(t *testing.T) { test(t, m.Config(images[m.Arch])) })
	}
}

func TestEveryMachine(t *testing.T) {
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		c.Args = []string{"exit", "3"}
		b := harness.Run(t, c, 3)
		if out, err := b.Stdout.String(), b.Stderr.String(); out != "out\n" || !strings.HasSuffix(err, "err\n") {
			t.Errorf("standard output is %q, standard error %q", out, err)
		}
	})
}

func TestMemorySizes(t *testing.T) {
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		for _, size := range []int{32, 100, 1024, 3 << 10, 4 << 10, 8 << 10} {
			c.Memory, c.Args = size, []string{"large", "8"}
			if size > 6<<10 {
				c.Args = []string{"large", "32"}
			}
			b := harness.Run(t, c, 0)
			if !strings.HasPrefix(b.Stdout.String(), "sum ") {
				t.Errorf("%d MiB: the program says %q", size, &b.Stdout)
			}
		}
	})
}

func TestExitCodes(t *testing.T) {
	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		for text, code := range map[string]int{"0": 0, "1": 1, "127": 127, "255": 255, "256": 0} {
			c.Args = []string{"exit", text}
			harness.Run(t, c, code)
		}
	})
}

// report is what the probe's echo says.
type report struct {
	Args, Env     []string
	Dir, OS, Arch string
}

func TestStart(t *testing.T) {
	args := []string{"echo", "", "two words", `quote " and back\slash`, "new\nline", "größe", "--", "-x=virtio", "\x01\x7f"}
	env := []string{"A=", "B=b c", `C="quoted"`, "GODEBUG=x=1"}
	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		c.Args = args
		c.Words = []string{"arg0=/bin/the program"}
		for _, e := range env {
			c.Words = append(c.Words, "env:"+e)
		}
		var r report
		b := harness.Run(t, c, 0)
		if err := json.Unmarshal([]byte(b.Stdout.String()), &r); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		if want := append([]string{"/bin/the program"}, args...); !slices.Equal(r.Args, want) {
			t.Errorf("arguments are %q, want %q", r.Args, want)
		}
		if env := append(env, "HOME=/root"); !slices.Equal(r.Env, env) {
			t.Errorf("environment is %q, want %q", r.Env, env)
		}
		if r.Dir != "/" || r.OS != "mirage" || r.Arch != c.Arch {
			t.Errorf("working directory %q, GOOS %q, GOARCH %q", r.Dir, r.OS, r.Arch)
		}
	})
}

func TestStandardInput(t *testing.T) {
	text := strings.Repeat("a line that goes in and comes out again\n", 5000)
	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		for _, input := range []string{"", "short", text} {
			c.Args, c.Stdin = []string{"cat"}, strings.NewReader(input)
			if got := harness.Run(t, c, 0).Stdout.String(); got != input {
				t.Errorf("%d bytes went in, %d came out", len(input), len(got))
			}
		}
	})
}

// An uncaught panic is Go's own: a traceback and exit code 2.
func TestPanic(t *testing.T) {
	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		c.Args = []string{"panic", "at the disco"}
		b := harness.Run(t, c, 2)
		for _, want := range []string{"panic: at the disco", "goroutine 1 [running]:", "main.main()", "test/guest/probe/main.go"} {
			if !b.Stderr.Contains(want) {
				t.Errorf("no %q in\n%s", want, b)
			}
		}
	})
}

func TestFault(t *testing.T) {
	on(t, harness.Machines, func(t *testing.T, c vm.Config) {
		c.Args = []string{"fault"}
		b := harness.Run(t, c, 2)
		if want := "recovered: runtime error: invalid memory address or nil pointer dereference\n"; b.Stdout.String() != want {
			t.Errorf("standard output is %q, want %q", &b.Stdout, want)
		}
		if !b.Stderr.Contains("[signal SIGSEGV: segmentation violation") {
			t.Errorf("no SIGSEGV in\n%s", b)
		}
	})
}

// Files given as an initial RAM disk are there with their modes, times and links.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	os.MkdirAll(filepath.Join(dir, "a/b c"), 0o755)
	os.WriteFile(filepath.Join(dir, "a/b c/file"), []byte(strings.Repeat("x", 100_000)), 0o640)
	os.WriteFile(filepath.Join(dir, "a/run"), nil, 0o755)
	os.Symlink("b c/file", filepath.Join(dir, "a/link"))
	want := hostTree(t, dir)

	on(t, harness.Fastest, func(t *testing.T, c vm.Config) {
		c.Args, c.Initrd = []string{"tree", "/a"}, archive(t, dir)
		if got := harness.Run(t, c, 0).Stdout.String(); got != want {
			t.Errorf("the tree is\n%s\nwant\n%s", got, want)
		}
	})
}
