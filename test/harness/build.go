package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Root returns the repository's root.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "runtime-patches")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("this test must be run in the repository")
		}
		dir = above
	}
}

// Go returns a command that runs the toolchain's go command in dir ("" for the repository's root) with the bin
// folder on PATH and more environment variables.
func Go(t testing.TB, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	root := Root(t)
	if dir == "" {
		dir = root
	}
	bin := filepath.Join(root, "bin")
	cmd := exec.Command(filepath.Join(bin, "go"), args...)
	cmd.Dir = dir
	// A go command that runs a test sets GOROOT and GOOS for it; the inner one is to find its own.
	cmd.Env = append(os.Environ(), "GOROOT=", "GOFLAGS=-buildvcs=false", "GOWORK=off", "PWD="+dir,
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// Build builds a package of the repository, such as "./test/guest/hello", for GOOS=mirage and returns the image.
func Build(t testing.TB, arch, pkg string, flags ...string) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), filepath.Base(pkg))
	BuildIn(t, "", arch, image, append(flags, pkg)...)
	return image
}

// BuildIn runs the go command's build in dir for GOOS=mirage, with the image to be written to out.
func BuildIn(t testing.TB, dir, arch, out string, args ...string) {
	t.Helper()
	env := []string{"GOOS=mirage", "GOARCH=" + arch, "CGO_ENABLED=0"}
	cmd := Go(t, dir, env, append([]string{"build", "-o", out}, args...)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %v for %s: %v\n%s", args, arch, err, text)
	}
}
